"""A conversation that only grows."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session

MOST = 200
_ADDED = ("conversation.item.added", "conversation.item.created")


class ItemGrowth(Rule):
    """The conversation has 200 items, and the client removes none.

    Why: every response reads all of them: each answer costs more and comes later than the one before, until the server cuts
        the oldest ones off by itself.
    Fix: sum up and delete what is old, or set session.truncation with a retention ratio.
    Limits: information, said once; the number is ours. The server may have cut items that nobody was told of.
    Source: Realtime guide, "Managing costs" (read 2026-11-22).
    """

    id = "ITM008"
    name = "item-growth"
    severity = Severity.INFO
    on = _ADDED
    once = True
    most = Threshold(MOST, "items", "how many a conversation may hold", least=1)
    good = (
        """
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message"}}
        """,
        "".join(
            f'< {{"type": "conversation.item.added", "item": {{"id": "m{n}", "type": "message"}}}}\n'
            f'< {{"type": "conversation.item.deleted", "item_id": "m{n}"}}\n'
            for n in range(MOST + 5)
        ),
    )
    bad = (
        "".join(
            f'< {{"type": "conversation.item.added", "item": {{"id": "m{n}", "type": "message"}}}}'
            f"{'  # ITM008' if n == MOST - 1 else ''}\n"
            for n in range(MOST + 5)
        ),
        "".join(
            f'< {{"type": "conversation.item.created", "item": {{"id": "m{n}", "type": "message"}}}}'
            f"{'  # ITM008' if n == MOST - 1 else ''}\n"
            for n in range(MOST)
        ),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count what is there."""
        added = sum(before.counts.get(name, 0) for name in _ADDED)
        if added + 1 - before.counts.get("conversation.item.deleted", 0) >= self.most:
            yield self.finding(
                event,
                f"the conversation has {self.most} items, and every response reads them all: sum up and delete what is old, or set "
                "session.truncation",
                cause=before.created,
            )
