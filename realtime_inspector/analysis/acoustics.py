"""What audio sounds like, as far as arithmetic on its samples tells.

Here is the one place where audio is decoded. Plain Python: a call is listened to in windows of two seconds, which
takes about a second for a minute of audio; that is why acoustic rules are asked only where somebody wants them.

The main figure is roughness: how much neighbouring samples differ, measured by their size. Speech read as what it is
is smooth; the same bytes read as something else (another codec, the bytes swapped, half a sample off) are noise. So
what is wrong is told by two readings: the declared one is rough, another one is smooth.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from operator import mul, sub

from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.protocol.realtime.session import Session

WINDOW_MS = 2000.0
FULL = 32768
ROUGH = 0.9
"""From here on a reading is noise."""
SMOOTH = 0.85
"""Up to here a reading is sound; speech at 8 kHz is rougher than at 24 kHz."""
SMOOTHER = 0.78
"""Another reading must be so much smoother than the declared one."""
LOUD = 300.0
"""Root mean square from which a window has something to hear; quieter ones are left alone."""

SWAPPED = "swapped"
SHIFTED = "shifted"
"""PCM whose bytes are swapped, and PCM that begins with the second byte of a sample."""
FLOAT = "float32"
"""Samples of four bytes, from -1 to 1, as audio interfaces of browsers give them."""

_OTHERS = {True: ("audio/pcmu", "audio/pcma", SWAPPED, SHIFTED, FLOAT), False: (PCM, "audio/pcmu", "audio/pcma")}
"""Whether PCM is declared → what else it can be."""
_MOST_FLOAT = 1.5
_LEAST_FLOAT = 1e-12
_BLOCK = 512
_EVERY = 1024
"""Of so many samples a block is looked at."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A window of audio, read as what it is declared to be."""

    rms: float
    """Root mean square, of 32768."""
    clipped: float
    """Which part of the samples is at full scale, 0 to 1."""
    mean: float
    """The constant part, of 32768."""
    roughness: float
    others: Mapping[str, float] = field(default_factory=dict)
    """Another reading → its roughness; only readings with something to hear."""
    pairs: float = 1.0
    """How much the two samples of a pair differ, measured by how much pairs do: near 0 where each comes twice."""

    @property
    def mistaken(self) -> str:
        """The reading that this audio is most likely meant in, if not the declared one; else empty."""
        if self.rms < LOUD or self.roughness < ROUGH or not self.others:
            return ""
        most = min(SMOOTH, SMOOTHER * self.roughness)
        best = PCM if self.others.get(PCM, ROUGH) < most else min(self.others, key=lambda name: self.others[name])
        return best if self.others[best] < most else ""


def window(before: Session) -> Profile | None:
    """Return what the latest two seconds of input are like, once at every two seconds that are full; else None."""
    data = stretch(before, WINDOW_MS)
    return profile(data, before.input_audio.format.name) if data else None


def stretch(before: Session, length_ms: float) -> bytes:
    """Return the latest stretch of input of a length, once whenever one is full; else nothing.

    Only where the format is certain: the server has confirmed one, and the stretch is younger.
    """
    audio = before.input_audio
    if before.config_at is None or before.pending_updates or before.is_sideband:
        return b""
    size = int(length_ms * audio.format.bytes_per_ms) // 2 * 2
    start = (audio.total_bytes // size - 1) * size
    sooner_ms = audio.recent[-2][0] if len(audio.recent) > 1 else 0.0
    if start < 0 or int(audio.total_ms / length_ms) == int(sooner_ms / length_ms):
        return b""
    began = audio.sent_t(max(1.0, audio.format.duration_ms(start + 2)))
    if began is None or began < before.config_at.t:
        return b""
    return audio.tape.span(start, start + size)


@lru_cache(maxsize=16)
def profile(data: bytes, name: str) -> Profile:
    """Return what a window of audio is like; `name` is its declared format."""
    samples = decode(data, name)
    if not samples:
        return Profile(0.0, 0.0, 0.0, 0.0)
    blocks = list(_blocks(samples))
    rms = _rms(samples)
    others = {}
    if rms >= LOUD and _roughness(blocks) >= ROUGH:
        for other in _OTHERS[name == PCM]:
            read = decode(data, other) if other != name else None
            if read and _rms(read) >= LOUD:
                others[other] = _roughness(list(_blocks(read)))
    at_full = samples.count(FULL - 1) + samples.count(-FULL)
    return Profile(rms, at_full / len(samples), sum(samples) / len(samples), _roughness(blocks), others, _pairs(blocks))


def decode(data: bytes, name: str) -> array[int]:
    """Return the samples of audio in a format, or in one of the readings above; an odd byte at the end is left out."""
    if name in {"audio/pcmu", "audio/pcma"}:
        table = _mu_law() if name == "audio/pcmu" else _a_law()
        return array("h", map(table.__getitem__, data))
    if name == FLOAT:
        return _floats(data)
    data = data[1:] if name == SHIFTED else data
    samples = array("h", data[: len(data) // 2 * 2])
    if (sys.byteorder == "big") != (name == SWAPPED):
        samples.byteswap()
    return samples


def _floats(data: bytes) -> array[int]:
    """Return four-byte samples as 16-bit ones; nothing if they are none: chance makes numbers of any size."""
    floats = array("f", data[: len(data) // 4 * 4])
    if sys.byteorder == "big":
        floats.byteswap()
    if not all(value == 0 or _LEAST_FLOAT < abs(value) <= _MOST_FLOAT for value in floats):
        return array("h")
    return array("h", (int(max(-1.0, min(1.0, value)) * (FULL - 1)) for value in floats))


def energies(data: bytes, name: str, rate: int, step_ms: float = 20.0) -> list[float]:
    """Return the root mean square of each step of audio."""
    samples = decode(data, name)
    step = max(1, int(rate * step_ms / 1000))
    return [_rms(samples[at : at + step]) for at in range(0, len(samples) - step + 1, step)]


def _rms(samples: Sequence[int]) -> float:
    return (sum(map(mul, samples, samples)) / len(samples)) ** 0.5 if len(samples) else 0.0


def _blocks(samples: array[int]) -> Iterator[array[int]]:
    for at in range(0, max(1, len(samples) - _BLOCK + 1), _EVERY):
        yield samples[at : at + _BLOCK]


def _roughness(blocks: Sequence[array[int]]) -> float:
    """Return how large steps from sample to sample are, measured by the samples: 0 smooth, 1.4 white noise."""
    steps = sum(_squares(map(sub, block[1:], block)) for block in blocks)
    whole = sum(_squares(block[1:]) for block in blocks)
    return (steps / whole) ** 0.5 if whole else 0.0


def _pairs(blocks: Sequence[array[int]]) -> float:
    inside = sum(_squares(map(sub, block[1::2], block[::2])) for block in blocks)
    between = sum(_squares(map(sub, block[2::2], block[1::2])) for block in blocks)
    return (inside / between) ** 0.5 if between else 1.0


def _squares(values: Iterator[int] | array[int]) -> int:
    listed = list(values)
    return sum(map(mul, listed, listed))


@cache
def _mu_law() -> tuple[int, ...]:
    """ITU-T G.711, µ-law: byte → sample."""

    def sample(byte: int) -> int:
        inverted = ~byte & 0xFF
        size = (((inverted & 0x0F) << 3) + 0x84 << (inverted >> 4 & 7)) - 0x84
        return -size if inverted & 0x80 else size

    return tuple(map(sample, range(256)))


@cache
def _a_law() -> tuple[int, ...]:
    """ITU-T G.711, A-law: byte → sample."""

    def sample(byte: int) -> int:
        toggled = byte ^ 0x55
        segment, size = toggled >> 4 & 7, (toggled & 0x0F) << 4
        size = size + 8 if segment == 0 else size + 0x108 << segment - 1
        return size if toggled & 0x80 else -size

    return tuple(map(sample, range(256)))
