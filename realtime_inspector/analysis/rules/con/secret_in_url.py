"""Asked at the upgrade request."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import OPENAI_HOST, host
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_REQUEST, Event
from realtime_inspector.protocol.realtime.session import Session

_NAMES = frozenset({"apikey", "api_key", "api-key", "key", "token", "access_token"})


class SecretInUrl(Rule):
    """The URL of the connection holds a key.

    Why: URLs are written to the logs of every proxy and server on the way; the key is in all of them.
    Fix: send the key in the Authorization (or api-key) header; a browser takes a short-lived ek_ key.
    Limits: some compatible servers document the key in the URL, so it is an error for OpenAI only. Its name tells a
        secret, not its value, which a recording does not have.
    Source: Realtime API, connecting over WebSocket (read 2026-11-22).
    """

    id = "CON007"
    name = "secret-in-url"
    severity = Severity.WARNING
    on = (WIRE_REQUEST,)
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime {"Authorization": "[redacted:Authorization]"}
        """,
        """
        > GET /openai/realtime?api-version=2025-04-01-preview&deployment=key {"api-key": "[redacted:api-key]"}
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=gpt-realtime&api_key=[redacted:api_key] {"Host": "api.openai.com"}  # CON007
        """,
        """
        > GET /voice-live/realtime?model=a&api-key=x  # CON007
        < 101
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Name the members of the query, never their values."""
        query = str(event.body.get("target") or "").partition("?")[2]
        names = [name for name, value in parse_qsl(query) if name.lower() in _NAMES and value]
        if names:
            severity = Severity.ERROR if host(before, event) == OPENAI_HOST else Severity.WARNING
            message = f"the URL holds a key in {', '.join(names)}: send it in a header, and replace the key"
            yield self.finding(event, message, severity=severity)
