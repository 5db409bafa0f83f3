"""How high a voice is, and where its power lies: what tells audio that plays too fast.

Nobody speaks at 500 Hz, and a voice whose power lies at 2 kHz is a tape run too fast. Where the clock tells nothing (a
file, a talk button), this does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul, sub
from statistics import median

_RATE = 8000
"""Pitch is looked for at about this rate."""
_FRAME_S = 0.04
_STEP_S = 0.2
_LOWEST_HZ, _HIGHEST_HZ = 50, 1000
_VOICED = 0.6
"""So like itself one period later a sound must be."""
_SAME = 0.9
"""Of two periods that are nearly as good the shorter one is meant: the longer one is two of it."""
_LOUD = 300.0
_LEAST_FRAMES = 6


@dataclass(frozen=True, slots=True)
class Voice:
    """The voiced sounds of a stretch of audio."""

    pitch_hz: float
    """Its median."""
    power_hz: float
    """Where the power of the voiced sounds lies; a median."""


def voice(samples: Sequence[int], rate: int) -> Voice | None:
    """Return what the voice in some seconds of audio is like; None where there is too little of it."""
    step = max(1, rate // _RATE)
    slow = samples[::step] if step == 1 else _averaged(samples, step)
    slow_rate = rate / step
    size, longest = int(_FRAME_S * slow_rate), int(slow_rate / _LOWEST_HZ)
    pitches, powers = [], []
    for at in range(0, len(slow) - size - longest, int(_STEP_S * slow_rate)):
        period = _period(slow, at, size, int(slow_rate / _HIGHEST_HZ), longest)
        if period:
            pitches.append(slow_rate / period)
            powers.append(_power_hz(samples[at * step : (at + size) * step], rate))
    if len(pitches) < _LEAST_FRAMES:
        return None
    return Voice(median(pitches), median(powers))


def _averaged(samples: Sequence[int], step: int) -> list[int]:
    whole = len(samples) // step * step
    return [sum(parts) // step for parts in zip(*(samples[at:whole:step] for at in range(step)), strict=True)]


def _period(samples: Sequence[int], at: int, size: int, shortest: int, longest: int) -> int:
    """Return after how many samples a sound repeats itself; 0 if it does not, or is too quiet."""
    frame = samples[at : at + size]
    own = sum(map(mul, frame, frame))
    if own < _LOUD * _LOUD * size:
        return 0
    likeness = []
    for lag in range(shortest, longest):
        other = samples[at + lag : at + lag + size]
        power = sum(map(mul, other, other))
        likeness.append(sum(map(mul, frame, other)) / math.sqrt(own * power) if power else 0.0)
    best = max(likeness)
    if best < _VOICED:
        return 0
    good = (
        lag
        for lag in range(1, len(likeness) - 1)
        if likeness[lag] >= _SAME * best and likeness[lag - 1] <= likeness[lag] >= likeness[lag + 1]
    )
    found = next(good, None)
    return shortest + found if found is not None else 0


def _power_hz(samples: Sequence[int], rate: int) -> float:
    """Return where the power lies: the frequency of the tone whose samples differ from their neighbours as much."""
    steps = list(map(sub, samples[1:], samples))
    whole = sum(map(mul, samples, samples))
    roughness = math.sqrt(sum(map(mul, steps, steps)) / whole) if whole else 0.0
    return rate / math.pi * math.asin(min(1.0, roughness / 2))
