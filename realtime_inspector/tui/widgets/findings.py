"""The list of findings: one mistake with what follows from it; it opens and closes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.folding import Told
from realtime_inspector.tui import groups, text
from realtime_inspector.tui.groups import GroupRow, Key
from realtime_inspector.tui.text import Line
from realtime_inspector.tui.widgets.line_list import LineList


class FindingList(LineList):
    """Mistakes with their findings, each in full; the cursor goes from one to the next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "unfold", "Unfold", show=False, id="findings.unfold"),
        Binding("left,h", "fold", "Fold", show=False, id="findings.fold"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.mistakes: Sequence[Told] = ()
        """What is shown, the worst first."""
        self._empty: Sequence[Line] = ()
        self._rows: list[GroupRow] = []
        self._starts: list[int] = []
        """The first line of each row."""
        self._untouched = True
        """Whether the cursor is where it was put at first: on the worst finding."""
        self._unfolded: set[Key] = set()
        self._shut: set[Key] = set()

    @property
    def row(self) -> GroupRow | None:
        """The row the cursor is on."""
        return self._rows[self._at(self.cursor)] if self._rows else None

    @property
    def finding(self) -> Finding | None:
        """The finding the cursor is on; of a mistake's own row, its first."""
        row = self.row
        if row is None or row.finding is not None:
            return row.finding if row is not None else None
        return next((each.same[0] for each in self.mistakes if groups.key_of(each) == row.key), None)

    @property
    def cursor_lines(self) -> int:
        """How many lines the row under the cursor takes."""
        after = self._at(self.cursor) + 1
        return (self._starts[after] if after < len(self._starts) else len(self.source)) - self.cursor

    def show_findings(self, mistakes: Sequence[Told], empty: Sequence[Line]) -> None:
        """Show these, the cursor kept on what it was on; `empty` where there are none."""
        before = self.row
        self.mistakes, self._empty = mistakes, empty
        self._rows = groups.rows(mistakes, self._unfolded, self._shut)
        self.passive = not self._rows
        self._place_lines()
        if self._rows and self._untouched:
            self.go(self._starts[1])
        elif before is not None:
            same = (at for at, row in enumerate(self._rows) if (row.key, row.finding) == (before.key, before.finding))
            at = next(same, None)
            self.go(self.cursor if at is None else self._starts[at])

    def _place_lines(self) -> None:
        """Wrap the rows to the width there is."""
        width = max(8, self.scrollable_content_region.width - 1)
        lines: list[Line] = []
        self._starts = []
        for row in self._rows:
            self._starts.append(len(lines))
            lines += text.wrap([row.line], width)
        self.show(lines or list(text.wrap(self._empty, width)))

    def on_resize(self) -> None:
        """Wrap to the new width."""
        at = self._at(self.cursor)
        self._place_lines()
        self.go(self._starts[at] if self._rows else 0)
        super().on_resize()

    def go(self, y: int, *, tell: bool = False) -> None:
        """Put the cursor on the row that a line belongs to."""
        self._untouched = self._untouched and not tell
        super().go(self._starts[self._at(y)] if self._rows else y, tell=tell)

    def _at(self, y: int) -> int:
        return max(0, bisect_right(self._starts, y) - 1)

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        if self._rows:
            at = min(max(0, self._at(self.cursor) + by), len(self._rows) - 1)
            self.go(self._starts[at], tell=True)

    def point_at(self, entry: int) -> None:
        """Put the cursor on the first finding about an entry, if it is shown and the cursor is on none of them."""
        self._untouched = False
        row = self.row
        if row is not None and row.finding is not None and row.finding.entry == entry:
            return
        for start, row in zip(self._starts, self._rows, strict=True):
            if row.finding is not None and row.finding.entry == entry:
                self.go(start)
                return

    def action_choose(self) -> None:
        """Go to a finding's entry; open or close a mistake."""
        row = self.row
        if row is None:
            return
        if row.finding is not None:
            super().action_choose()
        elif row.more:
            self._open(row.key)
        else:
            self._toggle(row.key)

    def action_unfold(self) -> None:
        """Show all findings of the mistake, and all that follow from it."""
        if self.row is not None:
            self._open(self.row.key)

    def action_fold(self) -> None:
        """Hide the findings of the mistake."""
        if self.row is not None:
            self._close(self.row.key)

    def _toggle(self, key: Key) -> None:
        if key in self._shut:
            self._shut.discard(key)
            self._again()
        else:
            self._close(key)

    def _open(self, key: Key) -> None:
        self._shut.discard(key)
        self._unfolded.add(key)
        self._again()

    def _close(self, key: Key) -> None:
        self._unfolded.discard(key)
        self._shut.add(key)
        self._again()
        self.go(next(start for start, row in zip(self._starts, self._rows, strict=True) if row.key == key))

    def _again(self) -> None:
        self._untouched = False
        self.show_findings(self.mistakes, self._empty)
