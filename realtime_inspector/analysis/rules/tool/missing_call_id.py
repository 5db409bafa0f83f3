"""A tool's output that does not say which call it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import blame
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

_NEEDED = 'put the "call_id" of the call it answers inside item'
_LOOK_BACK = 50


class MissingCallId(Rule):
    """A tool's output without the id of the call it answers.

    Why: the server refuses the item, the call stays unanswered, and the assistant says nothing.
    Fix: put the call_id that came with the function call inside item, beside output: not beside item, not as id, not as
        tool_call_id.
    Limits: where the recording has only the server's side, the error that answers it is flagged instead.
    Source: Realtime API reference, `conversation.item.create` (read 2026-11-22); community.openai.com/t/966495.
    """

    id = "TOOL003"
    name = "missing-call-id"
    severity = Severity.ERROR
    on = ("conversation.item.create", "error")
    good = (
        """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "item.content", "message": "Missing required parameter: 'item.content'."}}
        """,
    )
    bad = (
        """
        # beside item; the error is its consequence and not flagged again
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        > {"type": "conversation.item.create", "call_id": "c1", "item": {"type": "function_call_output", "output": "1"}}  # TOOL003
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "item.call_id", "message": "Missing required parameter: 'item.call_id'."}}
        """,
        """
        # only the server's side was recorded
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "item.call_id", "message": "Missing required parameter: 'item.call_id'."}}  # TOOL003
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "tool_call_id": "call_9", "output": "1"}}  # TOOL003
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "id": "call_9", "output": "1"}}  # TOOL003
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": null, "output": "1"}}  # TOOL003
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for the id, and for where it went instead."""
        if event.from_client and event.type == "conversation.item.create":
            yield from self._sent(event, before)
        elif event.from_server and event.type == "error":
            yield from self._refused(event, before)

    def _sent(self, event: Event, before: Session) -> Iterator[Finding]:
        item = mapping(event.body.get("item"))
        if item.get("type") != "function_call_output" or text(item.get("call_id")):
            return
        place, found = _misplaced(event.body, item, before)
        call_id = found or _only_open_call(before)
        call = before.calls.get(call_id)
        yield self.finding(
            event,
            f"this tool output has no call_id inside item, so the server refuses it{_hint(place, found, item)}: "
            + (f'put "call_id": "{call_id}" inside item' if call_id else _NEEDED),
            cause=call.done if call is not None else None,
            corrected=_corrected(event.body, item, call_id, place) if call_id else None,
        )

    def _refused(self, event: Event, before: Session) -> Iterator[Finding]:
        error = mapping(event.body.get("error"))
        if blame.param(error) != "item.call_id" or text(error.get("code")) not in {"missing_required_parameter", ""}:
            return
        cause, _ = blame.find(error, before.unanswered, before.named)
        if cause is not None:
            return
        call = before.calls.get(_only_open_call(before))
        which = f', most likely "{call.call_id}"{f" of {call.name}" if call.name else ""}' if call is not None else ""
        yield self.finding(
            event,
            f"the server refused a tool output without call_id inside item; the client's event is not in the recording: "
            f"{_NEEDED}{which}",
            cause=call.done if call is not None else None,
        )


def _misplaced(body: Mapping[str, Any], item: Mapping[str, Any], before: Session) -> tuple[str, str]:
    """Return where the id was put instead, and the id; both empty if it is nowhere."""
    places = (
        ("event.call_id", body.get("call_id")),
        ("event.tool_call_id", body.get("tool_call_id")),
        ("item.tool_call_id", item.get("tool_call_id")),
        ("item.callId", item.get("callId")),
    )
    for place, value in places:
        if text(value):
            return place, text(value)
    item_id = text(item.get("id"))
    if item_id in before.calls or item_id.startswith("call_"):
        return "item.id", item_id
    return "", ""


def _hint(place: str, found: str, item: Mapping[str, Any]) -> str:
    if place == "event.call_id":
        return f" (the call_id {found!r} stands beside item, not inside it)"
    if place:
        return f" (the id {found!r} was sent as {place})"
    if item.get("call_id") is not None:
        return f" (its call_id is {item['call_id']!r}, not a string)"
    return ""


def _only_open_call(before: Session) -> str:
    """Return the id of the one call that waits for an output; empty if none or more than one does."""
    recent = islice(reversed(before.calls.values()), _LOOK_BACK)
    waiting = [call.call_id for call in recent if call.done and not call.outputs and not call.by_client]
    return waiting[0] if len(waiting) == 1 else ""


def _corrected(body: Mapping[str, Any], item: Mapping[str, Any], call_id: str, place: str) -> Mapping[str, Any]:
    """Return the event with the id where it belongs."""
    wrong = place.partition(".")[2]
    kept = {name: value for name, value in item.items() if not (place.startswith("item.") and name == wrong)}
    outer = {name: value for name, value in body.items() if not (place.startswith("event.") and name == wrong)}
    return {**outer, "item": {**kept, "call_id": call_id}}
