"""Made-up sounds for transcripts: short, always the same, and like speech to whoever does arithmetic on them.

Speech here is syllables of a buzz with three resonances, with a hiss now and then: nobody would take it for a person.
"""

from __future__ import annotations

import math
from array import array
from functools import cache
from sys import byteorder

_SPEECH = ("", "-mu-law", "-swapped", "-shifted", "-stereo", "-loud", "-fast")
SOUNDS = (*(f"speech{way}" for way in _SPEECH), "noise")
"""Speech as PCM of 24 kHz, as G.711, with its bytes swapped, half a sample off, twice as stereo, beyond full scale, and
as PCM of 8 kHz; and white noise."""

_FORMANTS = ((700, 1200, 2500), (400, 2000, 2600), (350, 800, 2300), (550, 1700, 2400))
_SYLLABLE_S = 0.22
_SYLLABLES = 5
_PITCH_HZ = 110
_FULL = 32767


def sound(name: str, size: int) -> bytes:
    """Return so many bytes of a sound, from its beginning and over again.

    Raises:
        KeyError: If there is no such sound.
    """
    whole = _whole(name)
    return (whole * (size // len(whole) + 1))[:size]


@cache
def _whole(name: str) -> bytes:
    match name:
        case "speech":
            return _pcm(_speech(24000))
        case "speech-mu-law":
            return bytes(map(_mu_law, _speech(8000)))
        case "speech-swapped":
            return _pcm(_speech(24000), swapped=True)
        case "speech-shifted":
            whole = _pcm(_speech(24000))
            return whole[1:] + whole[:1]
        case "speech-stereo":
            return _pcm([sample for sample in _speech(24000) for _ in range(2)])
        case "speech-fast":
            return _pcm(_speech(8000))
        case "speech-loud":
            return _pcm([_clipped(sample * 8) for sample in _speech(24000)])
        case "noise":
            return _pcm([round(0.2 * _FULL * value) for value in _noise(24000)])
    raise KeyError(name)


def _pcm(samples: list[int], *, swapped: bool = False) -> bytes:
    packed = array("h", samples)
    if swapped != (byteorder == "big"):
        packed.byteswap()
    return packed.tobytes()


def _clipped(sample: int) -> int:
    return max(-_FULL - 1, min(_FULL, sample))


@cache
def _speech(rate: int) -> list[int]:
    count = round(_SYLLABLES * _SYLLABLE_S * rate)
    hiss = _noise(count)
    return [_clipped(round(0.4 * _FULL * _voice(n / rate, hiss[n]))) for n in range(count)]


def _voice(t: float, hiss: float) -> float:
    number, place = divmod(t, _SYLLABLE_S)
    if int(number) >= len(_FORMANTS):
        return 0.01 * hiss
    since = t % (1 / _PITCH_HZ)
    formants = _FORMANTS[int(number)]
    buzz = sum(math.exp(-300 * since) * math.sin(math.tau * f * since) / (k + 1) for k, f in enumerate(formants))
    return math.sin(math.pi * place / _SYLLABLE_S) ** 2 * buzz


def _noise(count: int) -> list[float]:
    state, values = 1, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values.append(state / 0x40000000 - 1)
    return values


def _mu_law(sample: int) -> int:
    size = min(abs(sample), 32635) + 0x84
    exponent = size.bit_length() - 8
    return ~((0x80 if sample < 0 else 0) | exponent << 4 | size >> exponent + 3 & 0x0F) & 0xFF
