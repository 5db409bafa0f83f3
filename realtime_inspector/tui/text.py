"""Lines of styled text, and how sizes, times and ids are written in them.

Everything that comes from a recording goes through `safe` before it becomes a span: control sequences are shown, never
sent to the terminal. Widths are counted in terminal cells.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from realtime_inspector.recording.printable import printable as safe

STYLES = (
    "client",
    "server",
    "proxy",
    "dim",
    "key",
    "string",
    "number",
    "link",
    "title",
    "error",
    "warning",
    "info",
    "match",
    "good",
)
"""What a span can be; the widgets give each its colours."""

_WORDS = re.compile(r"(\S+)|(\s+)")
_NARROW = re.compile("[ -~…“”]*")
"""Characters of one cell each, which can be cut anywhere."""

__all__ = [
    "STYLES",
    "Line",
    "Span",
    "by_words",
    "clip",
    "clock",
    "count",
    "fit",
    "length",
    "ms",
    "pad",
    "pad_left",
    "plain",
    "safe",
    "short_id",
    "size",
    "usd",
]


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a pane."""

    spans: tuple[Span, ...] = ()
    target: int | None = None
    """The number of the entry that the line leads to."""
    indent: int = 0
    """Where its continuation begins if it has to be wrapped."""
    about: Callable[[], str] | None = field(default=None, compare=False)
    """Says what is known of what it shows, when somebody asks."""

    @property
    def text(self) -> str:
        """The line without its styles."""
        return "".join(span.text for span in self.spans)

    @property
    def width(self) -> int:
        """How many cells it takes."""
        return sum(cell_len(span.text) for span in self.spans)


def plain(text: str, style: str = "", *, target: int | None = None, indent: int = 0) -> Line:
    """Return a line of one span."""
    return Line((Span(text, style),), target, indent)


def pad(text: str, width: int) -> str:
    """Return the text cut or filled to so many cells; what was cut off ends in `…`."""
    if width <= 0:
        return ""
    room = width - cell_len(text)
    if room >= 0:
        return text + " " * room
    narrow = _NARROW.match(text, 0, width)
    kept = text[: width - 1] if narrow is not None and narrow.end() == width else set_cell_size(text, width - 1)
    return f"{kept}…"


def pad_left(text: str, width: int) -> str:
    """Return the text filled to so many cells, or its end: where names begin alike, that tells them apart."""
    if width <= 0 or cell_len(text) <= width or len(text) != cell_len(text):
        return pad(text, width)
    return "…" + text[len(text) - width + 1 :]


def clip(text: str, characters: int) -> str:
    """Return the beginning of a text, with how much more there is."""
    if len(text) <= characters:
        return text
    return f"{text[:characters]}… (+{len(text) - characters:,} more)"


def fit(line: Line, width: int) -> Line:
    """Return as much of a line as goes into so many cells; what was cut off ends in `…`."""
    if line.width <= width:
        return line
    spans, room = [], max(0, width - 1)
    for span in line.spans:
        taken = span.text if cell_len(span.text) <= room else set_cell_size(span.text, max(0, room))
        spans.append(Span(taken, span.style))
        room -= cell_len(taken)
    return replace(line, spans=(*spans, *([Span("…")] if width > 0 else [])))


def wrap(lines: Iterable[Line], width: int) -> Iterator[Line]:
    """Yield lines that fit into so many cells; a continuation begins at its line's indent."""
    for line in lines:
        yield from [line] if line.width <= width else _wrap(line, max(8, width))


def highlight(line: Line, needle: str) -> Line:
    """Return the line with every occurrence of a text marked, whatever its case."""
    if not needle or needle.lower() not in line.text.lower():
        return line
    spans: list[Span] = []
    for span in line.spans:
        spans += _mark(span, needle.lower())
    return replace(line, spans=tuple(spans))


def by_words(span: Span) -> Iterator[Span]:
    """Yield a link's words, underlined each, and the spaces around them, which are not; other spans as they are."""
    if span.style != "link":
        yield span
        return
    for words, spaces in _WORDS.findall(span.text):
        yield Span(words, span.style) if words else Span(spaces)


def size(count_bytes: int) -> str:
    """Write a number of bytes: `812 B`, `4.8 kB`, `614 kB`, `5.2 MB`."""
    value = float(count_bytes)
    for unit in ("B", "kB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 99.5 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def ms(milliseconds: float) -> str:
    """Write a duration: `85 ms`, `3.2 s`, `2:05 min`."""
    if not math.isfinite(milliseconds):
        return "?"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 99_950:
        return f"{milliseconds / 1000:.1f} s"
    return f"{length(milliseconds / 1000)} {'min' if milliseconds < 3_599_500 else 'h'}"


def usd(dollars: float) -> str:
    """Write a price: `$0`, `$0.0043`, `$1.25`, `$180`."""
    if dollars < 0.99995:
        return f"${dollars:.4f}" if dollars else "$0"
    return f"${dollars:.2f}" if dollars < 99.995 else f"${dollars:.0f}"


def clock(seconds: float) -> str:
    """Write a time in the recording: `0:03.210`, `61:02.345`."""
    if not math.isfinite(seconds):
        return "?"
    sign, thousandths = ("-" if seconds < 0 else ""), round(abs(seconds) * 1000)
    return f"{sign}{thousandths // 60_000}:{thousandths // 1000 % 60:02}.{thousandths % 1000:03}"


def length(seconds: float) -> str:
    """Write how long a recording is: `0:42`, `1:02:03`."""
    if not math.isfinite(seconds):
        return "?"
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def short_id(name: str) -> str:
    """Return an id short enough for a row: its prefix and its last characters, which differ between ids."""
    if len(name) <= 16:
        return safe(name)
    prefix = name[: name.index("_") + 1] if "_" in name[:6] else name[:3]
    return safe(f"{prefix}…{name[-6:]}")


def count(number: int, noun: str, nouns: str = "") -> str:
    """Write a number with its noun: `1 event`, `12 events`."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def _wrap(line: Line, width: int) -> Iterator[Line]:
    indent = min(line.indent, width // 2)
    rows: list[list[Span]] = [[]]
    used = 0
    for span in line.spans:
        for word in _words(span.text):
            for piece in _pieces(word, width - indent):
                wide = cell_len(piece)
                if used + wide > width and used > (indent if len(rows) > 1 else 0):
                    rows.append([Span(" " * indent)])
                    used = indent
                    piece = piece.lstrip(" ")
                    wide = cell_len(piece)
                rows[-1].append(Span(piece, span.style))
                used += wide
    for row in rows:
        yield replace(line, spans=tuple(_joined(row)))


def _words(text: str) -> Iterator[str]:
    """Yield the text's words, each with the spaces before it."""
    start = 0
    while start < len(text):
        stop = start
        while stop < len(text) and text[stop] == " ":
            stop += 1
        while stop < len(text) and text[stop] != " ":
            stop += 1
        yield text[start:stop]
        start = stop


def _pieces(word: str, width: int) -> Iterator[str]:
    """Yield a word that fits, or its parts that do."""
    while cell_len(word) > width:
        fitting = width
        while cell_len(word[:fitting]) > width:
            fitting -= 1
        fitting = max(1, fitting)
        yield word[:fitting]
        word = word[fitting:]
    if word:
        yield word


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    before: Span | None = None
    for span in spans:
        if before is not None and before.style == span.style:
            before = Span(before.text + span.text, span.style)
            continue
        if before is not None:
            yield before
        before = span
    if before is not None:
        yield before


def _mark(span: Span, needle: str) -> Iterator[Span]:
    lowered, start = span.text.lower(), 0
    if len(lowered) != len(span.text):  # a few letters change their number with their case: no place can be trusted
        yield span
        return
    while (at := lowered.find(needle, start)) >= 0:
        if at > start:
            yield Span(span.text[start:at], span.style)
        yield Span(span.text[at : at + len(needle)], "match")
        start = at + len(needle)
    if start < len(span.text):
        yield Span(span.text[start:], span.style)
