"""The panes of a session and where they stand: one at a time on a small terminal, four side by side on a large one."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from realtime_inspector.tui.bars import LOWER, PANES
from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.widgets.bar import Bar
from realtime_inspector.tui.widgets.detail_pane import DetailList
from realtime_inspector.tui.widgets.events import EventList
from realtime_inspector.tui.widgets.findings import FindingList
from realtime_inspector.tui.widgets.line_list import LineList
from realtime_inspector.tui.widgets.timeline import TimelinePane
from realtime_inspector.tui.widgets.verdict import VerdictLines
from realtime_inspector.tui.widgets.views import TranscriptPane, TurnsPane, WhyPane
from realtime_inspector.tui.widgets.wrapped import WrappedList


class Panes(Container):
    """Events, detail and state, and one of the others in the place that they share."""

    def __init__(self, desk: Desk, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._desk = desk
        self.active = PANES[0]
        """The pane that has the keys."""
        self._lower = LOWER[0]
        """Which of those that share a place has it."""
        self._is_wide = False
        self._is_zoomed = False
        self._frames: dict[str, Vertical] = {}

    def compose(self) -> ComposeResult:
        """Make the panes, in the order of their places."""
        desk = self._desk
        made = (
            ("events", EventList(desk.study, id="events")),
            ("detail", DetailList(empty="what the cursor is on in Events stands here", id="detail")),
            ("findings", FindingList(id="findings")),
            ("transcript", TranscriptPane(id="transcript")),
            ("timeline", TimelinePane(desk, id="timeline")),
            ("turns", TurnsPane(id="turns")),
            ("why", WhyPane(id="why")),
            ("state", WrappedList(empty="the session as it is at the cursor stands here", id="state")),
        )
        for name, pane in made:
            with Vertical(id=f"{name}-pane", classes="pane") as frame:
                self._frames[name] = frame
                frame.display = self.shows(name)
                frame.border_title = f"{PANES.index(name) + 1} {name.capitalize()}"
                frame.border_subtitle = _others(name) if name in LOWER else ""
                if name == "events":
                    yield Bar(id="heading")
                yield pane
                if name == "events":
                    yield VerdictLines(id="verdict")
                if name == "detail":
                    field = Bar(id="field")
                    field.display = False
                    yield field

    def activate(self, name: str) -> LineList:
        """Show a pane as the active one, and return it."""
        self._desk.listens = self._desk.listens or name == "timeline"
        self.active, self._lower = name, name if name in LOWER else self._lower
        self._arrange()
        return self.query_one(f"#{name}", LineList)

    def place(self, *, wide: bool) -> None:
        """Show the panes side by side if there is room for that."""
        self._is_wide = wide
        self._arrange()

    def zoom(self) -> None:
        """Give the active pane all the room, or its place among four."""
        self._is_zoomed = not self._is_zoomed
        self.set_class(self._is_zoomed, "-zoomed")
        self._arrange()

    def shows(self, name: str) -> bool:
        """Tell whether a pane is on the screen; what is hidden is drawn when it is not any more."""
        if name == self.active:
            return True
        return self._is_wide and not self._is_zoomed and (name not in LOWER or name == self._lower)

    def _arrange(self) -> None:
        """Show the panes that are to be seen.

        Not by the style sheet: to match a pane and what is in it with all that stands there takes longer than a key may
        wait, and only the frame of the active one needs it.
        """
        for name, frame in self._frames.items():
            if frame.display != self.shows(name):
                frame.display = not frame.display
            frame.set_class(name == self.active, "-active", update=self._is_wide)
        for field in self.query("#field"):
            field.display = self.active == "detail"

    def next(self, by: int) -> str:
        """Return the pane behind the active one, or before it."""
        return PANES[(PANES.index(self.active) + by) % len(PANES)]

    def draw(self) -> None:
        """Bring the panes that are made from the whole session up to date, if they know by now how wide they are."""
        for view in self._views():
            if view.size and self.shows(str(view.id)):
                view.draw(self._desk)

    def _views(self) -> Iterator[TranscriptPane | TimelinePane | TurnsPane | WhyPane]:
        yield self.query_one(TranscriptPane)
        yield self.query_one(TimelinePane)
        yield self.query_one(TurnsPane)
        yield self.query_one(WhyPane)


def _others(name: str) -> str:
    return "   ".join(f"{PANES.index(other) + 1} {other.capitalize()}" for other in LOWER if other != name)
