"""An item that the server says nothing about."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

LOOK_BACK = 50
_ADDED = ("conversation.item.added", "conversation.item.created")


class CreateUnacknowledged(Rule):
    """The client creates an item, and the server neither adds nor refuses it.

    Why: nobody knows whether the model will read it; a client that waits for conversation.item.added waits for ever.
    Fix: give the event an event_id, wait for the item or an error that names it, and send it again if neither comes.
    Limits: counts three seconds. Only on a server that was seen to add items; not where an item of the same kind was added
        since, which a server may have given another id, and not where an error came that names no event.
    Source: Realtime API reference, `conversation.item.create` (read 2026-11-22).
    """

    id = "ITM006"
    name = "create-unacknowledged"
    severity = Severity.WARNING
    on = ("conversation.item.create",)
    needs = frozenset({left_out.SERVER, left_out.ITEMS, left_out.ORDER, left_out.WIRE})
    wait_s = Threshold(3.0, "s", "how long the server's answer may take", least=0.1)
    good = (
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        +9s > {"type": "input_audio_buffer.clear"}
        """,
        """
        # refused; and on a server that never says so
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}
        < {"type": "error", "error": {"code": "odd", "message": "No."}}
        +9s > {"type": "input_audio_buffer.clear"}
        """,
        """
        # the server gave it another id
        < {"type": "conversation.item.added", "item": {"id": "m0", "type": "message", "role": "system"}}
        > {"type": "conversation.item.create", "item": {"id": "mine", "type": "message", "role": "user", "content": []}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        +9s > {"type": "input_audio_buffer.clear"}
        """,
    )
    bad = (
        """
        < {"type": "conversation.item.added", "item": {"id": "m0", "type": "message", "role": "system"}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}  # ITM006
        +9s < {"type": "input_audio_buffer.cleared"}
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}
        < {"type": "conversation.item.created", "item": {"id": "m1", "type": "message", "role": "user"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}  # ITM006
        +4s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the item or an error."""
        yield Deadline(event.t + self.wait_s, event)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether one came."""
        event = deadline.event
        item = mapping(event.body.get("item"))
        waiting = any(pending.at.n == event.n for pending in session.unanswered)
        if not waiting or not any(name in session.counts for name in _ADDED) or _may_be_answered(session, event):
            return
        named = (
            f" ({text(item.get('id')) or text(item.get('call_id'))})" if item.get("id") or item.get("call_id") else ""
        )
        yield self.finding(
            event,
            f"the server neither added nor refused this {text(item.get('type')) or 'item'}{named} within {self.wait_s:g} s: nobody "
            "knows whether the model will read it; look for what drops events, then send it again",
            t=deadline.at,
        )


def _may_be_answered(session: Session, event: Event) -> bool:
    """Tell whether something came since that may be the answer in other words."""
    wanted = mapping(event.body.get("item"))
    own = session.items.get(text(wanted.get("id")))
    like = any(
        item.added is not None
        and item.added.n > event.n
        and (item.type, item.role) == (text(wanted.get("type")), text(wanted.get("role")))
        and item.committed is None
        for item in islice(reversed(session.items.values()), LOOK_BACK)
    )
    unclear = any(error.cause is None and error.at.n > event.n for error in session.errors[-LOOK_BACK:])
    return like or unclear or (own is not None and (own.added is not None or own.done is not None))
