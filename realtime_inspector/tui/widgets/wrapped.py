"""A list of lines wrapped to its width: for what is read, not scanned."""

from __future__ import annotations

from collections.abc import Sequence

from realtime_inspector.tui import text
from realtime_inspector.tui.text import Line
from realtime_inspector.tui.widgets.line_list import LineList


class WrappedList(LineList):
    """Lines of any length, wrapped."""

    def __init__(self, lines: Sequence[Line] = (), *, empty: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        """Make the list; `empty` is shown in place of no lines."""
        super().__init__(id=id)
        self._empty = empty
        self._whole: Sequence[Line] = lines
        self._wrapped_to = 0

    @property
    def text(self) -> str:
        """All of it, without styles and wrapping."""
        return "\n".join(line.text for line in self._whole)

    def show_text(self, lines: Sequence[Line], *, from_top: bool = False) -> None:
        """Show other lines; `from_top` unless they are the old ones in a newer state."""
        self._whole = lines
        self._wrap()
        if from_top:
            self.go(self._first_match())

    def on_resize(self) -> None:
        """Wrap to the new width."""
        if self._wrapped_to != self._room:
            self._wrap()

    @property
    def _room(self) -> int:
        return self.scrollable_content_region.width - 1

    def _wrap(self) -> None:
        self._wrapped_to = self._room
        self.passive = not self._whole if self._empty else self.passive
        whole = self._whole or ([text.plain(self._empty, "dim")] if self._empty else [])
        self.show(list(text.wrap(whole, max(8, self._room))))

    def _first_match(self) -> int:
        if self.needle:
            for y in range(len(self.source)):
                if self.needle.lower() in self.source[y].text.lower():
                    return y
        return 0
