"""A recording served to any client, and how that goes."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from realtime_inspector.errors import InspectorError
from realtime_inspector.replay.load import load
from realtime_inspector.replay.matching import Policy
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.server import ReplayServer
from realtime_inspector.replay.thread import serving
from realtime_inspector.tui import playing, text
from realtime_inspector.tui.playing import Playing, Progress
from realtime_inspector.tui.rights import Guarded
from realtime_inspector.tui.text import Line, Span
from realtime_inspector.tui.widgets.bar import Bar
from realtime_inspector.tui.widgets.footer import Footer
from realtime_inspector.tui.widgets.wrapped import WrappedList

if TYPE_CHECKING:
    from realtime_inspector.tui.app import InspectorApp

_LOOK_S = 0.25
_SPEEDS = (1.0, float("inf"))


class ServingScreen(Guarded):
    """Serves a recording while it is on the screen."""

    app: InspectorApp

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "again", "Serve anew", id="replay.again"),
        Binding("s", "speed", "Speed", id="replay.speed"),
        Binding("m", "match", "Policy", id="replay.match"),
        Binding("y", "copy", "Copy variables", id="replay.copy"),
        Binding("q,escape", "close", "Stop", id="replay.back"),
    ]

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.server: ReplayServer | None = None
        """The server, while it listens."""
        self._path = path
        self._options = Options(speed=_SPEEDS[0])
        self._told: list[str] = []
        self._stack = ExitStack()
        self._turn = Lock()
        """Who starts or stops the server holds it."""
        self._left = False

    @property
    def shown(self) -> WrappedList:
        """The lines."""
        return self.query_one("#replay", WrappedList)

    def compose(self) -> ComposeResult:
        """Make the bar and the lines."""
        yield Bar(Line((Span(" serving ", "dim"), Span(text.safe(self._path.name), "title"))))
        yield WrappedList([text.plain("starting …", "dim")], id="replay")
        yield Footer()

    def on_mount(self) -> None:
        """Begin to serve."""
        self.shown.focus()
        self.set_interval(_LOOK_S, self.draw)
        self._begin()

    async def on_unmount(self) -> None:
        """Stop serving."""
        self._left = True
        await asyncio.to_thread(self._stop)

    def _begin(self) -> None:
        self.run_worker(self._serve, thread=True, exclusive=True, group="replay", exit_on_error=False)

    def _stop(self) -> None:
        with self._turn:
            self._stack.close()

    def _serve(self) -> None:
        """Stop what is served, and serve the recording anew; in a thread of its own."""
        with self._turn:
            self._stack.close()
            if not self._left:
                self._start()

    def _start(self) -> None:
        told: list[str] = []
        try:
            server = self._stack.enter_context(serving(load(self._path), self._options, again=True, told=told.append))
            started = partial(self._take, server, told)
        except InspectorError as error:
            started = partial(self._fail, str(error))
        with suppress(RuntimeError):  # the app is gone
            self.app.call_from_thread(started)

    def _take(self, server: ReplayServer, told: list[str]) -> None:
        self.server, self._told = server, told
        self.draw()

    def _fail(self, problem: str) -> None:
        self.server = None
        self.shown.show_text([text.plain(text.safe(problem), "error")])

    def draw(self) -> None:
        """Show how things stand."""
        server = self.server
        if server is None or server.loop is None or not self.query("#replay"):
            return
        clients = tuple(map(Progress.of, list(server.players)))
        now = Playing(server.base_url, self._options, clients, tuple(self._told), server.refusing)
        self.shown.show_text(playing.lines(now))

    def action_again(self) -> None:
        """Serve the recording from its beginning."""
        self.server = None
        self._begin()

    def action_speed(self) -> None:
        """Serve it at the other speed."""
        at = _SPEEDS.index(self._options.speed)
        self._options = Options(match=self._options.match, speed=_SPEEDS[(at + 1) % len(_SPEEDS)])
        self.action_again()

    def action_match(self) -> None:
        """Serve it with the next policy."""
        policies = list(Policy)
        at = policies.index(self._options.match)
        self._options = Options(match=policies[(at + 1) % len(policies)], speed=self._options.speed)
        self.action_again()

    def action_copy(self) -> None:
        """Copy what a client's environment has to hold."""
        if self.server is not None:
            self.app.copy_to_clipboard(playing.environment(self.server.base_url))
            self.notify("copied", timeout=3)

    def action_close(self) -> None:
        """Stop serving, and go back."""
        self.app.leave()
