"""The event list: rows over the index, folds that open, and the end that is followed until the user scrolls."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip

from realtime_inspector.tui.event_lines import EventLines
from realtime_inspector.tui.folding import Row
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.text import Line, Span, plain
from realtime_inspector.tui.widgets.line_list import LineList

_NOTHING = plain("no entry passes the filter: f changes it, escape lifts it", "dim")

_EMPTY = plain("nothing was recorded yet; entries show up here as they are written", "dim")
_OVER = plain("nothing was recorded: the file ends before its first entry", "dim")


class EventList(LineList):
    """One row an entry, or a fold of many."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "unfold", "Unfold", show=False, id="events.unfold"),
        Binding("left,h", "fold", "Fold", show=False, id="events.fold"),
    ]

    def __init__(self, study: Study, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        self._lines = EventLines(study)
        super().__init__(self._lines, id=id)
        self._study = study
        self._following = False
        self._left_at = 0

    def take_over(self, lines: EventLines, cursor: int, top: int) -> None:
        """Begin with rows that were shown before, the cursor on one of them, another one at the top."""
        self._lines = self._source = lines
        self.begin(cursor, top)

    @property
    def marks_cursor(self) -> bool:
        """Whether the cursor stays visible elsewhere: every pane shows the moment it is on."""
        return True

    @property
    def heading(self) -> Line:
        """What stands above the rows."""
        return Line((Span(" "), *self._lines.heading.spans))

    @property
    def row(self) -> Row | None:
        """The row the cursor is on."""
        view = self._study.view
        return view.row(self.cursor) if self.cursor < len(view) else None

    @property
    def following(self) -> bool:
        """Whether the cursor stays at the end."""
        return self._following

    @property
    def unseen(self) -> int:
        """How many entries came since the end was left."""
        return 0 if self._following else len(self._study.index) - self._left_at

    def follow(self, following: bool) -> None:
        """Stay at the end from now on, or where the cursor is."""
        if self._following and not following:
            self._left_at = len(self._study.index)
        self._following = following
        if following:
            self.go(len(self._lines) - 1)

    def note_seen(self) -> None:
        """Count what comes from now on as new."""
        self._left_at = len(self._study.index)

    def update(self) -> None:
        """Draw anew, and go on to the end if it is followed."""
        self._fit_width()
        super().update()
        if self._following:
            self.go(len(self._lines) - 1)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return some lines of the screen, as wide as it is by now."""
        self._fit_width()
        return super().render_lines(crop)

    def _fit_width(self) -> None:
        self._lines.width = self.scrollable_content_region.width - 1

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen; say so if a filter lets nothing through."""
        if y == 0 and not len(self._lines):
            width = self.scrollable_content_region.width
            said = _NOTHING if len(self._study.index) else _EMPTY if self._study.live else _OVER
            return self._strip(said, self.rich_style, " ", width)
        return super().render_line(y)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stop following where the user scrolls up, by wheel, bar or key."""
        super().watch_scroll_y(old_value, new_value)
        if self._following and new_value < old_value and new_value < self.max_scroll_y:
            self.follow(False)

    def go(self, y: int, *, tell: bool = False) -> None:
        """Put the cursor on a row; the end is followed no longer if the user moved it away."""
        if tell and self._following and y < len(self._lines) - 1:
            self.follow(False)
        super().go(y, tell=tell)

    def action_last(self) -> None:
        """Go to the end, and stay there while the recording grows."""
        super().action_last()
        self.follow(not self._study.index.ended)

    def action_unfold(self) -> None:
        """Show the members of a fold."""
        row = self.row
        if row is not None and row.folded:
            self._study.view.open(row.fold)
            self._changed()

    def action_fold(self) -> None:
        """Hide the members of the fold that the cursor is in."""
        row = self.row
        if row is None or not self._study.view.is_open(row.fold):
            return
        first = self._study.view.first(row.fold)
        self._study.view.close(row.fold)
        self._changed()
        self.go(self._study.view.y_of(first), tell=True)

    def action_choose(self) -> None:
        """Open or close a fold; open a single entry."""
        row = self.row
        if row is None or not row.folded:
            super().action_choose()
        elif row.open:
            self.action_fold()
        else:
            self.action_unfold()

    def _changed(self) -> None:
        self.follow(False)
        self.update()
