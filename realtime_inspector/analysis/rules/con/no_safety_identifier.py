"""Asked at the upgrade request, where that is wanted."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import OPENAI_HOST, host
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_REQUEST, Event
from realtime_inspector.protocol.realtime.changes.settings import is_upgrade
from realtime_inspector.protocol.realtime.session import Session

_HEADER = "OpenAI-Safety-Identifier"


class NoSafetyIdentifier(Rule):
    """The request does not say for which of your users it is.

    Why: what one user does against the rules counts against the whole project, where it could count against that user.
    Fix: send the header OpenAI-Safety-Identifier with a hash of the user's id, the same in every session.
    Limits: optional, so it is asked only if it is chosen by its id or name. A browser cannot set the header; the
        session made for its ek_ key can have it.
    Source: Realtime API, connecting over WebSocket (read 2026-11-22).
    """

    id = "CON012"
    name = "no-safety-identifier"
    severity = Severity.INFO
    on = (WIRE_REQUEST,)
    optional = True
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com", "openai-safety-identifier": "u-5f2b"}
        < 101
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "realtime.example.com"}
        < 101
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com", "Origin": "https://a.example"}
        < 101
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com"}  # CON012
        < 101
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com", "openai-safety-identifier": ""}  # CON012
        < 101
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for the header."""
        if host(before, event) != OPENAI_HOST or not is_upgrade(event) or event.entry.header("Origin"):
            return
        if not event.entry.header(_HEADER):
            yield self.finding(event, f"the request has no {_HEADER}: send a hash of the user's id in it")
