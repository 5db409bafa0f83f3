"""The panes that show a session as its developer thinks of it: transcript, turns, why. Each follows the one cursor."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from realtime_inspector.analysis.dialogue import dialogue
from realtime_inspector.analysis.turns import turns
from realtime_inspector.errors import RecordingError
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.recording import files
from realtime_inspector.tui import talk, text
from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.pace import Pace
from realtime_inspector.tui.slowly import LeftError, Slowly
from realtime_inspector.tui.text import Line
from realtime_inspector.tui.waterfall import Waterfall
from realtime_inspector.tui.widgets.line_list import LineList
from realtime_inspector.tui.widgets.wrapped import WrappedList

if TYPE_CHECKING:
    from realtime_inspector.analysis.why import Why

_MANY_ITEMS = 200
"""A longer conversation is made into lines beside everything else."""


class TranscriptPane(LineList):
    """The conversation."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.at = -1
        """The position its cursor stands for."""
        self._pace = Pace()
        self._making = False
        self._targets: list[int] = []

    @property
    def marks_cursor(self) -> bool:
        """Whether the cursor stays visible elsewhere: it marks what was said last."""
        return True

    @property
    def _room(self) -> int:
        return max(8, self.scrollable_content_region.width - 1)

    def draw(self, desk: Desk) -> None:
        """Show what there is by now, and what was said last as of the cursor."""
        study = desk.study
        width = self._room
        made_of = (study.analysed, study.found, width)
        if not self._making and self._pace.is_due(made_of, settled=study.analysed == len(study.index)):
            if len(study.session.items) <= _MANY_ITEMS:
                self._take(list(_conversation(study.session, width)), made_of, 0.0)
            else:
                self._making = True
                make = partial(self._make, desk, made_of, width)
                self.run_worker(make, thread=True, group="transcript", exit_on_error=False)
        if self.at != desk.position and self._targets and len(study.index):
            self.at = desk.position
            self.go(self._row_at(study.n_at(desk.position)))

    def _make(self, desk: Desk, made_of: object, width: int) -> None:
        """Make a long conversation's lines, in a thread of their own."""
        start, lines = perf_counter(), None
        with suppress(RuntimeError, LeftError):  # the session has grown meanwhile: the next time
            lines = list(Slowly(_conversation(desk.study.session, width), desk))
        with suppress(RuntimeError):  # the app is gone
            self.app.call_from_thread(self._take, lines, made_of, perf_counter() - start)

    def _take(self, lines: list[Line] | None, made_of: object, took_s: float) -> None:
        was_made_beside, self._making = self._making, False
        self._pace.note(made_of if lines is not None else None, took_s)
        if lines is None:
            return
        self.passive = not lines
        self._targets = [line.target or 0 for line in lines]
        self.show(lines or list(text.wrap([text.plain(talk.EMPTY, "dim")], self._room)))
        self.at = -1
        if was_made_beside:
            self.post_message(self.Resized(self))

    def _row_at(self, n: int) -> int:
        """Return the first row of the last line that leads to this entry or one before it."""
        at = bisect_right(self._targets, n) - 1
        while at > 0 and self._targets[at - 1] == self._targets[at]:
            at -= 1
        return max(0, at)


def _conversation(session: State, width: int) -> Iterable[Line]:
    return text.wrap(talk.lines(dialogue(session), turns(session)), width)


class TurnsPane(LineList):
    """The turns as waterfalls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort", tooltip="the slowest first, or in order", id="turns.sort"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.at = -1
        """The position its cursor stands for."""
        self._pace = Pace()
        self._slowest = False

    @property
    def marks_cursor(self) -> bool:
        """Whether the cursor stays visible elsewhere: it marks the stage that goes on."""
        return True

    def draw(self, desk: Desk) -> None:
        """Show the turns there are by now, and the stage that goes on at the cursor."""
        study = desk.study
        width = self.scrollable_content_region.width - 1
        made_of = (study.analysed, width, self._slowest)
        if self._pace.is_due(made_of, settled=study.analysed == len(study.index)):
            start = perf_counter()
            self.show(Waterfall(turns(study.session), width, slowest=self._slowest))
            self.at = -1
            self._pace.note(made_of, perf_counter() - start)
        if self.at != desk.position and isinstance(self.source, Waterfall) and len(study.index):
            self.at = desk.position
            self.go(self.source.y_of(study.n_at(desk.position)))

    def action_sort(self) -> None:
        """Show the turns by how long the user waited, or in their order."""
        self._slowest = not self._slowest
        self.go(0)
        self.post_message(self.Resized(self))


class WhyPane(WrappedList):
    """Why the assistant was silent at the cursor."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(empty="why the assistant is silent at the cursor stands here", id=id)
        self._found: Sequence[Why] | None = None
        self._pace = Pace()
        self._explaining = False
        self._shown: object = None
        self._problem = ""

    @property
    def is_known(self) -> bool:
        """Whether somebody has looked, if only to a point."""
        return self._found is not None

    @property
    def last(self) -> Why | None:
        """The last silence in which somebody waited in vain or for long, as far as anybody has looked."""
        if not self._found:
            return None
        from realtime_inspector.analysis.why import waited_in  # the first frame does not wait for it

        return waited_in(self._found)

    def find_out(self, desk: Desk) -> None:
        """Find out, beside everything else, if that is due."""
        entries = len(desk.study.index)
        if entries and not self._explaining and self._pace.is_due(entries, settled=False):
            self._explaining = True
            self.run_worker(partial(self._explain, desk), thread=True, group="why", exit_on_error=False)

    def draw(self, desk: Desk) -> None:
        """Show what is known of the silence at the cursor; find out first."""
        study = desk.study
        if not len(study.index):
            return
        self.find_out(desk)
        shown = (id(self._found), study.index.times[desk.position], self._problem)
        if shown == self._shown:
            return
        self._shown = shown
        if self._problem:
            self.show_text([text.plain(text.safe(self._problem), "error")])
        elif self._found is None:
            self.show_text([text.plain("reading the whole recording …", "dim")])
        else:
            from realtime_inspector.tui import reasons  # the first frame does not wait for it

            self.show_text(reasons.lines(self._found, study.index.times[desk.position]), from_top=True)

    def _explain(self, desk: Desk) -> None:
        """Find out, in a thread of its own."""
        from realtime_inspector.analysis.why import explain

        start, entries = perf_counter(), len(desk.study.index)
        try:
            recording = files.open_recording(desk.study.path)
            entries_read, problem = Slowly(recording, desk), ""
            if desk.study.analysed == len(desk.study.index):
                known, asked = list(desk.study.findings), desk.study.session.dialect_asked
                found = explain(entries_read, recording.header, findings=known, dialect=asked)
            else:
                found = explain(entries_read, recording.header, linter=desk.study.new_linter())
        except (RecordingError, LeftError) as error:
            found, problem = [], str(error)
        with suppress(RuntimeError):  # the app is gone
            self.app.call_from_thread(self._take, found, problem, entries, perf_counter() - start)

    def _take(self, found: Sequence[Why], problem: str, entries: int, took_s: float) -> None:
        self._explaining = False
        self._found, self._problem = found, problem
        self._pace.note(entries, took_s)
        self.post_message(self.Resized(self))
