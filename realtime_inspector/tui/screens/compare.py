"""Two recordings side by side."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from realtime_inspector.analysis.diff import Comparison, compare
from realtime_inspector.analysis.differences.told import Told, tell
from realtime_inspector.errors import RecordingError
from realtime_inspector.recording.files import open_recording
from realtime_inspector.tui import text, versus
from realtime_inspector.tui.text import Line, Span
from realtime_inspector.tui.widgets.bar import Bar
from realtime_inspector.tui.widgets.footer import Footer
from realtime_inspector.tui.widgets.wrapped import WrappedList

if TYPE_CHECKING:
    from realtime_inspector.tui.app import InspectorApp

_DIFFERENCE = Binding.Group("Difference", compact=True)


class CompareScreen(Screen[None]):
    """What two sessions have in common, and what not."""

    app: InspectorApp

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "look(0)", "Look at the first", id="compare.first"),
        Binding("2", "look(1)", "Look at the second", id="compare.second"),
        Binding("n,right_curly_bracket", "difference(1)", "Next difference", group=_DIFFERENCE, id="compare.next"),
        Binding(
            "N,left_curly_bracket",
            "difference(-1)",
            "Previous difference",
            group=_DIFFERENCE,
            id="compare.previous",
        ),
        Binding("y", "copy", "Copy", show=False, id="compare.copy"),
        Binding("q,escape", "close", "Back", id="compare.back"),
    ]

    def __init__(self, one: Path, other: Path) -> None:
        super().__init__()
        self._paths = (one, other)
        self.comparison: Comparison | None = None
        """What came of it; None until both were read."""

    @property
    def shown(self) -> WrappedList:
        """The lines."""
        return self.query_one("#comparison", WrappedList)

    def compose(self) -> ComposeResult:
        """Make the bar and the lines."""
        one, other = (text.safe(path.name) for path in self._paths)
        yield Bar(Line((Span(f" {one} ", "title"), Span("compared with", "dim"), Span(f" {other}", "title"))))
        yield WrappedList([text.plain("reading both …", "dim")], id="comparison")
        yield Footer()

    def on_mount(self) -> None:
        """Begin to read."""
        self.shown.focus()
        self.run_worker(self._compare, thread=True, exit_on_error=False)

    def on_resize(self) -> None:
        """Put the columns where there is room for them now."""
        self.call_after_refresh(self._draw)

    def _compare(self) -> None:
        """Read both and compare them, in a thread of its own."""
        try:
            found = compare(_told(self._paths[0]), _told(self._paths[1]))
            told = partial(self._take, found, "")
        except RecordingError as error:
            told = partial(self._take, None, str(error))
        self.app.call_from_thread(told)

    def _take(self, found: Comparison | None, problem: str) -> None:
        self.comparison = found
        if problem:
            self.shown.show_text([text.plain(text.safe(problem), "error")])
        self._draw()

    def _draw(self) -> None:
        if self.comparison is not None and self.query("#comparison"):
            width = self.shown.scrollable_content_region.width - 1
            self.shown.show_text(versus.lines(self.comparison, width))

    def action_look(self, which: int) -> None:
        """Open one of the two."""
        self.app.open(self._paths[which])

    def action_difference(self, step: int) -> None:
        """Go to the next difference, or the one before."""
        source, here = self.shown.source, self.shown.cursor
        targets = [source[y].target for y in range(len(source))]
        places = [y for y, target in enumerate(targets) if target is not None and targets[max(0, y - 1)] != target]
        places = [y for y in places if (y > here if step > 0 else y < here)]
        if not places:
            self.notify("no further difference" if step > 0 else "no earlier difference", timeout=3)
            return
        self.shown.go(places[0] if step > 0 else places[-1], tell=True)

    def action_copy(self) -> None:
        """Copy the comparison."""
        self.app.copy_to_clipboard(self.shown.text)
        self.notify("copied", timeout=3)

    def action_close(self) -> None:
        """Go back."""
        self.app.leave()


def _told(path: Path) -> Told:
    recording = open_recording(path)
    return tell(recording, recording.header)
