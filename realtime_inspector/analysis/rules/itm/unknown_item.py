"""A command about an item that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

NEVER_SET = {"undefined", "null", "None"}


class UnknownItem(Rule):
    """The client truncates, deletes or retrieves an item that the conversation never had, or has no more.

    Why: the server refuses it, and what was to be cut or removed stays in the conversation.
    Fix: use the id from conversation.item.added or response.output_item.added; take care of ids that were never set.
    Limits: only where the recording has the session from its start, but for the words undefined, null and None.
    Source: Realtime API reference, `conversation.item.truncate` (read 2026-11-22).
    """

    id = "ITM001"
    name = "unknown-item"
    severity = Severity.ERROR
    on = ("conversation.item.truncate", "conversation.item.delete", "conversation.item.retrieve")
    needs = frozenset({left_out.ORDER})
    good = (
        """
        < {"type": "session.created", "session": {}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message"}}
        > {"type": "conversation.item.delete", "item_id": "m1"}
        """,
        """
        # a part of a session
        > {"type": "conversation.item.retrieve", "item_id": "m1"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message"}}
        < {"type": "conversation.item.deleted", "item_id": "m1"}
        > {"type": "conversation.item.retrieve", "item_id": "m1"}  # ITM001
        > {"type": "conversation.item.delete", "item_id": "m2"}  # ITM001
        """,
        """
        > {"type": "conversation.item.truncate", "item_id": "undefined", "content_index": 0, "audio_end_ms": 5}  # ITM001
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the item up."""
        item_id = text(event.body.get("item_id"))
        item = before.items.get(item_id)
        if item_id in NEVER_SET:
            yield self.finding(
                event,
                f"item_id is the word {item_id!r}: the client's variable was never set; take the id from "
                "conversation.item.added",
            )
        elif item is not None and item.deleted:
            yield self.finding(
                event,
                f"{item_id} was deleted from the conversation before: the server refuses it; forget ids of what is deleted",
                cause=item.first,
            )
        elif item is None and item_id and before.is_whole:
            yield self.finding(
                event,
                f"no item of this session has the id {item_id!r}: the server refuses it; take ids from conversation.item.added",
            )
