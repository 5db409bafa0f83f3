"""Asked when a response begins."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session


class WorkBeforeConfig(Rule):
    """The first response begins before the session's configuration is in force.

    Why: it is made with the server's defaults: another voice, another persona, no tools.
    Fix: wait for session.updated before audio or response.create is sent.
    Limits: reported where the response came first, not where the request for it was merely sent early: the server
        takes events in order.
    Source: Realtime API reference, `session.updated` (read 2026-11-22).
    """

    id = "SES018"
    name = "work-before-config"
    severity = Severity.WARNING
    on = ("response.created",)
    needs = frozenset({left_out.ORDER, "session.updated"})
    dialects = frozenset({"ga", "beta"})
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime"}}
        > {"type": "response.create"}
        < {"type": "session.updated", "session": {"id": "s1", "audio": {}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "response.create"}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be kind."}}
        < {"type": "response.created", "response": {"id": "r1"}}  # SES018
        < {"type": "session.updated", "session": {"id": "s1", "audio": {}, "instructions": "Be kind."}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        < {"type": "input_audio_buffer.committed", "item_id": "i1"}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be kind."}}
        < {"type": "response.created", "response": {"id": "r1"}}  # SES018
        < {"type": "session.updated", "session": {"id": "s1", "audio": {}, "instructions": "Be kind."}}
        < {"type": "response.created", "response": {"id": "r2"}}
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """See whether the first configuration is still on its way."""
        if before.responses or not before.pending_updates or len(before.pending_updates) != len(before.updates):
            return
        update = before.pending_updates[0]
        message = (
            f"the first response begins while the session.update of entry {update.at.n} is unanswered:"
            " it is made with the server's defaults, wait for session.updated first"
        )
        yield self.finding(event, message, cause=update.at)
