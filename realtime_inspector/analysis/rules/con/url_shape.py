"""Asked at the upgrade request."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import OPENAI_HOST, host
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_REQUEST, Event
from realtime_inspector.protocol.realtime.session import Session

_PATH = "/v1/realtime"
_ONE_OF = ("model", "call_id", "intent")


class UrlShape(Rule):
    """The URL does not say in exactly one way which session is meant.

    Why: OpenAI refuses the connection, or opens a session that then refuses its configuration.
    Fix: give one of model= (a new session), call_id= (a call that runs) and intent=transcription (no model).
    Limits: looked at for OpenAI only; other servers have queries of their own.
    Source: Realtime API, connecting over WebSocket; `openai` for JavaScript builds no other URL (read 2026-11-22).
    """

    id = "CON009"
    name = "url-shape"
    severity = Severity.ERROR
    on = (WIRE_REQUEST,)
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com"}
        """,
        """
        > GET /v1/realtime?intent=transcription {"Host": "api.openai.com"}
        """,
        """
        > GET /v1/realtime {"Host": "realtime.example.com"}
        """,
        """
        > GET /v1/realtime/translations {"Host": "api.openai.com"}
        """,
    )
    bad = (
        """
        > GET /v1/realtime {"Host": "api.openai.com"}  # CON009
        """,
        """
        > GET /v1/realtime?intent=transcription&model=gpt-4o-transcribe {"Host": "api.openai.com"}  # CON009
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count the ways."""
        path, _, query = str(event.body.get("target") or "").partition("?")
        if path.rstrip("/") != _PATH or host(before, event) != OPENAI_HOST:
            return
        members = parse_qs(query, keep_blank_values=True)
        given = [name for name in _ONE_OF if name in members]
        if len(given) != 1:
            said = " and ".join(given) if given else f"none of {', '.join(_ONE_OF)}"
            yield self.finding(event, f"the URL has {said}: give exactly one of {', '.join(_ONE_OF)}")
