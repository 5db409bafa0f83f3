"""The Timeline pane: lanes over one axis, zoomed and moved by keys, and the entries around the cursor beneath them."""

from __future__ import annotations

from time import perf_counter
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from realtime_inspector.analysis.turns import turns
from realtime_inspector.tui import text, timeline
from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.event_lines import EventLines
from realtime_inspector.tui.pace import Pace
from realtime_inspector.tui.text import Line, Span
from realtime_inspector.tui.timeline import LABEL_WIDTH, Model, Window, position_at
from realtime_inspector.tui.widgets.line_list import LineList

_ZOOM = 2.0
_ZOOMS = Binding.Group("Zoom", compact=True)
_LEAST_S = 0.01
"""Making it anew counts as so long at least."""


class TimelinePane(LineList, inherit_bindings=False):
    """Both sides' sound and what went on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "step(1)", "Later", show=False, id="timeline.later"),
        Binding("left,h", "step(-1)", "Earlier", show=False, id="timeline.earlier"),
        Binding("L,ctrl+right", "step(10)", "Much later", show=False, id="timeline.much-later"),
        Binding("H,ctrl+left", "step(-10)", "Much earlier", show=False, id="timeline.much-earlier"),
        Binding("down,j", "entry(1)", "Next entry", show=False, id="timeline.next-entry"),
        Binding("up,k", "entry(-1)", "Previous entry", show=False, id="timeline.previous-entry"),
        Binding("plus,equals_sign", "zoom(-1)", "Zoom in", group=_ZOOMS, id="timeline.zoom-in"),
        Binding("minus", "zoom(1)", "Zoom out", group=_ZOOMS, id="timeline.zoom-out"),
        Binding("0", "whole", "Whole recording", show=False, id="timeline.whole"),
        Binding("g,home", "edge(-1)", "Begin", show=False, id="timeline.begin"),
        Binding("G,end", "edge(1)", "End", show=False, id="timeline.end"),
        Binding("enter", "choose", "Open", show=False, id="timeline.choose"),
    ]

    class Went(Message):
        """The user moved the cursor to an entry."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def __init__(self, desk: Desk, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.passive = True
        self.t = 0.0
        """The cursor, in seconds."""
        self._desk = desk
        self._window: Window | None = None
        """None for the whole recording."""
        self._model = Model()
        self._pace = Pace()
        self._rows = EventLines(desk.study)

    @property
    def _length_s(self) -> float:
        return max(self._desk.study.length_s, timeline.MIN_SPAN_S)

    @property
    def window(self) -> Window:
        """What is shown."""
        width = max(1, self.scrollable_content_region.width - 1 - LABEL_WIDTH)
        shown = self._window
        return Window(0.0, self._length_s, width) if shown is None else Window(shown.start, shown.span, width)

    def draw(self, desk: Desk) -> None:
        """Show what there is by now, the cursor where all panes have it."""
        study = desk.study
        if not len(study.index):
            self.show([text.plain("nothing was recorded yet", "dim")])
            return
        made_of = (study.analysed, study.found, study.length_s)
        if self._pace.is_due(made_of, settled=study.analysed == len(study.index)):
            start = perf_counter()
            self._model = timeline.model(study.session, turns(study.session), study.findings, self._length_s)
            self._pace.note(made_of, max(_LEAST_S, perf_counter() - start))
        if position_at(study.index.times, self.t) != desk.position:
            self.t = study.index.times[desk.position]
        if self._window is not None:
            self._window = self.window.showing(self.t, self._length_s)
        self.show(self._lines())

    def _lines(self) -> list[Line]:
        height = self.scrollable_content_region.height
        sound = self._desk.sound
        lines = timeline.lines(self._model, sound, self.window, self.t, height, self._desk.playing_s)
        about = Span(f"{text.clock(self.t)}  {timeline.about(self._model, self.t)}", "title")
        unheard = f"   {timeline.UNHEARD} sent, not played" if sound.assistant.unheard else ""
        told = [Line((about, Span(unheard, "dim")))]
        if sound.done < len(self._desk.study.index):
            told.append(text.plain(f"listening {sound.progress:.0%}", "dim"))
        elif sound.left_out:
            told.append(text.plain("the recording leaves audio out: where it was is shown, not how loud", "dim"))
        return [*lines, *told, *self._around(height - len(lines) - len(told))]

    def _around(self, room: int) -> list[Line]:
        """Return the rows of the entries around the cursor."""
        study = self._desk.study
        if room < 1 or not len(study.view):
            return []
        self._rows.width = self.scrollable_content_region.width - 2
        here = study.view.y_of(self._desk.position)
        first = max(0, min(here - room // 2, len(study.view) - room))
        shown = []
        for y in range(first, min(len(study.view), first + room)):
            line = self._rows[y]
            shown.append(Line((Span("▸" if y == here else " "), *line.spans)))
        return shown

    def _go(self, t: float) -> None:
        self.t = min(max(0.0, t), self._length_s)
        self.post_message(self.Went(position_at(self._desk.study.index.times, self.t)))

    def action_step(self, cells: int) -> None:
        """Move the cursor by so many cells."""
        self._go(self.t + cells * self.window.cell_s)

    def action_entry(self, by: int) -> None:
        """Move the cursor by so many rows of entries."""
        study = self._desk.study
        if len(study.view):
            y = min(max(0, study.view.y_of(self._desk.position) + by), len(study.view) - 1)
            position = study.view.row(y).position
            self.t = study.index.times[position]
            self.post_message(self.Went(position))

    def action_zoom(self, direction: int) -> None:
        """Show half or twice as much, around the cursor."""
        zoomed = self.window.zoomed(_ZOOM**direction, self.t, self._length_s)
        self._window = None if zoomed.span >= self._length_s else zoomed
        self.post_message(self.Resized(self))

    def action_whole(self) -> None:
        """Show the whole recording."""
        self._window = None
        self.post_message(self.Resized(self))

    def action_edge(self, side: int) -> None:
        """Go to the beginning, or the end."""
        self._go(0.0 if side < 0 else self._length_s)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is."""
        x = event.get_content_offset_capture(self).x - 1 - LABEL_WIDTH
        if x >= 0:
            self._go(self.window.start + (x + 0.5) * self.window.cell_s)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in."""
        event.stop()
        self.action_zoom(-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out."""
        event.stop()
        self.action_zoom(1)
