"""What stands on the screen while the framework loads: the same lines at the same places, drawn without it.

Loading Textual takes longer than anything of ours. Nothing here imports it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TextIO

from realtime_inspector.errors import RecordingError
from realtime_inspector.tui import bars, table, terminal, verdict
from realtime_inspector.tui.bars import Standing
from realtime_inspector.tui.event_lines import EventLines
from realtime_inspector.tui.first_keys import FirstKeys
from realtime_inspector.tui.shelf import Shelf
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.text import Line, Span, fit

WIDE = 140
"""From so many columns on, the panes of a session stand side by side, in frames."""

_PATIENCE_S = 0.1

_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J", "\x1b[?25h\x1b[?1049l"
_STYLES = {"title": "1", "dim": "2", "good": "1", "error": "1", "warning": "1"}


@dataclass(frozen=True, slots=True)
class Placed:
    """A line and where it begins, in cells from the top left."""

    x: int
    y: int
    line: Line


class SessionFrame:
    """What the Session screen shows first of a recording that was indexed a little, and the cursor on its rows."""

    def __init__(self, study: Study, width: int, height: int) -> None:
        self.study = study
        self.cursor = 0
        """The row it is on."""
        self.top = 0
        """The first row that is shown."""
        self._width = width
        self._is_wide = width >= WIDE
        self._x, self._y = (1, 3) if self._is_wide else (0, 3)
        self.room = ((height - 2) * 3 // 5 - 3 if self._is_wide else height - self._y - 1) - verdict.ROWS
        """How many rows are shown."""
        self.lines = EventLines(study)
        """The rows, those that were shown made already."""
        self.lines.width = (width * 3 // 5 - 2 if self._is_wide else width) - 2  # the cursor's sign, the scroll bar

    def whole(self) -> list[Placed]:
        """Return everything."""
        standing = Standing(unseen=len(self.study.index))  # told of a recording that grows
        placed = [_title(bars.left(self.study, self._width), bars.right(self.study, standing), self._width)]
        if not self._is_wide:
            placed.append(Placed(0, 1, bars.tabs(bars.PANES, "events", {})))
        return [*placed, Placed(self._x + 1, self._y - 1, self.lines.heading), *self.rows()]

    def rows(self) -> list[Placed]:
        """Return the rows, and the cursor's sign."""
        x, y, lines, rows = self._x, self._y, self.lines, self._shown
        return [*(Placed(x + 1, y + at - self.top, lines[at]) for at in rows), *([self._sign("▸")] if rows else [])]

    def go(self, y: int) -> str:
        """Put the cursor on a row, or the last there is by now, and into view; return what the terminal is sent."""
        shown, stop = self._shown, perf_counter() + _PATIENCE_S
        while len(self.lines) <= y and not self.study.read_through and perf_counter() < stop:
            self.study.read_on()
        sign = self._sign(" ")
        self.cursor = min(max(0, y), max(0, len(self.lines) - 1))
        self.top = max(min(self.top, self.cursor), self.cursor - self.room + 1)
        if self._shown == shown:
            return text([sign, self._sign("▸")], self._width)
        below = [f"\x1b[{self._y + at + 1}H\x1b[2K" for at in range(self.room)]
        return "".join(below) + text(self.rows(), self._width)

    @property
    def _shown(self) -> range:
        return range(self.top, min(len(self.lines), self.top + self.room))

    def _sign(self, sign: str) -> Placed:
        return Placed(self._x, self._y + self.cursor - self.top, Line((Span(sign),)))


def of_folder(shelf: Shelf, width: int, height: int) -> list[Placed]:
    """Return what the Sessions screen shows first of recordings that were looked at."""
    sort = next(iter(table.SORTS))
    rows_left = height - 3 - verdict.ROWS
    recordings = table.order(shelf.listed.values(), sort)[:rows_left]
    room = width - 2  # the cursor's sign, and the scroll bar
    below = [table.row(one, room) for one in recordings] or table.nothing(shelf.paths, shelf.problem)
    heading = [Placed(1, 1, table.heading(room, sort))] if recordings else []
    rows = [Placed(1, 2 + at, line) for at, line in enumerate(below[:rows_left])]
    cursor = [Placed(0, 2, Line((Span("▸"),)))] if recordings else []
    return [_title(table.left(shelf), table.right(shelf), width), *heading, *rows, *cursor]


def text(placed: Sequence[Placed], width: int) -> str:
    """Return what a terminal is sent for some lines."""
    parts = []
    for one in placed:
        parts.append(f"\x1b[{one.y + 1};{one.x + 1}H")
        for span in fit(one.line, width - one.x).spans:
            style = _STYLES.get(span.style)
            parts.append(f"\x1b[{style}m{span.text}\x1b[0m" if style else span.text)
    return "".join(parts)


@contextmanager
def shown(paths: Sequence[Path], *, answers: bool = False) -> Iterator[FirstKeys | None]:
    """Show the first frame while the block loads the rest, and runs it; if that fails, the screen is given back.

    Keys that are typed meanwhile are not echoed, and kept for whoever reads them next. With `answers`, those that move
    the cursor of a session do so, until whoever has the screen next ends what is yielded.
    """
    out = terminal.stream()
    drawn, frame = _drawn(paths, out) if out is not None and os.environ.get("TERM") != "dumb" else ("", None)
    if out is None or not drawn:
        yield None
        return
    with _quiet() as typed_at, ExitStack() as ends:
        _write(out, _ENTER + drawn)
        keys = None
        if frame is not None:
            ends.callback(frame.study.close)
            if answers and typed_at is not None:
                keys = FirstKeys(frame, typed_at, out.fileno())
                ends.callback(keys.end)
        try:
            yield keys
        except BaseException:
            if keys is not None:
                keys.end()
            _write(out, _LEAVE)
            raise


def _drawn(paths: Sequence[Path], out: TextIO) -> tuple[str, SessionFrame | None]:
    """Return what the terminal is sent, if anything, and what of it is a session."""
    with suppress(OSError, RecordingError):  # whoever shows the recording meets it again, and tells it
        width, height = os.get_terminal_size(out.fileno())
        if len(paths) != 1 or not paths[0].is_file():
            shelf = Shelf(paths)
            shelf.look()
            return text(of_folder(shelf, width, height), width), None
        frame = SessionFrame(Study(paths[0]), width, height)
        with ExitStack() as fails:
            fails.callback(frame.study.close)
            _read_screenful(frame.study, height)
            if frame.study.live and frame.study.read_through:
                return "", None  # its end is shown, and that only for a moment
            drawn = text(frame.whole(), width)
            fails.pop_all()
            return drawn, frame
    return "", None


def _read_screenful(study: Study, rows: int) -> None:
    """Index so many entries, or what there is; of a compressed recording the first bytes hold none."""
    stop = perf_counter() + _PATIENCE_S
    study.read_on(lambda: len(study.index) < rows and perf_counter() < stop)


def _title(left: Line, right: Line, width: int) -> Placed:
    left = fit(left, max(0, width - right.width))
    gap = " " * (width - left.width - right.width)
    return Placed(0, 0, Line((*left.spans, Span(gap), *right.spans)))


def _write(out: TextIO, text: str) -> None:
    out.write(text)
    out.flush()


@contextmanager
def _quiet() -> Iterator[int | None]:
    """Let the terminal neither echo what is typed nor wait for the end of a line, for so long; yield where it comes."""
    try:
        import termios
    except ImportError:  # not on Windows
        yield None
        return
    descriptor = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    before = termios.tcgetattr(descriptor)
    quiet = [*before]
    quiet[0] = before[0] & ~termios.ICRNL  # enter is no ctrl+j
    quiet[3] = before[3] & ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
    try:
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
