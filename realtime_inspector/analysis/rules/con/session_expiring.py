"""Asked when the session begins: how long it may last, and whether it still runs shortly before that."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session

_LIMITS_S = {"": 60 * 60, "xai": 60 * 60, "azure": 30 * 60, "azure-legacy": 30 * 60}
"""Server → how long it lets a session last. Of the others nothing is known."""


class SessionExpiring(Rule):
    """The session comes close to its maximum duration.

    Why: the server ends it with session_expired and close code 1001, mid-sentence if need be; nothing can
        be resumed.
    Fix: a few minutes before expires_at open a new session, give it the configuration and the history, and move over.
    Limits: expires_at is compared with the recording's start or the handshake's Date header. Without
        either, 60 minutes from session.created are assumed (Azure: 30); not of a server whose limit is not known, nor of
        the Live API.
    Source: Realtime API, session duration, and `session.expires_at` of the reference (read 2026-11-22); `expires_at` of a
        Live session by the types of `openai` 3.54.0 (read 2026-11-24).
    """

    id = "CON005"
    name = "session-expiring"
    severity = Severity.WARNING
    on = ("session.created", "session.started")
    warning_s = Threshold(300.0, "s", "how long before the end it is a warning")
    error_s = Threshold(60.0, "s", "how long before the end it is an error")
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "expires_at": 1790000000}}
        +3200s x< 1000
        """,
        """
        > GET /v1/realtime?model=gpt-realtime
        < 101
        < {"type": "session.created", "session": {"id": "s1"}}
        +1801s > {"type": "input_audio_buffer.clear"}
        """,
        """
        # of a Live session nothing is assumed
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        < {"type": "session.started", "session": {"id": "live_1"}}
        +9000s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "expires_at": 1790000000}}  # CON005
        +3400s > {"type": "response.create"}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1"}}  # CON005 CON005
        +3600s x< 1001 Your session hit the maximum duration of 60 minutes.
        """,
        """
        > GET /openai/v1/realtime?model=my-deployment {"Host": "my.openai.azure.com"}
        < 101
        < {"type": "session.created", "session": {"id": "s1"}}  # CON005
        +1600s > {"type": "response.create"}
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Be asked before the end, as often as there are notices that are still to come."""
        end = _end(event, after)
        if end is None:
            return
        for step, notice in enumerate((self.warning_s, self.error_s)):
            if end - notice > event.t:
                yield Deadline(end - notice, event, step=step)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Say how much is left, if the session still runs."""
        if session.close is not None or session.ended is not None:
            return
        last = deadline.step == 1
        left = self.error_s if last else self.warning_s
        running = [response.id for response in session.active.values()]
        busy = f", while response {running[-1]} is in progress" if running else ""
        message = f"session {session.id or 'without id'} ends in {left / 60:g} min{busy}: open a new one and restore its state"
        severity = Severity.ERROR if last else Severity.WARNING
        yield self.finding(deadline.event, message, severity=severity, t=deadline.at)


def _end(event: Event, session: Session) -> float | None:
    """Return when the session ends, in seconds of the recording; None if nothing tells."""
    begin = _unix_of_zero(session)
    if begin is not None and session.expires_at is not None and session.expires_at - begin > event.t:
        return session.expires_at - begin  # one that has passed already is a replayed one
    limit_s = _LIMITS_S.get(session.server)
    return None if limit_s is None else event.t + limit_s


def _unix_of_zero(session: Session) -> float | None:
    """Return the unix time at which the recording's clock was 0."""
    if session.started is not None or session.handshake is None:
        return session.started
    date = session.handshake.entry.header("Date")
    try:
        return parsedate_to_datetime(date or "").timestamp() - session.handshake.t
    except ValueError:
        return None
