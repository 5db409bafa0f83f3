"""Speech made here: vowels from formants, hissed consonants, silence between words.

Nobody could understand it, but to a voice detector it is speech, and it has the rhythm of the text.

The same text gives the same samples. One pitch period of a vowel is computed once and repeated, so a second of speech
takes about a millisecond.
"""

from __future__ import annotations

import math
import re
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

RATE = 24000
"""Samples a second, mono, 16 bits."""

_FORMANTS = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
    "y": (270, 2000, 2700),
}
"""Vowel → the frequencies its spectrum peaks at, in Hz (textbook means of adult speakers)."""

_VOICED = re.compile(r"[aeiouy]+|[^aeiouy\W\d_]+|\d")
_HISS = frozenset("sfzxhctkpq")
_HISS_MS = 45
_VOWEL_MS = 110
_GAP_MS = 45
_PAUSE_MS = 160
_LEVELS = 8
_PEAK = 11000
_HISS_PEAK = 2600


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks."""

    pitch_hz: int
    vowel_ms: int = _VOWEL_MS


ASSISTANT = Voice(196)
USER = Voice(118, vowel_ms=90)


@lru_cache(maxsize=64)
def speech(text: str, voice: Voice = ASSISTANT) -> bytes:
    """Return the text as PCM, 16 bits little endian, 24 kHz; it begins and ends with the voice, without silence."""
    words = text.lower().split()
    parts: list[bytes] = []
    for index, word in enumerate(words):
        if index:
            parts.append(silence(_PAUSE_MS if words[index - 1][-1] in ".,;:!?" else _GAP_MS))
        parts.extend(_word(word, voice, index / max(1, len(words) - 1)))
    return b"".join(parts)


def speech_lasting(text: str, duration_ms: float, voice: Voice = ASSISTANT) -> bytes:
    """Return the text as PCM of that length: said again and again, or cut."""
    wanted = round(duration_ms * RATE / 1000) * 2
    said = speech(text, voice) or silence(100)
    return (said * (wanted // len(said) + 1))[:wanted]


def silence(duration_ms: float) -> bytes:
    """Return that much silence as PCM."""
    return bytes(round(duration_ms * RATE / 1000) * 2)


def samples(pcm: bytes) -> array[int]:
    """Return PCM as numbers; an odd last byte is left out."""
    numbers = array("h", pcm[: len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _word(word: str, voice: Voice, place: float) -> Iterator[bytes]:
    """Yield a word's sounds; the pitch falls over the sentence, `place` from 0 to 1."""
    sounds = _VOICED.findall(word)
    if not any(sound[0] in _FORMANTS or sound.isdigit() for sound in sounds):
        sounds.append("e")
    for sound in sounds:
        if sound[0] in _FORMANTS or sound.isdigit():
            vowel = sound[0] if sound[0] in _FORMANTS else "aeiou"[int(sound) % 5]
            yield _vowel(vowel, round(voice.pitch_hz * (1.1 - 0.2 * place)), voice.vowel_ms)
        elif sound[0] in _HISS:
            yield _hiss()


@cache
def _vowel(vowel: str, pitch_hz: int, duration_ms: int) -> bytes:
    """A vowel that swells and fades."""
    periods = max(2, pitch_hz * duration_ms // 1000)
    rise = max(1, periods // 4)
    levels = [min(_LEVELS, _LEVELS * (1 + min(at, periods - 1 - at)) // rise) for at in range(periods)]
    return b"".join(_period(vowel, RATE // pitch_hz, max(1, level)) for level in levels)


@cache
def _period(vowel: str, length: int, level: int) -> bytes:
    samples = array("h", [round(sample * level / _LEVELS) for sample in _wave(vowel, length)])
    return pcm(samples)


@cache
def _wave(vowel: str, length: int) -> tuple[float, ...]:
    """One pitch period: the harmonics below 3.8 kHz, each as strong as the formants make it."""
    pitch_hz = RATE / length
    strengths = [_strength(vowel, number * pitch_hz) for number in range(1, int(3800 / pitch_hz) + 1)]
    step = 2 * math.pi / length
    wave = [
        sum(strength * math.sin(step * number * at) for number, strength in enumerate(strengths, 1))
        for at in range(length)
    ]
    loudest = max(map(abs, wave))
    return tuple(sample * _PEAK / loudest for sample in wave)


def _strength(vowel: str, frequency_hz: float) -> float:
    peaks = zip(_FORMANTS[vowel], (1.0, 0.5, 0.25), strict=True)
    return sum(gain / (1 + ((frequency_hz - peak) / 90) ** 2) for peak, gain in peaks) + 0.02


@cache
def _hiss() -> bytes:
    """A consonant: noise from a fixed congruential sequence."""
    state = 12345
    samples = array("h")
    for _ in range(RATE * _HISS_MS // 1000):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        samples.append((state >> 16) % (2 * _HISS_PEAK) - _HISS_PEAK)
    return pcm(samples)


def pcm(samples: array[int]) -> bytes:
    """Return numbers as PCM; they may be changed."""
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()
