"""Asked at the end of every response: how much of its input was cached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import At, Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import number, text

_CACHED = "input_token_details.cached_tokens"
_FIRST = ("instructions", "tools")
"""What stands before everything else that the model reads."""


class CacheBusting(Rule):
    """A change at the beginning of what the model reads cost the cache.

    Why: everything after the first change is read anew, at the full price instead of a tenth and later than it could.
    Fix: set instructions and tools once, before the conversation; say what changes in an item at its end. Delete items
        many at a time and seldom, not one a turn.
    Limits: said only where the cached tokens fell by half or more between two responses with such a change between
        them. The cache also expires by itself.
    Source: Realtime API, managing costs, caching (read 2026-11-22).
    """

    id = "SES022"
    name = "cache-busting"
    severity = Severity.INFO
    on = ("response.done",)
    needs = frozenset({left_out.ORDER})
    least = Threshold(256, "tokens", "fewer from the cache are not worth a word")
    kept = Threshold(0.5, "of 1", "which part of the cache may be left", most=1)
    good = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type":"response.done","response":{"id":"r1","usage":{"input_token_details":{"cached_tokens":900}}}}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type":"response.done","response":{"id":"r2","usage":{"input_token_details":{"cached_tokens":0}}}}
        """,
        """
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "A"}}
        < {"type": "session.updated", "session": {"audio": {}, "instructions": "A"}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type":"response.done","response":{"id":"r1","usage":{"input_token_details":{"cached_tokens":900}}}}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "A", "tracing": "auto"}}
        < {"type": "session.updated", "session": {"audio": {}, "instructions": "A"}}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type":"response.done","response":{"id":"r2","usage":{"input_token_details":{"cached_tokens":0}}}}
        """,
    )
    bad = (
        """
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "A"}}
        < {"type": "session.updated", "session": {"audio": {}, "instructions": "A"}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type":"response.done","response":{"id":"r1","usage":{"input_token_details":{"cached_tokens":900}}}}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "B"}}
        < {"type": "session.updated", "session": {"audio": {}, "instructions": "B"}}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type":"response.done","response":{"id":"r2","usage":{"input_token_details":{"cached_tokens":64}}}}  # SES022
        """,
        """
        < {"type": "conversation.item.added", "item": {"id": "i1", "type": "message", "role": "user"}}
        < {"type": "conversation.item.added", "item": {"id": "i2", "type": "message", "role": "user"}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type":"response.done","response":{"id":"r1","usage":{"input_token_details":{"cached_tokens":900}}}}
        < {"type": "conversation.item.deleted", "item_id": "i1"}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type":"response.done","response":{"id":"r2","usage":{"input_token_details":{"cached_tokens":0}}}}  # SES022
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare with the response before it, and look for a change between the two."""
        this = before.responses.get(text(event.get("response.id")))
        cached = number(event.get(f"response.usage.{_CACHED}"))
        last = _last(before, this)
        if this is None or this.out_of_band or last is None or cached is None:
            return
        had = number(dig(last.usage, _CACHED)) or 0.0
        found = (
            _change(before, last.created.n, this.created.n) if had >= self.least and cached <= had * self.kept else None
        )
        if found is not None:
            what, at = found
            message = f"{cached:.0f} input tokens of {this.id} came from the cache, {had:.0f} of {last.id} before it:"
            yield self.finding(
                event,
                f"{message} {what} changed between them, so all that follows is read anew; change them seldom",
                cause=at,
            )


def _last(session: Session, this: Response | None) -> Response | None:
    for response in reversed(session.responses.values()):
        if response is not this and response.usage and not response.out_of_band:
            return response
    return None


def _change(session: Session, after: int, until: int) -> tuple[str, At] | None:
    """Return what changed at the beginning of the model's input between two entries, and where."""
    for place, update in enumerate(session.updates):
        if after < update.at.n < until and update.status == "accepted":
            for name in _FIRST:
                if update.session.get(name) is not None and update.session[name] != _before(session, place, name):
                    return name, update.at
    items = [item for item in session.items.values() if item.added is not None]
    for place, item in enumerate(items):
        gone = item.deleted_at
        if gone is not None and after < gone.n < until and place < len(items) / 2:
            return f"the conversation ({item.id} was deleted)", gone
    return None


def _before(session: Session, place: int, name: str) -> Any:
    """Return what a setting was before an update: as it was asked last, else as the server had it."""
    for update in reversed(session.updates[:place]):
        if update.status == "accepted" and update.session.get(name) is not None:
            return update.session[name]
    return session.default_config.get(name)
