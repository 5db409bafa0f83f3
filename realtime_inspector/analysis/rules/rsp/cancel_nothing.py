"""A cancel where nothing runs."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session


class CancelNothing(Rule):
    """The client cancels a response while none is in progress.

    Why: the server answers with response_cancel_not_active; nothing is broken, but clients that take every error for a failure
        stop there.
    Fix: cancel only between response.created and response.done, or ignore that error.
    Limits: information; a warning from the fourth on. Only where the recording has the session from its start.
    Source: Realtime API reference, `response.cancel` (read 2026-11-22).
    """

    id = "RSP017"
    name = "cancel-nothing"
    severity = Severity.INFO
    on = ("response.cancel",)
    needs = frozenset({left_out.ORDER})
    often = Threshold(3, "cancels", "how many that find nothing are too many", least=1)
    good = (
        """
        < {"type": "session.created", "session": {}}
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.cancel"}
        """,
        """
        # asked for, and cancelled before it began
        < {"type": "session.created", "session": {}}
        > {"type": "response.create"}
        > {"type": "response.cancel"}
        """,
        """
        # a part of a session
        > {"type": "response.cancel"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {}}
        > {"type": "response.cancel"}  # RSP017
        """,
        """
        < {"type": "session.created", "session": {}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "response.cancel"}  # RSP017
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for anything to cancel."""
        if not before.is_whole or before.active or before.pending_requests or event.body.get("response_id"):
            return
        refused = sum(error.code == "response_cancel_not_active" for error in before.errors[-50:])
        last = before.last_response
        ended = f": {last.id} had ended" if last is not None and last.done is not None else ""
        yield self.finding(
            event,
            f"there is no response to cancel{ended}; the server answers with response_cancel_not_active, which is harmless: "
            "cancel only between response.created and response.done",
            cause=last.done if last is not None else None,
            severity=Severity.WARNING if refused >= self.often else Severity.INFO,
        )
