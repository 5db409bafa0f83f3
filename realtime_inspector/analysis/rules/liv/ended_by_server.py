"""Asked when a Live session is closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import dialects
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

_MEANINGS: Mapping[str, str] = {
    "expired": "it reached its longest duration: open a new session before the expires_at of session.started",
    "content": "a safety filter ended it: look at what was said just before, and at the instructions",
    "connection_lost": "one of its connections was lost: open a new session, for this one cannot be taken up again",
}
"""Reasons that nobody wished for; the others are close_requested and remote_hangup."""


class EndedByServer(Rule):
    """The server ends a Live session that nobody asked it to end.

    Why: session.closed is an ordinary event, and the WebSocket closes with 1000 behind it: a client that looks at errors
        and close codes alone takes it for a normal end.
    Fix: look at the reason of session.closed, and open a new session where the user is still there.
    Limits: the reasons close_requested and remote_hangup are a normal end.
    Source: Live API, `session.closed`, by the types of `openai` 3.54.0 (read 2026-11-24).
    """

    id = "LIV009"
    name = "ended-by-server"
    severity = Severity.WARNING
    on = ("session.closed",)
    dialects = frozenset({dialects.LIVE})
    good = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "session.started", "session": {"id": "live_1"}}
        > {"type": "session.close"}
        < {"type": "session.closed", "reason": "close_requested"}
        x< 1000
        """,
        """
        # the caller hung up
        > GET /v1/live/sessions/live_1/attach {"Host": "api.openai.com"}
        < 101
        < {"type": "session.closed", "reason": "remote_hangup"}
        x< 1000
        """,
    )
    bad = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "session.started", "session": {"id": "live_1"}}
        +7200s < {"type": "session.closed", "reason": "expired"}  # LIV009
        x< 1000
        """,
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        +9s < {"type": "session.closed", "reason": "content"}  # LIV009
        x< 1000
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the reason."""
        reason = text(event.body.get("reason"))
        if event.from_server and reason in _MEANINGS:
            yield self.finding(event, f"the server ended the session ({reason}): {_MEANINGS[reason]}")
