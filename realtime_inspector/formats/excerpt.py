"""The samples of a call at any place of its axis, decoded where they are asked for: to play them, not to keep them.

The same samples, in the same places, as those of `sound.py`, which writes all of them out first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

from realtime_inspector.formats.sound import BYTES, SIDES, brought, interleaved, samples_of
from realtime_inspector.formats.voices import Layout, Piece
from realtime_inspector.recording.entry import Side


class Excerpt:
    """A call's sound, of which any part can be had."""

    def __init__(self, places: Layout, payload: Callable[[int], bytes], *, heard: bool = False) -> None:
        """Take the layout of a recording.

        Args:
            places: Where everything stands.
            payload: Gives an entry's payload by its number.
            heard: Leave out what the user did not hear.
        """
        self.places = places
        self._payload = payload
        self._runs = [_Run(pieces) for side in SIDES for pieces in _runs(places, side, heard=heard)]
        self.end = max([places.length, *(run.end for run in self._runs)]) if not heard else places.length
        """Where the axis ends."""

    @property
    def rate(self) -> int:
        """Samples in a second."""
        return self.places.rate

    @property
    def is_silent(self) -> bool:
        """Whether there is no sound in it at all."""
        return not self._runs

    def read(self, start: int, count: int, sides: Sequence[Side] = SIDES) -> bytes:
        """Return samples from a place of the axis, those of several sides by turns; silence where there are none."""
        return interleaved([self._side(side, start, count) for side in sides])

    def place_of(self, n: int) -> int | None:
        """Return where the audio of an entry stands; None if it has none."""
        return next((piece.start for run in self._runs if (piece := run.of(n)) is not None), None)

    def _side(self, side: Side, start: int, count: int) -> bytes:
        out = bytearray(count * BYTES)
        found = [each for run in self._runs if run.side is side for each in run.between(start, start + count)]
        for before, piece in sorted(found, key=lambda each: each[1].sent.n):  # where two overlap, the later one sounds
            samples = self._samples(before, piece)
            first, skipped = max(0, piece.start - start), max(0, start - piece.start)
            part = samples[skipped * BYTES : (start + count - piece.start) * BYTES]
            out[first * BYTES : first * BYTES + len(part)] = part
        return bytes(out)

    def _samples(self, before: Piece | None, piece: Piece) -> bytes:
        half = self._data(before)[-1:] if before is not None and piece.half else b""
        return samples_of(self._data(piece), piece, self.rate, half)

    def _data(self, piece: Piece) -> bytes:
        return brought(piece.sent, self._payload(piece.sent.n))[0]


class _Run:
    """Pieces of one side that follow each other."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.side = pieces[0].sent.side
        self.end = pieces[-1].start + pieces[-1].samples
        self._pieces = pieces
        self._starts = [piece.start for piece in pieces]
        self._ns = [piece.sent.n for piece in pieces]

    def of(self, n: int) -> Piece | None:
        """Return the piece of an entry."""
        at = bisect_left(self._ns, n)
        return self._pieces[at] if at < len(self._ns) and self._ns[at] == n else None

    def between(self, start: int, end: int) -> Iterator[tuple[Piece | None, Piece]]:
        """Yield the pieces that sound between two places, each with the one before it."""
        if start >= self.end:
            return
        for at in range(max(0, bisect_right(self._starts, start) - 1), bisect_left(self._starts, end)):
            piece = self._pieces[at]
            if piece.start + piece.samples > start and piece.samples:
                yield self._pieces[at - 1] if at else None, piece


def _runs(places: Layout, side: Side, *, heard: bool) -> Iterator[list[Piece]]:
    """Yield the pieces of a side, those that follow each other together: the user's, and each item's."""
    run: list[Piece] = []
    for piece in places.pieces(side, heard=heard):
        if run and piece.sent.item_id != run[0].sent.item_id:
            yield run
            run = []
        run.append(piece)
    if run:
        yield run
