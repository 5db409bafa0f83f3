"""Function calls of the model and the outputs the client sends for them; MCP calls and lists are the server's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.changes import waiting
from realtime_inspector.protocol.realtime.conversation import At, Item, Pending, ToolCall, ToolOutput
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import mapping, text


def show(state: State, item: Item, body: Mapping[str, Any], at: At) -> None:
    """Bring a call to what the server shows of its item."""
    call = _named(state, text(body.get("call_id")), at)
    call.name = text(body.get("name")) or call.name
    call.item_id = item.id or call.item_id
    call.arguments = text(body.get("arguments")) or call.arguments
    call.status = text(body.get("status")) or call.status
    _made_by(state, call, item.response_id)


def finish(state: State, call_id: str, at: At) -> None:
    """Note that a call's arguments are complete."""
    call = state.calls.get(call_id)
    if call is not None and call.done is None:
        call.done = at


def on_arguments_done(state: State, event: Event) -> None:
    """Take a call's complete arguments in."""
    call = _named(state, text(event.body.get("call_id")), At(event.n, event.t))
    call.item_id = call.item_id or text(event.body.get("item_id"))
    call.name = call.name or text(event.body.get("name"))
    call.arguments = text(event.body.get("arguments")) or call.arguments
    _made_by(state, call, text(event.body.get("response_id")))
    finish(state, call.call_id, At(event.n, event.t))


def on_history(state: State, event: Event, body: Mapping[str, Any]) -> None:
    """Note a call that the client puts into the conversation itself."""
    call_id = text(body.get("call_id"))
    if call_id not in state.calls:
        call = _named(state, call_id, At(event.n, event.t))
        call.by_client, call.name, call.arguments = True, text(body.get("name")), text(body.get("arguments"))


def on_output(state: State, event: Event, body: Mapping[str, Any]) -> None:
    """Note an output that the client sends."""
    at = At(event.n, event.t)
    call_id = text(body.get("call_id"))
    state.outputs.append(ToolOutput(at, call_id, text(body.get("id"))))
    call = state.calls.get(call_id)
    if call is not None:
        call.outputs.append(at)
        if call.output is None:
            call.output = text(body.get("output"))


def on_accepted(state: State, asked: Pending | None, body: Mapping[str, Any], at: At) -> None:
    """Note that the server took an output into the conversation."""
    call = state.calls.get(text(body.get("call_id")))
    if call is not None and call.acknowledged is None:
        call.acknowledged = at
    if asked is None and call is not None and not call.outputs and state.is_sideband:
        _give(state, call, body, at)
    output = _output_at(state, asked)
    if output is not None:
        output.status, output.answer = "accepted", at


def _give(state: State, call: ToolCall, body: Mapping[str, Any], at: At) -> None:
    """Note an output that came by another connection to the same call: only the server shows it."""
    state.outputs.append(ToolOutput(at, call.call_id, text(body.get("id")), "accepted", at))
    call.outputs.append(at)
    call.output = text(body.get("output"))


def on_refused(state: State, asked: Pending, at: At) -> None:
    """Note that the server refused an output: its call is as unanswered as before."""
    output = _output_at(state, asked)
    if output is None:
        return
    output.status, output.answer = "rejected", at
    call = state.calls.get(text(mapping(asked.body.get("item")).get("call_id")))
    if call is not None and output.at in call.outputs:
        call.outputs.remove(output.at)
        call.refused.append(output.at)
        if not call.outputs:
            call.output = None


def on_listing(state: State, event: Event) -> None:
    """Note that the tools of an MCP server are being listed, or no more."""
    item_id = text(event.body.get("item_id"))
    if event.type.endswith(".in_progress"):
        state.listing_tools.setdefault(item_id, At(event.n, event.t))
    else:
        state.listing_tools.pop(item_id, None)


def _output_at(state: State, asked: Pending | None) -> ToolOutput | None:
    recent = reversed(_recent(state))
    return next((output for output in recent if asked is not None and output.at.n == asked.at.n), None)


def _is_for(output: ToolOutput, call_id: str) -> bool:
    """Tell whether an output answers a call that the recording names only after it."""
    return output.call_id == call_id and output.status != "rejected"


def _recent(state: State) -> list[ToolOutput]:
    return state.outputs[-waiting.LIMIT :]


def _named(state: State, call_id: str, at: At) -> ToolCall:
    """Return the call of that id, a new one if it was never named; one without an id is not kept."""
    call = state.calls.get(call_id)
    if call is None:
        call = ToolCall(call_id, named=at)
        if call_id:
            state.calls[call_id] = call
            call.outputs = [output.at for output in _recent(state) if _is_for(output, call_id)]
    return call


def _made_by(state: State, call: ToolCall, response_id: str) -> None:
    if response_id and not call.response_id:
        call.response_id = response_id
        if call.call_id:
            state.calls_by_response.setdefault(response_id, []).append(call)
