"""Voice detection on the energy of what was appended: when speech starts and when it has stopped.

Knows samples and milliseconds of appended audio, never the clock. A speech model scores a frame by what it holds; this
one scores it by its level: -60 dBFS gives 0, -20 dBFS gives 1, so that the default threshold of 0.5 is -40 dBFS.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from operator import mul

FRAME_MS = 20
START_FRAMES = 3
"""So many frames in a row must be speech before it counts: a click is none."""

_FLOOR_DB = -60.0
_SPAN_DB = 40.0
_FULL_SCALE = 32768.0


@dataclass(frozen=True, slots=True)
class Started:
    """Speech began at this offset into the appended audio, padding not counted."""

    at_ms: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """Speech is over: this much audio had been appended when the silence was long enough."""

    at_ms: float


def score(frame: array[int]) -> float:
    """Return how much a frame looks like speech, 0 to 1."""
    if not frame:
        return 0.0
    rms = math.sqrt(sum(map(mul, frame, frame)) / len(frame))
    if rms < 1:
        return 0.0
    level_db = 20 * math.log10(rms / _FULL_SCALE)
    return min(1.0, max(0.0, (level_db - _FLOOR_DB) / _SPAN_DB))


class Vad:
    """The detector. Feed it samples; it says what they began and ended."""

    def __init__(self, rate: int, threshold: float, silence_ms: float, from_ms: float = 0.0) -> None:
        self.threshold = threshold
        self.silence_ms = silence_ms
        """How much silence ends the speech; may be changed between two feeds."""
        self.speaking = False
        self._frame = rate * FRAME_MS // 1000
        self._pending = array("h")
        self._at_ms = from_ms
        self._loud = 0
        self._quiet_ms = 0.0

    def feed(self, samples: array[int]) -> Iterator[Started | Stopped]:
        """Take samples in and yield what happened, in order."""
        self._pending.extend(samples)
        whole = len(self._pending) // self._frame * self._frame
        frames = self._pending[:whole]
        self._pending = self._pending[whole:]
        for start in range(0, whole, self._frame):
            is_speech = score(frames[start : start + self._frame]) >= self.threshold
            self._at_ms += FRAME_MS
            happened = self._step(is_speech)
            if happened is not None:
                yield happened

    def _step(self, is_speech: bool) -> Started | Stopped | None:
        if not self.speaking:
            self._loud = self._loud + 1 if is_speech else 0
            if self._loud < START_FRAMES:
                return None
            self.speaking, self._quiet_ms = True, 0.0
            return Started(self._at_ms - START_FRAMES * FRAME_MS)
        self._quiet_ms = 0.0 if is_speech else self._quiet_ms + FRAME_MS
        if self._quiet_ms < self.silence_ms or is_speech:
            return None
        self.speaking, self._loud = False, 0
        return Stopped(self._at_ms)
