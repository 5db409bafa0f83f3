"""Searching a recording for a text, and showing only the entries that pass a filter."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from realtime_inspector.tui.screens.listening import ListeningScreen
from realtime_inspector.tui.widgets.filter_line import FilterLine
from realtime_inspector.tui.widgets.search_line import SearchLine


class SearchingScreen(ListeningScreen):
    """A screen over one recording that can be searched and filtered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", tooltip="a text in what was sent", id="session.search"),
        Binding("f", "filter", "Filter", tooltip="show only what passes, as type:response.*", id="session.filter"),
        Binding("n", "search_on(1)", "Next match", show=False, id="session.next-match"),
        Binding("N", "search_on(-1)", "Previous match", show=False, id="session.previous-match"),
    ]

    @property
    def filter_line(self) -> FilterLine:
        """The line in which a filter is typed."""
        return self.query_one("#filter", FilterLine)

    @property
    def search_line(self) -> SearchLine:
        """The line in which a text to look for is typed."""
        return self.query_one("#search", SearchLine)

    def action_filter(self) -> None:
        """Ask which events to show."""
        self.filter_line.open()
        self.set_focus(self.filter_line.input)

    def action_search(self) -> None:
        """Ask for a text to look for."""
        self.search_line.open()
        self.set_focus(self.search_line)

    def on_filter_line_changed(self) -> None:
        """Show what the filter lets through while it is typed."""
        self.refresh_panes()

    @on(FilterLine.Left)
    @on(SearchLine.Left)
    def _on_line_left(self) -> None:
        self.action_pane(self.panes.active)

    def action_search_on(self, step: int) -> None:
        """Look for the same text again, forward or back."""
        if not self.desk.needle:
            self.tell("nothing was looked for yet; / does")
            return
        self.desk.look_for(self.desk.needle, forward=step > 0)
        self.refresh_panes()

    def tell_outcome(self) -> None:
        """Go to where a search ended, or say that it found nothing."""
        outcome, self.desk.outcome = self.desk.outcome, None
        if outcome is None:
            return
        if outcome.position is None:
            self.tell(f"{self.desk.needle!r} is nowhere in what was sent")
            return
        self.bring(outcome.position)
        if outcome.wrapped:
            self.tell("went once around")
