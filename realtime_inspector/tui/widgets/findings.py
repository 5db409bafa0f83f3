"""The list of findings, by rule; a rule opens and closes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.tui import groups, text
from realtime_inspector.tui.groups import GroupRow
from realtime_inspector.tui.text import Line
from realtime_inspector.tui.widgets.line_list import LineList


class FindingList(LineList):
    """Rules with their findings, each in full; the cursor goes from one to the next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "unfold", "Unfold", show=False, id="findings.unfold"),
        Binding("left,h", "fold", "Fold", show=False, id="findings.fold"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._findings: list[Finding] = []
        self._empty = ""
        self._rows: list[GroupRow] = []
        self._starts: list[int] = []
        """The first line of each row."""
        self._untouched = True
        """Whether the cursor is where it was put at first: on the worst finding."""
        self._unfolded: set[str] = set()
        self._shut: set[str] = set()

    @property
    def row(self) -> GroupRow | None:
        """The row the cursor is on."""
        return self._rows[self._at(self.cursor)] if self._rows else None

    @property
    def finding(self) -> Finding | None:
        """The finding the cursor is on; of a rule's own row, its first."""
        row = self.row
        if row is None or row.finding is not None:
            return row.finding if row is not None else None
        return next((finding for finding in self._findings if finding.rule == row.rule), None)

    @property
    def cursor_lines(self) -> int:
        """How many lines the row under the cursor takes."""
        after = self._at(self.cursor) + 1
        return (self._starts[after] if after < len(self._starts) else len(self.source)) - self.cursor

    def show_findings(self, findings: Iterable[Finding], empty: str) -> None:
        """Show these, the cursor kept on what it was on; `empty` where there are none."""
        before = self.row
        self._findings, self._empty = list(findings), empty
        self._rows = groups.rows(self._findings, self._unfolded, self._shut)
        self.passive = not self._rows
        self._place_lines()
        if self._rows and self._untouched:
            self.go(self._starts[1])
        elif before is not None:
            same = (at for at, row in enumerate(self._rows) if (row.rule, row.finding) == (before.rule, before.finding))
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
        self.show(lines or [text.plain(self._empty, "dim")])

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
        """Go to a finding's entry; open or close a rule."""
        row = self.row
        if row is None:
            return
        if row.finding is not None:
            super().action_choose()
        elif row.more:
            self._open(row.rule)
        else:
            self._toggle(row.rule)

    def action_unfold(self) -> None:
        """Show all findings of the rule."""
        if self.row is not None:
            self._open(self.row.rule)

    def action_fold(self) -> None:
        """Hide the findings of the rule."""
        if self.row is not None:
            self._close(self.row.rule)

    def _toggle(self, rule: str) -> None:
        if rule in self._shut:
            self._shut.discard(rule)
            self._again()
        else:
            self._close(rule)

    def _open(self, rule: str) -> None:
        self._shut.discard(rule)
        self._unfolded.add(rule)
        self._again()

    def _close(self, rule: str) -> None:
        self._unfolded.discard(rule)
        self._shut.add(rule)
        self._again()
        self.go(next(start for start, row in zip(self._starts, self._rows, strict=True) if row.rule == rule))

    def _again(self) -> None:
        self._untouched = False
        self.show_findings(self._findings, self._empty)
