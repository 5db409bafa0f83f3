"""A reference to an item that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.itm.unknown_item import NEVER_SET
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text


class BadItemReference(Rule):
    """A response.create refers to an item that the session never had, or has no more.

    Why: the server refuses the whole request, and no response begins.
    Fix: refer to ids from conversation.item.added; leave out what was deleted.
    Limits: only where the recording has the session from its start, but for the words undefined, null and None.
    Source: Realtime API reference, `response.create` (read 2026-11-22).
    """

    id = "RSP015"
    name = "bad-item-reference"
    severity = Severity.ERROR
    on = ("response.create",)
    needs = frozenset({left_out.ORDER, left_out.ITEMS, left_out.WIRE})
    good = (
        """
        < {"type": "session.created", "session": {}}
        < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user"}}
        > {"type": "response.create", "response": {"conversation": "none", "input": [{"type": "item_reference", "id": "u1"}]}}
        """,
        """
        # its own item, not yet acknowledged; and a part of a session
        > {"type": "conversation.item.create", "item": {"id": "m1", "type": "message", "role": "user", "content": []}}
        > {"type": "response.create", "response": {"conversation": "none", "input": [{"type": "item_reference", "id": "m1"}]}}
        > {"type": "response.create", "response": {"conversation": "none", "input": [{"type": "item_reference", "id": "x9"}]}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {}}
        > {"type": "response.create", "response": {"conversation": "none", "input": [{"type": "item_reference", "id": "u9"}]}}  # RSP015
        """,
        """
        < {"type": "session.created", "session": {}}
        < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user"}}
        < {"type": "conversation.item.deleted", "item_id": "u1"}
        > {"type": "response.create", "response": {"conversation": "none", "input": [{"type": "item_reference", "id": "u1"}]}}  # RSP015
        """,
        """
        < {"type": "session.created", "session": {}}
        < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user"}}
        > {"type": "response.create", "response": {"input": [{"type": "item_reference", "id": "u1"}, {"type": "item_reference", "id": "u2"}]}}  # RSP015
        """,
        """
        > {"type": "response.create", "response": {"conversation": "none", "input": [{"type": "item_reference", "id": "undefined"}]}}  # RSP015
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look each reference up."""
        request = mapping(event.body.get("response"))
        given = mappings(request.get("input"))
        wrong = {
            text(part.get("id")): problem
            for part in given
            if part.get("type") == "item_reference" and (problem := _problem(text(part.get("id")), before))
        }
        if not wrong:
            return
        kept = [part for part in given if part.get("type") != "item_reference" or text(part.get("id")) not in wrong]
        yield self.finding(
            event,
            "; ".join(wrong.values()) + ": the server refuses the request, and no response begins; leave it out",
            cause=_deleted(wrong, before),
            corrected={**event.body, "response": {**request, "input": kept}} if kept else None,
        )


def _problem(item_id: str, before: Session) -> str:
    item = before.items.get(item_id)
    if item_id in NEVER_SET:
        return f"a reference is the word {item_id!r}: the client's variable was never set"
    if item is not None:
        return f"{item_id} was deleted from the conversation before" if item.deleted else ""
    return f"no item of this session has the id {item_id!r}" if item_id and before.is_whole else ""


def _deleted(wrong: dict[str, str], before: Session) -> At | None:
    """Return where the first deleted item was named."""
    items = (before.items.get(item_id) for item_id in wrong)
    return next((item.first for item in items if item is not None), None)
