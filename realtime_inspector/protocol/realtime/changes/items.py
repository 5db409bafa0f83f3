"""Items of the conversation, the client's and the server's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime.changes import tools, waiting
from realtime_inspector.protocol.realtime.conversation import At, Item
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import mapping, mappings, number, text


def named(state: State, item_id: str, event: Event) -> Item:
    """Return the item of that id, a new one if it was never named; one without an id is not kept."""
    item = state.items.get(item_id)
    if item is None:
        item = Item(item_id, first=At(event.n, event.t))
        if item_id:
            state.items[item_id] = item
    return item


def show(state: State, event: Event, body: Mapping[str, Any]) -> Item:
    """Bring an item to what the server shows of it."""
    item = named(state, text(body.get("id")), event)
    item.type = text(body.get("type")) or item.type
    item.role = text(body.get("role")) or item.role
    item.status = text(body.get("status")) or item.status
    item.body = body
    for place, part in enumerate(mappings(body.get("content"))):
        if text(part.get("text")):
            item.written.put(place, text(part.get("text")))
        if text(part.get("transcript")):
            item.spoken.put(place, text(part.get("transcript")))
    if item.type == "function_call":
        tools.show(state, item, body, At(event.n, event.t))
    return item


def on_create(state: State, event: Event) -> None:
    """Note an item that the client wants in the conversation."""
    body = mapping(event.body.get("item"))
    item_id = text(body.get("id"))
    if item_id and item_id not in state.items:
        named(state, item_id, event).by_client = True
    if body.get("type") == "function_call_output":
        tools.on_output(state, event, body)
    elif body.get("type") == "function_call":
        tools.on_history(state, event, body)


def on_added(state: State, event: Event) -> None:
    """Put an item into the conversation, and find the client's wish that it answers."""
    body = mapping(event.body.get("item"))
    item_id = text(body.get("id"))
    before = state.items.get(item_id)
    by_server = before is not None and not before.by_client
    counted = before is not None and before.role == "user"
    item = show(state, event, body)
    previous = event.body.get("previous_item_id")
    item.previous_item_id = previous if isinstance(previous, str) else item.previous_item_id
    if item.added is not None:
        return
    item.added = At(event.n, event.t)
    if item.role == "user" and not counted:
        state.user_turns += 1
    if by_server or item.status == "in_progress":  # begun by speech or by a response, not by the client
        return
    asked = waiting.answered(state, "conversation.item.create", where=lambda wish: _is_answer(wish, body))
    item.by_client = item.by_client or asked is not None
    item.asked = asked.at if asked is not None else None
    if item.type == "function_call_output":
        tools.on_accepted(state, asked, body, item.added)


def on_done(state: State, event: Event) -> None:
    """Note that an item is complete."""
    item = show(state, event, mapping(event.body.get("item")))
    item.done = At(event.n, event.t)
    if item.type == "mcp_list_tools":
        state.listing_tools.pop(item.id, None)
    if item.type == "function_call" and item.status == "completed":
        tools.finish(state, text(item.body.get("call_id")), item.done)


def on_created(state: State, event: Event) -> None:
    """Take the beta's one event for both `added` and `done`."""
    on_added(state, event)
    if mapping(event.body.get("item")).get("status") == "completed":
        on_done(state, event)


def on_retrieved(state: State, event: Event) -> None:
    """Take a retrieve as answered."""
    item_id = dig(event.body, "item.id")
    waiting.answered(state, "conversation.item.retrieve", where=lambda asked: asked.get("item_id") == item_id)


def on_truncate(state: State, event: Event) -> None:
    """Note where the client says it stopped playing."""
    playback = state.playback.get(text(event.body.get("item_id")))
    end_ms = number(event.body.get("audio_end_ms"))
    if playback is not None and end_ms is not None:
        playback.cut_ms, playback.cut_n, playback.cut_t = end_ms, event.n, event.t


def on_truncated(state: State, event: Event) -> None:
    """Cut an item to what was heard of it."""
    item_id = text(event.body.get("item_id"))
    state.context_cut = At(event.n, event.t)
    waiting.answered(state, "conversation.item.truncate", where=lambda asked: asked.get("item_id") == item_id)
    end_ms = number(event.body.get("audio_end_ms"))
    if item_id in state.items:
        state.items[item_id].truncated_ms = end_ms
    playback = state.playback.get(item_id)
    if playback is not None and playback.cut_ms is None and end_ms is not None:
        # the server cuts by itself, or another connection did
        playback.cut_ms, playback.cut_n, playback.cut_t = end_ms, event.n, event.t


def on_deleted(state: State, event: Event) -> None:
    """Take an item out of the conversation."""
    item_id = text(event.body.get("item_id"))
    state.context_cut = At(event.n, event.t)
    waiting.answered(state, "conversation.item.delete", where=lambda asked: asked.get("item_id") == item_id)
    if item_id in state.items:
        item = state.items[item_id]
        item.deleted, item.deleted_at = True, At(event.n, event.t)


def _is_answer(asked: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Tell whether an added item is the one a `conversation.item.create` asked for."""
    wanted = mapping(asked.get("item"))
    if wanted.get("id"):
        return bool(wanted["id"] == item.get("id"))
    if wanted.get("type") != item.get("type"):
        return False
    return wanted.get("call_id") == item.get("call_id") and wanted.get("role") == item.get("role")
