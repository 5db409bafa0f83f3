"""The client of a recording played against a server, and how that goes."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from realtime_inspector.errors import InspectorError, UsageError
from realtime_inspector.recording import files
from realtime_inspector.recording.keeping import Keeper
from realtime_inspector.replay import cues, kept
from realtime_inspector.replay.driven import Driven
from realtime_inspector.replay.driver import Drive
from realtime_inspector.replay.target import Target
from realtime_inspector.tui import driving, text
from realtime_inspector.tui.driving import Progress
from realtime_inspector.tui.rights import Guarded
from realtime_inspector.tui.screens.ask import ChooseScreen
from realtime_inspector.tui.text import Line, Span
from realtime_inspector.tui.widgets.bar import Bar
from realtime_inspector.tui.widgets.footer import Footer
from realtime_inspector.tui.widgets.wrapped import WrappedList

if TYPE_CHECKING:
    from realtime_inspector.tui.app import InspectorApp

_LOOK_S = 0.25


class DrivingScreen(Guarded):
    """Drives a server while it is on the screen."""

    app: InspectorApp

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", tooltip="the new recording", priority=True, id="drive.open"),
        Binding("c", "compare", "Compare", tooltip="the new recording with the old one", id="drive.compare"),
        Binding("r", "again", "Drive again", id="drive.again"),
        Binding("s", "pace", "Pace", tooltip="drive again, faster or as recorded", id="drive.pace"),
        Binding("y", "copy", "Copy path", tooltip="of the new recording", id="drive.copy"),
        Binding("q,escape", "close", "Stop", id="drive.back"),
    ]

    def __init__(self, path: Path, to: str, speed: float = driving.PACES[0][0]) -> None:
        """Drive the server `to`, so many times as fast as it was recorded."""
        super().__init__()
        self._speed = speed
        self.progress = Progress()
        """How far it has come."""
        self._path, self._to = path, to
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    @property
    def shown(self) -> WrappedList:
        """The lines."""
        return self.query_one("#drive", WrappedList)

    def compose(self) -> ComposeResult:
        """Make the bar and the lines."""
        name = text.safe(self._path.name)
        yield Bar(Line((Span(" the client of ", "dim"), Span(name, "title"), Span(" against a server", "dim"))))
        yield WrappedList(id="drive")
        yield Footer()

    def on_mount(self) -> None:
        """Begin to drive."""
        self.shown.focus()
        self.set_interval(_LOOK_S, self.draw)
        self.action_again()

    def on_unmount(self) -> None:
        """Hang up."""
        self._hang_up()

    def draw(self) -> None:
        """Show how things stand."""
        if self.query("#drive"):
            self.shown.show_text(driving.lines(self.progress))

    def action_again(self) -> None:
        """Drive the server once more; never two at a time."""
        if self._is_driving():
            return
        self.progress = Progress(self._to, speed=self._speed)
        self._stop, self._loop = asyncio.Event(), asyncio.new_event_loop()
        work = partial(self._work, self.progress, self._stop, self._loop)
        self.run_worker(work, thread=True, group="drive", exit_on_error=False)
        self.draw()

    def action_pace(self) -> None:
        """Drive the server once more, as fast as is chosen."""

        def drive(chosen: int | None) -> None:
            if chosen is not None:
                self._speed = driving.PACES[chosen][0]
                self.action_again()

        if not self._is_driving():
            self.app.push_screen(ChooseScreen("How fast?", driving.paces()), drive)

    def _is_driving(self) -> bool:
        """Tell whether a drive goes on, and say so."""
        if self._loop is None:
            return False
        self.notify("still driving; q stops it", severity="warning", timeout=3)
        return True

    def _hang_up(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # it is over already
                self._loop.call_soon_threadsafe(self._stop.set)

    def _work(self, progress: Progress, stop: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
        """Drive, in a thread of its own."""
        try:
            driven = loop.run_until_complete(self._drive(progress, stop))
            progress.through, progress.outcome = driven.through, driven.text()
        except InspectorError as error:
            progress.problem = str(error)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
            self._loop = None

    async def _drive(self, progress: Progress, stop: asyncio.Event) -> Driven:
        recording = files.open_recording(self._path)
        plan = cues.plan(recording, name=self._path.name, header=recording.header)
        if not plan.cues:
            raise UsageError(f"{self._path}: the client says nothing in it, so there is nothing to play")
        target = kept.with_key(Target.of(self._to, plan.request), os.environ)
        header = kept.header(plan, target)
        path = self._path.with_name(kept.name_of(header))
        progress.url, progress.messages = target.url, len(plan.cues)
        with Keeper(path, header, kept.redactor(os.environ)) as keeper:
            progress.written = path
            try:
                how = Drive(progress.speed)
                return await kept.drive_kept(plan, target, how, keeper, stop=stop, observe=progress.note)
            finally:
                progress.written = path if path.exists() else None

    def action_open(self) -> None:
        """Show the new recording."""
        if (path := self._made()) is not None:
            self.app.open(path)

    def action_compare(self) -> None:
        """Show the new recording beside the old one."""
        if (path := self._made()) is not None:
            from realtime_inspector.tui.screens.compare import CompareScreen

            self.app.push_screen(CompareScreen(self._path, path))

    def action_copy(self) -> None:
        """Copy the new recording's path."""
        if (path := self._made()) is not None:
            self.app.copy_to_clipboard(str(path))
            self.notify(text.safe(f"copied {path}"), markup=False, timeout=3)

    def _made(self) -> Path | None:
        """Return the new recording; say so if there is none."""
        if self.progress.written is None or not self.progress.over:
            self.notify("there is no new recording yet", timeout=3)
            return None
        return self.progress.written

    def action_close(self) -> None:
        """Hang up, and go back."""
        self.app.leave()
