"""Asked at every update of the session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

_LAST_S = 30.0
_SHOWN = 4
"""Settings that are named."""


class UpdateUnacknowledged(Rule):
    """A session.update gets neither a session.updated nor an error.

    Why: nothing says whether it is in force; a client that goes on may talk to the server's defaults.
    Fix: wait for session.updated before anything that depends on it; check what stands between client and server.
    Limits: while a response is in progress the wait goes on. Servers that have shown no dialect, sockets that join a
        call, and sessions with an error of unknown cause or lost messages are left out.
    Source: Realtime API reference, `session.update` (read 2026-11-22).
    """

    id = "SES003"
    name = "update-unacknowledged"
    severity = Severity.WARNING
    on = ("session.update", "transcription_session.update")
    needs = frozenset({"session.updated"})
    dialects = frozenset({"ga", "beta", ""})
    wait_s = Threshold(3.0, "s", "how long the server's answer may take", least=0.1)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime"}}
        +2s < {"type": "session.updated", "session": {"id": "s1", "audio": {}}}
        +5s .
        """,
        """
        > {"type": "session.update", "session": {"model": "a"}}
        +9s .
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "session.update", "session": {"type": "realtime"}}
        +8s < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "session.updated", "session": {"id": "s1", "audio": {}}}
        +9s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime"}}  # SES003
        +4s > {"type": "response.create"}
        """,
        """
        > {"type": "session.update", "session": {"type": "realtime"}}  # SES003
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        +9s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for its answer."""
        if not after.is_sideband:
            yield Deadline(event.t + self.wait_s, event)

    def due(self, deadline: Deadline, session: Session) -> Iterable[Finding | Deadline]:
        """See whether it is still pending."""
        event = deadline.event
        pending = any(update.at.n == event.n for update in session.pending_updates)
        if not pending or not session.dialect or session.close is not None or session.counts.get("wire.gap"):
            return
        if session.active and deadline.at - event.t < _LAST_S:
            yield deadline.again(deadline.at + self.wait_s)
        elif not any(error.cause is None and error.at.n > event.n for error in session.errors):
            waited = deadline.at - event.t
            message = (
                f"no session.updated and no error within {waited:g} s of this update: {_named(event)} may not be in force; wait "
                "for session.updated before you count on it"
            )
            yield self.finding(event, message, t=deadline.at)


def _named(event: Event) -> str:
    """Return what the update sets, as words."""
    names = [name for name in mapping(event.body.get("session")) if name != "type"]
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "") or "it"
