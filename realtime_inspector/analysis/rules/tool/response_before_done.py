"""A tool's output and the wish for a response, before the calling response is done."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping


class ResponseBeforeDone(Rule):
    """The client asks for the response to a tool's output while the response that called the tool still runs.

    Why: the server refuses it (conversation_already_has_active_response), and the output is never spoken about.
    Fix: act on a call when its arguments are done, but send {"type": "response.create"} only after response.done.
    Limits: within 150 ms of response.done the two may have crossed on the wire; that is not flagged.
    Source: github.com/openai/openai-agents-python/issues/2971; github.com/livekit/agents/issues/6818.
    """

    id = "TOOL013"
    name = "response-before-done"
    severity = Severity.WARNING
    on = ("response.create",)
    needs = frozenset({left_out.ORDER, "response.done"})
    race_s = Threshold(0.15, "s", "how long the two events may have crossed on the wire")
    good = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "response.create"}
        """,
        """
        # the two crossed on the wire
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        > {"type": "response.create"}
        +80ms < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "response.created", "response": {"id": "r2"}}
        +5s .
        """,
    )
    bad = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        > {"type": "response.create"}  # TOOL013
        +300ms < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "i1", "type": "function_call", "call_id": "c1", "name": "f", "status": "completed"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        > {"type": "response.create"}  # TOOL013
        < {"type": "error", "error": {"code": "conversation_already_has_active_response"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the race to be decided, where the running response's call has just been answered."""
        active = after.active_response
        if active is None or mapping(event.body.get("response")).get("conversation") == "none":
            return
        if any(call.outputs for call in after.calls_of(active.id)):
            yield Deadline(event.t + self.race_s, event, active.id, at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether the response went on."""
        active = session.responses[deadline.subject]
        request = next((r for r in reversed(session.requests) if r.at.n <= deadline.event.n), None)
        refused = request is not None and request.status == "rejected"
        call = next((call for call in session.calls_of(active.id) if call.outputs), None)
        if (
            call is None
            or (active.done is not None and not refused)
            or (_is_cut_short(deadline, session) and not refused)
        ):
            return
        yield self.finding(
            deadline.event,
            f"the output of {call.name or 'the tool'} ({call.call_id}) is sent and a response asked for while {active.id}, "
            "which made the call, is still in progress: the server refuses that; wait for its response.done",
            cause=active.created,
            related=(call.outputs[0].n,),
            t=deadline.moment(session),
        )


def _is_cut_short(deadline: Deadline, session: Session) -> bool:
    """Tell whether the recording stops before the race is decided."""
    return session.is_cut_off and session.ended is not None and 0 < session.ended.t < deadline.at
