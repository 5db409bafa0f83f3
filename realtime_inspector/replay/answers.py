"""Answers to harmless client events that the recording has not, as the real server would give them.

A retrieve, a truncate, a cancel, a clear or a repeated session.update comes and goes with a client's reaction time; a
replay that took offence would fail on a slow day. The answer is made of the live session. No socket, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text
from realtime_inspector.replay.causes import is_in_force

_Body = dict[str, Any]


def answer(event: Event, before: Session, event_id: str) -> _Body | None:
    """Return what the server says to a harmless event; None if the event is none of them.

    The event is one that the server does not refuse. A `response.cancel` is not answered here: what it ends is known
    to the player.
    """
    make = _ANSWERS.get(event.type)
    body = make(event, before) if make is not None else None
    return None if body is None else {**body, "event_id": event_id}


def cancelled(done: Mapping[str, Any], before: Session, event_id: str) -> list[_Body]:
    """Return how a response ends that the client cancels before its time.

    Args:
        done: The `response.done` that the recording has for it.
        before: The session as it was when the cancel came.
        event_id: For the new events.
    """
    response = dict(mapping(done.get("response")))
    seen = before.responses.get(text(response.get("id")))
    shown = set(seen.item_ids) if seen is not None else set()
    response["status"] = "cancelled"
    response["status_details"] = {"type": "cancelled", "reason": "client_cancelled"}
    response["output"] = [
        {**item, "status": _cut(before, text(item.get("id")))}
        for item in mappings(response.get("output"))
        if text(item.get("id")) in shown
    ]
    bodies: list[_Body] = [
        {
            "type": "response.output_item.done",
            "event_id": f"{event_id}_{index}",
            "response_id": response.get("id"),
            "output_index": index,
            "item": item,
        }
        for index, item in enumerate(response["output"])
        if item["status"] == "incomplete"
    ]
    return [*bodies, {**done, "event_id": f"{event_id}_done", "response": response}]


def _cut(before: Session, item_id: str) -> str:
    item = before.items.get(item_id)
    return "completed" if item is not None and item.done is not None else "incomplete"


def _updated(event: Event, before: Session) -> _Body | None:
    if not is_in_force(event, before):
        return None
    return {"type": "session.updated", "session": dict(before.config)}


def _retrieved(event: Event, before: Session) -> _Body | None:
    item = before.items.get(text(event.body.get("item_id")))  # of a call that was joined, not every item is known
    return None if item is None else {"type": "conversation.item.retrieved", "item": dict(item.body)}


def _truncated(event: Event, before: Session) -> _Body | None:
    fields = {name: event.body.get(name) for name in ("item_id", "content_index", "audio_end_ms")}
    return {"type": "conversation.item.truncated", **fields, "content_index": fields["content_index"] or 0}


def _cleared(event: Event, before: Session) -> _Body | None:
    return {"type": "input_audio_buffer.cleared"}


def _output_cleared(event: Event, before: Session) -> _Body | None:
    last = next(reversed(before.responses), "")
    return {"type": "output_audio_buffer.cleared", "response_id": last}


_ANSWERS: Mapping[str, Callable[[Event, Session], _Body | None]] = {
    "session.update": _updated,
    "conversation.item.retrieve": _retrieved,
    "conversation.item.truncate": _truncated,
    "input_audio_buffer.clear": _cleared,
    "output_audio_buffer.clear": _output_cleared,
}
