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
            with Vertical(id=f"{name}-pane", classes="pane lower" if name in LOWER else "pane") as frame:
                frame.border_title = f"{PANES.index(name) + 1} {name.capitalize()}"
                frame.border_subtitle = _others(name) if name in LOWER else ""
                if name == "events":
                    yield Bar(id="heading")
                yield pane
                if name == "events":
                    yield VerdictLines(id="verdict")
                if name == "detail":
                    yield Bar(id="field")

    def on_mount(self) -> None:
        """Begin with the findings in the place that several share."""
        self.query_one(f"#{LOWER[0]}-pane").add_class("-lower")

    def activate(self, name: str) -> LineList:
        """Show a pane as the active one, and return it."""
        self.active = name
        self._desk.listens = self._desk.listens or name == "timeline"
        for pane in PANES:
            self.query_one(f"#{pane}-pane").set_class(pane == name, "-active")
        for pane in LOWER if name in LOWER else ():
            self.query_one(f"#{pane}-pane").set_class(pane == name, "-lower")
        return self.query_one(f"#{name}", LineList)

    def shows(self, name: str) -> bool:
        """Tell whether a pane is on the screen; what is hidden is drawn when it is not any more.

        Not by `display`: until the style sheet was applied for the first time, that says that all of them are.
        """
        if name == self.active:
            return True
        beside = self.screen.has_class("-wide") and not self.has_class("-zoomed")
        return beside and (name not in LOWER or self.query_one(f"#{name}-pane").has_class("-lower"))

    def next(self, by: int) -> str:
        """Return the pane behind the active one, or before it."""
        return PANES[(PANES.index(self.active) + by) % len(PANES)]

    def zoom(self) -> None:
        """Give the active pane all the room, or its place among four."""
        self.toggle_class("-zoomed")

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
