"""The samples of a call: both sides on one time axis, read in blocks, whatever the length.

What stands where is said by `voices.py`. Samples go through two temporary files without a name, so memory stays flat
for a call of hours.
"""

from __future__ import annotations

import binascii
import sys
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO

import orjson

from realtime_inspector.analysis.acoustics import decode
from realtime_inspector.errors import UsageError
from realtime_inspector.formats.reading import Readable
from realtime_inspector.formats.voices import Layout, Piece, Sent, Window, layout
from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.recording.entry import Side

SIDES = (Side.CLIENT, Side.SERVER)
"""Left and right."""
BYTES = 2
"""Of one sample."""
_IN_MEMORY = 32 * 1024 * 1024
_BLOCK = 24000
MOST_S = 24 * 3600
"""A time axis is no longer: what says so is no call, and its silence would fill the disk."""


@dataclass(slots=True)
class Sound:
    """The samples of a call. Close it, or take it from `of`."""

    layout: Layout
    window: Window
    """The part of the axis that is wanted."""
    tracks: dict[Side, IO[bytes]]
    missing: tuple[Side, ...] = ()
    """Sides of which the recording leaves audio out: they are silent there."""

    @property
    def rate(self) -> int:
        """Samples in a second."""
        return self.layout.rate

    @property
    def samples(self) -> int:
        """How many samples a side has."""
        return self.window.end - self.window.start

    def blocks(self, *sides: Side) -> Iterator[bytes]:
        """Yield the samples of sides, two bytes each, little-endian; those of several sides by turns."""
        for start in range(self.window.start, self.window.end, _BLOCK):
            count = min(_BLOCK, self.window.end - start)
            parts = [self.read(side, start, count) for side in sides]
            yield interleaved(parts)

    def read(self, side: Side, start: int, count: int) -> bytes:
        """Return samples of one side from a place of the axis; silence where there are none."""
        track = self.tracks[side]
        track.seek(start * BYTES)
        return track.read(count * BYTES).ljust(count * BYTES, b"\0")


@contextmanager
def of(
    recording: Readable, *, heard: bool = False, turn: int | None = None, places: Layout | None = None
) -> Iterator[Sound]:
    """Give the samples of a recording, which must be one that can be read twice.

    Args:
        recording: What was opened.
        heard: Leave out what the user did not hear: what was cut off, and what would have played after the end.
        turn: Give one turn only, by its number.
        places: Its layout, if that is known already.

    Raises:
        LookupError: If there is no such turn.
        UsageError: If its time axis is longer than `MOST_S`.
    """
    places = places or layout(recording)
    if too_long(places):
        raise UsageError(
            f"{recording.path}: its times span {places.end / places.rate / 3600:,.0f} hours, for more than "
            f"{MOST_S // 3600} there is no sound; `realtime-inspector cut` takes a part of it"
        )
    window = Window(0, max(places.length, *_ends(places, heard=heard)) if not heard else places.length)
    if turn is not None:
        found = places.window(turn)
        if found is None:
            raise LookupError(f"no turn {turn}: it has {len(places.turns)}")
        window = Window(found.start, min(found.end, window.end))
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as left, tempfile.SpooledTemporaryFile(_IN_MEMORY) as right:
        tracks: dict[Side, IO[bytes]] = {Side.CLIENT: left, Side.SERVER: right}
        missing = _write(recording, places, tracks, heard=heard)
        yield Sound(places, window, tracks, missing)


def too_long(places: Layout) -> bool:
    """Tell whether a time axis is longer than that of any call."""
    return places.end > MOST_S * places.rate


def _ends(places: Layout, *, heard: bool) -> list[int]:
    return [piece.start + piece.samples for side in SIDES for piece in places.pieces(side, heard=heard)] or [0]


def _write(recording: Readable, places: Layout, tracks: dict[Side, IO[bytes]], *, heard: bool) -> tuple[Side, ...]:
    """Write all samples into the tracks; return the sides that are not whole."""
    wanted = {piece.sent.n: piece for side in SIDES for piece in places.pieces(side, heard=heard)}
    ends: dict[tuple[Side, str], bytes] = {}
    missing: dict[Side, None] = {}
    for entry in recording:
        piece = wanted.get(entry.n)
        if piece is None:
            continue
        sent = piece.sent
        data, whole = brought(sent, entry.payload)
        if not whole:
            missing[sent.side] = None
        stream = (sent.side, sent.item_id)
        before, ends[stream] = ends.get(stream, b""), data[-1:]
        track = tracks[sent.side]
        track.seek(piece.start * BYTES)
        track.write(samples_of(data, piece, places.rate, before))
    return tuple(missing)


def brought(sent: Sent, payload: bytes) -> tuple[bytes, bool]:
    """Return the audio of an event, silence for what the recording leaves out; and whether it leaves nothing out."""
    data = _bytes(payload, "audio" if sent.side is Side.CLIENT else "delta")
    if len(data) >= sent.size:
        return data[: sent.size], len(data) == sent.size
    return sent.format.silence(sent.size), False


def _bytes(payload: bytes, field: str) -> bytes:
    """Return the audio of an event; empty where it is not there, or no base64."""
    try:
        return binascii.a2b_base64(orjson.loads(payload)[field])
    except (ValueError, TypeError, KeyError):
        return b""


def samples_of(data: bytes, piece: Piece, rate: int, before: bytes) -> bytes:
    """Return what an event brings as samples of the axis, at most as many as its place has.

    Args:
        data: What `brought` gave.
        piece: Its place.
        rate: The axis's.
        before: The last byte of the piece before it, which counts where this one begins with half a sample.
    """
    kind = piece.sent.format
    if kind.name == PCM:
        data = before + data if piece.half else data
        data = data[: len(data) // BYTES * BYTES]
    if kind.name != PCM or kind.rate != rate:
        samples = resampled(decode(data, kind.name), kind.rate, rate)
        if sys.byteorder == "big":
            samples.byteswap()
        data = samples.tobytes()
    return data[: piece.samples * BYTES]


def resampled(samples: array[int], rate: int, wanted: int) -> array[int]:
    """Return samples at another rate, those between two of them in proportion."""
    if rate == wanted or not samples:
        return samples
    after = samples[1:] + samples[-1:]
    if wanted % rate:
        places = (divmod(place * rate, wanted) for place in range(len(samples) * wanted // rate))
        return array("h", [samples[at] + (after[at] - samples[at]) * part // wanted for at, part in places])
    times = wanted // rate
    out = array("h", bytes(len(samples) * times * BYTES))
    for step in range(times):
        out[step::times] = array("h", [a + (b - a) * step // times for a, b in zip(samples, after, strict=True)])
    return out


def interleaved(parts: Sequence[bytes]) -> bytes:
    """Return samples of several sides by turns."""
    if len(parts) == 1:
        return parts[0]
    out = array("h", bytes(sum(map(len, parts))))
    for place, part in enumerate(parts):
        out[place :: len(parts)] = array("h", part)
    return out.tobytes()


def part_of(sound: Sound, seconds: float) -> Sound:
    """Return the beginning of it, at most so many seconds."""
    end = min(sound.window.end, sound.window.start + round(seconds * sound.rate))
    return replace(sound, window=Window(sound.window.start, end))
