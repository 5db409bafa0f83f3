"""The rows of the event list as lines, made when they come into view. Pure: a study in, lines out."""

from __future__ import annotations

from realtime_inspector.tui import rows, text
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.text import Line

_CACHED = 512
_LONGEST_CLOCK = 12
"""A time that takes more is nonsense."""


class EventLines:
    """The rows of a study as lines, made when they come into view."""

    def __init__(self, study: Study) -> None:
        self.width = 80
        self._study = study
        self._made: dict[tuple[object, ...], Line] = {}

    @property
    def digits(self) -> int:
        """How many digits an entry's number has at most, so far as the file's size tells: rows keep their columns."""
        return max(4, len(str(round(len(self._study.index) * self._whole))))

    @property
    def clock(self) -> int:
        """How many characters an entry's time has at most."""
        return min(_LONGEST_CLOCK, max(rows.CLOCK_WIDTH, len(text.clock(self._study.length_s * self._whole))))

    @property
    def _whole(self) -> float:
        """How many times as much there will be when all of the file was indexed."""
        study = self._study
        return 1.0 if study.read_through else 1 / max(study.index.progress, 1e-6)

    @property
    def heading(self) -> Line:
        """What stands above the rows."""
        return rows.heading(self.width, self.digits, self.clock)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._study.view)

    def __getitem__(self, y: int) -> Line:
        """Return one row."""
        study = self._study
        row = study.view.row(y)
        columns = (self.width, self.digits, self.clock)
        key = (study.view_number, study.notes.version, row, columns, study.worst(row), study.formats())
        line = self._made.get(key)
        if line is None:
            if len(self._made) >= _CACHED:
                self._made.clear()
            line = self._made[key] = rows.line(study.cells(row), *columns)
        return line
