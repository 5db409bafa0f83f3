"""The Sessions screen: every recording of a folder with its figures, those that grow first."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from realtime_inspector.errors import RecordingError
from realtime_inspector.recording import files
from realtime_inspector.tui import table, text
from realtime_inspector.tui.shelf import Listed, Shelf
from realtime_inspector.tui.text import Line
from realtime_inspector.tui.widgets.bar import Bar
from realtime_inspector.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from realtime_inspector.tui.app import InspectorApp

SLICE_S = 0.004
FRAME_S = 0.1
LOOK_S = 1.0
"""How often the folder is looked at again."""


class SessionList(LineList):
    """One line a recording."""

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


class SessionsScreen(Screen[None]):
    """The recordings of a folder."""

    app: InspectorApp

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort", id="sessions.sort"),
        Binding("r", "reverse", "Reverse", id="sessions.reverse"),
        Binding("y", "copy", "Copy path", id="sessions.copy"),
        Binding("q", "close", "Quit", id="sessions.back"),
    ]

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self.shelf = shelf
        self.sort = next(iter(table.SORTS))
        self.reverse = False
        self._drawn: object = None
        self._wake = asyncio.Event()

    @property
    def listed(self) -> SessionList:
        """The list."""
        return self.query_one(SessionList)

    def compose(self) -> ComposeResult:
        """Make the bar, the heading and the list."""
        yield Bar(id="title")
        yield Bar(id="heading")
        yield SessionList(id="sessions")
        yield Footer(compact=True)

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
            await (self.app.give_way() if busy else self._rest())

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
        now = (self.shelf.version, self.sort, self.reverse, width, self.shelf.problem)
        if now == self._drawn:
            return
        self._drawn = now
        recordings = table.order(self.shelf.listed.values(), self.sort, reverse=self.reverse)
        heading = table.heading(width - 1, self.sort, reverse=self.reverse).text if recordings else ""
        self.query_one("#heading", Bar).show(text.plain(f" {heading}", "dim"))
        self.listed.show_recordings(recordings, table.nothing(self.shelf.paths, self.shelf.problem))
        self.query_one("#title", Bar).show(table.left(self.shelf), table.right(self.shelf))

    def on_resize(self) -> None:
        """Draw to the new width."""
        self.call_after_refresh(self.draw)

    def on_line_list_chosen(self) -> None:
        """Open the recording."""
        one = self.listed.chosen
        if one is None:
            return
        try:
            files.open_recording(one.path)
            self.app.open(one.path)
        except RecordingError as error:
            self.notify(text.safe(str(error)), severity="error", markup=False)

    def action_sort(self) -> None:
        """Sort by the next column."""
        names = list(table.SORTS)
        self.sort = names[(names.index(self.sort) + 1) % len(names)]
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

    def action_close(self) -> None:
        """Leave."""
        self.app.leave()
