"""The moment a session's panes show, and the work that is still to be done for it.

One cursor for all panes, the places it jumped from, the session as of it, and a search. Knows no screen: the screen
calls `work` between keys and frames and draws what has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from realtime_inspector.analysis import facts
from realtime_inspector.analysis.filter import Filter
from realtime_inspector.errors import NotAnEntry
from realtime_inspector.recording import jsonl
from realtime_inspector.tui import detail, state
from realtime_inspector.tui.folding import Row
from realtime_inspector.tui.search import Outcome, Search
from realtime_inspector.tui.sieve import Sieve
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.text import Line
from realtime_inspector.tui.waveform import Waveform

_HISTORY = 100
_LOOKS = 8
"""While something else is to be done, the file is looked at once in so many slices: a look is a handful of system
calls, and beside a thread that computes each of them may wait for its turn longer than a slice is."""
_SCREENFUL = 200
"""A filter's rows are shown before it is through if there are so many, and the cursor's place is among them."""


class Desk:
    """One study with a cursor on it."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.position = 0
        """The line that the panes show."""
        self.anchor = 0
        """The line the user went to last: where a filter hides it, the panes show another one."""
        self.needle = ""
        """What was looked for last."""
        self.search: Search | None = None
        """The search under way."""
        self.outcome: Outcome | None = None
        """Where a search ended; whoever shows it clears it."""
        self.state: list[Line] = []
        """The session as of the cursor, in lines; an older one until the new one is there."""
        self.is_touched: Callable[[], bool] = lambda: False
        """Tells whether the user is doing something: what goes on beside gives way."""
        self.sound = Waveform(study.index)
        """How loud both sides were, as far as anybody has listened."""
        self.listens = False
        """Whether somebody looks at it."""
        self.is_state_shown: Callable[[], bool] = lambda: True
        """Tells whether somebody looks at the state: it is made only then."""
        self.is_awaited = False
        """Whether the user waits for something that goes on here: what threads do beside gives way to it."""
        self.answers = 0
        """How often something came that the user waited for."""
        self.playing_s: float | None = None
        """What is played at this moment, as a time of the recording; None while nothing is."""
        self._sieve: Sieve | None = None
        """The filter that is shown, or about to be."""
        self._sieved: Sieve | None = None
        """The filter that went through everything once."""
        self._until_look = 0
        """So many slices are left to other work before the file is looked at again."""
        self._facts_of: tuple[int, int] | None = None
        self._state_of: tuple[int, bool] | None = None
        self._jumped_from: list[int] = []

    @property
    def is_left(self) -> bool:
        """Whether nobody looks any more."""
        return self.study.closed

    @property
    def is_busy(self) -> bool:
        """Whether the user does something, or waits for something."""
        return self.is_touched() or self.is_awaited

    def move(self, position: int) -> None:
        """Put the cursor on a line."""
        self.position = self.anchor = position

    def settle(self, position: int) -> None:
        """Show a line in place of the one that a filter hides."""
        self.position = position

    def jump(self, position: int) -> None:
        """Put the cursor on a line, and remember where it was."""
        if position != self.position:
            self._jumped_from.append(self.position)
            del self._jumped_from[:-_HISTORY]
        self.move(position)

    def back(self) -> int | None:
        """Return to where the last jump began; None if there was none."""
        if not self._jumped_from:
            return None
        self.move(self._jumped_from.pop())
        return self.position

    # filtering

    @property
    def filter_text(self) -> str:
        """The filter that is on; empty if there is none."""
        return self._sieve.filter.text if self._sieve is not None else ""

    @property
    def passed(self) -> str:
        """How many entries pass the filter, or how far it has come; empty without one."""
        if self._sieve is None:
            return ""
        if self._sieve.progress < 1:
            return f"{self._sieve.progress:.0%}"
        return f"{self._sieve.picked.entries:,}/{len(self.study.index):,}"

    def filtered(self) -> Iterator[bytes]:
        """Yield a recording of the entries that the filter lets through, as their lines stand in this one."""
        if self._sieve is None or self.study.index.header is None:
            return
        yield jsonl.dump_header(self.study.index.header)
        for position in list(self._sieve.picked.positions):
            yield self.study.index.line(position).rstrip(b"\n") + b"\n"

    def sift(self, chosen: Filter | None) -> None:
        """Show what a filter lets through, as soon as that is known; None shows everything."""
        if (chosen.text if chosen is not None else "") == self.filter_text:
            return
        self._sieve = Sieve(self.study.index, chosen) if chosen is not None else None
        self._facts_of = None
        if self._sieve is None:
            self.study.show(self.study.folding)

    def _sift(self, more: Callable[[], bool]) -> bool:
        """Let the filter look on; tell whether it has seen all there is."""
        sieve, study = self._sieve, self.study
        if sieve is None:
            return True
        if sieve.filter.needs_facts and not self._inform(sieve):
            return False
        sieve = self._sieve or sieve
        through = sieve.step(more)
        if through or (len(sieve.picked) > _SCREENFUL and sieve.done > self.anchor):
            self.answers += study.view is not sieve.picked or (through and sieve is not self._sieved)
            study.show(sieve.picked)
        self._sieved = sieve if through else self._sieved
        return through

    def _inform(self, sieve: Sieve) -> bool:
        """Tell a filter what is known of the entries, anew where there is more; tell whether it knows enough to go."""
        study = self.study
        now = (study.analysed, study.found)
        if self._facts_of != now and (self._facts_of is None or sieve.progress >= 1):
            if study.analysed < len(study.index):
                return self._facts_of is not None
            if self._facts_of is not None:
                sieve = self._sieve = Sieve(study.index, sieve.filter)
            sieve.know(facts.Index(study.session, study.findings))
            self._facts_of = now
        return True

    def look_for(self, needle: str, *, forward: bool = True) -> None:
        """Begin to search from the cursor."""
        self.needle = needle
        study = self.study
        shown = study.view.has if study.view is not study.folding else None
        self.search = Search(study.index, needle, self.position, forward=forward, shown=shown) if needle else None

    def work(self, more: Callable[[], bool]) -> bool:
        """Do what is next, while `more` says so; tell whether there is anything left to do.

        Raises:
            RecordingError: If the file is no recording, or another one by now.
        """
        self.is_awaited = False
        left = not self._read_on(more)  # first, and fast: no key may wait for it
        self.is_awaited = self._is_awaited()
        for do in (self._sift, self._fold_state, self._seek, self._analyse, self._listen):
            if left and not more():  # whatever comes first goes on in every slice, however late it is
                return True
            left = not do(more) or left
        if not left:
            self._until_look, self.is_awaited = 0, False
        return left

    def _is_awaited(self) -> bool:
        sieve = self._sieve
        sifts = sieve is not None and sieve.progress < 1 and not (sieve.filter.needs_facts and self._facts_of is None)
        return sifts or self.search is not None or not self._is_state_there()

    def _read_on(self, more: Callable[[], bool]) -> bool:
        """Index what is new in the file; tell whether all of it was seen when it was looked at last."""
        self._until_look -= 1
        if self.study.read_through and self._until_look > 0:
            return True
        self._until_look = _LOOKS
        return self.study.read_on(more)

    def _seek(self, more: Callable[[], bool]) -> bool:
        """Search on; tell whether that is over."""
        if self.search is not None:
            self.outcome = self.search.step(more)
            if self.outcome is None:
                return False
            self.search = None
            self.answers += 1
        return True

    def _analyse(self, more: Callable[[], bool]) -> bool:
        """Let the rules go on, and time pass at the end; tell whether they have seen all of it."""
        if not self.study.analyse(more):
            return False
        if self.study.read_through:
            self.study.let_time_pass()
        return True

    def _listen(self, more: Callable[[], bool]) -> bool:
        """Listen on, if somebody looks at the sound; tell whether all of it was heard."""
        return not self.listens or self.sound.step(self.study.formats(), more)

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
        if self._is_state_there():
            return True
        study, position = self.study, self.position
        at_edge = position == study.analysed - 1
        session, earlier = study.session, 0
        if not at_edge:
            study.travel.aim(position)
            travelled = study.travel.step(more)
            if travelled is None:
                return False
            session, earlier = travelled, study.travel.earlier
        self.state = state.lines(session, study.index.times[position], earlier)
        self._state_of = (position, at_edge)
        self.answers += 1
        return True

    def _is_state_there(self) -> bool:
        """Tell whether the state is the one at the cursor, or nobody wants it."""
        study, position = self.study, self.position
        wanted = (position, position == study.analysed - 1)
        return not len(study.index) or self._state_of == wanted or not self.is_state_shown()
