"""The standard output: data, and nothing but data.

Whether it is a terminal, how wide it is and whether it wants colour is decided here. What comes from a recording goes
through `recording.printable` before it gets here.
"""

from __future__ import annotations

import codecs
import io
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any

import orjson

WIDTH = 80
"""Columns where nobody says otherwise."""
_ESCAPED = "realtime_inspector.escaped"


def prepare(system: str = os.name) -> None:
    """Make sure that no character can fail to be written, and that files and pipes get the same bytes on every system.

    What the encoding lacks is written as JSON has it, so that JSON stays JSON. Windows would write an encoding of its
    own and other line ends into them.
    """
    codecs.register_error(_ESCAPED, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        stream.reconfigure(errors=_ESCAPED)
        if system == "nt" and not stream.isatty():
            stream.reconfigure(encoding=None if os.environ.get("PYTHONIOENCODING") else "utf-8", newline="\n")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2)), error.end


def abandon() -> None:
    """Point the standard output at nothing: whoever read it is gone, and the exit must not complain."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError):  # no file beneath: nothing will be flushed into it
        pass


def write(text: str = "") -> None:
    """Write one line, or several."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def write_lines(lines: Iterable[str]) -> None:
    """Write lines as they come."""
    for line in lines:
        write(line)


def write_json(value: Any, *, compact: bool = False) -> None:
    """Write a value as JSON: indented, or on one line."""
    option = orjson.OPT_APPEND_NEWLINE | (0 if compact else orjson.OPT_INDENT_2)
    sys.stdout.write(orjson.dumps(value, option=option).decode())


def flush() -> None:
    """Hand over what was written: for output that grows while it is read."""
    sys.stdout.flush()


def is_terminal() -> bool:
    """Tell whether somebody looks at it."""
    return sys.stdout.isatty()


def width() -> int:
    """Return how many columns a line may have: the terminal's, at most 100; 80 for a file or a pipe."""
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return WIDTH
    return max(40, min(100, shutil.get_terminal_size((WIDTH, 24)).columns))


def wants_colour(stream: IO[str] | None = None) -> bool:
    """Tell whether a stream takes colour: a terminal does, unless `NO_COLOR` or `TERM=dumb` says no."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
        return True
    return (stream or sys.stdout).isatty() and os.environ.get("TERM") != "dumb"


class Ink:
    """Colours, or none."""

    _CODES = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36, "bold": 1, "dim": 2}

    def __init__(self, *, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, *styles: str) -> str:
        """Return the text in these styles."""
        if not self.on or not styles or not text:
            return text
        codes = ";".join(str(self._CODES[style]) for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"


def json_lines(value: Any, columns: int, lead: str = "") -> list[str]:
    """Return a value as JSON for people, `lead` before it: what fits into so many columns stays on one line."""
    whole = lead + orjson.dumps(value).decode()
    if len(whole) < columns or not isinstance(value, dict | list) or not value:
        return [whole]
    lines = [lead + ("{" if isinstance(value, dict) else "[")]
    members = value.items() if isinstance(value, dict) else [(None, part) for part in value]
    for name, part in members:
        before = "" if name is None else f"{orjson.dumps(name).decode()}: "
        lines += [f"  {line}" for line in json_lines(part, columns - 2, before)]
        lines[-1] += ","
    lines[-1] = lines[-1].removesuffix(",")
    return [*lines, "}" if isinstance(value, dict) else "]"]


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Return rows as lines with aligned columns; `right` names the columns of numbers."""
    widths = [max(_columns(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for at, (cell, wide) in enumerate(zip(row, widths, strict=True)):
            gap = " " * (wide - _columns(cell))
            cells.append(gap + cell if at in right else cell + gap)
        lines.append("  ".join(cells).rstrip())
    return lines


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
