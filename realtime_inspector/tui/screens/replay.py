"""The Replay screen: a recording as if it happened now, at its own pace or a step at a time; no sound, no network.

From here it is served to a client, or its client is played against a server.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.events import Click
from textual.message import Message

from realtime_inspector.analysis.dialogue import dialogue
from realtime_inspector.analysis.turns import turns
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.tui import driving, state, talk, text, timeline, walking
from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.pace import Pace
from realtime_inspector.tui.rights import Guarded
from realtime_inspector.tui.screens.ask import AskScreen, ChooseScreen
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.text import Line
from realtime_inspector.tui.walking import Happened, Walk
from realtime_inspector.tui.widgets.bar import Bar
from realtime_inspector.tui.widgets.footer import Footer
from realtime_inspector.tui.widgets.line_list import LineList
from realtime_inspector.tui.widgets.wrapped import WrappedList

if TYPE_CHECKING:
    from realtime_inspector.tui.app import InspectorApp

_TICK_S = 0.05
_SLICE_S = 0.01
"""So long at most the session is folded on before keys have their turn."""
_FAR = 1 << 40
_WALK = Binding.Group("Step", compact=True)
_TURN = Binding.Group("Turn", compact=True)
_PACE = Binding.Group("Speed", compact=True)


class HappenedList(LineList):
    """The events up to now; its keys go on and back in time."""

    class Stepped(Message):
        """So many events on, or back."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    @property
    def marks_cursor(self) -> bool:
        """Whether the cursor stays visible elsewhere: it marks what happens now."""
        return True

    def action_move(self, by: int) -> None:
        """Go on or back by so many events."""
        self.post_message(self.Stepped(by))

    def action_page(self, by: int) -> None:
        """Go on or back by as many events as the screen has rows."""
        self.post_message(self.Stepped(by * max(1, self.scrollable_content_region.height - 1)))

    def action_first(self) -> None:
        """Go to the beginning."""
        self.post_message(self.Stepped(-_FAR))

    def action_last(self) -> None:
        """Go to the end."""
        self.post_message(self.Stepped(_FAR))


class ReplayScreen(Guarded):
    """One recording, happening again."""

    app: InspectorApp

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]
    CSS_PATH = "replay.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,p", "play", "Play", tooltip="as fast as it was recorded, or stop", id="walk.play"),
        Binding("left,h", "step(-1)", "Previous event", group=_WALK, id="walk.previous"),
        Binding("right,l", "step(1)", "Next event", group=_WALK, id="walk.next"),
        Binding("left_square_bracket", "turn(-1)", "Previous turn", group=_TURN, id="walk.previous-turn"),
        Binding("right_square_bracket", "turn(1)", "Next turn", group=_TURN, id="walk.next-turn"),
        Binding("minus", "speed(-1)", "Slower", group=_PACE, id="walk.slower"),
        Binding("plus,equals_sign", "speed(1)", "Faster", group=_PACE, id="walk.faster"),
        Binding("s", "serve", "Serve", tooltip="a mock of it for your client, on a free port", id="walk.serve"),
        Binding("d", "drive", "Drive", tooltip="play its client against a server, and record that", id="walk.drive"),
        Binding("o", "open", "Open here", tooltip="the session, at this event", show=False, id="walk.open"),
        Binding("q,escape", "close", "Back", id="walk.back"),
    ]

    def __init__(self, desk: Desk, bring: Callable[[int], object] = lambda position: None) -> None:
        """Make the screen for a desk; `bring` brings its session to a position."""
        super().__init__()
        self.desk = desk
        self._bring = bring
        times = self.study.index.times
        self.walk = Walk(times, 0 if self._is_over(desk) else desk.position)
        """Where it is, and how fast."""
        self._happened = Happened(self.study)
        self._pace = Pace()
        self._shown = -1
        """The position that the session is shown of."""

    @staticmethod
    def _is_over(desk: Desk) -> bool:
        return desk.position >= len(desk.study.index) - 1

    @property
    def study(self) -> Study:
        """The recording."""
        return self.desk.study

    def compose(self) -> ComposeResult:
        """Make the bars, and beneath them what has happened."""
        yield Bar(id="title")
        yield Bar(id="progress")
        with Container(id="walk"):
            with Vertical(id="happened-pane", classes="pane") as frame:
                frame.border_title = "Events so far"
                yield Bar(id="heading")
                yield HappenedList(id="happened")
            with Vertical(id="beside"):
                yield Bar(id="now")
                with Vertical(classes="pane") as frame:
                    frame.border_title = "Said so far"
                    yield WrappedList(empty="nothing was said yet", id="said")
                with Vertical(id="state-pane", classes="pane") as frame:
                    frame.border_title = "State now"
                    yield WrappedList(id="now-state")
        yield Footer()

    def on_mount(self) -> None:
        """Show where it begins."""
        self._timer = self.set_interval(_TICK_S, self._tick, pause=True)
        self.query_one(HappenedList).focus()
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """Draw to the new size."""
        self._shown = -1
        self.call_after_refresh(self._draw)

    # drawing

    def _tick(self) -> None:
        self.walk.advance(perf_counter())
        self._draw()

    def _draw(self) -> None:
        """Show what has happened by now; what is not folded so far, a moment later."""
        if not self.query("#happened"):
            return  # the screen is being taken down
        now = perf_counter()
        left, right = walking.title(self.study, self.walk)
        self.query_one("#title", Bar).show(left, right)
        progress = self.query_one("#progress", Bar)
        progress.show(walking.bar(self.walk, now, progress.size.width))
        self._draw_events()
        there = self._draw_session()
        if self.walk.is_playing or not there:
            self._timer.resume()
        else:
            self._timer.pause()

    def _draw_events(self) -> None:
        listed, happened = self.query_one(HappenedList), self._happened
        width = listed.scrollable_content_region.width - 1
        if (happened.width, happened.position) == (width, self.walk.position) and listed.source is happened:
            return
        happened.width, happened.position = width, self.walk.position
        self.query_one("#heading", Bar).show(Line((text.Span(" "), *happened.heading.spans)))
        listed.show(happened)
        listed.go(happened.y)

    def _draw_session(self) -> bool:
        """Show the session as it is now; tell whether it is there already."""
        if not len(self.study.index) or self._shown == self.walk.position:
            return True
        position, stop = self.walk.position, perf_counter() + _SLICE_S
        self.study.travel.aim(position)
        session = self.study.travel.step(lambda: perf_counter() < stop)
        if session is None or not self._pace.is_due(position, settled=not self.walk.is_playing):
            return False
        start = perf_counter()
        self._show_session(session, self.study.index.times[position], self.study.travel.earlier)
        self._shown = position
        self._pace.note(position, perf_counter() - start)
        return True

    def _show_session(self, session: Session, t: float, earlier: int) -> None:
        exchanges = turns(session)
        goes_on = timeline.about(timeline.model(session, exchanges, (), t), t)
        turn = f"turn {exchanges[-1].number}  " if exchanges else ""
        self.query_one("#now", Bar).show(Line((text.Span(f" {turn}", "title"), text.Span(goes_on))))
        said = self.query_one("#said", WrappedList)
        said.show_text(talk.lines(dialogue(session), exchanges))
        said.go(len(said.source) - 1)
        self.query_one("#now-state", WrappedList).show_text(state.lines(session, t, earlier))

    # going through it

    def action_play(self) -> None:
        """Go on by itself, or stop."""
        now = perf_counter()
        (self.walk.pause if self.walk.is_playing else self.walk.play)(now)
        self._draw()

    def action_step(self, by: int) -> None:
        """Go on or back by so many events, and stay there."""
        self._go(self.walk.position + by)

    @on(HappenedList.Stepped)
    def _on_stepped(self, message: HappenedList.Stepped) -> None:
        self.action_step(message.by)

    @on(LineList.Moved, "#happened")
    def _on_row_clicked(self, message: LineList.Moved) -> None:
        if len(self.study.folding):
            self._go(self.study.folding.row(message.y).position)

    @on(LineList.Chosen, "#happened")
    def _on_row_chosen(self) -> None:
        self.action_open()

    @on(LineList.Chosen, "#said, #now-state")
    def _on_link_chosen(self, message: LineList.Chosen) -> None:
        """Go to the event that a line leads to."""
        line = message.sender.line
        if line is not None and line.target is not None:
            self._go(self.study.position_of(line.target))

    @on(Click, "#progress")
    def _on_progress_clicked(self, event: Click) -> None:
        """Go to the moment that was clicked."""
        share = walking.share_at(self.walk, event.x, self.query_one("#progress", Bar).size.width)
        self.walk.go_to(share, perf_counter())
        self._draw()

    def action_turn(self, step: int) -> None:
        """Go to where the next turn begins, or this one or the one before it."""
        study = self.study
        here = self.walk.position
        starts = [study.position_of(turn.start.n) for turn in turns(study.session)]
        later = [position for position in starts if (position > here if step > 0 else position < here)]
        if not later:
            self.notify("no further turn" if step > 0 else "no earlier turn", timeout=3)
            return
        self._go(later[0] if step > 0 else later[-1])

    def action_speed(self, step: int) -> None:
        """Let it go on faster, or slower."""
        self.walk.change(step, perf_counter())
        self._draw()

    def _go(self, position: int) -> None:
        now = perf_counter()
        self.walk.pause(now)
        self.walk.go(position, now)
        self._draw()

    # what can be done from here

    def action_serve(self) -> None:
        """Serve the recording to a client."""
        from realtime_inspector.tui.screens.serving import ServingScreen  # a server's imports, for who asks for one

        self._stay()
        self.app.push_screen(ServingScreen(self.study.path))

    def action_drive(self) -> None:
        """Play the recording's client against a server, after asking which, and how fast."""
        header = self.study.index.header

        def begin(to: str | None) -> None:
            if to and to.strip():
                self.app.push_screen(ChooseScreen("How fast?", driving.paces()), partial(self._drive, to.strip()))

        self._stay()
        proposed = driving.proposed(header.url if header is not None else "")
        self.app.push_screen(AskScreen("Drive which server?", proposed, driving.HINT), begin)

    def _drive(self, to: str, pace: int | None) -> None:
        if pace is None:
            return
        from realtime_inspector.tui.screens.driving import DrivingScreen

        self.app.push_screen(DrivingScreen(self.study.path, to, driving.PACES[pace][0]))

    def _stay(self) -> None:
        self.walk.pause(perf_counter())
        self._draw()

    def action_open(self) -> None:
        """Go back to the session, to this event."""
        self.app.leave()
        self._bring(self.walk.position)

    def action_close(self) -> None:
        """Go back to the session, to where it was left."""
        self.app.leave()
