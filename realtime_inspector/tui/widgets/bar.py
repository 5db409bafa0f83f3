"""One line across the screen: something at its left, something at its right."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from realtime_inspector.tui.text import STYLES, Line, fit


class Bar(Widget):
    """A title, a heading or a state in one line. The right side stays whole; the left gives way."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"bar--{style}" for style in STYLES}
    DEFAULT_CSS = """
    Bar {
        height: 1;
        background: $panel;
        color: $foreground;
        & > .bar--title { text-style: bold; }
        & > .bar--dim { text-style: dim; }
        & > .bar--good { color: $text-success; text-style: bold; }
        & > .bar--error { color: $text-error; text-style: bold; }
        & > .bar--warning { color: $text-warning; text-style: bold; }
        & > .bar--info { color: $text-primary; }
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
        width = self.size.width
        right = self._strip(self._right)
        room = max(0, width - right.cell_length)
        left = self._strip(fit(self._left, room)).adjust_cell_length(room, self.rich_style)
        return Strip.join([left, right]).adjust_cell_length(width, self.rich_style)

    def _strip(self, line: Line) -> Strip:
        base = self.rich_style
        return Strip(
            Segment(
                span.text,
                base + self.get_component_rich_style(f"bar--{span.style}", partial=True) if span.style else base,
            )
            for span in line.spans
        )
