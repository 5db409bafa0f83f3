"""A recording gone through as if it happened now: where it is, how fast, and the events up to there.

Knows no clock: whoever shows it passes the time in, in seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from realtime_inspector.errors import NotAnEntry
from realtime_inspector.tui import rows, text
from realtime_inspector.tui.folding import Row
from realtime_inspector.tui.rows import Cells, Stream
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.text import Line, Span

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0)
"""How many times as fast as it was recorded."""
_AS_RECORDED = 1.0
_LONGEST_FOLD = 5000
"""Of a stream of more lines, the whole is told while it goes on."""
_PREVIEW = 24
_DONE, _TO_COME = "━", "─"


class Walk:
    """A place in a recording that moves on as the time does."""

    def __init__(self, times: Sequence[float], position: int = 0) -> None:
        self.times = times
        """Of the entries; may grow."""
        self.position = position
        """The last entry that has happened."""
        self.speed = _AS_RECORDED
        self._t = times[position] if times else 0.0
        self._since: float | None = None

    @property
    def is_playing(self) -> bool:
        """Whether it moves on by itself."""
        return self._since is not None

    @property
    def at_end(self) -> bool:
        """Whether all of it has happened."""
        return self.position >= len(self.times) - 1

    def t(self, now: float) -> float:
        """Return the time in the recording."""
        if self._since is None or not self.times:
            return self._t
        return min(self.times[-1], self._t + (now - self._since) * self.speed)

    def play(self, now: float) -> None:
        """Go on from here; at the end, from the beginning."""
        if self.at_end:
            self.go(0, now)
        self._since = now

    def pause(self, now: float) -> None:
        """Stay here."""
        self._t, self._since = self.t(now), None

    def advance(self, now: float) -> None:
        """Let what is due by now happen; stay at the end."""
        if self._since is None:
            return
        t = self.t(now)
        self.position = max(self.position, bisect_right(self.times, t) - 1)
        if self.at_end:
            self.pause(now)

    def go(self, position: int, now: float) -> None:
        """Go to an entry, and on from there if it plays."""
        self.position = min(max(0, position), max(0, len(self.times) - 1))
        self._t = self.times[self.position] if self.times else 0.0
        self._since = now if self._since is not None else None

    def go_to(self, share: float, now: float) -> None:
        """Go to a moment: so much of the whole time."""
        if self.times:
            t = self.times[-1] * min(1.0, max(0.0, share))
            self.go(bisect_right(self.times, t) - 1, now)
            self._t = max(self._t, t)

    def change(self, step: int, now: float) -> None:
        """Go so many of the speeds faster, or slower."""
        at = min(max(0, SPEEDS.index(self.speed) + step), len(SPEEDS) - 1)
        self._t = self.t(now)
        self._since = now if self._since is not None else None
        self.speed = SPEEDS[at]

    def share(self, now: float) -> float:
        """Return how much of the whole time has passed, between 0 and 1."""
        whole = self.times[-1] if self.times else 0.0
        return min(1.0, self.t(now) / whole) if whole > 0 else 1.0


class Happened:
    """The rows of the events that have happened; of a stream that goes on, what came of it so far."""

    def __init__(self, study: Study) -> None:
        self.width = 80
        self.position = 0
        """The last entry that has happened."""
        self._study = study

    @property
    def heading(self) -> Line:
        """What stands above the rows."""
        return rows.heading(self.width, self._digits, self._clock)

    def __len__(self) -> int:
        """Return how many rows there are."""
        folding = self._study.folding
        return self.y + 1 if len(folding) else 0

    @property
    def y(self) -> int:
        """The row of the event that happened last."""
        return self._study.folding.y_of(self.position) if len(self._study.folding) else 0

    def __getitem__(self, y: int) -> Line:
        """Return one row."""
        return rows.line(self._cells(self._study.folding.row(y)), self.width, self._digits, self._clock)

    @property
    def _digits(self) -> int:
        return max(4, len(str(len(self._study.index))))

    @property
    def _clock(self) -> int:
        return max(rows.CLOCK_WIDTH, len(text.clock(self._study.length_s)))

    def _cells(self, row: Row) -> Cells:
        study = self._study
        if not row.folded or not self.position < row.last < row.position + _LONGEST_FOLD:
            return study.cells(row)
        index = study.index
        positions = [position for position in study.folding.members(row.fold) if position <= self.position]
        if len(positions) < 2:
            return study.cells(Row(row.position, row.fold, last=row.position))
        try:
            so_far = Stream(
                len(positions),
                sum(index.sizes[position] for position in positions),
                sum(index.chunks[position] * 3 // 4 for position in positions),
                index.times[positions[-1]] - index.times[positions[0]],
                tuple(study.event(position) for position in positions[:_PREVIEW]),
                open=row.open,
            )
        except NotAnEntry:
            return study.cells(row)
        return replace(rows.of_stream(so_far, study.worst(row), study.formats()), noted=False)


def title(study: Study, walk: Walk) -> tuple[Line, Line]:
    """Return the screen's first line: what is replayed, and how that stands."""
    state = "▶ playing" if walk.is_playing else "■ the end" if walk.at_end else "‖ paused"
    style = "good" if walk.is_playing else "warning"
    left = Line((Span(" replay of ", "dim"), Span(text.safe(study.path.name), "title")))
    right = Line(
        (Span(f" {state} ", style), Span(f"x{walk.speed:g}  ", "title"), Span(f"{_place(study, walk)} ", "dim"))
    )
    return left, right


def bar(walk: Walk, now: float, width: int) -> Line:
    """Return how far it has come, as a line across the screen with the times at its ends."""
    whole = text.clock(walk.times[-1] if walk.times else 0.0)
    begin = f" {text.clock(walk.t(now)):>{len(whole)}} "
    end = f" {whole} "
    room = max(1, width - len(begin) - len(end))
    done = round(room * walk.share(now))
    return Line((Span(begin), Span(_DONE * done, "good"), Span(_TO_COME * (room - done), "dim"), Span(end, "dim")))


def share_at(walk: Walk, x: int, width: int) -> float:
    """Return which part of the time a cell of the bar stands for."""
    side = len(text.clock(walk.times[-1] if walk.times else 0.0)) + 2
    return (x - side + 0.5) / max(1, width - 2 * side)


def _place(study: Study, walk: Walk) -> str:
    number = len(study.index)
    return f"{walk.position + 1:,} of {number:,}" if number else "no entry"
