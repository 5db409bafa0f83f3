"""The lines below the events: what is wrong with the call, or with the entry under the cursor."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip

from realtime_inspector.tui import verdict
from realtime_inspector.tui.text import Line
from realtime_inspector.tui.verdict import Verdict
from realtime_inspector.tui.widgets.looks import Spans


class VerdictLines(Spans):
    """What is wrong, and which key leads there; always as high, so that nothing jumps when it is known."""

    DEFAULT_CSS = f"VerdictLines {{ height: {verdict.ROWS}; background: $panel; color: $foreground; }}"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._verdict = Verdict(Line())
        self._drawn: list[Line] = []

    def show(self, shown: Verdict) -> None:
        """Show what is wrong; draws only if it is something else."""
        if shown != self._verdict:
            self._verdict, self._drawn = shown, []
            self.refresh()

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self._drawn = []

    def render_line(self, y: int) -> Strip:
        """Return one of the lines."""
        width, base = self.size.width, self.rich_style
        self._drawn = self._drawn or verdict.drawn(self._verdict, max(8, width - 2))
        spans = self._drawn[y].spans if y < len(self._drawn) else ()
        pieces = (Segment(span.text, base + self.look(span.style) if span.style else base) for span in spans)
        return Strip([Segment(" ", base), *pieces]).adjust_cell_length(width, base)
