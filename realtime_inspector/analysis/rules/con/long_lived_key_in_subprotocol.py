"""Asked at the upgrade request."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import WIRE_REQUEST, Event
from realtime_inspector.protocol.realtime.session import Session

_PREFIX = "openai-insecure-api-key."
_LONG_LIVED = ("sk-", "[redacted:sk]", "[redacted:OPENAI_API_KEY]")
"""How a key of a project begins, and what a recording keeps of one."""


class LongLivedKeyInSubprotocol(Rule):
    """A browser connects with a key of the project instead of one made for this session.

    Why: whoever opens the page can read the key and use it for everything the project may do, until it is revoked.
    Fix: let your server ask POST /v1/realtime/client_secrets for an ek_ key, and give the browser that one; replace
        the key that was shown.
    Limits: a recording keeps the kind of the key, not the key. Without an Origin header the client may be a program
        on a server, which shows its key to nobody: that is information.
    Source: Realtime API, connecting over WebSocket; `openai` for JavaScript refuses it in browsers (read 2026-11-22).
    """

    id = "CON008"
    name = "long-lived-key-in-subprotocol"
    severity = Severity.WARNING
    on = (WIRE_REQUEST,)
    good = (
        """
        > GET /v1/realtime {"Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.ek_1", "Origin": "https://a"}
        < 101
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Authorization": "Bearer [redacted:Bearer]", "Origin": "https://a"}
        < 101
        """,
        """
        > GET /v1/realtime {"Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.[redacted:ek]", "Origin": "a"}
        """,
    )
    bad = (
        """
        > GET /a {"Origin": "https://a", "Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.sk-1"}  # CON008
        < 101
        """,
        """
        > GET /a {"Sec-WebSocket-Protocol": "realtime,openai-insecure-api-key.[redacted:sk]"}  # CON008
        < 101
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the kind of the key, never at the key."""
        offered = (event.entry.header("Sec-WebSocket-Protocol") or "").split(",")
        keys = [part.strip().removeprefix(_PREFIX) for part in offered if part.strip().startswith(_PREFIX)]
        if not any(key.startswith(_LONG_LIVED) for key in keys):
            return
        origin = event.entry.header("Origin")
        where = f"a page of {origin}" if origin else "the client"
        message = f"{where} connects with a key of the project (sk-) in the subprotocol: give it an ek_ key instead"
        yield self.finding(event, message, severity=Severity.WARNING if origin else Severity.INFO)
