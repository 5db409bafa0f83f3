"""The Detail pane: an entry in full, and beneath it what the API's reference says of the field under the cursor."""

from __future__ import annotations

from realtime_inspector.tui import text
from realtime_inspector.tui.widgets.bar import Bar
from realtime_inspector.tui.widgets.wrapped import WrappedList

_HINT = "on a field: what the API's reference says of it"


class DetailList(WrappedList):
    """The lines of an entry."""

    def update(self) -> None:
        """Draw anew what has changed."""
        super().update()
        self._tell()

    def watch_cursor(self, old: int, new: int) -> None:
        """Say what is known of what the cursor is on now."""
        super().watch_cursor(old, new)
        self._tell()

    def _tell(self) -> None:
        line = self.line
        words = (line.about() if line.about is not None else "" if self.cursor else _HINT) if line is not None else ""
        for bar in self.screen.query("#field").results(Bar):
            bar.show(text.plain(f" {words}", "dim"))
