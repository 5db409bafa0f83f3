"""The list of findings, by rule; a rule opens and closes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.tui import groups, text
from realtime_inspector.tui.groups import GroupRow
from realtime_inspector.tui.widgets.line_list import LineList


class FindingList(LineList):
    """Rules with their findings."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "unfold", "Unfold", show=False, id="findings.unfold"),
        Binding("left,h", "fold", "Fold", show=False, id="findings.fold"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._findings: list[Finding] = []
        self._rows: list[GroupRow] = []
        self._unfolded: set[str] = set()
        self._shut: set[str] = set()

    @property
    def row(self) -> GroupRow | None:
        """The row the cursor is on."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    @property
    def finding(self) -> Finding | None:
        """The finding the cursor is on; of a rule's own row, its first."""
        row = self.row
        if row is None or row.finding is not None:
            return row.finding if row is not None else None
        return next((finding for finding in self._findings if finding.rule == row.rule), None)

    def show_findings(self, findings: Iterable[Finding], empty: str) -> None:
        """Show these, the cursor kept on what it was on; `empty` where there are none."""
        before = self.row
        self._findings = list(findings)
        self._rows = groups.rows(self._findings, self._unfolded, self._shut)
        self.passive = not self._rows
        self.show([row.line for row in self._rows] or [text.plain(empty, "dim")])
        if before is not None:
            same = (y for y, row in enumerate(self._rows) if (row.rule, row.finding) == (before.rule, before.finding))
            self.go(next(same, self.cursor))

    def point_at(self, entry: int) -> None:
        """Put the cursor on the first finding about an entry, if it is shown and the cursor is on none of them."""
        row = self.row
        if row is not None and row.finding is not None and row.finding.entry == entry:
            return
        for y, row in enumerate(self._rows):
            if row.finding is not None and row.finding.entry == entry:
                self.go(y)
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
        self.go(next(y for y, row in enumerate(self._rows) if row.rule == rule))

    def _again(self) -> None:
        self.show_findings(self._findings, "")
