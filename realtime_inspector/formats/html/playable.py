"""The sound of a call as part of a page: a WAV in a data address, of a bounded size."""

from __future__ import annotations

import sys
from array import array
from base64 import b64encode
from collections.abc import Iterator

from realtime_inspector.formats import sound, wav
from realtime_inspector.formats.html.tags import join, tag
from realtime_inspector.formats.sound import SIDES, Sound

MOST_BYTES = 24_000_000
"""Of samples: four minutes as they were, twelve at a third of the rate. Some browsers take no address above 32 MB."""
_COARSER = 3
_FRAME = 2 * sound.BYTES


def playable(found: Sound, most_bytes: int = MOST_BYTES) -> Iterator[bytes]:
    """Yield the player, and under it what is not as it was."""
    coarser = _COARSER if found.samples * _FRAME > most_bytes and found.rate % _COARSER == 0 else 1
    part = sound.part_of(found, most_bytes / _FRAME * coarser / found.rate)
    yield b'<audio id="player" controls preload="metadata" aria-label="the call" src="data:audio/wav;base64,'
    yield from _base64(_wav(part, coarser))
    yield b'"></audio>\n'
    notes = ["The user is on the left, the assistant on the right."]
    if coarser > 1:
        notes.append(f"The sound is at {found.rate // coarser} Hz instead of {found.rate} Hz, for the page's size.")
    if part.samples < found.samples:
        notes.append(f"Only the first {part.samples / found.rate:.0f} s can be played here.")
    notes += [f"The recording leaves audio of the {side} out: silence stands for it." for side in found.missing]
    whole = join(tag("code", "realtime-inspector export --to wav"), " has all of it.")
    yield tag("p", " ".join(notes), " ", whole, class_="note").encode() + b"\n"


def _wav(found: Sound, coarser: int) -> Iterator[bytes]:
    samples = found.samples // coarser
    yield wav.header(samples, found.rate // coarser, len(SIDES))
    left = samples * _FRAME
    for block in found.blocks(*SIDES):
        data = (block if coarser == 1 else _thinned(block))[:left]
        left -= len(data)
        yield data


def _thinned(block: bytes) -> bytes:
    """Return interleaved samples at a third of their rate: the mean of every three."""
    samples = array("h", block)
    if sys.byteorder == "big":
        samples.byteswap()
    out = array("h", bytes(len(samples) // (2 * _COARSER) * _FRAME))
    for side in range(2):
        first, second, third = (samples[side + 2 * step :: 2 * _COARSER] for step in range(_COARSER))
        out[side::2] = array("h", [(a + b + c) // _COARSER for a, b, c in zip(first, second, third, strict=False)])
    if sys.byteorder == "big":
        out.byteswap()
    return out.tobytes()


def _base64(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield blocks in base64 as one text."""
    rest = b""
    for block in blocks:
        data = rest + block
        whole = len(data) // 3 * 3
        yield b64encode(data[:whole])
        rest = data[whole:]
    yield b64encode(rest)
