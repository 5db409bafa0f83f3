"""The entries that a filter lets through, as rows: folded like all of them, by their positions in the recording."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from realtime_inspector.recording.index import Index, Label
from realtime_inspector.tui.folding import Folding, Row


class _Chosen:
    """The chosen lines of an index, as if they were all."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.positions = array("I")
        self.label_ids = array("I")
        self.sizes = array("I")
        self.chunks = array("I")

    @property
    def labels(self) -> Sequence[Label]:
        return self._index.labels

    def __len__(self) -> int:
        return len(self.positions)

    def add(self, position: int) -> None:
        index = self._index
        self.positions.append(position)
        self.label_ids.append(index.label_ids[position])
        self.sizes.append(index.sizes[position])
        self.chunks.append(index.chunks[position])


class Picked:
    """The rows of the entries that were chosen; positions are those of the whole recording."""

    def __init__(self, index: Index) -> None:
        self._chosen = _Chosen(index)
        self._folding = Folding(self._chosen)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._folding)

    @property
    def entries(self) -> int:
        """How many entries were chosen."""
        return len(self._chosen)

    @property
    def positions(self) -> Sequence[int]:
        """The chosen entries, ascending."""
        return self._chosen.positions

    def add(self, position: int) -> None:
        """Choose an entry behind all others; it has a row after the next `grow`."""
        self._chosen.add(position)

    def grow(self) -> bool:
        """Make rows of what was chosen since the last call; tell whether there was anything."""
        return self._folding.grow()

    def has(self, position: int) -> bool:
        """Tell whether an entry was chosen."""
        at = bisect_left(self._chosen.positions, position)
        return at < len(self._chosen) and self._chosen.positions[at] == position

    def row(self, y: int) -> Row:
        """Return the row at a place of the list."""
        row = self._folding.row(y)
        positions = self._chosen.positions
        return replace(row, position=positions[row.position], last=positions[row.last])

    def y_of(self, position: int) -> int:
        """Return the place of the row that shows an entry, or the nearest one before it; 0 if there is none."""
        return self._folding.y_of(self._nearest(position)) if len(self._chosen) else 0

    def reveal(self, position: int) -> int:
        """Open the fold that hides an entry, and return the place of its row."""
        if not len(self._chosen):
            return 0
        return self._folding.reveal(self._nearest(position)) if self.has(position) else self.y_of(position)

    def first(self, fold: int) -> int:
        """Return the position of a fold's first entry."""
        return self._chosen.positions[self._folding.first(fold)]

    def bytes(self, fold: int) -> tuple[int, int]:
        """Return the payload bytes of a fold, and the bytes its base64 stands for."""
        return self._folding.bytes(fold)

    def members(self, fold: int, limit: int | None = None) -> array[int]:
        """Return the positions of a fold's entries, the first `limit` of them."""
        positions = self._chosen.positions
        return array("I", [positions[at] for at in self._folding.members(fold, limit)])

    def is_open(self, fold: int) -> bool:
        """Tell whether a fold's members are shown."""
        return self._folding.is_open(fold)

    def open(self, fold: int) -> None:
        """Show the members of a fold."""
        self._folding.open(fold)

    def close(self, fold: int) -> None:
        """Hide the members of a fold."""
        self._folding.close(fold)

    def _nearest(self, position: int) -> int:
        return max(0, bisect_right(self._chosen.positions, position) - 1)
