"""The moment a session's panes show, and the work that is still to be done for it.

One cursor for all panes, the places it jumped from, the session as of it, and a search. Knows no screen: the screen
calls `work` between keys and frames and draws what has changed.
"""

from __future__ import annotations

from collections.abc import Callable

from realtime_inspector.errors import NotAnEntry
from realtime_inspector.tui import detail, state
from realtime_inspector.tui.folding import Row
from realtime_inspector.tui.search import Outcome, Search
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.text import Line

_HISTORY = 100


class Desk:
    """One study with a cursor on it."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.position = 0
        """The line that the panes show."""
        self.needle = ""
        """What was looked for last."""
        self.search: Search | None = None
        """The search under way."""
        self.outcome: Outcome | None = None
        """Where a search ended; whoever shows it clears it."""
        self.state: list[Line] = []
        """The session as of the cursor, in lines; an older one until the new one is there."""
        self._state_of: tuple[int, bool] | None = None
        self._jumped_from: list[int] = []

    def move(self, position: int) -> None:
        """Put the cursor on a line."""
        self.position = position

    def jump(self, position: int) -> None:
        """Put the cursor on a line, and remember where it was."""
        if position != self.position:
            self._jumped_from.append(self.position)
            del self._jumped_from[:-_HISTORY]
        self.position = position

    def back(self) -> int | None:
        """Return to where the last jump began; None if there was none."""
        if not self._jumped_from:
            return None
        self.position = self._jumped_from.pop()
        return self.position

    def look_for(self, needle: str, *, forward: bool = True) -> None:
        """Begin to search from the cursor."""
        self.needle = needle
        self.search = Search(self.study.index, needle, self.position, forward=forward) if needle else None

    def work(self, more: Callable[[], bool]) -> bool:
        """Do what is next, while `more` says so; tell whether there is anything left to do.

        Raises:
            RecordingError: If the file is no recording, or another one by now.
        """
        through = self.study.read_on(more)  # first, and fast: no key may wait for it
        if not more():
            return True
        state_there = self._fold_state(more)
        if self.search is not None and more():
            self.outcome = self.search.step(more)
            self.search = None if self.outcome is not None else self.search
        if not more():
            return True
        analysed = self.study.analyse(more)
        if through and analysed:
            self.study.let_time_pass()
        return not (state_there and through and analysed and self.search is None)

    def detail(self, row: Row | None) -> list[Line]:
        """Return the row under the cursor in full."""
        if row is None:
            return []
        study = self.study
        try:
            event = study.event(row.position)
            if row.folded:
                return detail.of_stream(study.stream(row), study.known(event, row.position))
            return detail.of_event(event, study.known(event, row.position))
        except NotAnEntry as error:
            return detail.of_unreadable(row.position + 2, study.index.line(row.position), str(error))

    def _fold_state(self, more: Callable[[], bool]) -> bool:
        """Bring the state to the cursor; tell whether it is there."""
        study, position = self.study, self.position
        at_edge = position == study.analysed - 1
        if not len(study.index) or self._state_of == (position, at_edge):
            return True
        session = study.session
        if not at_edge:
            study.travel.aim(position)
            travelled = study.travel.step(more)
            if travelled is None:
                return False
            session = travelled
        self.state = state.lines(session, study.index.times[position])
        self._state_of = (position, at_edge)
        return True
