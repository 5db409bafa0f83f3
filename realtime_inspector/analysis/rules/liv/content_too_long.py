"""Asked at every text that a client of the Live API appends."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import dialects
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

_MOST_TOKENS = 500


class ContentTooLong(Rule):
    """The client of a Live session appends more text at once than the API takes.

    Why: content is limited to 500 tokens: the server refuses the event, and the assistant never learns what it says.
    Fix: send a summary, or several events; let a backend read what is long.
    Limits: only the server counts tokens. Flagged is what has more than 500 words between blanks, for each is one token at
        least; a shorter text may be too long as well.
    Source: Live API, `content` of `session.commentary.append`, `session.thinking.append` and `session.instructions.append`, by
        the types of `openai` 3.54.0 (read 2026-11-24).
    """

    id = "LIV008"
    name = "content-too-long"
    severity = Severity.WARNING
    on = ("session.commentary.append", "session.thinking.append", "session.instructions.append")
    dialects = frozenset({dialects.LIVE})
    good = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        > {"type": "session.commentary.append", "content": "It is sunny in Oslo."}
        """,
        """
        > {"type": "session.thinking.append", "content": null}
        """,
    )
    bad = (
        f"""
        > GET /v1/live/sessions {{"Host": "api.openai.com"}}
        < 101
        > {{"type": "session.start", "session": {{"model": "gpt-live-1"}}}}
        > {{"type": "session.commentary.append", "content": "{"rain " * 501}"}}  # LIV008
        """,
        f"""
        > GET /v1/live/sessions {{"Host": "api.openai.com"}}
        < 101
        > {{"type": "session.instructions.append", "content": "{"be kind " * 300}"}}  # LIV008
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count the words."""
        words = len(text(event.body.get("content")).split())
        if event.from_client and words > _MOST_TOKENS:
            yield self.finding(
                event,
                f"content has {words} words, and {event.type} takes no more than {_MOST_TOKENS} tokens at once: send a summary, "
                "or several events",
            )
