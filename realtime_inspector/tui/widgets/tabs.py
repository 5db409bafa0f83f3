"""The names of the panes in one line, for a terminal too small to show them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from textual import events
from textual.message import Message

from realtime_inspector.tui import bars
from realtime_inspector.tui.widgets.bar import Bar


class PaneTabs(Bar):
    """Numbered names; the active one stands in brackets. A click chooses one."""

    class Chosen(Message):
        """A name was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, names: Sequence[str], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._names = names
        self._ends: list[int] = []

    def choose(self, active: str, notes: Mapping[str, str]) -> None:
        """Show which pane is active, and a note beside some names."""
        line = bars.tabs(self._names, active, notes)
        self._ends = list(accumulate(len(span.text) for span in line.spans))
        self.show(line)

    def on_click(self, event: events.Click) -> None:
        """Choose the name under the mouse."""
        for name, end in zip(self._names, self._ends, strict=True):
            if event.x < end:
                self.post_message(self.Chosen(name))
                return
