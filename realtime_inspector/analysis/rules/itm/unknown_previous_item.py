"""An item to stand after one that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class UnknownPreviousItem(Rule):
    """The client wants an item to stand after an item that the conversation does not have.

    Why: the server refuses the item, and it is never part of the conversation.
    Fix: leave previous_item_id out to append, or send "root" for the front or the id of an item that is there.
    Limits: only GA sessions, and only where the recording has them from their start.
    Source: Realtime API reference, `conversation.item.create` (read 2026-11-22).
    """

    id = "ITM002"
    name = "unknown-previous-item"
    severity = Severity.ERROR
    on = ("conversation.item.create",)
    needs = frozenset({left_out.ORDER})
    dialects = frozenset({"ga"})
    good = (
        """
        < {"type": "session.created", "session": {"audio": {}}}
        > {"type": "conversation.item.create", "previous_item_id": "root", "item": {"id": "m1", "type": "message", "role": "user"}}
        > {"type": "conversation.item.create", "previous_item_id": "m1", "item": {"id": "m2", "type": "message", "role": "user"}}
        > {"type": "conversation.item.create", "previous_item_id": null, "item": {"id": "m3", "type": "message", "role": "user"}}
        """,
        """
        > {"type": "conversation.item.create", "previous_item_id": "m0", "item": {"type": "message", "role": "user"}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {}}}
        > {"type": "conversation.item.create", "previous_item_id": "m0", "item": {"type": "message", "role": "user"}}  # ITM002
        """,
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message"}}
        < {"type": "conversation.item.deleted", "item_id": "m1"}
        > {"type": "conversation.item.create", "previous_item_id": "m1", "item": {"type": "message", "role": "user"}}  # ITM002
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the item before it up."""
        previous = text(event.body.get("previous_item_id"))
        item = before.items.get(previous)
        if not previous or previous == "root" or not before.is_whole or (item is not None and not item.deleted):
            return
        gone = "was deleted from the conversation" if item is not None else "is no item of this conversation"
        yield self.finding(
            event,
            f"previous_item_id {previous!r} {gone}: the server refuses the item; leave it out to append",
            corrected=mend.without(event.body, "previous_item_id"),
        )
