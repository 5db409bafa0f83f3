"""Which lines of a recording make one row of the event list.

Between two other events, the pieces of one stream (`….delta`, `….append`, by type, sender and item) are folded into the
row of the first of them, also where several streams run through each other. A fold can be opened: then its members
stand below it. Knows an index, no screen.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from realtime_inspector.recording.index import Label


class Lines(Protocol):
    """What folding looks at: an index, or some of its lines."""

    label_ids: array[int]
    sizes: array[int]
    chunks: array[int]

    @property
    def labels(self) -> Sequence[Label]:
        """What lines have in common, by label id."""

    def __len__(self) -> int:
        """Return how many lines there are."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a single line, a fold, or a member of an open fold."""

    position: int
    """Of the line it shows; of a fold, its first."""
    fold: int
    count: int = 1
    """Lines folded into it; 1 for a line of its own and for a member."""
    last: int = 0
    """Position of the fold's last line."""
    member: bool = False
    open: bool = False

    @property
    def folded(self) -> bool:
        """Whether it stands for several lines."""
        return self.count > 1


class Folding:
    """The rows of an index, growing with it."""

    def __init__(self, index: Lines) -> None:
        self._index = index
        self._taken = 0
        self._first = array("I")
        self._last = array("I")
        self._count = array("I")
        self._sizes = array("Q")
        self._chunks = array("Q")
        """Decoded bytes, as if the chunks were base64."""
        self._running: dict[int, int] = {}
        """Label → fold, of the streams that nothing has interrupted yet."""
        self._streamed: list[bool] = []
        """Label → whether its lines fold."""
        self._open: list[int] = []
        self._members: dict[int, array[int]] = {}
        self._open_rows: list[int] = []
        """The row of each open fold."""

    def __len__(self) -> int:
        """Return the number of rows, members of open folds among them."""
        return len(self._first) + sum(len(members) for members in self._members.values())

    def grow(self) -> bool:
        """Take in what was indexed since the last call; tell whether there was anything."""
        index, start = self._index, self._taken
        stop = len(index)
        self._streamed += [label.streamed for label in index.labels[len(self._streamed) :]]
        streamed = self._streamed
        label_ids, sizes, chunks = index.label_ids, index.sizes, index.chunks
        running = self._running
        for position in range(start, stop):
            label = label_ids[position]
            fold = running.get(label)
            if fold is None:
                if streamed[label]:
                    running[label] = len(self._first)
                else:
                    running.clear()
                self._first.append(position)
                self._last.append(position)
                self._count.append(1)
                self._sizes.append(sizes[position])
                self._chunks.append(chunks[position] * 3 // 4)
            else:
                self._last[fold] = position
                self._count[fold] += 1
                self._sizes[fold] += sizes[position]
                self._chunks[fold] += chunks[position] * 3 // 4
        self._taken = stop
        if stop > start and any(self._last[fold] >= start for fold in self._open):
            self._recount()
        return stop > start

    def row(self, y: int) -> Row:
        """Return the row at a place of the list."""
        at = bisect_right(self._open_rows, y) - 1
        if at < 0:
            return self._header(y)
        inside = y - self._open_rows[at] - 1
        members = self._members[self._open[at]]
        if 0 <= inside < len(members):
            return Row(members[inside], self._open[at], member=True, last=members[inside])
        return self._header(self._open[at] + max(0, inside - len(members) + 1))

    def y_of(self, position: int) -> int:
        """Return the place of the row that shows a line: its own, or its fold's."""
        fold = self.fold_of(position)
        at = bisect_left(self._open, fold)
        y = fold + sum(len(self._members[known]) for known in self._open[:at])
        if fold in self._members and position != self._first[fold]:
            y += 1 + bisect_left(self._members[fold], position)
        return y

    def fold_of(self, position: int) -> int:
        """Return the fold that a line belongs to."""
        fold = bisect_right(self._first, position) - 1
        label = self._index.label_ids[position]
        while self._last[fold] < position or self._index.label_ids[self._first[fold]] != label:
            fold -= 1
        return fold

    def first(self, fold: int) -> int:
        """Return the position of a fold's first line."""
        return self._first[fold]

    def bytes(self, fold: int) -> tuple[int, int]:
        """Return the payload bytes of a fold, and the bytes its base64 stands for."""
        return self._sizes[fold], self._chunks[fold]

    def members(self, fold: int, limit: int | None = None) -> array[int]:
        """Return the positions of a fold's lines, the first `limit` of them."""
        wanted = self._index.label_ids[self._first[fold]]
        found = array("I")
        for position in range(self._first[fold], self._last[fold] + 1):
            if self._index.label_ids[position] == wanted:
                found.append(position)
                if len(found) == limit:
                    break
        return found

    def is_open(self, fold: int) -> bool:
        """Tell whether a fold's members are shown."""
        return fold in self._members

    def open(self, fold: int) -> None:
        """Show the members of a fold."""
        if self._count[fold] > 1 and fold not in self._members:
            insort(self._open, fold)
            self._members[fold] = self.members(fold)
            self._place()

    def close(self, fold: int) -> None:
        """Hide the members of a fold."""
        if fold in self._members:
            self._open.remove(fold)
            del self._members[fold]
            self._place()

    def has(self, position: int) -> bool:
        """Tell whether a line has a row, or is in one that can be opened."""
        return 0 <= position < self._taken

    def reveal(self, position: int) -> int:
        """Open the fold that hides a line, and return the place of its row."""
        fold = self.fold_of(position)
        if position != self._first[fold]:
            self.open(fold)
        return self.y_of(position)

    def _header(self, fold: int) -> Row:
        return Row(self._first[fold], fold, self._count[fold], self._last[fold], open=fold in self._members)

    def _recount(self) -> None:
        for fold in self._open:
            if len(self._members[fold]) != self._count[fold]:
                self._members[fold] = self.members(fold)
        self._place()

    def _place(self) -> None:
        self._open_rows = []
        further = 0
        for fold in self._open:
            self._open_rows.append(fold + further)
            further += len(self._members[fold])
