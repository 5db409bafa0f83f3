"""Responses: who asked for them, what they brought, how they ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime.audio import AudioFormat, Playback
from realtime_inspector.protocol.realtime.changes import hearing, items, tools, waiting
from realtime_inspector.protocol.realtime.conversation import At, Item, Response, ResponseRequest
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import index, mapping, mappings, text


def on_create(state: State, event: Event) -> None:
    """Note that the client asks for a response."""
    event_id = text(event.body.get("event_id")) or None
    request = ResponseRequest(At(event.n, event.t), mapping(event.body.get("response")), event_id)
    state.requests.append(request)
    waiting.hold(state.pending_requests, request)


def on_cancel(state: State, event: Event) -> None:
    """Note that the client cancels one."""
    target = state.responses.get(text(event.body.get("response_id"))) or state.active_response
    if target is not None:
        target.cancel = At(event.n, event.t)


def on_created(state: State, event: Event) -> None:
    """Begin a response, and find the wish it answers."""
    body = mapping(event.body.get("response"))
    response = _named(state, text(body.get("id")), event, body)
    response.metadata = mapping(body.get("metadata")) or response.metadata
    response.conversation_id = text(body.get("conversation_id")) or response.conversation_id


def on_done(state: State, event: Event) -> None:
    """End a response, and take in what it shows of its output."""
    body = mapping(event.body.get("response"))
    response = _named(state, text(body.get("id")), event, body)
    details = body.get("status_details")
    response.status = text(body.get("status")) or "completed"
    response.reason = text(details) or text(mapping(details).get("reason"))
    response.error = mapping(mapping(details).get("error"))
    response.usage = mapping(body.get("usage"))
    response.done = At(event.n, event.t)
    state.active.pop(response.id, None)
    if response.cancel is not None and response.status == "cancelled":
        waiting.answered(state, "response.cancel")
    for shown in mappings(body.get("output")):
        _show(state, event, response, shown)
        if shown.get("status") == "completed":
            tools.finish(state, text(shown.get("call_id")), response.done)


def on_output_item(state: State, event: Event) -> None:
    """Take an item of a response in, begun or complete."""
    body = mapping(event.body.get("item"))
    response = _named(state, text(event.body.get("response_id")), event)
    item = _show(state, event, response, body)
    if event.type.endswith(".done"):
        item.done = At(event.n, event.t)
        tools.finish(state, text(body.get("call_id")), item.done)


def on_delta(state: State, event: Event) -> Response:
    """Note that a response brings something."""
    response = _named(state, text(event.body.get("response_id")), event)
    response.last_delta = At(event.n, event.t)
    if response.first_output is None:
        response.first_output = response.last_delta
    return response


def on_arguments_delta(state: State, event: Event) -> None:
    """Take a piece of a call's arguments in."""
    on_delta(state, event)
    item = state.items.get(text(event.body.get("item_id")))
    if item is not None:
        item.argued.add(0, text(event.body.get("delta")))


def on_text_delta(state: State, event: Event) -> None:
    """Take a piece of text in."""
    on_delta(state, event)
    _item(state, event).written.add(index(event.body.get("content_index")), text(event.body.get("delta")))


def on_text_done(state: State, event: Event) -> None:
    """Take the whole text in."""
    _item(state, event).written.put(index(event.body.get("content_index")), text(event.body.get("text")))


def on_transcript_delta(state: State, event: Event) -> None:
    """Take a piece of what the assistant says in."""
    on_delta(state, event)
    _item(state, event).spoken.add(index(event.body.get("content_index")), text(event.body.get("delta")))


def on_transcript_done(state: State, event: Event) -> None:
    """Take the whole of it in."""
    _item(state, event).spoken.put(index(event.body.get("content_index")), text(event.body.get("transcript")))


def on_audio_delta(state: State, event: Event) -> None:
    """Count the assistant's audio, and let it play."""
    response = on_delta(state, event)
    response.last_audio = response.last_delta
    if response.first_audio is None:
        response.first_audio = response.last_delta
    item = _item(state, event)
    duration_ms = (response.audio_format or state.output_format).duration_ms(event.audio_bytes)
    item.audio_bytes += event.audio_bytes
    item.audio_ms += duration_ms
    response.audio_ms += duration_ms
    response.after_cancel_ms += duration_ms if response.cancel is not None else 0.0
    playback = _playback(state, item, event.t)
    playback.grow(duration_ms, event.t)
    if state.listening:
        playback.tape.add(hearing.decoded(event), event.audio_bytes)


def _playback(state: State, item: Item, t: float) -> Playback:
    playback = state.playback.get(item.id)
    if playback is None:
        before = next(reversed(state.playback.values()), None)
        busy_until = before.end_t if before is not None and not _is_stopped(state, before) else 0.0
        playback = Playback(item.id, max(t, busy_until))
        if item.id:
            state.playback[item.id] = playback
    return playback


def _is_stopped(state: State, playback: Playback) -> bool:
    """Tell whether a player may have stopped before its end: it was truncated, or the user spoke over it."""
    if playback.cut_ms is not None:
        return True
    speech = state.input_audio.speech[-1] if state.input_audio.speech else None
    return speech is not None and playback.start_t < speech.started_t < playback.end_t


def _item(state: State, event: Event) -> Item:
    item = items.named(state, text(event.body.get("item_id")), event)
    item.response_id = item.response_id or text(event.body.get("response_id"))
    return item


def _show(state: State, event: Event, response: Response, body: Mapping[str, Any]) -> Item:
    item = items.named(state, text(body.get("id")), event)
    if item.id and not item.response_id:
        item.response_id = response.id
    if item.id and item.response_id == response.id and item.id not in response.item_ids:
        response.item_ids.append(item.id)
    return items.show(state, event, body)


def _named(state: State, response_id: str, event: Event, body: Mapping[str, Any] | None = None) -> Response:
    """Return the response of that id; a new one, also where its beginning is not in the recording."""
    response = state.responses.get(response_id)
    if response is None:
        response = _begin(state, Response(response_id, At(event.n, event.t)), body or {})
        if response_id:
            state.responses[response_id] = state.active[response_id] = response
    return response


def _begin(state: State, response: Response, body: Mapping[str, Any]) -> Response:
    request = _request_for(state, body)
    if request is None:
        unbound = "conversation_id" in body and body["conversation_id"] is None
        response.out_of_band = unbound and bool(body.get("metadata"))
        if not response.out_of_band:
            state.open_turn = None
        return response
    state.pending_requests.remove(request)
    waiting.answered_at(state, request.at)
    request.status, request.response_id, request.answer = "created", response.id, response.created
    response.request, response.out_of_band = request, request.out_of_band
    wanted = dig(request.body, "audio.output.format") or request.body.get("output_audio_format")
    response.audio_format = AudioFormat.read(wanted)
    return response


def _request_for(state: State, response: Mapping[str, Any]) -> ResponseRequest | None:
    """Return the pending request that a new response answers: the one with its metadata, or the oldest without any."""
    pending = _possible(state.pending_requests, response)
    metadata = mapping(response.get("metadata"))
    fitting = [request for request in pending if mapping(request.body.get("metadata")) == metadata]
    if fitting:
        return fitting[0]
    # A server that doesn't give metadata back; but a response to the user's speech has none to give.
    return pending[0] if pending and not metadata and state.open_turn is None else None


def _possible(pending: Iterable[ResponseRequest], response: Mapping[str, Any]) -> list[ResponseRequest]:
    bound = response.get("conversation_id") is not None
    return [request for request in pending if not (bound and request.out_of_band)]
