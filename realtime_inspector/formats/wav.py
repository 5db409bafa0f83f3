"""WAV: the user on the left, the assistant on the right, on the recording's time axis; or one side alone."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from realtime_inspector.errors import UsageError
from realtime_inspector.formats import sound
from realtime_inspector.formats.reading import Readable
from realtime_inspector.recording.entry import Side
from realtime_inspector.recording.lines import Problem

_MOST_BYTES = 0xFFFFFFFF - 64
"""A WAV counts its bytes in 32 bits."""


def write(
    recording: Readable, sides: Sequence[Side] = sound.SIDES, *, turn: int | None = None, heard: bool = False
) -> Iterator[bytes]:
    """Yield a WAV file, 16 bits a sample.

    Args:
        recording: One that can be read twice.
        sides: The channels: both, or one.
        turn: Only this turn, by its number.
        heard: Only what the user heard.

    Raises:
        UsageError: If there is no such turn, no sound at all, or more than a WAV can hold.
    """
    try:
        with sound.of(recording, heard=heard, turn=turn) as found:
            if not found.layout.user and not found.layout.voices:
                raise UsageError(f"{recording.path}: no audio in it; {_hint(recording)}")
            yield from encode(found, sides)
            recording.problems.extend(_left_out(recording, side) for side in found.missing if side in sides)
    except LookupError as error:
        raise UsageError(f"{recording.path}: {error.args[0]}; `realtime-inspector show` counts them") from None


def encode(found: sound.Sound, sides: Sequence[Side] = sound.SIDES) -> Iterator[bytes]:
    """Yield samples as a WAV file.

    Raises:
        UsageError: If a WAV cannot hold them.
    """
    yield header(found.samples, found.rate, len(sides))
    yield from found.blocks(*sides)


def header(samples: int, rate: int, channels: int) -> bytes:
    """Return what stands before the samples.

    Raises:
        UsageError: If a WAV cannot hold so many.
    """
    frame = channels * sound.BYTES
    size = samples * frame
    if size > _MOST_BYTES:
        raise UsageError(f"{size} bytes of samples are more than a WAV can hold: export one side (--side), or a turn")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * frame, frame, 8 * sound.BYTES)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)


def rate_and_channels(head: bytes) -> tuple[int, int]:
    """Return what a header says, of those that `header` makes."""
    channels, rate = struct.unpack_from("<HI", head, 22)
    return rate, channels


def _left_out(recording: Readable, side: Side) -> Problem:
    return Problem(0, f"{recording.path}: it leaves audio of the {side} out: silence stands for it")


def _hint(recording: Readable) -> str:
    left_out = recording.header.tags.get("left_out", "")
    return "it was recorded without" if "audio" in left_out else "`export --to markdown` writes the text"
