"""What stands on the screen while the framework loads: the same lines at the same places, drawn without it.

Loading Textual takes longer than anything of ours. Nothing here imports it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TextIO

from realtime_inspector.errors import RecordingError
from realtime_inspector.tui import bars, table, terminal, verdict
from realtime_inspector.tui.bars import Standing
from realtime_inspector.tui.event_lines import EventLines
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


def of_session(study: Study, width: int, height: int) -> list[Placed]:
    """Return what the Session screen shows first of a recording that was indexed a little."""
    wide = width >= WIDE
    x, y = (1, 2) if wide else (0, 2)
    lines = EventLines(study)
    lines.width = (width * 3 // 5 - 2 if wide else width) - 2  # the cursor's sign, and the scroll bar
    standing = Standing(unseen=len(study.index))  # told of a recording that grows
    placed = [_title(bars.left(study), bars.right(study, standing), width)]
    if not wide:
        placed.append(Placed(0, 1, bars.tabs(bars.PANES, "events", {})))
    placed.append(Placed(x + 1, y, lines.heading))
    room = ((height - 2) * 3 // 5 - 3 if wide else height - y - 2) - verdict.ROWS
    rows = [Placed(x + 1, y + 1 + at, lines[at]) for at in range(min(len(lines), room))]
    return [*placed, *rows, *([Placed(x, y + 1, Line((Span("▸"),)))] if rows else [])]


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
def shown(paths: Sequence[Path]) -> Iterator[None]:
    """Show the first frame while the block loads the rest; if that fails, the screen is given back.

    Keys that are typed meanwhile are kept for whoever reads them next, and are not echoed.
    """
    out = terminal.stream()
    drawn = _drawn(paths, out) if out is not None and os.environ.get("TERM") != "dumb" else ""
    if out is None or not drawn:
        yield
        return
    with _quiet():
        _write(out, _ENTER + drawn)
        try:
            yield
        except BaseException:
            _write(out, _LEAVE)
            raise


def _drawn(paths: Sequence[Path], out: TextIO) -> str:
    with suppress(OSError, RecordingError):  # whoever shows the recording meets it again, and tells it
        width, height = os.get_terminal_size(out.fileno())
        if len(paths) != 1 or not paths[0].is_file():
            shelf = Shelf(paths)
            shelf.look()
            return text(of_folder(shelf, width, height), width)
        study = Study(paths[0])
        try:
            _read_screenful(study, height)
            if study.live and study.read_through:
                return ""  # its end is shown, and that only for a moment
            return text(of_session(study, width, height), width)
        finally:
            study.close()
    return ""


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
def _quiet() -> Iterator[None]:
    """Let the terminal neither echo what is typed nor wait for the end of a line, for so long."""
    try:
        import termios
    except ImportError:  # not on Windows
        yield
        return
    descriptor = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    before = termios.tcgetattr(descriptor)
    quiet = [*before]
    quiet[3] = before[3] & ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
