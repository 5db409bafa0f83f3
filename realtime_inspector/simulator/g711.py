"""G.711 to 16-bit samples and back, at 8 kHz; and the step from 24 kHz down to it.

Tables, made on first use: encoding a second takes less than a millisecond.
"""

from __future__ import annotations

from array import array
from functools import cache

_BIAS = 0x84
_CLIP = 32635


def to_8k(samples: array[int]) -> array[int]:
    """Return 24 kHz samples at 8 kHz: the mean of every three."""
    thirds = zip(samples[0::3], samples[1::3], samples[2::3], strict=False)
    return array("h", [(a + b + c) // 3 for a, b, c in thirds])


def encode(samples: array[int], format_name: str) -> bytes:
    """Return samples as `audio/pcmu` or `audio/pcma`, one byte each."""
    table = _encoding(format_name)
    return bytes([table[sample >> 2] for sample in samples])


def decode(data: bytes, format_name: str) -> array[int]:
    """Return the samples of `audio/pcmu` or `audio/pcma` bytes."""
    table = _decoding(format_name)
    return array("h", [table[code] for code in data])


@cache
def _encoding(format_name: str) -> tuple[int, ...]:
    """Sample without its lowest two bits → code; negative samples stand at the end, where Python's index finds them."""
    law = _ulaw if format_name == "audio/pcmu" else _alaw
    return tuple(law(value << 2) for value in (*range(8192), *range(-8192, 0)))


@cache
def _decoding(format_name: str) -> tuple[int, ...]:
    law = _from_ulaw if format_name == "audio/pcmu" else _from_alaw
    return tuple(law(code) for code in range(256))


def _ulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 0x0F) & 0xFF


def _from_ulaw(code: int) -> int:
    code = ~code & 0xFF
    exponent, mantissa = code >> 4 & 7, code & 0x0F
    magnitude = ((mantissa << 3) + _BIAS << exponent) - _BIAS
    return -magnitude if code & 0x80 else magnitude


def _alaw(sample: int) -> int:
    sign = 0 if sample < 0 else 0x80
    magnitude = min(abs(sample) if sample >= 0 else -sample - 1, _CLIP)
    exponent = max(0, magnitude.bit_length() - 8)
    mantissa = magnitude >> (exponent + 3 if exponent else 4) & 0x0F
    return (sign | exponent << 4 | mantissa) ^ 0x55


def _from_alaw(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 0x0F
    magnitude = (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 0x108 << exponent - 1
    return magnitude if code & 0x80 else -magnitude
