"""The user's turn: the input audio buffer, voice detection on it, and the item a commit makes.

Every offset is into the audio appended since the session began, never on the clock: that is how the API counts.
"""

from __future__ import annotations

from array import array
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat
from realtime_inspector.simulator import errors, g711, usage, voice
from realtime_inspector.simulator.conversation import Conversation, Stored
from realtime_inspector.simulator.ids import Ids
from realtime_inspector.simulator.prompter import Prompter
from realtime_inspector.simulator.schedule import Process, Schedule
from realtime_inspector.simulator.vad import Started, Vad

LEAST_COMMIT_MS = 100
MAX_APPEND_BYTES = 15 << 20

_SEMANTIC_MS = {"low": (1200, 8000), "medium": (700, 4000), "high": (400, 2000), "auto": (700, 4000)}
"""Eagerness → silence that ends a finished utterance (ours), and the longest wait for an unfinished one (the API's)."""
_SEMANTIC_PADDING_MS = 300
_SEMANTIC_THRESHOLD = 0.5
_TRANSCRIPT_STEP_S = 0.01


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the user's turn sets off."""

    interrupted: Callable[[], None]
    """The user began to speak and wants to be heard."""
    finished: Callable[[], None]
    """The turn is in the conversation and asks for an answer."""


class Listening:
    """The input side of a session."""

    def __init__(
        self, schedule: Schedule, ids: Ids, conversation: Conversation, prompter: Prompter, hooks: Hooks
    ) -> None:
        self._schedule = schedule
        self._ids = ids
        self._conversation = conversation
        self._prompter = prompter
        self._hooks = hooks
        self.only_transcribes = False
        """A session that answers nothing."""
        self._format = AudioFormat()
        self._detection: Mapping[str, Any] | None = None
        self._transcription: Mapping[str, Any] | None = None
        self._vad: Vad | None = None
        self._buffer = bytearray()
        self._appended_ms = 0.0
        self._item_id = ""
        """Of the speech that has begun and is not committed."""

    @property
    def is_hearing(self) -> bool:
        """Whether the user is speaking."""
        return self._vad is not None and self._vad.speaking

    def configure(self, audio: Mapping[str, Any]) -> None:
        """Bring the session's `audio.input` in force."""
        self._transcription = audio["transcription"]
        form = AudioFormat.read(audio["format"]) or AudioFormat()
        if form == self._format and audio["turn_detection"] == self._detection:
            return
        if form != self._format:
            self._buffer.clear()
        self._format, self._detection = form, audio["turn_detection"]
        self._vad, self._item_id = self._new_vad(), ""

    def append(self, audio: Any) -> None:
        """Take base64 audio in.

        Raises:
            Refusal: If it is none, or too much.
        """
        data = decoded(audio)
        self._buffer.extend(data)
        self._appended_ms += self._format.duration_ms(len(data))
        if self._vad is None:
            return
        for happened in self._vad.feed(self._samples(data)):
            if isinstance(happened, Started):
                self._speech_started(happened.at_ms)
            else:
                self._speech_stopped(happened.at_ms)
        if self._vad is not None and not self._vad.speaking:
            del self._buffer[: -self._bytes(self._padding_ms) or None]

    def clear(self) -> None:
        """Forget what was appended."""
        self._buffer.clear()
        self._vad, self._item_id = self._new_vad(), ""
        self._schedule.emit("input_audio_buffer.cleared")

    def commit(self) -> None:
        """Make a user item of what was appended.

        Raises:
            Refusal: If it is less than 100 ms.
        """
        buffered_ms = self._format.duration_ms(len(self._buffer))
        if buffered_ms < LEAST_COMMIT_MS:
            raise errors.commit_too_small(buffered_ms)
        self._commit(len(self._buffer))
        self._vad = self._new_vad()

    def timed_out(self) -> None:
        """Nobody spoke for the idle timeout: the silence becomes a turn."""
        item_id = self._ids.make("item")
        start = self._appended_ms - self._format.duration_ms(len(self._buffer))
        span = {"audio_start_ms": round(start), "audio_end_ms": round(self._appended_ms)}
        self._schedule.emit("input_audio_buffer.timeout_triggered", **span, item_id=item_id)
        self._item_id = item_id
        self._commit(len(self._buffer))

    # voice detection

    @property
    def _padding_ms(self) -> float:
        detection = self._detection or {}
        return float(detection.get("prefix_padding_ms", _SEMANTIC_PADDING_MS))

    def _new_vad(self) -> Vad | None:
        detection = self._detection
        if detection is None:
            return None
        rate = self._format.rate
        if detection["type"] == "server_vad":
            return Vad(rate, detection["threshold"], detection["silence_duration_ms"], self._appended_ms)
        return Vad(rate, _SEMANTIC_THRESHOLD, _SEMANTIC_MS[detection["eagerness"]][0], self._appended_ms)

    def _speech_started(self, at_ms: float) -> None:
        self._item_id = self._ids.make("item")
        start = max(0, round(at_ms - self._padding_ms))
        self._schedule.emit("input_audio_buffer.speech_started", audio_start_ms=start, item_id=self._item_id)
        detection = self._detection or {}
        if self._vad is not None and detection.get("type") == "semantic_vad":
            self._vad.silence_ms = _SEMANTIC_MS[detection["eagerness"]][self._prompter.sounds_unfinished()]
        if detection.get("interrupt_response"):
            self._hooks.interrupted()

    def _speech_stopped(self, at_ms: float) -> None:
        self._schedule.emit("input_audio_buffer.speech_stopped", audio_end_ms=round(at_ms), item_id=self._item_id)
        self._commit(len(self._buffer) - self._bytes(self._appended_ms - at_ms))
        if self._detection is not None and self._detection["create_response"] and not self.only_transcribes:
            self._hooks.finished()

    # the item

    def _commit(self, size: int) -> None:
        item_id, self._item_id = self._item_id or self._ids.make("item"), ""
        audio = self._buffer[:size]
        del self._buffer[:size]
        heard, failure = self._prompter.transcript(), self._prompter.transcription_error()
        part = {"type": "input_audio", "transcript": None}
        body = {"id": item_id, "object": "realtime.item", "type": "message", "status": "completed", "role": "user"}
        stored = Stored({**body, "content": [part]}, audio, self._format)
        previous = self._conversation.add(stored)
        self._prompter.user_said(heard)
        if self.only_transcribes:
            self._prompter.skip()
        self._schedule.emit("input_audio_buffer.committed", previous_item_id=previous, item_id=item_id)
        for event_type in ("conversation.item.added", "conversation.item.done"):
            shown = {**body, "content": [dict(part)]}
            self._schedule.emit(event_type, previous_item_id=previous, item=shown)
        if self._transcription is not None:
            model = str(self._transcription.get("model"))
            process = self._transcribe(stored, heard, model) if failure is None else self._fail(stored, failure)
            self._schedule.start(process, self._prompter.scenario.pace.transcription_ms / 1000)

    def _transcribe(self, stored: Stored, heard: str, model: str) -> Process:
        place = {"item_id": stored.body["id"], "content_index": 0}
        name = "conversation.item.input_audio_transcription"
        for number, word in enumerate(heard.split()):
            self._schedule.emit(f"{name}.delta", **place, delta=word if number == 0 else f" {word}")
            yield _TRANSCRIPT_STEP_S
        stored.body["content"][0]["transcript"] = heard
        if "diarize" in model:
            span = {"id": self._ids.make("seg"), "speaker": "A", "start": 0.0, "end": round(stored.audio_ms / 1000, 2)}
            self._schedule.emit(f"{name}.segment", **place, **span, text=heard)
        self._schedule.emit(f"{name}.completed", **place, transcript=heard, usage=_usage(model, stored, heard))

    def _fail(self, stored: Stored, failure: Mapping[str, str]) -> Process:
        item_id = stored.body["id"]
        message = f"Input transcription failed for item '{item_id}'."
        error = {"type": "server_error", "code": None, "message": message, "param": None, **failure}
        name = "conversation.item.input_audio_transcription.failed"
        self._schedule.emit(name, item_id=item_id, content_index=0, error=error)
        return
        yield 0.0

    # bytes

    def _bytes(self, duration_ms: float) -> int:
        width = 2 if self._format.name == PCM else 1
        return round(duration_ms * self._format.bytes_per_ms) // width * width

    def _samples(self, data: bytes) -> array[int]:
        if self._format.name != PCM:
            return g711.decode(data, self._format.name)
        return voice.samples(data)


def decoded(audio: Any) -> bytes:
    """Return the bytes of base64 audio.

    Raises:
        Refusal: If it is none, or too much.
    """
    if audio is None:
        raise errors.missing("audio")
    if not isinstance(audio, str):
        raise errors.wrong_type(audio, "a string", "audio")
    try:
        data = b64decode(audio, validate=True)
    except (Base64Error, ValueError):
        raise errors.bad_audio() from None
    if len(data) > MAX_APPEND_BYTES:
        message = f"Invalid 'audio': {len(data)} bytes are more than the {MAX_APPEND_BYTES} allowed in one event."
        raise errors.Refusal(message, "invalid_value", "audio")
    return data


def _usage(model: str, stored: Stored, heard: str) -> dict[str, Any]:
    if model == "whisper-1":
        return {"type": "duration", "seconds": round(stored.audio_ms / 1000, 2)}
    audio, text = usage.audio_tokens(stored), usage.words(heard)
    return {
        "type": "tokens",
        "total_tokens": audio + text,
        "input_tokens": audio,
        "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
        "output_tokens": text,
    }
