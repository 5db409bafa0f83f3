"""The user's audio: appends, commits, voice detection."""

from __future__ import annotations

import binascii
import math

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.audio import PADDING_MS, Speech
from realtime_inspector.protocol.realtime.changes import items, waiting
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import index, mapping, number, text


def on_append(state: State, event: Event) -> None:
    """Count appended audio."""
    state.input_audio.append(event.audio_bytes, event.t)
    if state.listening:
        state.input_audio.tape.add(decoded(event), event.audio_bytes)


def decoded(event: Event) -> bytes:
    """Return the audio of an event; empty where it is not there, or no base64."""
    try:
        return binascii.a2b_base64(event.audio())
    except ValueError:
        return b""


def on_commit(state: State, event: Event) -> None:
    """Empty the buffer: what the client appends from here on is the next turn's."""
    state.input_audio.empty("client", event.n)


def on_clear(state: State, event: Event) -> None:
    """Empty the buffer."""
    state.input_audio.empty("clear", event.n)


def on_cleared(state: State, event: Event) -> None:
    """Take the clear as answered; speech that was going on may never be reported as stopped."""
    waiting.answered(state, "input_audio_buffer.clear")
    _end_speech(state, event, "cleared")


def on_committed(state: State, event: Event) -> None:
    """Note a user turn, and who ended it."""
    audio = state.input_audio
    by_client = waiting.answered(state, "input_audio_buffer.commit") is not None
    audio.commits += 1
    audio.last_committed_n, audio.last_committed_t = event.n, event.t
    audio.last_committed_by = "client" if by_client else "vad"
    if not by_client:
        audio.empty("vad", event.n)
        state.open_turn = At(event.n, event.t)
    _end_speech(state, event, "committed")
    item = items.named(state, text(event.body.get("item_id")), event)
    if item.role != "user":
        state.user_turns += 1
    item.committed = item.committed or At(event.n, event.t)
    item.type, item.role = item.type or "message", "user"


def on_speech_started(state: State, event: Event) -> None:
    """Note the start of speech."""
    item_id = text(event.body.get("item_id"))
    start_ms = number(event.body.get("audio_start_ms"))
    speech = Speech(item_id, event.n, event.t, start_ms)
    if start_ms is not None:
        speech.spoke_t = state.input_audio.sent_t(math.nextafter(start_ms + _padding_ms(state), math.inf))
    state.input_audio.speech.append(speech)
    state.input_audio.timeouts = 0


def _padding_ms(state: State) -> float:
    """Return how much audio before the speech belongs to it; semantic voice detection names none."""
    detection = state.turn_detection or {}
    told_ms = number(detection.get("prefix_padding_ms"))
    return told_ms if told_ms is not None else PADDING_MS if detection.get("type") == "server_vad" else 0.0


def on_timeout(state: State, event: Event) -> None:
    """Count a turn that the idle timer makes of silence."""
    state.input_audio.timeouts += 1


def on_speech_stopped(state: State, event: Event) -> None:
    """Note its end."""
    speech = state.input_audio.active_speech
    if speech is None:
        return
    speech.stopped_n, speech.stopped_t, speech.ended_by = event.n, event.t, "stopped"
    speech.end_ms = number(event.body.get("audio_end_ms"))
    if speech.end_ms is not None:
        waited_ms = number((state.turn_detection or {}).get("silence_duration_ms")) or 0.0
        speech.silent_t = state.input_audio.sent_t(speech.end_ms - waited_ms)


def on_transcription(state: State, event: Event) -> None:
    """Take what the user said in, as far as it is transcribed."""
    item = items.named(state, text(event.body.get("item_id")), event)
    item.type, item.role = item.type or "message", item.role or "user"
    if event.type.endswith(".delta"):
        item.spoken.add(0, text(event.body.get("delta")))
        return
    item.transcribed[index(event.body.get("content_index"))] = At(event.n, event.t)
    if event.type.endswith(".completed"):
        item.spoken.put(0, text(event.body.get("transcript")))
        item.transcription_usage = mapping(event.body.get("usage"))


def _end_speech(state: State, event: Event, by: str) -> None:
    speech = state.input_audio.active_speech
    if speech is not None:
        speech.ended_by = by
