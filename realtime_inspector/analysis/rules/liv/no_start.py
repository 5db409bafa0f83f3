"""Asked at every event of a client of the Live API but its audio."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import dialects, left_out
from realtime_inspector.protocol.realtime.catalogue import ALL_CLIENT_TYPES
from realtime_inspector.protocol.realtime.session import Session

_START = "session.start"


class NoStart(Rule):
    """A session of the Live API begins with another event than session.start.

    Why: the Live API has no session before it: whatever comes sooner is refused, and nobody answers.
    Fix: send {"type": "session.start", "session": {"model": "gpt-live-1.1"}} first, and wait for session.started.
    Limits: sockets that join a session (…/attach), and those of a call by WebRTC, have one already.
    Source: Live API, `session.start`, by the types of `openai` 3.54.0 (read 2026-11-24).
    """

    id = "LIV001"
    name = "no-start"
    severity = Severity.ERROR
    on = tuple(sorted(ALL_CLIENT_TYPES - {_START}))
    dialects = frozenset({dialects.LIVE})
    needs = frozenset({left_out.CLIENT, left_out.BEGINNING, left_out.ORDER})
    once = True
    good = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "session.started", "session": {"id": "live_1"}}
        > {"type": "session.input_audio.append", "audio": "<200ms>"}
        """,
        """
        > GET /v1/live/sessions/live_1/attach {"Host": "api.openai.com"}
        < 101
        > {"type": "session.instructions.append", "content": "Be brief."}
        """,
    )
    bad = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.update", "session": {"model": "gpt-live-1"}}  # LIV001
        > {"type": "session.input_audio.append", "audio": "<200ms>"}
        """,
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.input_audio.append", "audio": "<200ms>"}  # LIV001
        < {"type": "error", "error": {"code": "session_not_started", "message": "The session has not been started."}}
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Ask whether the session was started, here or elsewhere."""
        started = _START in before.counts or before.created is not None
        if not event.from_client or started or before.handshake is None or before.target.endswith("/attach"):
            return
        yield self.finding(
            event,
            f"{event.type} comes before session.start, and the Live API has no session until then: send session.start with "
            "the model in it first, and wait for session.started",
        )
