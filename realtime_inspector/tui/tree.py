"""A JSON value as indented lines, made to be read: audio as its length, long text clipped, ids as links.

What a peer sent may be huge or nested without end: depth, length and number of lines are limited, and what was left out
is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from realtime_inspector.tui import text
from realtime_inspector.tui.text import Line, Span

MAX_DEPTH = 40
MAX_LINES = 4000
MAX_CHARACTERS = 4000

_BASE64 = re.compile(r"[A-Za-z0-9+/]{160,}={0,2}")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,")
_STEP = 2

Links = Callable[[str], int | None]
"""Gives the number of the entry that a string names, if it names one."""
Path = tuple[str | int, ...]
"""The names and places that lead to a value."""
About = Callable[[Path], str]
"""Says what is known of a field; empty for nothing."""


def no_links(_: str) -> int | None:
    """Know of no link."""
    return None


def lines(
    value: Any, links: Links = no_links, replaced: Mapping[str, str] | None = None, about: About | None = None
) -> list[Line]:
    """Return a JSON value as lines.

    Args:
        value: As `orjson.loads` gives it.
        links: Which strings lead to an entry.
        replaced: Member of the outermost object → what to show in its place: the audio that was cut out.
        about: Says what is known of a field.
    """
    found: list[Line] = []
    for line in _value(value, _Known(links, about), (), "", replaced or {}):
        if len(found) == MAX_LINES:
            found.append(text.plain("… the rest is left out; y copies all of it", "dim"))
            break
        found.append(line)
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known from elsewhere."""

    links: Links
    about: About | None

    def of(self, path: Path) -> Callable[[], str] | None:
        """Return what says what is known of a field."""
        return partial(self.about, path) if self.about is not None and path else None


def _value(value: Any, known: _Known, path: Path, after: str, replaced: Mapping[str, str]) -> Iterator[Line]:
    """Yield the lines of a value; `after` is the comma that follows."""
    if isinstance(value, Mapping) and value:
        yield from _nested(value, known, path, after, replaced)
    elif isinstance(value, list) and value:
        yield from _nested(value, known, path, after, {})
    else:
        span, target = _scalar(value, known.links)
        link = [Span("  ⏎ #" + str(target), "link")] if target else []
        indent = len(path) * _STEP + _STEP
        yield Line((*_start(path), span, *link, Span(after)), target, indent, known.of(path))


def _nested(value: Any, known: _Known, path: Path, after: str, replaced: Mapping[str, str]) -> Iterator[Line]:
    start, depth = _start(path), len(path)
    opening, closing = ("{", "}") if isinstance(value, Mapping) else ("[", "]")
    if depth >= MAX_DEPTH:
        yield Line((*start, Span(f"{opening} … nested deeper than {MAX_DEPTH} {closing}{after}", "dim")))
        return
    yield Line((*start, Span(opening)), about=known.of(path))
    pairs = list(value.items() if isinstance(value, Mapping) else enumerate(value))
    for place, (name, member) in enumerate(pairs, 1):
        comma = "," if place < len(pairs) else ""
        if name in replaced:
            spans = (*_start((*path, name)), Span(replaced[name], "dim"), Span(comma))
            yield Line(spans, about=known.of((*path, name)))
        else:
            yield from _value(member, known, (*path, name), comma, {})
    yield Line((Span(" " * depth * _STEP + closing + after),))


def _start(path: Path) -> tuple[Span, ...]:
    """Return what stands before a value: its member's name, unless it is an element of a list."""
    indent = Span(" " * len(path) * _STEP)
    if not path or isinstance(path[-1], int):
        return (indent,)
    return (indent, Span(f'"{text.safe(path[-1])}"', "key"), Span(": "))


def _scalar(value: Any, links: Links) -> tuple[Span, int | None]:
    if isinstance(value, str):
        return _string(value, links)
    if value is None or isinstance(value, bool | int | float):
        return Span(orjson.dumps(value).decode() if not isinstance(value, int) else _whole(value), "number"), None
    return Span("{}" if isinstance(value, Mapping) else "[]"), None


def _whole(value: int) -> str:
    return str(value).lower()  # a bool is an int, and JSON's is lower case


def _string(value: str, links: Links) -> tuple[Span, int | None]:
    media = _DATA_URL.match(value, 0, 200)
    data = value[media.end() :] if media is not None else value
    if media is not None or (len(value) >= 160 and _BASE64.fullmatch(value)):
        kind = f" of {text.safe(media[1])}" if media is not None else ""
        return Span(f"<base64{kind}, {len(data.rstrip('=')) * 3 // 4} bytes>", "dim"), None
    shown = text.clip(value, MAX_CHARACTERS).replace("\\", "\\\\").replace('"', '\\"')  # JSON within JSON stays JSON
    return Span(f'"{text.safe(shown)}"', "string"), links(value) if len(value) < 200 else None
