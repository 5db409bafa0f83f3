"""What can be done with the entry at the cursor: its cause, its rule, a copy of it.

Knows no layout: where the panes stand, and when they are drawn, is the Session screen's, which is made of this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, ClassVar

import orjson
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.errors import InspectorError, NotAnEntry
from realtime_inspector.tui import detail, text
from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.rights import Guarded
from realtime_inspector.tui.screens.explain import ExplainScreen
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.widgets.events import EventList
from realtime_inspector.tui.widgets.findings import FindingList
from realtime_inspector.tui.widgets.line_list import LineList
from realtime_inspector.tui.widgets.panes import Panes
from realtime_inspector.tui.widgets.wrapped import WrappedList

if TYPE_CHECKING:
    from realtime_inspector.tui.app import InspectorApp

COPY_CHARACTERS = 100_000
"""A terminal refuses a longer text for its clipboard, or hangs on it."""

_FINDING = Binding.Group("Finding", compact=True)
_SHORT_S, _LONG_S = 3.0, 8.0


class ActingScreen(Guarded):
    """A screen over one moment of a recording."""

    app: InspectorApp

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_curly_bracket", "finding(-1)", "Previous finding", group=_FINDING, id="session.previous-finding"),
        Binding("right_curly_bracket", "finding(1)", "Next finding", group=_FINDING, id="session.next-finding"),
        Binding("c", "cause", "Cause", tooltip="the entry that began it", id="session.cause"),
        Binding("e", "explain", "Explain", tooltip="what the rule means, and how to mend it", id="session.explain"),
        Binding("y", "copy", "Copy", tooltip="what the pane shows", show=False, id="session.copy"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        """The recording, and the moment."""

    @property
    def study(self) -> Study:
        """The recording."""
        return self.desk.study

    @property
    def panes(self) -> Panes:
        """The panes, and which of them has the keys."""
        return self.query_one("#panes", Panes)

    @property
    def event_list(self) -> EventList:
        """The list of events."""
        return self.query_one("#events", EventList)

    @property
    def finding_list(self) -> FindingList:
        """The list of findings."""
        return self.query_one("#findings", FindingList)

    def tell(self, words: str, *, severity: SeverityLevel = "information") -> None:
        """Say something for a moment; a mistake for longer."""
        timeout = _SHORT_S if severity == "information" else _LONG_S
        self.notify(text.safe(words), severity=severity, markup=False, timeout=timeout)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Say what went wrong within the block, if it is the user's to mend."""
        try:
            yield
        except InspectorError as error:
            self.tell(str(error), severity="error")

    def refresh_panes(self) -> None:
        """Draw what has changed."""
        raise NotImplementedError

    def action_pane(self, name: str) -> None:
        """Give a pane the keys."""
        raise NotImplementedError

    def bring(self, position: int, pane: str = "") -> None:
        """Bring all panes to an entry, and one of them to the front."""
        raise NotImplementedError

    # findings

    def action_finding(self, step: int) -> None:
        """Go to the next or the previous entry with a finding."""
        position = self.study.next_finding(self.desk.position, step)
        if position is None:
            self.tell("no further finding" if step > 0 else "no earlier finding")
            return
        self.bring(position)
        self.finding_list.point_at(self.study.findings_at(position)[0].entry)

    def _current_finding(self) -> Finding | None:
        """Return the finding under the cursor of the Findings pane, or the worst about the entry."""
        if self.panes.active == "findings":
            return self.finding_list.finding
        found = self.study.findings_at(self.desk.position)
        return min(found, key=lambda finding: finding.severity.rank, default=None)

    def action_cause(self) -> None:
        """Go to the entry that began what is wrong with this one."""
        cause = self._cause()
        if cause is None:
            self.tell("no other entry is known to have caused this")
            return
        self.bring(self.study.position_of(cause), "events" if self.panes.active == "findings" else "")

    def _cause(self) -> int | None:
        finding = self._current_finding()
        if finding is not None and finding.cause is not None:
            return finding.cause
        with suppress(NotAnEntry, IndexError):
            event = self.study.event(self.desk.position)
            error = self.study.known(event, self.desk.position).error
            return error.cause.n if error is not None and error.cause is not None else None
        return None

    def action_explain(self) -> None:
        """Say what the rule behind a finding means."""
        finding = self._current_finding()
        if finding is None:
            self.tell("nothing was found about this entry")
            return
        wanted = self.app.rules
        rules = all_rules() if wanted is None else wanted.every() if isinstance(wanted, Policy) else wanted
        self.app.push_screen(ExplainScreen(next((r for r in rules if r.id == finding.rule), None), finding))

    # copying

    def action_copy(self) -> None:
        """Copy what the pane shows: the entry as it was sent, the finding, the state, the conversation."""
        copied = self.copied()
        if not copied:
            self.tell("nothing to copy")
            return
        self.app.copy_to_clipboard(copied[:COPY_CHARACTERS])
        cut = f", the first {COPY_CHARACTERS:,} characters" if len(copied) > COPY_CHARACTERS else ""
        self.tell(f"copied {text.size(len(copied[:COPY_CHARACTERS].encode(errors='replace')))}{cut}")

    def copied(self) -> str:
        """Return what the pane shows as text."""
        active = self.panes.active
        if active in {"state", "why"}:
            return self.query_one(f"#{active}", WrappedList).text
        if active in {"transcript", "timeline", "turns"}:
            shown = self.query_one(f"#{active}", LineList).source
            return "\n".join(shown[y].text.rstrip() for y in range(len(shown)))
        if self.panes.active == "findings":
            finding = self.finding_list.finding
            return _in_words(self.study, finding) if finding is not None else ""
        try:
            return detail.copied(self.study.event(self.desk.position))
        except NotAnEntry:
            return self.study.index.line(self.desk.position).decode(errors="replace")
        except IndexError:
            return ""


def _in_words(study: Study, finding: Finding) -> str:
    words = [f"{study.path}:{finding.line}: {finding.rule} {finding.name}: {finding.message}"]
    words += [f"fix: {finding.fix}"] if finding.fix else []
    if finding.corrected is not None:
        words += ["as the API takes it:", orjson.dumps(finding.corrected, option=orjson.OPT_INDENT_2).decode()]
    return "\n".join(words)
