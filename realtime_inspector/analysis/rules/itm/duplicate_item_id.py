"""An id that another item has."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class DuplicateItemId(Rule):
    """The client creates an item with an id that an item of the conversation already has.

    Why: the server refuses it, or two items cannot be told apart.
    Fix: make a new id for every item, or leave the id to the server.
    Limits: an item that was deleted, or whose creation was refused, does not count.
    Source: Realtime API reference, `conversation.item.create` (read 2026-11-22).
    """

    id = "ITM003"
    name = "duplicate-item-id"
    severity = Severity.ERROR
    on = ("conversation.item.create",)
    needs = frozenset({left_out.ORDER})
    good = (
        """
        > {"type": "conversation.item.create", "item": {"id": "m1", "type": "message", "role": "user"}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        > {"type": "conversation.item.create", "item": {"id": "m2", "type": "message", "role": "user"}}
        """,
        """
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        < {"type": "conversation.item.deleted", "item_id": "m1"}
        > {"type": "conversation.item.create", "item": {"id": "m1", "type": "message", "role": "user"}}
        """,
    )
    bad = (
        """
        > {"type": "conversation.item.create", "item": {"id": "m1", "type": "message", "role": "user"}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        > {"type": "conversation.item.create", "item": {"id": "m1", "type": "message", "role": "user"}}  # ITM003
        """,
        """
        < {"type": "conversation.item.created", "item": {"id": "a1", "type": "message", "role": "assistant"}}
        > {"type": "conversation.item.create", "item": {"id": "a1", "type": "message", "role": "assistant"}}  # ITM003
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the id up."""
        item = before.items.get(text(event.get("item.id")))
        if item is not None and item.added is not None and not item.deleted:
            yield self.finding(
                event,
                f"{item.id} is already an item of the conversation (entry {item.added.n}): make a new id, or leave it out and "
                "the server makes one",
                cause=item.added,
                corrected=mend.without(event.body, "item.id"),
            )
