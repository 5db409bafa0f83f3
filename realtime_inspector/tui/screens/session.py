"""The Session screen: four panes over one moment of a recording.

The panes place what pure functions say. Everything slow (indexing, the rules, the session at the cursor, searching) is
done in slices of a few milliseconds between keys and frames, so no key ever waits for it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import DescendantFocus, Resize, ScreenResume
from textual.reactive import reactive
from textual.widget import Widget

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.turns import turns
from realtime_inspector.errors import RecordingError
from realtime_inspector.tui import bars, groups, verdict
from realtime_inspector.tui.bars import PANES, Standing
from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.first_frame import WIDE
from realtime_inspector.tui.first_keys import FirstKeys
from realtime_inspector.tui.pace import Pace
from realtime_inspector.tui.screens.searching import SearchingScreen
from realtime_inspector.tui.shelf import EXPLAINED
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.widgets.bar import Bar
from realtime_inspector.tui.widgets.filter_line import FilterLine
from realtime_inspector.tui.widgets.footer import Footer
from realtime_inspector.tui.widgets.line_list import LineList
from realtime_inspector.tui.widgets.panes import Panes
from realtime_inspector.tui.widgets.search_line import SearchLine
from realtime_inspector.tui.widgets.tabs import PaneTabs
from realtime_inspector.tui.widgets.timeline import TimelinePane
from realtime_inspector.tui.widgets.verdict import VerdictLines
from realtime_inspector.tui.widgets.views import TranscriptPane, TurnsPane, WhyPane
from realtime_inspector.tui.widgets.wrapped import WrappedList

SLICE_S = 0.004
"""How long the background work may go on before keys and frames have their turn."""
BRIEF_S = 0.001
"""How long while the user does something, and waits for nothing that goes on there."""
FRAME_S = 0.2
"""While there is work, the panes show at most so often how far it is; what the user waits for, at once."""
POLL_S = 0.1
"""How often a growing file is looked at while nothing else is to do."""


class SessionScreen(SearchingScreen):
    """One recording."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    AUTO_FOCUS = ""
    focused: reactive[Widget | None] = reactive(None, repaint=False)
    """Its own would have the whole screen drawn anew: the panes show by themselves which of them has the keys."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_pane(1)", "Next pane", show=False, id="session.next-pane"),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False, id="session.previous-pane"),
        Binding("1", "pane('events')", "Events", show=False, id="session.events"),
        Binding("2", "pane('detail')", "Detail", tooltip="the entry as it was sent", show=False, id="session.detail"),
        Binding("3", "pane('findings')", "Findings", tooltip="the worst first", show=False, id="session.findings"),
        Binding("4", "pane('state')", "State", tooltip="as it was at the cursor", show=False, id="session.state"),
        Binding("5", "pane('transcript')", "Transcript", tooltip="said and heard", show=False, id="session.transcript"),
        Binding("6", "pane('timeline')", "Timeline", tooltip="sound and waits", show=False, id="session.timeline"),
        Binding("7", "pane('turns')", "Turns", tooltip="where the time went", show=False, id="session.turns"),
        Binding("8", "pane('why')", "Why", tooltip="why the assistant was silent here", show=False, id="session.why"),
        Binding("z", "zoom", "One pane, or four", tooltip="on a wide terminal", show=False, id="session.zoom"),
        Binding("left_square_bracket", "turn(-1)", "Previous turn", show=False, id="session.previous-turn"),
        Binding("right_square_bracket", "turn(1)", "Next turn", show=False, id="session.next-turn"),
        Binding("backspace", "jump_back", "Back from a jump", show=False, id="session.jump-back"),
        Binding("escape", "leave", "Leave the pane", show=False, id="session.leave"),
        Binding("q", "close", "Back", id="session.back"),
    ]

    def __init__(self, study: Study, *, show_findings: bool = False, first_keys: FirstKeys | None = None) -> None:
        super().__init__(Desk(study))
        self._panes = Panes(self.desk, id="panes")
        self.problem = ""
        """Why the recording cannot be read any further."""
        self._show_findings = show_findings
        self._first_keys = first_keys
        self._begun = False
        self._settled = False
        self._drawn: dict[str, object] = {"view": study.view_number}
        self._drawn_at = 0.0
        self._findings_pace = Pace()
        self._is_asked = False
        """Whether the user did something that is still to be drawn."""
        self._wake = asyncio.Event()
        self.resting = False
        """Whether all there is was indexed, checked and drawn."""

    def compose(self) -> ComposeResult:
        """Make the bar, the panes and the line to search in."""
        wide = self.app.size.width >= WIDE
        self.update_classes({"-wide": wide, "-narrow": not wide}, update=False)  # else all panes are laid out at first
        self._panes.place(wide=wide)
        yield Bar(id="title")
        yield PaneTabs(PANES, id="tabs")
        yield self._panes
        yield FilterLine(self.desk, lambda: self.app.memory, lambda: self.app.saved_filters, id="filter")
        yield SearchLine(self.desk, id="search")
        yield Footer()

    def on_mount(self) -> None:
        """Show the pane to begin with."""
        self.desk.is_touched = self.study.is_touched = self.app.is_touched
        self.desk.is_state_shown = self._is_state_shown
        self.action_pane("findings" if self._show_findings else "events")

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Show what there is, and start the work, the first time that this screen is to be seen.

        Not before: until then keys are answered without it.
        """
        if self._begun:
            return
        self._begun = True
        event.refresh_styles = False  # they were matched a moment ago, when all this was mounted
        self._take_over()
        with suppress(RecordingError):  # the work meets it again, and tells it
            self.study.read_on()
        self._draw()
        self.call_after_refresh(self._begin)  # the first frame does not wait for the rules to be imported

    def on_resize(self, event: Resize) -> None:
        """Show the panes side by side where there is room, before the framework lays them out."""
        self._panes.place(wide=event.size.width >= WIDE)

    def _take_over(self) -> None:
        """Begin where the keys have led before this screen could answer them."""
        if self._first_keys is not None:
            self._first_keys.end()
            frame = self._first_keys.frame
            self.event_list.take_over(frame.lines, frame.cursor, frame.top)
            row = self.event_list.row
            if row is not None:
                self.desk.move(row.position)

    def _is_state_shown(self) -> bool:
        return self._panes.is_attached and self._panes.shows("state")  # it is not while the screen is taken down

    def _begin(self) -> None:
        if not self.study.closed:
            self.run_worker(self._work(), exclusive=True)

    def on_unmount(self) -> None:
        """Let the file go."""
        self.study.close()

    @on(LineList.Resized, "#events, #transcript, #timeline, #turns, #why")
    def _on_resized(self) -> None:
        self.refresh_panes()

    # the work behind the panes

    async def _work(self) -> None:
        while not self.study.closed:
            self._wake.clear()
            if self._is_asked:  # before anything else is done
                await self._shown()
                self._draw()
            answers = self.desk.answers
            busy = self._slice()
            if not busy or self.desk.answers != answers or perf_counter() - self._drawn_at > FRAME_S:
                self._draw()
            self.app.tidy()
            await (self.app.give_way(self._wake, awaited=self.desk.is_awaited) if busy else self._rest())

    async def _shown(self) -> None:
        """Wait until the terminal shows what a key did in its own pane: what follows from it is in the next frame."""
        shown = asyncio.Event()
        self.call_after_refresh(shown.set)
        with suppress(TimeoutError):
            await asyncio.wait_for(shown.wait(), FRAME_S)

    def _slice(self) -> bool:
        """Work for one slice; tell whether there is more to do."""
        if self.problem:
            return False
        stop = perf_counter() + (BRIEF_S if self.app.is_touched() and not self.desk.is_awaited else SLICE_S)
        try:
            return self.desk.work(lambda: perf_counter() < stop)
        except RecordingError as error:
            self.problem = str(error).removeprefix(f"{self.study.path}: ")
            return False

    async def _rest(self) -> None:
        """Wait for a key, or until it is time to look whether the file has grown."""
        self.resting = not self._wake.is_set()
        if self.study.index.ended or self.problem:
            await self._wake.wait()
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), POLL_S if self.study.live else 10 * POLL_S)

    def _settle(self) -> None:
        """Once all of the file was seen, follow its end, unless the user went somewhere, or stay where it begins."""
        if self._settled or not self.study.read_through:
            return
        self._settled = True
        self.event_list.note_seen()
        if self.study.live and not self.event_list.cursor:
            self.event_list.follow(True)

    def refresh_panes(self) -> None:
        """Draw what has changed, before the next slice."""
        self._is_asked = True
        self.resting = False
        self._wake.set()

    # drawing what has changed

    def _draw(self) -> None:
        self._drawn_at, self._is_asked = perf_counter(), False
        if not self.query("#title"):
            return  # the screen is being taken down
        self._settle()
        study = self.study
        rows = (len(study.index), len(study.view), study.view_number, study.notes.version)
        if self._changed("events", (rows, study.found, study.formats(), self.desk.needle)):
            self.event_list.needle = self.desk.needle
            self.event_list.update()
            if self._changed("view", study.view_number):
                self._place()
            if self.event_list.following:
                self.desk.move(len(study.index) - 1)
        checked = study.analysed == len(study.index)
        self._draw_findings(checked=checked)
        panes = self.panes
        if panes.shows("detail"):
            self._draw_detail()
        if panes.shows("state") and self._changed("state", self.desk.state):
            self.query_one("#state", WrappedList).show_text(self.desk.state)
        panes.draw()
        self._draw_verdict(checked=checked)
        self._draw_bars()
        if self.desk.outcome is not None:
            self.tell_outcome()

    def _draw_findings(self, *, checked: bool) -> None:
        study, made_of = self.study, (self.study.found, checked)
        if self._findings_pace.is_due(made_of, settled=checked):
            start = perf_counter()
            mistakes = groups.told(study.findings, study.is_clients)
            self.finding_list.show_findings(mistakes, groups.nothing(checked=checked))
            self._findings_pace.note(made_of, perf_counter() - start)
            self._begin_at_finding(checked=checked)

    def _begin_at_finding(self, *, checked: bool) -> None:
        """Where the findings are shown first, begin with the worst of them in all panes, unless the user was faster."""
        finding = self.finding_list.finding
        if self._show_findings and checked:
            self._show_findings = False
            if finding is not None and self.desk.position == 0 and not self.event_list.following:
                self._follow(self._position(finding))

    def _draw_verdict(self, *, checked: bool) -> None:
        """Say what is wrong with the entry under the cursor, else with the call; find out why it was silent."""
        listed, why = self.event_list, self.query_one(WhyPane)
        if checked and len(self.study.index) <= EXPLAINED:
            why.find_out(self.desk)
            checked = why.is_known
        found = self.study.findings_of(listed.row) if listed.row is not None else ()
        of_call = partial(verdict.of_call, self.finding_list.mistakes, why.last, checked=checked)
        self.query_one(VerdictLines).show(verdict.of_entry(found) or of_call())

    def _changed(self, name: str, value: object) -> bool:
        """Tell whether something is not what was drawn last."""
        if name in self._drawn and self._drawn[name] == value:
            return False
        self._drawn[name] = value
        return True

    def _draw_detail(self) -> None:
        study, row = self.study, self.event_list.row
        seen = study.analysed == len(study.index)
        known = len(study.findings_at(row.position)) if row is not None else 0
        if self._changed("detail", (row, known, seen, study.notes.version, self.desk.needle)):
            shown = self.query_one("#detail", WrappedList)
            shown.needle = self.desk.needle
            moved = self._changed("detail row", (row, self.desk.needle))
            shown.show_text(self.desk.detail(row), from_top=moved)

    def _draw_bars(self) -> None:
        search = f"searching {self.desk.search.progress:.0%}" if self.desk.search is not None else ""
        listed, played = self.event_list, self.playback.label
        standing = Standing(listed.following, listed.unseen, search, self.desk.passed, self.problem, played)
        self.query_one("#title", Bar).show(bars.left(self.study, self.app.size.width), bars.right(self.study, standing))
        self.query_one("#heading", Bar).show(self.event_list.heading)
        self._draw_tabs(self.panes.active)

    def _draw_tabs(self, active: str) -> None:
        notes = {"findings": bars.number(len(self.study.findings))}
        self.query_one("#tabs", PaneTabs).choose(active, notes)

    # the cursor

    def bring(self, position: int, pane: str = "") -> None:
        """Bring all panes to an entry, and remember where they were."""
        self.desk.jump(position)
        self._arrive(pane)

    def _arrive(self, pane: str = "") -> None:
        listed = self.event_list
        listed.follow(False)
        if not self.study.view.has(self.desk.position):
            self.tell("the filter hides this entry; it is off now (f, then up, brings it back)")
            self.desk.sift(None)
        y = self.study.view.reveal(self.desk.position)
        listed.update()
        listed.go(y)
        if pane:
            self.action_pane(pane)
        self.refresh_panes()

    def _place(self) -> None:
        """Put the cursor where it was in other rows, or near."""
        listed = self.event_list
        if listed.following or not len(self.study.view):
            return
        listed.go(self.study.view.y_of(self.desk.anchor))
        row = listed.row
        if row is not None and not self.study.view.has(self.desk.anchor):
            self.desk.settle(row.position)
        else:
            self.desk.settle(self.desk.anchor)

    @on(LineList.Moved, "#events")
    def _on_events_moved(self) -> None:
        row = self.event_list.row
        if row is not None:
            self.desk.move(row.position)
        self.refresh_panes()

    @on(LineList.Moved, "#findings")
    def _on_findings_moved(self) -> None:
        row = self.finding_list.row
        if row is not None and row.finding is not None:
            self.bring(self._position(row.finding))

    @on(LineList.Chosen, "#events")
    def _on_event_chosen(self) -> None:
        self.action_pane("detail")

    @on(LineList.Chosen, "#findings")
    def _on_finding_chosen(self) -> None:
        if self.finding_list.finding is not None:
            self.bring(self._position(self.finding_list.finding), "events")

    @on(LineList.Moved, "#transcript, #turns")
    def _on_view_moved(self, message: LineList.Moved) -> None:
        line = message.sender.line
        if line is not None and line.target is not None:
            self._follow(self.study.position_of(line.target))
        if isinstance(message.sender, TranscriptPane | TurnsPane):
            message.sender.at = self.desk.position

    def on_timeline_pane_went(self, message: TimelinePane.Went) -> None:
        """Bring all panes to the moment."""
        self._follow(message.position)

    def _follow(self, position: int) -> None:
        """Bring the other panes to an entry without leaving this one, or changing what is shown."""
        self.desk.move(position)
        self.event_list.follow(False)
        if len(self.study.view):
            self.event_list.go(self.study.view.y_of(position))
        self.refresh_panes()

    @on(LineList.Chosen, "#transcript, #turns, #timeline")
    def _on_moment_chosen(self) -> None:
        self.action_pane("events")

    @on(LineList.Chosen, "#detail, #state, #why")
    def _on_link_chosen(self, message: LineList.Chosen) -> None:
        line = message.sender.line
        if line is not None and line.target is not None:
            self.bring(self.study.position_of(line.target), "detail")

    def _position(self, finding: Finding) -> int:
        return min(max(0, finding.line - 2), max(0, len(self.study.index) - 1))

    # panes

    def action_pane(self, name: str) -> None:
        """Give a pane the keys; on a small terminal, show it."""
        self._draw_tabs(name)  # before the pane, to be in one frame with it
        self.set_focus(self.panes.activate(name))  # not `focus()`, which is done later, when the next key is there
        self.refresh_panes()

    def action_zoom(self) -> None:
        """Give the active pane the whole screen, or a place among four."""
        self.panes.zoom()
        self.refresh_panes()

    def action_turn(self, step: int) -> None:
        """Go to where the next or the previous turn begins."""
        here = self.study.n_at(self.desk.position) if len(self.study.index) else 0
        starts = [turn.start.n for turn in turns(self.study.session)]
        later = [n for n in starts if (n > here if step > 0 else n < here)]
        if not later:
            self.tell("no further turn" if step > 0 else "no earlier turn")
            return
        self.bring(self.study.position_of(later[0] if step > 0 else later[-1]))

    def action_next_pane(self, by: int) -> None:
        """Give the next pane the keys."""
        self.action_pane(self.panes.next(by))

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Follow the focus where the mouse put it."""
        name = event.widget.id
        if name in PANES and name != self.panes.active:
            self.action_pane(name)

    def on_pane_tabs_chosen(self, message: PaneTabs.Chosen) -> None:
        """Show the pane whose name was clicked."""
        self.action_pane(message.name)

    def action_leave(self) -> None:
        """Leave the filter or the search, or the pane for the list of events."""
        line = next((line for line in (self.filter_line, self.search_line) if line.is_open), None)
        if line is not None:
            line.leave()
        elif self.desk.search is not None:
            self.desk.search = None
            self.refresh_panes()
        elif self.desk.needle:
            self.desk.needle = ""
            self.refresh_panes()
        elif self.desk.filter_text and self.panes.active == "events":
            self.desk.sift(None)
            self.refresh_panes()
        else:
            self.action_pane("events")

    def action_close(self) -> None:
        """Go back to the list of sessions, or leave."""
        self.app.leave()

    def action_jump_back(self) -> None:
        """Return to where the last jump began."""
        if self.desk.back() is None:
            self.tell("no jump to return from")
            return
        self._arrive()
