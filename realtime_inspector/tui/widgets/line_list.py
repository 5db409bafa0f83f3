"""A list of lines with a cursor, drawn line by line: only what is on the screen is ever made.

Every pane is one. What the lines say comes from pure functions; this places them, colours them and moves the cursor.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import ClassVar, Protocol

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from realtime_inspector.tui.text import Line, by_words, highlight
from realtime_inspector.tui.widgets.looks import Spans

_ANY_WIDTH = 1
"""Lines are made as wide as the list: with a width that is known from the first, it is laid out once only."""


class Source(Protocol):
    """What a list shows: so many lines, each made when it is asked for."""

    def __len__(self) -> int:
        """Return how many lines there are."""

    def __getitem__(self, y: int, /) -> Line:
        """Return one line."""


class LineList(ScrollView, Spans, can_focus=True, inherit_bindings=False):
    """Lines with a cursor. The cursor's line is marked by a sign as well as by colour.

    The scroll bar has its place before it is there, so that it takes no word away.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False, id="list.down"),
        Binding("up,k", "move(-1)", "Up", show=False, id="list.up"),
        Binding("pagedown,ctrl+d,ctrl+f", "page(1)", "Page down", show=False, id="list.page-down"),
        Binding("pageup,ctrl+u,ctrl+b", "page(-1)", "Page up", show=False, id="list.page-up"),
        Binding("g,home", "first", "First line", show=False, id="list.first"),
        Binding("G,end", "last", "Last line", show=False, id="list.last"),
        Binding("enter", "choose", "Open", show=False, id="list.choose"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--cursor"}
    DEFAULT_CSS = """
    LineList {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        background: $background;
        color: $foreground;
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
        self._drawn: dict[int, tuple[int, Line | None]] = {}
        """Row of the screen → which line was drawn there, and what it said."""
        self._drawn_as: object = None
        """What all of them depend on."""
        self._base: Style | None = None
        """What they look like, while they are drawn."""

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
        count = len(self._source)
        self._fit(Size(_ANY_WIDTH, count))
        if self.cursor >= count:
            self.set_reactive(LineList.cursor, max(0, count - 1))
            self.refresh_line(self.cursor)
        if self._drawn_as != self._look_of_all or not count:
            self.refresh()
            return
        top = self.scroll_offset.y
        for y in range(self.scrollable_content_region.height):
            at = top + y
            if self._drawn.get(y) != (at, self._source[at] if at < count else None):
                self.refresh_line(at)

    @property
    def _look_of_all(self) -> object:
        """What all lines depend on."""
        return self.needle, self.passive, self.size

    def _fit(self, size: Size) -> None:
        """Take in how many lines there are; where the scroll bar stays, the screen's layout stays too."""
        before, room = self.virtual_size, self.container_size.height
        if not 0 < room < min(before.height, size.height):
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

    def begin(self, y: int, top: int) -> None:
        """Begin with the cursor on a line, and another one at the top: before the list is laid out."""
        self.set_reactive(LineList.cursor, y)
        for scrolled in (LineList.scroll_y, LineList.scroll_target_y):
            self.set_reactive(scrolled, float(top))

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

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return some lines of the screen."""
        if crop.height >= self.scrollable_content_region.height:
            self._drawn_as = self._look_of_all
        self._base = self.rich_style  # what it is made of is asked for all the way up
        try:
            return super().render_lines(crop)
        finally:
            self._base = None

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        at = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        base = self._base if self._base is not None else self.rich_style
        line = self._source[at] if at < len(self._source) else None
        self._drawn[y] = (at, line)
        if line is None:
            return Strip.blank(width, base)
        if self.passive:
            return self._strip(line, base, " ", width)
        chosen = at == self.cursor and (self.has_focus or self.marks_cursor)
        if at == self.cursor:
            # Not the partial style: only the whole one has the background blended with what is below it.
            base += Style(bgcolor=self.get_component_rich_style("line--cursor").bgcolor)
        return self._strip(highlight(line, self.needle), base, "▸" if chosen else " ", width)

    @property
    def marks_cursor(self) -> bool:
        """Whether the cursor's sign stays where the list has no focus."""
        return False

    def _strip(self, line: Line, base: Style, sign: str, width: int) -> Strip:
        pieces = [(sign, "")]
        for span in chain.from_iterable(map(by_words, line.spans)):
            text, style = pieces[-1]
            if style == span.style:  # a piece for each look: what the terminal is sent is half as long
                pieces[-1] = (text + span.text, style)
            else:
                pieces.append((span.text, span.style))
        strip = Strip(Segment(text, base + self.look(style) if style else base) for text, style in pieces)
        if strip.cell_length > width > 0:
            strip = Strip.join([strip.crop(0, width - 1), Strip([Segment("…", base)])])
        return strip.adjust_cell_length(width, base)

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
