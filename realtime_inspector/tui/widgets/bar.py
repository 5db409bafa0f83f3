"""One line across the screen: something at its left, something at its right."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from realtime_inspector.tui.text import Line, fit
from realtime_inspector.tui.widgets.looks import Spans

_STYLES = frozenset({"title", "dim", "good", "error", "warning", "info"})
"""Those that show in a bar."""


class Bar(Spans):
    """A title, a heading or a state in one line. The right side stays whole; the left gives way."""

    DEFAULT_CSS = """
    Bar {
        height: 1;
        background: $panel;
        color: $foreground;
    }
    """

    def __init__(self, left: Line | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._left = left or Line()
        self._right = Line()

    def show(self, left: Line, right: Line | None = None) -> None:
        """Show other text; draws only if it is other text."""
        right = right or Line()
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        width, base = self.size.width, self.rich_style
        right = self._strip(self._right, base)
        room = max(0, width - right.cell_length)
        left = self._strip(fit(self._left, room), base).adjust_cell_length(room, base)
        return Strip.join([left, right]).adjust_cell_length(width, base)

    def _strip(self, line: Line, base: Style) -> Strip:
        return Strip(
            Segment(span.text, base + self.look(span.style) if span.style in _STYLES else base) for span in line.spans
        )
