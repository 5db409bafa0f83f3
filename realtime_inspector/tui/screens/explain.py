"""What a rule means, over the screen it was asked on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.tui import detail, text
from realtime_inspector.tui.text import Line, Span
from realtime_inspector.tui.widgets.wrapped import WrappedList


def lines(rule: Rule | None, finding: Finding) -> list[Line]:
    """Return a finding, and the page of its rule with an example."""
    shown = [*detail.finding_lines(finding)]
    if rule is None:
        return shown
    page = rule.page()
    for name, words in (
        ("What", page.what),
        ("Why", page.why),
        ("Fix", page.fix),
        ("Limits", page.limits),
        ("Source", page.source),
    ):
        if words:
            shown += [Line(), text.plain(name, "title"), text.plain(f"  {words}", indent=2)]
    return [*shown, *_example("Not like this", rule.bad), *_example("Like this", rule.good)]


def _example(title: str, transcripts: Sequence[str]) -> Iterator[Line]:
    if not transcripts:
        return
    yield Line()
    yield text.plain(title, "title")
    for line in transcripts[0].strip().splitlines():
        sign = line.split()[0][-1:] if line.split() else ""
        style = {">": "client", "<": "server"}.get(sign, "")
        yield Line((Span("  "), Span(text.safe(line.strip()), style)), indent=6)


class ExplainScreen(ModalScreen[None]):
    """The page of a rule."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,escape,e", "dismiss(None)", "Back", id="explain.back")]
    CSS = """
    ExplainScreen { align: center middle; }
    ExplainScreen > Vertical { width: 90%; max-width: 100; height: 80%; border: heavy $primary; padding: 0 1; }
    """

    def __init__(self, rule: Rule | None, finding: Finding) -> None:
        super().__init__()
        self._lines = lines(rule, finding)
        self._heading = f"{finding.rule} {finding.name}"

    def compose(self) -> ComposeResult:
        """Make the frame and the list in it."""
        with Vertical() as frame:
            frame.border_title = self._heading
            frame.border_subtitle = "q: back"
            yield WrappedList(self._lines, id="page")

    def on_mount(self) -> None:
        """Give the page the keys."""
        self.query_one(WrappedList).focus()
