"""What both sides say where nobody takes turns: frames of 200 ms, driven by the audio that comes. No clock.

Whoever stops sending stops the time: what is to be said goes on with the next frame, silence or not. Where speech
begins and ends is told by its level; what was said then, and what comes of it, is the scenario's.

Source: `openai` 3.54.0, docstring of `realtime_translation_input_audio_buffer_append_event` (read 2026-11-24).
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from realtime_inspector.simulator.prompter import Prompter
from realtime_inspector.simulator.scenario import Call, Reply
from realtime_inspector.simulator.vad import Started, Vad
from realtime_inspector.simulator.voice import RATE, speech, speech_lasting

FRAME_MS = 200
_SILENCE_MS = 500
_THRESHOLD = 0.5
_FRAME_BYTES = 2 * RATE * FRAME_MS // 1000


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words, and the sound of them: at most a frame."""

    words: str = ""
    sound: bytes = b""
    """PCM, 16 bits, 24 kHz."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What comes of a frame of the user's audio."""

    start_ms: int
    """Where it begins in all the audio that came."""
    heard: str = ""
    """Words of the user."""
    spoken: Spoken = Spoken()
    failure: Mapping[str, str] | None = None
    """What the scenario has go wrong here."""
    calls: tuple[Call, ...] = ()
    """What the assistant wants to have done here."""


class Stream:
    """Both sides of a session, frame by frame."""

    tools: frozenset[str] | None = None
    """Calls that the assistant can make; None for every one."""

    def __init__(self, prompter: Prompter, rate: int = RATE) -> None:
        """Begin; `rate` is that of the user's audio, in samples a second."""
        self._prompter = prompter
        self._vad = Vad(rate, _THRESHOLD, _SILENCE_MS)
        self._size = rate * FRAME_MS // 1000
        self._pending: array[int] = array("h")
        self._frames = 0
        self._heard: deque[str] = deque()
        self._to_say: deque[Spoken] = deque()
        self._failure: Mapping[str, str] | None = None
        self._calls: tuple[Call, ...] = ()

    @property
    def heard_ms(self) -> int:
        """How much of the user's audio was heard, in whole frames."""
        return self._frames * FRAME_MS

    def hear(self, samples: array[int]) -> Iterator[Frame]:
        """Take audio in, in pieces of any size, and yield what comes of each frame that it makes whole."""
        self._pending.extend(samples)
        while len(self._pending) >= self._size:
            frame, self._pending = self._pending[: self._size], self._pending[self._size :]
            yield self._next(frame)

    def rest(self) -> Iterator[Frame]:
        """Yield what is left to come when the user says nothing more."""
        if self._pending:
            frame, self._pending = self._pending, array("h")
            yield self._next(frame)
        while self._heard or self._to_say:
            yield self._next(array("h"))

    def answer(self) -> None:
        """Have the assistant say what comes next."""
        reply = self._prompter.next_reply(tools=self.tools)
        self._failure, self._calls = reply.fail, reply.call
        if reply.fail is None:
            delay_ms = self._prompter.scenario.pace.delay_ms if reply.delay_ms is None else reply.delay_ms
            self._to_say.extend([Spoken()] * math.ceil(delay_ms / FRAME_MS))
            self._to_say.extend(_spoken(reply))

    def _next(self, frame: array[int]) -> Frame:
        for happened in self._vad.feed(frame):
            if isinstance(happened, Started):
                self._begun()
            else:
                self._ended()
        start_ms = self.heard_ms
        self._frames += 1
        heard = self._heard.popleft() if self._heard else ""
        if not self._vad.speaking:
            heard += "".join(self._heard)
            self._heard.clear()
        spoken = self._to_say.popleft() if self._to_say else Spoken()
        found = Frame(start_ms, heard, spoken, self._failure, self._calls)
        self._failure, self._calls = None, ()
        return found

    def _begun(self) -> None:
        """The user begins to speak."""
        heard = "" if self._prompter.transcription_error() is not None else self._prompter.transcript()
        self._prompter.user_said(heard)
        self._heard.extend(f"{word} " for word in heard.split())

    def _ended(self) -> None:
        """The user pauses."""


class Interpreter(Stream):
    """Speaks while the user does, a turn for each stretch of speech, and calls nothing."""

    tools = frozenset()

    def _begun(self) -> None:
        super()._begun()
        self.answer()


class Partner(Stream):
    """Speaks when the user has ended, and is silent when the user speaks again."""

    def _begun(self) -> None:
        super()._begun()
        self._to_say.clear()

    def _ended(self) -> None:
        self.answer()


def _spoken(reply: Reply) -> Iterator[Spoken]:
    """Yield an answer in frames, its words spread over them."""
    words = [f"{word} " for word in reply.say.split()]
    sound = speech(reply.say) if reply.duration_ms is None else speech_lasting(reply.say, reply.duration_ms)
    frames = math.ceil(len(sound) / _FRAME_BYTES)
    for at in range(frames):
        first, end = (math.ceil(place * len(words) / frames) for place in (at, at + 1))
        yield Spoken("".join(words[first:end]), sound[at * _FRAME_BYTES : (at + 1) * _FRAME_BYTES])
