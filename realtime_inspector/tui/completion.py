"""What can stand where the cursor is in a filter, and where in it a mistake is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from realtime_inspector.analysis.filter import FIELDS, FilterError
from realtime_inspector.tui import text
from realtime_inspector.tui.text import Line, Span

_OPERATORS = {"bytes": ">", "latency": ">", "t": ">", "severity": ">="}
"""How a field is usually compared; the others by `:`."""
_JOINTS = ("and", "or", "not")
_TOKEN = re.compile(r"[^\s()]*$")
_PARTS = re.compile(r"([a-z]+)(>=|<=|!=|[:=<>])(.*)", re.DOTALL)
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Completion:
    """What a piece of a filter can become."""

    start: int
    """Where the piece begins."""
    words: tuple[str, ...] = ()
    """What can stand in its place, up to the cursor."""


def complete(
    filter_text: str, cursor: int, types: Iterable[str], rules: Iterable[str], saved: Iterable[str] = ()
) -> Completion:
    """Return what can stand at a place of a filter.

    Args:
        filter_text: The filter.
        cursor: The place.
        types: The events' types that the recording has.
        rules: The rules that found something in it.
        saved: The names of saved filters.
    """
    found = _TOKEN.search(filter_text, 0, cursor)
    piece = found[0] if found is not None else ""
    start = cursor - len(piece)
    if piece.startswith("@"):
        names = (f"@{name}" for name in sorted(saved))
        return Completion(start, tuple(name for name in names if name.startswith(piece)))
    parts = _PARTS.fullmatch(piece)
    if parts is None:
        words = [f"{name}{_OPERATORS.get(name, ':')}" for name in FIELDS] + list(_JOINTS if piece else ())
        return Completion(start, tuple(word for word in words if word.startswith(piece.lower())))
    before, _, last = parts[3].rpartition(",")
    lead = f"{parts[1]}{parts[2]}{before}{',' if before else ''}"
    values = [*_values(parts[1], types, rules)]
    fitting = [value for value in values if value.casefold().startswith(last.casefold()) and value != last]
    fitting += [value for value in values if last and last.casefold() in value.casefold() and value not in fitting]
    return Completion(start, tuple(lead + value for value in fitting if value != last))


def hint(words: Sequence[str], width: int) -> Line:
    """Return the words as one line, each without the field that they have in common."""
    shown = [text.safe(_PARTS.sub(r"\3", word)) or text.safe(word) for word in words[:_SHOWN]]
    more = f"  … {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return text.plain(text.pad(f"tab: {'  '.join(shown)}{more}", width) if shown else "", "dim")


def mark(error: FilterError, before: int, width: int) -> Line:
    """Return a mark to stand beneath the mistake; `before` cells stand to the left of the filter's text."""
    place = before + cell_len(error.text[: error.position])
    return Line((Span(" " * max(0, min(place, width - 1))), Span("^", "error")))


def _values(field: str, types: Iterable[str], rules: Iterable[str]) -> Iterator[str]:
    if field == "type":
        known = sorted(set(types))
        groups = sorted({f"{name.split('.')[0]}.*" for name in known if "." in name})
        yield from [*groups, *known]
    elif field == "rule":
        yield from sorted(set(rules))
    else:
        yield from FIELDS.get(field, ())
