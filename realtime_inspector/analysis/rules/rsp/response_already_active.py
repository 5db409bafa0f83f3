"""A response asked for while another one runs."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.rules.rsp.requests import is_out_of_band, request_at
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session


class ResponseAlreadyActive(Rule):
    """The client asks for a response while one is in progress, or while an earlier response.create is still unanswered.

    Why: the server answers with conversation_already_has_active_response and makes no second response; the user hears
        nothing about what was asked.
    Fix: wait for response.done, or send response.cancel and wait for it; ask once a turn.
    Limits: judged 150 ms later. If a response that had run for longer ended by then, the two crossed on the wire: a
        warning where the server refused, information where it did not. Responses outside the conversation may overlap. In a log, which may
        leave events out or have them in another order, only what the server refused is flagged.
    Source: Realtime API reference, `response.create` (read 2026-11-22);
        github.com/openai/openai-agents-python/issues/1466.
    """

    id = "RSP001"
    name = "response-already-active"
    severity = Severity.ERROR
    on = ("response.create",)
    race_s = Threshold(0.15, "s", "how long the two events may have crossed on the wire")
    good = (
        """
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +40ms > {"type": "response.create"}
        +5s .
        """,
        """
        # outside the conversation
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.create", "response": {"conversation": "none", "metadata": {"k": "1"}}}
        < {"type": "response.created", "response": {"id": "r2", "metadata": {"k": "1"}}}
        +5s .
        """,
    )
    bad = (
        """
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.create"}  # RSP001
        +1s < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        """,
        """
        # twice at once
        > {"type": "response.create"}
        > {"type": "response.create"}  # RSP001
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "error", "error": {"code": "conversation_already_has_active_response"}}
        """,
        """
        # voice detection has just begun one, and it is a short one
        < {"type": "response.created", "response": {"id": "r1"}}
        +2ms > {"type": "response.create", "event_id": "e1"}  # RSP001
        +1ms < {"type": "error", "error": {"code": "conversation_already_has_active_response", "event_id": "e1"}}
        +100ms < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +5s .
        """,
        """
        # a race, lost
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        +3s > {"type": "response.create", "event_id": "e1"}  # RSP001
        +20ms < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +20ms < {"type": "error", "error": {"code": "conversation_already_has_active_response", "event_id": "e1"}}
        +5s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the outcome, where another response runs or is asked for."""
        if is_out_of_band(event):
            return
        active = after.active_response
        others = [request for request in after.pending_requests if request.at.n != event.n and not request.out_of_band]
        if active is not None or others:
            yield Deadline(event.t + self.race_s, event, active.id if active is not None else "", at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Judge by what the server made of it."""
        event = deadline.event
        request = request_at(session, event.n)
        if request is None or not (request.status == "rejected" or _is_judged(deadline, session)):
            return
        t = deadline.moment(session)
        active = session.responses.get(deadline.subject)
        if active is None:
            yield from self._asked_twice(event, session, request.status, t)
            return
        timed = session.now > 0  # in a log without times nothing can be told to have crossed
        what = f"response.create comes while response {active.id} is still in progress"
        at_its_begin = request.status == "rejected" and event.t - active.created.t < self.race_s
        if active.done is not None and timed and not at_its_begin:
            if request.status == "pending":
                return
            lost = request.status == "rejected"
            yield self.finding(
                event,
                f"{what}; its response.done (entry {active.done.n}) crossed it on the wire"
                + (", and the server refused: ask again" if lost else ", and the server took it this time")
                + "; wait for response.done first",
                cause=active.created,
                severity=Severity.WARNING if lost else Severity.INFO,
                t=t,
            )
        elif request.status != "created":
            yield self.finding(event, f"{what}: wait for its response.done, or cancel it", cause=active.created, t=t)

    def _asked_twice(self, event: Event, session: Session, status: str, t: float) -> Iterator[Finding]:
        before = [request for request in session.requests[-10:] if request.at.n < event.n and not request.out_of_band]
        if status == "created" or not before:
            return
        first = before[-1]
        yield self.finding(
            event,
            f"response.create comes a second time, before the one of entry {first.at.n} was answered; the server takes one "
            "at a time: ask once and wait for response.done",
            cause=first.at,
            t=t,
        )


def _is_judged(deadline: Deadline, session: Session) -> bool:
    """Tell whether the absence of an answer says something: the recording has every message, and goes on for long enough."""
    cut_short = session.is_cut_off and session.ended is not None and session.ended.t < deadline.at
    return left_out.WIRE not in session.left_out and not (cut_short and session.now > 0)
