"""A cancel of a response that never was."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class CancelUnknownResponse(Rule):
    """The client cancels a response by an id that the session never had, or whose response has long ended.

    Why: the response that really runs goes on.
    Fix: send the id from response.created, or none: then the one in progress is cancelled.
    Limits: an id whose response ended within 150 ms crossed it on the wire and is not flagged. Unknown ids only where the
        recording has the session from its start.
    Source: Realtime API reference, `response.cancel` (read 2026-11-22).
    """

    id = "RSP018"
    name = "cancel-unknown-response"
    severity = Severity.WARNING
    on = ("response.cancel",)
    needs = frozenset({left_out.ORDER})
    race_s = Threshold(0.15, "s", "how long after its end a response may be cancelled")
    good = (
        """
        < {"type": "session.created", "session": {}}
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.cancel", "response_id": "r1"}
        """,
        """
        < {"type": "session.created", "session": {}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +100ms > {"type": "response.cancel", "response_id": "r1"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {}}
        > {"type": "response.cancel", "response_id": "r9"}  # RSP018
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "response.created", "response": {"id": "r2"}}
        +1s > {"type": "response.cancel", "response_id": "r1"}  # RSP018
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the id up."""
        response_id = text(event.body.get("response_id"))
        response = before.responses.get(response_id)
        running = before.active_response
        instead = (
            f"; {running.id} is in progress: leave response_id out and that is cancelled"
            if running is not None
            else "; none is in progress, so leave response.cancel out"
        )
        corrected = mend.without(event.body, "response_id") if running is not None else None
        if not response_id:
            return
        if response is None:
            if before.is_whole:
                yield self.finding(
                    event, f"no response of this session has the id {response_id!r}{instead}", corrected=corrected
                )
        elif response.done is not None and event.t - response.done.t > self.race_s:
            yield self.finding(
                event,
                f"response {response_id} ended {event.t - response.done.t:.1f} s ago{instead}",
                cause=response.done,
                severity=Severity.WARNING if running is not None else Severity.INFO,
                corrected=corrected,
            )
