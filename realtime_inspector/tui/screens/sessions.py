"""The Sessions screen: every recording of a folder with its figures, those that grow first."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Click

from realtime_inspector.errors import RecordingError, UsageError
from realtime_inspector.recording.files import open_recording
from realtime_inspector.tui import files, table, text
from realtime_inspector.tui.notes import Notes
from realtime_inspector.tui.rights import Guarded
from realtime_inspector.tui.screens.ask import AskScreen, ConfirmScreen
from realtime_inspector.tui.shelf import Listed, Shelf
from realtime_inspector.tui.slowly import LeftError, Slowly
from realtime_inspector.tui.text import Line
from realtime_inspector.tui.widgets.bar import Bar
from realtime_inspector.tui.widgets.footer import Footer
from realtime_inspector.tui.widgets.line_list import LineList
from realtime_inspector.tui.widgets.verdict import VerdictLines

if TYPE_CHECKING:
    from realtime_inspector.tui.app import InspectorApp

SLICE_S = 0.004
FRAME_S = 0.1
LOOK_S = 1.0
"""How often the folder is looked at again."""


class SessionList(LineList):
    """One line a recording."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "Open", id="list.choose")]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.recordings: list[Listed] = []

    @property
    def chosen(self) -> Listed | None:
        """The recording the cursor is on."""
        return self.recordings[self.cursor] if self.cursor < len(self.recordings) else None

    def show_recordings(self, recordings: list[Listed], empty: list[Line]) -> None:
        """Show these, the cursor kept on the recording it was on."""
        before = self.chosen
        self.recordings = recordings
        width = self.scrollable_content_region.width - 1
        self.passive = not recordings
        self.show([table.row(one, width) for one in recordings] or empty)
        if self.cursor and before in recordings:
            self.go(recordings.index(before))


class SessionsScreen(Guarded):
    """The recordings of a folder."""

    app: InspectorApp

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort", tooltip="by the next column", id="sessions.sort"),
        Binding("r", "reverse", "Reverse", id="sessions.reverse"),
        Binding("slash,f", "narrow", "Filter", tooltip="words of name, model or #tags", id="sessions.filter"),
        Binding("t", "tag", "Tag", tooltip="words to find it by, kept beside it", id="sessions.tag"),
        Binding("c", "compare", "Compare", tooltip="here first, then on the other one", id="sessions.compare"),
        Binding(
            "d,delete",
            "delete",
            "Delete",
            tooltip="with its parts and notes, after a question",
            show=False,
            id="sessions.delete",
        ),
        Binding("y", "copy", "Copy path", show=False, id="sessions.copy"),
        Binding("escape", "widen", "All recordings", show=False, id="sessions.all"),
        Binding("q", "close", "Quit", id="sessions.back"),
    ]

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self.shelf = shelf
        self.sort = next(iter(table.SORTS))
        self.reverse = False
        self.words = ""
        """What the recordings shown have in common: words of name, model or tags."""
        self._first: Listed | None = None
        """The first of two to compare."""
        self._drawn: object = None
        self._wake = asyncio.Event()
        self._explaining = False

    @property
    def listed(self) -> SessionList:
        """The list."""
        return self.query_one(SessionList)

    def compose(self) -> ComposeResult:
        """Make the bar, the heading and the list."""
        yield Bar(id="title")
        yield Bar(id="heading")
        yield SessionList(id="sessions")
        yield VerdictLines(id="verdict")
        yield Footer()

    def on_mount(self) -> None:
        """Start the work."""
        self.listed.focus()
        self.run_worker(self._work(), exclusive=True)

    def on_unmount(self) -> None:
        """Let all files go."""
        self.shelf.close()

    async def _work(self) -> None:
        looked_at, drawn_at = 0.0, 0.0
        while True:
            now = perf_counter()
            if now - looked_at > LOOK_S:
                self.shelf.look()
                looked_at = now
            busy = self._slice()
            if not busy or perf_counter() - drawn_at > FRAME_S:
                self.draw()
                drawn_at = perf_counter()
            if not busy and not self._explaining and self.shelf.unexplained() is not None:
                self._explaining = True
                self.run_worker(self._explain, thread=True, group="why", exit_on_error=False)
            self.app.tidy()
            await (self.app.give_way() if busy else self._rest())

    @property
    def is_left(self) -> bool:
        """Whether nobody looks any more."""
        return not self.is_attached

    @property
    def is_busy(self) -> bool:
        """Whether the user does something."""
        return self.app.is_touched()

    def _explain(self) -> None:
        """Find out why the assistant was silent in one recording after another, in a thread of its own."""
        from realtime_inspector.analysis.why import explain, waited_in

        with suppress(LeftError):
            while (one := self.shelf.unexplained()) is not None:
                try:
                    recording = open_recording(one.path)
                    found = explain(Slowly(recording, self), recording.header, findings=one.found, dialect=one.dialect)
                    one.reason = waited_in(found)
                except RecordingError:
                    one.reason = None  # it was deleted meanwhile
                one.explained, one.found = True, ()
                self.shelf.version += 1
                self._wake_up()
        self._explaining = False

    def _wake_up(self) -> None:
        with suppress(RuntimeError):  # the app is gone
            self.app.call_from_thread(self._wake.set)

    def _slice(self) -> bool:
        stop = perf_counter() + SLICE_S
        return self.shelf.step(lambda: perf_counter() < stop)

    async def _rest(self) -> None:
        self._wake.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), LOOK_S)

    def draw(self) -> None:
        """Show what has changed."""
        if not self.query("#title"):
            return  # the screen is being taken down
        width = self.listed.scrollable_content_region.width
        now = (self.shelf.version, self.sort, self.reverse, self.words, width, self.shelf.problem, self._first)
        if now == self._drawn:
            self._draw_title()
            return
        self._drawn = now
        fitting = table.fitting(self.shelf.listed.values(), self.words)
        recordings = table.order(fitting, self.sort, reverse=self.reverse)
        heading = table.heading(width - 1, self.sort, reverse=self.reverse).text if recordings else ""
        self.query_one("#heading", Bar).show(text.plain(f" {heading}", "dim"))
        empty = table.nothing(self.shelf.paths, self.shelf.problem) if not self.words else table.none_fits(self.words)
        self.listed.show_recordings(recordings, empty)
        self._draw_title()

    def _draw_title(self) -> None:
        """Show what is listed, and what the row under the cursor has no room for."""
        shown = len(self.listed.recordings) if self.words else None
        first = self._first.path.name if self._first is not None else ""
        is_narrow = self.listed.scrollable_content_region.width <= table.LARGE
        right = table.right(self.shelf, first, self.listed.chosen if is_narrow else None)
        self.query_one("#title", Bar).show(table.left(self.shelf, shown), right)
        self.query_one(VerdictLines).show(table.verdict_on(self.listed.chosen))

    @on(LineList.Moved)
    def _on_moved(self) -> None:
        self._draw_title()

    @on(Click, "#heading")
    def _on_heading_clicked(self, event: Click) -> None:
        """Sort by the column that was clicked; by the one that it is sorted by, the other way round."""
        if not self.listed.recordings:
            return
        column = table.column_at(event.x - 1, self.listed.scrollable_content_region.width - 1)
        self.sort, self.reverse = column, column == self.sort and not self.reverse
        self.draw()

    def on_resize(self) -> None:
        """Draw to the new width."""
        self.call_after_refresh(self.draw)

    def on_line_list_chosen(self) -> None:
        """Open the recording."""
        one = self.listed.chosen
        if one is None:
            return
        try:
            open_recording(one.path)
            self.app.open(one.path)
        except RecordingError as error:
            self.notify(text.safe(str(error)), severity="error", markup=False)

    def action_sort(self) -> None:
        """Sort by the next column."""
        names = table.sorts(self.listed.scrollable_content_region.width - 1)
        self.sort = names[(names.index(self.sort) + 1) % len(names)] if self.sort in names else names[0]
        self.draw()

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.reverse = not self.reverse
        self.draw()

    def action_copy(self) -> None:
        """Copy the recording's path."""
        one = self.listed.chosen
        if one is not None:
            self.app.copy_to_clipboard(str(one.path))
            self.notify(text.safe(f"copied {one.path}"), markup=False, timeout=3)

    def action_narrow(self) -> None:
        """Show the recordings that have some words in their name, model or tags."""

        def narrow(words: str | None) -> None:
            if words is not None:
                self.words = words.strip()
                self.draw()

        self.app.push_screen(AskScreen("Show recordings with", self.words, "words of name, model or #tags"), narrow)

    def action_widen(self) -> None:
        """Show all recordings again, and compare none."""
        self.words, self._first = "", None
        self.draw()

    def action_tag(self) -> None:
        """Give the recording tags."""
        one = self.listed.chosen
        if one is None:
            return
        kept = Notes(one.path)

        def tag(words: str | None) -> None:
            if words is None:
                return
            try:
                kept.tag(words.split())
            except UsageError as error:
                self.notify(text.safe(str(error)), severity="error", markup=False)
            self.shelf.note(one)
            self.draw()

        hint = f"words with spaces between them; kept in {kept.path.name}"
        self.app.push_screen(AskScreen("Tags", " ".join(kept.tags), text.safe(hint)), tag)

    def action_compare(self) -> None:
        """Take a recording as the first of two, or no longer; with another one, show both side by side."""
        one, first = self.listed.chosen, self._first
        if one is None or one.problem:
            return
        self._first = one if first is None else None
        self.draw()
        if first is None or first is one:
            return
        from realtime_inspector.tui.screens.compare import CompareScreen

        self.app.push_screen(CompareScreen(first.path, one.path))

    def action_delete(self) -> None:
        """Delete the recording, after a question."""
        one = self.listed.chosen
        if one is None:
            return
        if one.live:
            self.notify("this recording is still being written; stop what writes it first", severity="warning")
            return
        paths = files.belonging(one.path)
        total = sum(path.stat().st_size for path in paths if path.exists())
        asked = [text.plain(text.safe(str(path))) for path in paths]
        asked.append(text.plain(f"{text.size(total)}; there is no way back", "warning"))

        def delete(sure: bool | None) -> None:
            if not sure:
                return
            try:
                files.delete(one.path)
                self.notify(text.safe(f"deleted {one.path.name}"), markup=False, timeout=3)
            except UsageError as error:
                self.notify(text.safe(str(error)), severity="error", markup=False)
            self.shelf.look()
            self.draw()

        self.app.push_screen(ConfirmScreen("Delete this recording?", asked), delete)

    def action_close(self) -> None:
        """Leave."""
        self.app.leave()
