"""The rows of the event list as lines, made when they come into view. Pure: a study in, lines out."""

from __future__ import annotations

from realtime_inspector.tui import rows
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.text import Line

_CACHED = 512


class EventLines:
    """The rows of a study as lines, made when they come into view."""

    def __init__(self, study: Study) -> None:
        self.width = 80
        self._study = study
        self._made: dict[tuple[object, ...], Line] = {}

    @property
    def digits(self) -> int:
        """How many digits an entry's number has at most."""
        return max(4, len(str(len(self._study.index))))

    @property
    def heading(self) -> Line:
        """What stands above the rows."""
        return rows.heading(self.width, self.digits)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._study.view)

    def __getitem__(self, y: int) -> Line:
        """Return one row."""
        study = self._study
        row = study.view.row(y)
        key = (study.view_number, study.notes.version, row, self.width, self.digits, study.worst(row), study.formats())
        line = self._made.get(key)
        if line is None:
            if len(self._made) >= _CACHED:
                self._made.clear()
            line = self._made[key] = rows.line(study.cells(row), self.width, self.digits)
        return line
