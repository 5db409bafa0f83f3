"""A JSON value as indented lines, made to be read: audio as its length, long text clipped, ids as links.

What a peer sent may be huge or nested without end: depth, length and number of lines are limited, and what was left out
is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
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


def no_links(_: str) -> int | None:
    """Know of no link."""
    return None


def lines(value: Any, links: Links = no_links, replaced: Mapping[str, str] | None = None) -> list[Line]:
    """Return a JSON value as lines.

    Args:
        value: As `orjson.loads` gives it.
        links: Which strings lead to an entry.
        replaced: Member of the outermost object → what to show in its place: the audio that was cut out.
    """
    found: list[Line] = []
    for line in _value(value, links, 0, "", "", replaced or {}):
        if len(found) == MAX_LINES:
            found.append(text.plain("… the rest is left out; y copies all of it", "dim"))
            break
        found.append(line)
    return found


def _value(
    value: Any, links: Links, depth: int, before: str, after: str, replaced: Mapping[str, str]
) -> Iterator[Line]:
    """Yield the lines of a value; `before` is its member's name, `after` the comma that follows."""
    start = _start(depth, before)
    if isinstance(value, Mapping) and value:
        yield from _nested(value, links, depth, before, after, replaced)
    elif isinstance(value, list) and value:
        yield from _nested(value, links, depth, before, after, {})
    else:
        span, target = _scalar(value, links)
        indent = depth * _STEP + _STEP
        yield Line(
            (*start, span, *([Span("  ⏎ #" + str(target), "link")] if target else []), Span(after)), target, indent
        )


def _nested(
    value: Any, links: Links, depth: int, before: str, after: str, replaced: Mapping[str, str]
) -> Iterator[Line]:
    start = _start(depth, before)
    opening, closing = ("{", "}") if isinstance(value, Mapping) else ("[", "]")
    if depth >= MAX_DEPTH:
        yield Line((*start, Span(f"{opening} … nested deeper than {MAX_DEPTH} {closing}{after}", "dim")))
        return
    yield Line((*start, Span(opening)))
    pairs = list(value.items()) if isinstance(value, Mapping) else [("", member) for member in value]
    for place, (name, member) in enumerate(pairs, 1):
        comma = "," if place < len(pairs) else ""
        if name in replaced:
            yield Line((*_start(depth + 1, name), Span(replaced[name], "dim"), Span(comma)))
        else:
            yield from _value(member, links, depth + 1, name, comma, {})
    yield Line((Span(" " * depth * _STEP + closing + after),))


def _start(depth: int, name: str) -> tuple[Span, ...]:
    indent = Span(" " * depth * _STEP)
    return (indent, Span(f'"{text.safe(name)}"', "key"), Span(": ")) if name else (indent,)


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
