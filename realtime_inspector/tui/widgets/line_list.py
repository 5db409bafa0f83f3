"""A list of lines with a cursor, drawn line by line: only what is on the screen is ever made.

Every pane is one. What the lines say comes from pure functions; this places them, colours them and moves the cursor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from realtime_inspector.tui.text import STYLES, Line, Span, by_words, highlight


class Source(Protocol):
    """What a list shows: so many lines, each made when it is asked for."""

    def __len__(self) -> int:
        """Return how many lines there are."""

    def __getitem__(self, y: int, /) -> Line:
        """Return one line."""


class LineList(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines with a cursor. The cursor's line is marked by a sign as well as by colour.

    The scroll bar has its place before it is there, so that it takes no word away.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False, id="list.down"),
        Binding("up,k", "move(-1)", "Up", show=False, id="list.up"),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False, id="list.page-down"),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False, id="list.page-up"),
        Binding("g,home", "first", "First line", show=False, id="list.first"),
        Binding("G,end", "last", "Last line", show=False, id="list.last"),
        Binding("enter", "choose", "Open", show=False, id="list.choose"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{style}" for style in STYLES} | {"line--cursor"}
    DEFAULT_CSS = """
    LineList {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        background: $background;
        color: $foreground;
        & > .line--client { color: $text-primary; }
        & > .line--server { color: $text-success; }
        & > .line--proxy { color: $text-secondary; }
        & > .line--dim { text-style: dim; }
        & > .line--key { color: $text-accent; }
        & > .line--string { color: $text-success; }
        & > .line--number { color: $text-warning; }
        & > .line--link { color: $text-primary; text-style: underline; }
        & > .line--title { text-style: bold; }
        & > .line--good { color: $text-success; text-style: bold; }
        & > .line--error { color: $text-error; text-style: bold; }
        & > .line--warning { color: $text-warning; text-style: bold; }
        & > .line--info { color: $text-primary; }
        & > .line--match { background: $warning; color: black; text-style: bold; }
        & > .line--cursor { background: $foreground 12%; }
        &:focus > .line--cursor { background: $primary 45%; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)
    """The line the cursor is on."""

    class Moved(Message):
        """The user moved the cursor."""

        def __init__(self, sender: LineList, y: int) -> None:
            super().__init__()
            self.sender = sender
            self.y = y

        @property
        def control(self) -> LineList:
            """The list."""
            return self.sender

    class Chosen(Moved):
        """The user pressed enter, or clicked twice."""

    class Resized(Message):
        """The list has another size."""

        def __init__(self, sender: LineList) -> None:
            super().__init__()
            self.sender = sender

        @property
        def control(self) -> LineList:
            """The list."""
            return self.sender

    def __init__(self, source: Source | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._source: Source = source if source is not None else []
        self.needle = ""
        """Marked wherever it occurs."""
        self.passive = False
        """Whether the lines are words to the user, with nothing to choose."""
        self._drawn: tuple[Any, ...] = ()
        """What the lines on the screen depend on, and these."""

    @property
    def source(self) -> Source:
        """What is shown."""
        return self._source

    @property
    def line(self) -> Line | None:
        """The cursor's line."""
        return self._source[self.cursor] if 0 <= self.cursor < len(self._source) else None

    def show(self, lines: Sequence[Line] | Source) -> None:
        """Show other lines, the cursor and the place kept as far as they go."""
        self._source = lines
        self.update()

    def update(self) -> None:
        """Draw anew what has changed: the lines are others, or there are more of them."""
        self._fit(Size(self.scrollable_content_region.width, len(self._source)))
        if self.cursor >= len(self._source):
            self.set_reactive(LineList.cursor, max(0, len(self._source) - 1))
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        shown = [self._source[y] for y in range(top, min(top + height, len(self._source)))]
        before, self._drawn = self._drawn, (top, self.needle, self.passive, self.size, self.cursor, shown)
        if not before or before[:-1] != self._drawn[:-1] or len(before[-1]) != len(shown) or not shown:
            self.refresh()
            return
        for y, line in enumerate(shown):
            if line != before[-1][y]:
                self.refresh_line(top + y)

    def _fit(self, size: Size) -> None:
        """Take in how many lines there are; where the scroll bar stays, the screen's layout stays too."""
        before, room = self.virtual_size, self.container_size.height
        if before.width != size.width or not 0 < room < min(before.height, size.height):
            self.virtual_size = size
            return
        self.set_reactive(LineList.virtual_size, size)
        self.vertical_scrollbar.window_virtual_size = size.height
        if self.scroll_y > self.max_scroll_y:
            self.scroll_to(y=self.max_scroll_y, animate=False)

    def go(self, y: int, *, tell: bool = False) -> None:
        """Put the cursor on a line and bring it into view; `tell` as if the user had done it."""
        y = min(max(0, y), max(0, len(self._source) - 1))
        self.cursor = y
        if tell and len(self._source):
            self.post_message(self.Moved(self, y))

    def watch_cursor(self, old: int, new: int) -> None:
        """Draw the two lines anew and bring the cursor into view."""
        self.refresh_line(old)
        self.refresh_line(new)
        self._reveal()

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self.post_message(self.Resized(self))
        self.update()
        self._reveal()

    def _reveal(self) -> None:
        """Bring what the cursor is on into view, its first line before all."""
        room = self.scrollable_content_region.height
        if room:  # else it is hidden: what is above the cursor would be scrolled away
            self.scroll_to_region(Region(0, self.cursor, 1, min(room, self.cursor_lines)), animate=False, force=True)

    @property
    def cursor_lines(self) -> int:
        """How many lines belong to what the cursor is on."""
        return 1

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        at = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        base = self.rich_style
        if at >= len(self._source):
            return Strip.blank(width, base)
        chosen = at == self.cursor and (self.has_focus or self.marks_cursor)
        if self.passive:
            return self._strip(self._source[at], base, " ", width)
        if at == self.cursor:
            # Not the partial style: only the whole one has the background blended with what is below it.
            base += Style(bgcolor=self.get_component_rich_style("line--cursor").bgcolor)
        sign = "▸" if chosen else " "
        return self._strip(highlight(self._source[at], self.needle), base, sign, width)

    @property
    def marks_cursor(self) -> bool:
        """Whether the cursor's sign stays where the list has no focus."""
        return False

    def _strip(self, line: Line, base: Style, sign: str, width: int) -> Strip:
        segments = [Segment(sign, base)]
        segments += [Segment(span.text, self._style(span, base)) for whole in line.spans for span in by_words(whole)]
        strip = Strip(segments)
        if strip.cell_length > width > 0:
            strip = Strip.join([strip.crop(0, width - 1), Strip([Segment("…", base)])])
        return strip.adjust_cell_length(width, base)

    def _style(self, span: Span, base: Style) -> Style:
        return base + self.get_component_rich_style(f"line--{span.style}", partial=True) if span.style else base

    def action_move(self, by: int) -> None:
        """Move the cursor by so many lines."""
        self.go(self.cursor + by, tell=True)

    def action_page(self, by: int) -> None:
        """Move the cursor by so many pages."""
        self.go(self.cursor + by * max(1, self.scrollable_content_region.height - 1), tell=True)

    def action_first(self) -> None:
        """Go to the first line."""
        self.go(0, tell=True)

    def action_last(self) -> None:
        """Go to the last line."""
        self.go(len(self._source) - 1, tell=True)

    def action_choose(self) -> None:
        """Open what the cursor is on."""
        if len(self._source):
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; open it on a second click."""
        y = event.get_content_offset_capture(self).y + self.scroll_offset.y
        if not 0 <= y < len(self._source):
            return
        self.go(y, tell=True)
        if event.chain == 2:
            self.action_choose()
