"""The headline: a tool's output was given, and nobody asks the assistant to go on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.rules.tool.intent import was_forced
from realtime_inspector.analysis.rules.tool.names import needs_no_word, silence_is_meant
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import At, ToolCall
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

MAX_STEPS = 30
"""A response or speech that goes on for longer than this many waits is not waited for any more."""
LOOK_BACK = 50


class OutputWithoutResponse(Rule):
    """The client gave a tool's output, and no response was asked for.

    Why: an output is only put into the conversation. The assistant speaks again when a response is asked for; until then
        the user hears silence, and no error says why.
    Fix: after the last output of a response's calls, and after its response.done, send {"type": "response.create"}.
    Limits: counts two seconds after the server took the output, while no response runs and nobody speaks. Tools whose
        name says that silence is meant (end_call, hang_up, wait_for_user) are left out; it is a warning where the assistant
        spoke before the call and the tool only does something (show_map, log_event), and information where tool_choice
        named the function, for the call itself may be all that was wanted.
    Source: Realtime guide, "Function calling" (read 2026-11-22); community.openai.com/t/1079792; Live API, `response.create`,
        by the types of `openai` 3.54.0 (read 2026-11-24).
    """

    id = "TOOL001"
    name = "output-without-response"
    severity = Severity.ERROR
    on = ("conversation.item.create", "conversation.item.added", "conversation.item.created", "response.item.create")
    needs = frozenset({"response.created"})
    wait_s = Threshold(2.0, "s", "how long the request for a response may take", least=0.1)
    good = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        < {"type": "conversation.item.added", "item": {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "response.create"}
        +3s < {"type": "response.created", "response": {"id": "r2"}}
        +30s .
        """,
        """
        # two calls: the first output waits for the second
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c2", "name": "g", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        +5s > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c2", "output": "1"}}
        > {"type": "response.create"}
        +30s .
        """,
        """
        # a call joined from beside it: its client gave the output, and asked for a response
        > GET /v1/realtime?call_id=rtc_1
        < {"type": "session.created", "session": {"id": "s1"}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "conversation.item.added", "item": {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "1"}}
        < {"type": "response.created", "response": {"id": "r2"}}
        +5s .
        """,
        """
        # the call is over: nothing need be said
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "end_call", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "bye"}}
        +30s .
        """,
        """
        # the Live API: what it delegates to goes on
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        < {"type": "response.event", "event": {"type": "response.output_item.done", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}", "status": "completed"}}}
        > {"type": "response.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        < {"type": "response.event", "event": {"type": "response.created"}}
        +30s .
        """,
    )
    bad = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}  # TOOL001
        < {"type": "conversation.item.added", "item": {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "1"}}
        +3s .
        """,
        """
        # the last of two outputs should have been followed by response.create
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c2", "name": "g", "arguments": "{}"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c2", "output": "1"}}  # TOOL001
        +1s < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +4s > {"type": "input_audio_buffer.clear"}
        """,
        """
        # a call joined from beside it: the output came by its own connection
        > GET /v1/realtime?call_id=rtc_1
        < {"type": "session.created", "session": {"id": "s1"}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "conversation.item.added", "item": {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "1"}}  # TOOL001
        +5s .
        """,
        """
        # the Live API
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        < {"type": "response.event", "event": {"type": "response.output_item.done", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}", "status": "completed"}}}
        > {"type": "response.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}  # TOOL001
        +5s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for a response after every output of a call of the model."""
        call = after.calls.get(text(event.get("item.call_id")))
        if call is None or call.by_client or event.get("item.type") != "function_call_output":
            return
        if event.from_server and not any(at.n == event.n for at in call.outputs):  # the client's own, taken in
            return
        if not silence_is_meant(call.name):
            yield Deadline(event.t + self.wait_s, event, call.call_id)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding | Deadline]:
        """Ask whether the assistant was asked to go on."""
        call = session.calls[deadline.subject]
        sent = next((at for at in call.outputs if at.n == deadline.event.n), None)
        if sent is None or _went_on(session, sent) or _others_open(session, call, sent):
            return
        quiet = deadline.at if _busy(session) else _quiet_since(session, call, sent)
        if quiet + self.wait_s > deadline.at:
            if deadline.step < MAX_STEPS:
                yield deadline.again(quiet + self.wait_s)
            return
        yield self.finding(
            deadline.event,
            f"the assistant is waiting: the output of {call.name or 'the tool'} ({call.call_id}) was given "
            f"{deadline.at - sent.t:.1f} s ago, but {_asked(session, sent)}",
            cause=call.done,
            severity=_severity(session, call),
            t=deadline.at,
        )


def _asked(session: Session, sent: At) -> str:
    """Return what was asked for in place of the answer, and what to do, as words."""
    beside = next((r for r in session.requests[-LOOK_BACK:] if r.at.n > sent.n and r.out_of_band), None)
    if beside is None:
        return (
            "nobody asked for a response; an output alone does not make it speak: send "
            '{"type": "response.create"} after it'
        )
    return (
        f"the response asked for (entry {beside.at.n}) is outside of the conversation, where the output is not: send "
        '{"type": "response.create"} without "conversation": "none"'
    )


def _severity(session: Session, call: ToolCall) -> Severity | None:
    """Return how bad it is where the client may have wanted no answer."""
    if was_forced(session, call):
        return Severity.INFO
    return Severity.WARNING if needs_no_word(call.name) and _has_spoken(session, call) else None


def _went_on(session: Session, sent: At) -> bool:
    """Tell whether a response was asked for or begun after the output."""
    if session.backend is not None and session.backend.n > sent.n:
        return True
    asked = islice(reversed(session.requests), LOOK_BACK)
    begun = islice(reversed(session.responses.values()), LOOK_BACK)
    return any(request.at.n > sent.n and not request.out_of_band for request in asked) or any(
        response.created.n > sent.n and not response.out_of_band for response in begun
    )


def _has_spoken(session: Session, call: ToolCall) -> bool:
    """Tell whether the response that made the call has said something too."""
    caller = session.responses.get(call.response_id)
    items = (session.items.get(item_id) for item_id in caller.item_ids) if caller is not None else ()
    return any(item is not None and item.type == "message" and (item.transcript or item.text) for item in items)


def _others_open(session: Session, call: ToolCall, sent: At) -> bool:
    """Tell whether a sibling of the call has no output yet, or a later one, which is then asked about itself."""
    siblings = session.calls_of(call.response_id)
    open_ = any(not other.outputs and other.status != "incomplete" for other in siblings)
    return open_ or any(at.n > sent.n for other in siblings for at in other.outputs)


def _busy(session: Session) -> bool:
    """Tell whether something is going on after which a response could still come by itself."""
    return session.active_response is not None or session.input_audio.active_speech is not None


def _quiet_since(session: Session, call: ToolCall, sent: At) -> float:
    """Return when the last thing happened that had to happen first."""
    caller = session.responses.get(call.response_id)
    moments = (sent, call.acknowledged, caller.done if caller is not None else None)
    return max(*(at.t for at in moments if at is not None), session.input_audio.last_committed_t or 0.0)
