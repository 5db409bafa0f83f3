"""A call of the model that the client never answered, and why, where that shows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.rules.tool.intent import message_instead, was_forced
from realtime_inspector.analysis.rules.tool.names import silence_is_meant
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import At, Response, ToolCall, ToolOutput
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

AFTER_REFUSAL_S = 2.0
LOOK_BACK = 50


class CallUnanswered(Rule):
    """The assistant called a tool, and the conversation never got the tool's output.

    Why: the assistant cannot use what it asked for; usually it says nothing more until the user speaks again.
    Fix: answer every completed function call with a function_call_output that has its call_id inside item, then send
        {"type": "response.create"}; answer a tool you do not know with an output that says so.
    Limits: a tool may take long on purpose: ten seconds give a warning, a minute where the assistant has answered since, as
        it does beside a tool that runs on; an error is a call that has still none after a minute of silence, or ten seconds
        and more later at the session's end, and a refused output that is not sent again within two seconds. A call that the session's end cut short within two seconds (ten where the talk goes on beside it), an incomplete one, what
        stands in the conversation without a response that made it, and tools whose name says that silence is meant
        (end_call, hang_up) are left out. It is information where tool_choice named the function: its arguments may be all
        that was wanted.
    Source: Realtime guide, "Function calling" (read 2026-11-22); github.com/openai/openai-agents-python/issues/3286; Live API,
        `response.item.create`, by the types of `openai` 3.54.0 (read 2026-11-24).
    """

    id = "TOOL002"
    name = "call-unanswered"
    severity = Severity.WARNING
    on = (
        "response.function_call_arguments.done",
        "response.output_item.done",
        "conversation.item.done",
        "conversation.item.created",
        "response.done",
        "conversation.item.create",
        "response.event",
        "response.item.create",
        "error",
    )
    needs = frozenset({left_out.CLIENT})
    wait_s = Threshold(10.0, "s", "how long a tool's output may take", least=0.1)
    beside_s = Threshold(60.0, "s", "how long it may while the assistant answers other things", least=0.1)
    good = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +9s > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "response.create"}
        +30s .
        """,
        """
        # refused, and sent again as it should be
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "1"}}
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "item.call_id", "message": "Missing required parameter: 'item.call_id'."}}
        +500ms > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "response.create"}
        +30s .
        """,
        """
        # the user interrupts: the call is not complete, and must not be answered
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "f", "status": "incomplete", "arguments": "{"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "turn_detected"}}}
        +30s .
        """,
        """
        # the conversation goes on while the tool runs
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +3s < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.output_audio.delta", "response_id": "r2", "item_id": "a2", "delta": "<900ms>"}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed"}}
        +30s > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "response.create"}
        +30s .
        """,
    )
    bad = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}  # TOOL002
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +11s .
        """,
        """
        # nor until the end
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}  # TOOL002 TOOL002
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +15s x> 1000
        x
        """,
        """
        # refused, and then nothing
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "conversation.item.create", "call_id": "c1", "item": {"type": "function_call_output", "output": "1"}}
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "item.call_id", "message": "Missing required parameter: 'item.call_id'."}}  # TOOL002
        +3s x> 1000
        x
        """,
        """
        # the client hangs up five seconds after the call
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}  # TOOL002
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +5s x> 1000
        x
        """,
        """
        # the Live API
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        < {"type": "response.event", "event": {"type": "response.output_item.done", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}", "status": "completed"}}}  # TOOL002
        +11s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for an output after a call is complete, and for a better one after an output was refused."""
        if event.from_client:
            if event.get("item.type") == "function_call_output" and not text(event.get("item.call_id")):
                yield Deadline(event.t + AFTER_REFUSAL_S, event, at_end=True)
        elif event.type == "error":
            if _refused_by(after, event) is not None:
                yield Deadline(event.t + AFTER_REFUSAL_S, event, at_end=True)
        else:
            for call in _completed_by(event, after):
                yield Deadline(event.t + self.wait_s, event, call.call_id, at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding | Deadline]:
        """Ask whether the output came."""
        if deadline.subject:
            yield from self._late(deadline, session, session.calls[deadline.subject])
        else:
            yield from self._after_refusal(deadline, session)

    def _late(self, deadline: Deadline, session: Session, call: ToolCall) -> Iterator[Finding | Deadline]:
        if not _is_open(session, call) or call.done is None or _refusals(session, call):
            return
        caller = session.responses.get(call.response_id)
        since = max(call.done.t, caller.done.t if caller is not None and caller.done else 0.0)
        beside = _is_talked_on(session, since)
        wait_s = self.beside_s if beside else self.wait_s
        if session.ended is None and since + wait_s > deadline.at + 1e-6:
            yield deadline.again(since + wait_s)
            return
        until = deadline.moment(session)
        short_s = self.wait_s if beside else AFTER_REFUSAL_S
        if session.ended is not None and (session.is_cut_off or until - since < short_s):
            return
        spoken = (session.input_audio.last_committed_t or 0.0) > since
        never = (spoken or until - since >= self._never_s(session)) and not beside
        if not never and session.ended is None:
            yield deadline.again(since + self.beside_s)
        waited = (
            f"until the session ended, {until - since:.1f} s later" if session.ended else f"for {until - since:.0f} s"
        )
        yield self.finding(
            deadline.event,
            f"{_named(call)} has had no output {waited}: the assistant waits for it; {_answer(session, call)}"
            f"{_instead(session, call)}",
            t=until,
            severity=Severity.INFO if was_forced(session, call) else Severity.ERROR if never else Severity.WARNING,
        )

    def _never_s(self, session: Session) -> float:
        """Return after which silence no output is to come any more: at the session's end there is no time left for it."""
        return self.wait_s if session.ended is not None else self.beside_s

    def _after_refusal(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        output = _refused_by(session, deadline.event)
        if output is None:
            return
        for call in _meant(session, output):
            if not _is_open(session, call) or _refusals(session, call)[-1] is not output:
                continue
            yield self.finding(
                deadline.event,
                f"{_named(call)} is still unanswered: its output (entry {output.at.n}) was refused{_reason(output, call)}, "
                "and none was sent since; the assistant keeps waiting and the user hears silence: send the output again "
                f'with "call_id": "{call.call_id}" inside item, then {{"type": "response.create"}}',
                cause=output.at,
                related=(call.done.n,) if call.done else (),
                t=deadline.moment(session),
                severity=Severity.ERROR,
            )


def _completed_by(event: Event, after: Session) -> Iterator[ToolCall]:
    """Yield the calls that this event completed."""
    if event.type == "response.event":
        named = [text(event.get("event.item.call_id"))]
    elif event.type == "response.done":
        named = [call.call_id for call in after.calls_of(text(event.get("response.id")))]
    else:
        named = [text(event.get("call_id")) or text(event.get("item.call_id"))]
    for call_id in named:
        call = after.calls.get(call_id)
        if call is not None and call.done is not None and call.done.n == event.n and not silence_is_meant(call.name):
            yield call


def _is_open(session: Session, call: ToolCall) -> bool:
    """Tell whether a call waits for the client."""
    caller = session.responses.get(call.response_id)
    abandoned = caller is not None and (caller.out_of_band or caller.status in {"cancelled", "failed", "incomplete"})
    return not (
        call.by_client or call.outputs or call.status == "incomplete" or abandoned or _is_history(session, call)
    )


def _is_history(session: Session, call: ToolCall) -> bool:
    """Tell whether a call was named while no response ran: it was put into the conversation, and waits for nobody."""
    first = next(iter(session.responses.values()), None)
    if call.response_id or call.named is None or first is None:
        return False
    named_n = call.named.n
    recent = islice(reversed(session.responses.values()), LOOK_BACK)
    running = any(r.created.n < named_n and (r.done is None or r.done.n > named_n) for r in recent)
    return session.created is not None and not running


def _is_talked_on(session: Session, since: float) -> bool:
    """Tell whether the assistant has said something else meanwhile: who waits for a tool does not wait in silence."""
    recent = islice(reversed(session.responses.values()), LOOK_BACK)
    return any(r.created.t > since and not r.out_of_band and _has_spoken(session, r) for r in recent)


def _has_spoken(session: Session, response: Response) -> bool:
    items = (session.items[item_id] for item_id in response.item_ids if item_id in session.items)
    return response.first_audio is not None or any(item.text or item.transcript for item in items)


def _refused_by(session: Session, event: Event) -> ToolOutput | None:
    """Return the output that an error refused, or that the client's event sent without a call's id."""
    for output in session.outputs[: -LOOK_BACK - 1 : -1]:
        refused = output.status == "rejected"
        if refused and output.answer is not None and output.answer.n == event.n:
            return output
        if output.at.n == event.n and not refused and not output.call_id:
            return output
    return None


def _refusals(session: Session, call: ToolCall) -> list[ToolOutput]:
    """Return the outputs that were meant for a call and cannot have reached it, oldest first."""
    recent = session.outputs[-LOOK_BACK:]
    return [output for output in recent if not _reached(output) and call in _meant(session, output)]


def _reached(output: ToolOutput) -> bool:
    return bool(output.call_id) and output.status != "rejected"


def _meant(session: Session, output: ToolOutput) -> list[ToolCall]:
    """Return the calls that a refused output can have been for: the one it names, else every one then complete."""
    call = session.calls.get(output.call_id)
    if call is not None:
        return [call]
    recent = islice(reversed(session.calls.values()), LOOK_BACK)
    return [call for call in recent if call.done is not None and _before(call.done, output.at)]


def _before(one: At, other: At) -> bool:
    return one.n < other.n


def _reason(output: ToolOutput, call: ToolCall) -> str:
    if not output.call_id:
        return ' because it has no "call_id" inside item'
    return (
        "" if output.call_id == call.call_id else f" because its call_id {output.call_id!r} is none of this session's"
    )


def _answer(session: Session, call: ToolCall) -> str:
    """Return how a call is answered, as words."""
    sent_by = "by response.item.create " if session.is_streamed else ""
    item = f'a function_call_output with "call_id": "{call.call_id}"'
    return f'send {sent_by}{item} inside item, then {{"type": "response.create"}}'


def _instead(session: Session, call: ToolCall) -> str:
    """Return what the client sent in the output's place, as words to end a sentence with; empty if nothing."""
    item = message_instead(session, call)
    if item is None or item.asked is None:
        return ""
    return f". Entry {item.asked.n} is a message of the role {item.role}: a tool's result sent as a message answers no call"


def _named(call: ToolCall) -> str:
    return f"{call.name or 'the tool call'} ({call.call_id})"
