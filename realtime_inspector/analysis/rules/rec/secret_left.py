"""A key in a recording."""

from __future__ import annotations

import re
from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import AUDIO_FIELDS, Event, without_audio
from realtime_inspector.protocol.realtime.session import Session

KEY = re.compile(r"(?<![A-Za-z0-9])(?P<kind>sk-|ek_|xai-)[A-Za-z0-9_-]{20,}|(?P<bearer>Bearer )[A-Za-z0-9._~+/-]{20,}")
_LOOK = (b"sk-", b"ek_", b"xai-", b"Bearer ")
"""What a message must hold to be looked at closely; base64 has none of these, so audio is passed over."""


class SecretLeft(Rule):
    """The recording holds what looks like an API key or a token.

    Why: whoever gets the file can spend your money.
    Fix: do not pass the file on; revoke the key if it was shared. What this tool records, it redacts: record again, or
        `import` the file, which takes secrets out.
    Limits: keys of known shapes (sk-, ek_, xai-, Bearer) of 20 characters and more. The key itself is never printed.
    Source: Realtime API reference, client secrets (read 2026-11-22); the shapes of keys in the wild.
    """

    id = "REC003"
    name = "secret-left"
    severity = Severity.ERROR
    on = ("*",)
    once = True
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime {"Authorization": "[redacted:Authorization]"}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "This is a risk-free-and-task-oriented-thing."}}
        """,
        """
        > {"type": "session.update", "session": {"instructions": "Never say sk-... or Bearer tokens."}}
        """,
    )
    bad = (
        """
        > {"type": "session.update", "session": {"type": "realtime", "tools": [{"type": "mcp", "authorization": "sk-00000000000000000000000000"}]}}  # REC003
        > {"type": "response.create", "response": {"instructions": "sk-00000000000000000000000000"}}
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Authorization": "Bearer 00000000000000000000000000"}  # REC003
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for the shapes of keys."""
        found = next((match for text in _texts(event) if (match := KEY.search(text))), None)
        if found is not None:
            kind = (found["kind"] or found["bearer"]).strip()
            yield self.finding(
                event,
                f"this entry holds what looks like a key ({kind}…): do not pass this file on, and revoke the key if it was shared",
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest about audio, and about what has no sign of a key."""
        return FOREVER if event.type in AUDIO_FIELDS else Rest(without=frozenset(_LOOK))


def _texts(event: Event) -> Iterator[str]:
    payload = without_audio(event)
    if any(sign in payload for sign in _LOOK):
        yield payload.decode(errors="replace")
    for name, value in event.entry.members.items():
        if name == "headers":
            yield from (header for _, header in event.entry.headers if isinstance(header, str))
        elif isinstance(value, str):
            yield value
