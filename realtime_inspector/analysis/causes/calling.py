"""A tool call, an approval or an output that waits for the client."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from realtime_inspector.analysis.causes.view import (
    LOOK_BACK,
    RECENT_S,
    Cause,
    Confidence,
    View,
    asked_after,
    quoted,
    server_answers,
    shown,
)
from realtime_inspector.analysis.rules.tool.intent import message_instead, was_forced
from realtime_inspector.analysis.rules.tool.names import silence_is_meant
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import At, Item, ToolCall
from realtime_inspector.protocol.realtime.values import mapping, text


def left_open(view: View) -> Cause | None:
    """Tell a completed response whose calls or approvals wait for the client."""
    response = view.response
    if response is None or response.done is None:
        return None
    waiting = _approval(view)
    if waiting is not None:
        return Cause(
            "approval-pending",
            f"the MCP call {text(waiting.body.get('name'))} has waited "
            f"{view.since(waiting.first or response.done)} for its "
            "approval",
            tuple(shown((waiting.first, "mcp_approval_request"))),
            Confidence.CERTAIN,
            f"send an mcp_approval_response with approval_request_id {waiting.id}",
            ("MCP003",),
            frozenset({left_out.CLIENT}),
        )
    approved = _approved(view)
    if approved is not None and not asked_after(view, approved[1]):
        request, at = approved
        return Cause(
            "mcp-call-running",
            f"the MCP call {text(request.body.get('name'))} was approved {view.ago(at)}, and the server did not go on",
            tuple(shown((request.first, "mcp_approval_request"), (at, "approved"))),
            Confidence.LIKELY,
            "look whether its MCP server answers; after a timeout ask again",
            ("MCP004",),
            frozenset({left_out.SERVER, left_out.ITEMS, "response.created"}),
        )
    calls = [call for call in view.state.calls_of(response.id) if not call.by_client and call.status != "incomplete"]
    open_ = [call for call in calls if not call.outputs]
    if open_:
        return _unanswered(view, open_)
    outputs = [call.outputs[-1] for call in calls]
    if outputs and not asked_after(view, outputs[-1]) and not _is_spoken_over(view, calls[-1]):
        return _output_without_response(view, calls[-1], max(outputs, key=lambda at: at.n))
    return None


def _is_spoken_over(view: View, call: ToolCall) -> bool:
    """Tell whether the user speaks since a call, or has just stopped: then it is his turn that is answered next."""
    speech = view.state.input_audio.speech[-1] if view.state.input_audio.speech else None
    if speech is None or call.done is None or speech.started_n < call.done.n or not server_answers(view):
        return False
    stopped_t = speech.stopped_t
    return not speech.ended_by or (stopped_t is not None and view.silence.end - stopped_t < RECENT_S)


def _unanswered(view: View, calls: Sequence[ToolCall]) -> Cause:
    call = calls[0]
    refused = next(
        (error for output in view.state.outputs[-LOOK_BACK:] if (error := view.refused.get(output.at.n))), None
    )
    name = f"{call.name or 'the tool'} ({call.call_id})"
    if refused is not None and view.within(refused.at):
        return Cause(
            "tool-output-refused",
            f"the assistant called {name}, and the server refused the output: {quoted(refused)}",
            tuple(shown((call.done, "the call"), (refused.cause, "its output"), (refused.at, "refused"))),
            Confidence.CERTAIN,
            'send the output again as the API takes it, then {"type": "response.create"}',
            ("TOOL003", "TOOL004", "TOOL007", "TOOL002"),
        )
    if all(silence_is_meant(each.name) for each in calls):
        return Cause(
            "silence-meant",
            f"the assistant called {name}, whose name says that silence is meant, and the client gave no output",
            tuple(shown((call.done or call.named, "the call"))),
            Confidence.LIKELY,
        )
    if all(was_forced(view.state, each) for each in calls):
        return Cause(
            "silence-meant",
            f"the assistant called {name} because tool_choice named it, and the client gave no output: the arguments "
            "may be all that it wanted",
            tuple(shown((call.done or call.named, "the call"))),
            Confidence.LIKELY,
        )
    others = f", and {len(calls) - 1} more" if len(calls) > 1 else ""
    message = message_instead(view.state, call)
    sent = message.asked if message is not None else None
    instead = f": it sent a message of the role {message.role} instead" if message is not None else ""
    return Cause(
        "tool-unanswered",
        f"the assistant called {name}{others} {view.ago(call.done or call.named or At(0, 0.0))}, and the "
        f"client gave no output{instead}",
        tuple(shown((call.done or call.named, "the call"), (sent, "a message, which answers no call"))),
        Confidence.CERTAIN,
        'answer every call with a function_call_output, then send {"type": "response.create"}',
        ("TOOL002", "TOOL008", "TOOL011"),
        frozenset({left_out.CLIENT, left_out.ORDER}),
    )


def _output_without_response(view: View, call: ToolCall, output: At) -> Cause:
    beside = next((r for r in view.state.requests[-LOOK_BACK:] if r.at.n > output.n and r.out_of_band), None)
    if beside is not None:
        return Cause(
            "asked-out-of-band",
            f"the output of {call.name or 'the tool'} ({call.call_id}) was given {view.ago(output)}, and the only "
            "response asked for since is outside of the conversation, where the output is not",
            tuple(shown((output, "its output"), (beside.at, "response.create with conversation none"))),
            Confidence.CERTAIN,
            'send {"type": "response.create"} without "conversation": "none" after the output',
            ("TOOL001",),
            frozenset({left_out.CLIENT, "response.created"}),
        )
    named, forced = silence_is_meant(call.name), was_forced(view.state, call)
    meant = named or forced
    why = "the tool's name says that silence is meant" if named else "tool_choice named it: the call may be all"
    return Cause(
        "silence-meant" if meant else "output-without-response",
        f"the output of {call.name or 'the tool'} ({call.call_id}) was given {view.ago(output)}, and nobody "
        "asked for a response; an output alone does not make the assistant speak"
        + (f"; {why}{'' if named else ' that was wanted'}" if meant else ""),
        tuple(shown((call.done, "the call"), (output, "its output"))),
        Confidence.LIKELY if meant else Confidence.CERTAIN,
        "" if meant else 'send {"type": "response.create"} after the last output',
        ("TOOL001", "TOOL012"),
        frozenset({left_out.CLIENT, "response.created"}),
    )


def late_output(view: View) -> Cause | None:
    """Tell the output of a call of long ago, which nobody asked an answer for."""
    outputs = [output for output in view.state.outputs[-LOOK_BACK:] if view.within(output.at)]
    if not outputs or asked_after(view, outputs[-1].at):
        return None
    call = view.state.calls.get(outputs[-1].call_id) or ToolCall(outputs[-1].call_id)
    if call.by_client or outputs[-1].status == "rejected" or _is_spoken_over(view, call):
        return None
    return _output_without_response(view, call, outputs[-1].at)


def _approval(view: View) -> Item | None:
    """Return a request for approval without an answer."""
    return next((item for item in _requests(view) if item.id not in _given(view)), None)


def _approved(view: View) -> tuple[Item, At] | None:
    """Return the request that was approved last, and where."""
    given = _given(view)
    found = ((item, at) for item in _requests(view) if (at := given.get(item.id)) is not None)
    return max(found, key=lambda pair: pair[1].n, default=None)


def _requests(view: View) -> list[Item]:
    recent = islice(reversed(view.state.items.values()), LOOK_BACK)
    return [item for item in recent if item.type == "mcp_approval_request" and view.within(item.first)]


def _given(view: View) -> dict[str, At]:
    """Return where each request for approval was answered, by its id."""
    recent = islice(reversed(view.state.items.values()), LOOK_BACK)
    said = [(item.body, item.asked or item.first) for item in recent if item.type == "mcp_approval_response"]
    said += [(mapping(pending.body.get("item")), pending.at) for pending in view.state.unanswered]
    return {text(body.get("approval_request_id")): at for body, at in said if at is not None}
