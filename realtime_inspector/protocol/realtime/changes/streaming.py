"""Sessions that are two streams of sound and words: translations, and the Live API.

They have no turns, items or responses. To be read like any other session, what the user says in one go is made a
message, and what the assistant says in one go a message in a response of its own. Their ids are on no wire.

Source: `openai` 3.54.0, `openai/types/realtime/translations` and `openai/types/live` (read 2026-11-22).
"""

from __future__ import annotations

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat, Playback, Speech
from realtime_inspector.protocol.realtime.changes import hearing, tools, waiting
from realtime_inspector.protocol.realtime.conversation import At, Item, Response, Stretch
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import mapping, number, text

PAUSE_S = 1.5
"""After so long without a piece, a side says something new."""

SOUND = "session.output_audio.delta"

_SPOKEN = {"user": "input_audio", "assistant": "output_audio"}


def on_heard(state: State, event: Event) -> None:
    """Take in what the user said, as the server heard it."""
    stretch = _stretch(state, event, "user", has_words=True)
    stretch.item.spoken.add(0, text(event.body.get("delta")))
    _place_speech(state, stretch, event)


def on_said(state: State, event: Event) -> None:
    """Take in what the assistant says."""
    _answer(state, event, has_words=True).item.spoken.add(0, text(event.body.get("delta")))


def on_sound(state: State, event: Event) -> None:
    """Count the assistant's audio, and let it play."""
    stretch = _answer(state, event, has_words=False)
    response, item = stretch.response, stretch.item
    if response is None:
        return
    response.last_audio = stretch.last
    if response.first_audio is None:
        response.first_audio, response.audio_format = stretch.last, _format(event)
    duration_ms = (response.audio_format or state.output_format).duration_ms(event.audio_bytes)
    item.audio_bytes += event.audio_bytes
    item.audio_ms += duration_ms
    response.audio_ms += duration_ms
    playback = state.playback.get(item.id)
    if playback is None:
        before = next(reversed(state.playback.values()), None)
        playback = state.playback[item.id] = Playback(item.id, max(event.t, before.end_t if before else 0.0))
    playback.grow(duration_ms, event.t)
    if state.listening:
        playback.tape.add(hearing.decoded(event), event.audio_bytes)


def on_response_event(state: State, event: Event) -> None:
    """Take in a call of a tool, which a session of the Live API reports by events within events.

    Only a completed one is meant to be carried out.
    """
    inner = mapping(event.body.get("event"))
    item = mapping(inner.get("item"))
    at = state.backend = At(event.n, event.t)
    _answer_requests(state, at)
    if inner.get("type") != "response.output_item.done" or item.get("type") != "function_call":
        return
    made = Item(text(item.get("id")), response_id=_response(state, at).id)
    tools.show(state, made, item, at)
    if item.get("status") == "completed":
        tools.finish(state, text(item.get("call_id")), at)


def on_closed(state: State, event: Event) -> None:
    """Take the client's wish to close as answered, and note why the session ends."""
    state.closing = event
    waiting.answered(state, "session.close")


def on_delegation(state: State, event: Event) -> None:
    """Note that the assistant hands something to the client; what it hands to models of the server comes by itself."""
    made = mapping(event.body.get("delegation"))
    if made.get("target") == "client":
        state.delegations[text(made.get("id"))] = At(event.n, event.t)


def on_given(state: State, event: Event) -> None:
    """Note that the client gives something back."""
    state.delegations.pop(text(event.body.get("delegation_id")), None)


def on_item(state: State, event: Event) -> None:
    """Take in the output of a tool."""
    item = mapping(event.body.get("item"))
    if item.get("type") == "function_call_output":
        tools.on_output(state, event, item)


def _answer(state: State, event: Event, *, has_words: bool) -> Stretch:
    """Return what the assistant is saying, its response brought up to an event."""
    stretch = _stretch(state, event, "assistant", has_words=has_words)
    if stretch.response is None:
        stretch.response = _begun(state, stretch.last)
        stretch.response.item_ids.append(stretch.item.id)
        stretch.item.response_id = stretch.response.id
    stretch.response.last_delta = stretch.response.done = stretch.last
    return stretch


def _response(state: State, at: At) -> Response:
    """Return what the assistant does now: what it is saying, or something new."""
    stretch = state.stretches.get("assistant")
    if stretch is not None and stretch.response is not None and at.t - stretch.last.t <= PAUSE_S:
        return stretch.response
    return _begun(state, at)


def _begun(state: State, at: At) -> Response:
    response = Response(f"answer-{len(state.responses) + 1}", at, status="completed", streamed=True)
    response.first_output = response.done = at
    state.responses[response.id] = response
    _answer_requests(state, at)
    return response


def _answer_requests(state: State, at: At) -> None:
    """Take every `response.create` as answered: what comes of it names none."""
    for request in state.pending_requests:
        request.status, request.answer = "created", at
        waiting.answered_at(state, request.at)
    state.pending_requests.clear()


def _stretch(state: State, event: Event, role: str, *, has_words: bool) -> Stretch:
    """Return what a side is saying, something new if it has paused; sound can go on without a pause between words."""
    at = At(event.n, event.t)
    stretch = state.stretches.get(role)
    if stretch is not None:
        before = stretch.worded if has_words and stretch.worded is not None else stretch.last
        if event.t - before.t > PAUSE_S:
            stretch = None
    if stretch is None:
        stretch = state.stretches[role] = Stretch(_message(state, role, at), at)
    stretch.last = at
    if has_words:
        stretch.worded = at
    return stretch


def _message(state: State, role: str, at: At) -> Item:
    item = Item(f"{role}-{len(state.items) + 1}", "message", role, "completed", first=at, added=at)
    item.body = {"content": [{"type": _SPOKEN[role]}]}
    state.items[item.id] = item
    state.user_turns += role == "user"
    return item


def _place_speech(state: State, stretch: Stretch, event: Event) -> None:
    """Note where in the appended audio the words stand, if the server says it."""
    start_ms, end_ms = (number(event.body.get(name)) for name in ("start_ms", "end_ms"))
    if start_ms is None or end_ms is None:
        return
    audio = state.input_audio
    speech = audio.speech[-1] if audio.speech else None
    if speech is None or speech.item_id != stretch.item.id:
        speech = Speech(stretch.item.id, event.n, event.t, start_ms, ended_by="stopped")
        speech.spoke_t = audio.sent_t(start_ms)
        audio.speech.append(speech)
    speech.stopped_n, speech.stopped_t, speech.end_ms = event.n, event.t, end_ms
    speech.silent_t = audio.sent_t(end_ms)


def _format(event: Event) -> AudioFormat | None:
    """Return the format that a piece of a translation names."""
    rate = event.body.get("sample_rate")
    return AudioFormat(PCM, rate) if isinstance(rate, int) and not isinstance(rate, bool) and rate > 0 else None
