"""Goes through the text of a log once and finds its events, with the words around each.

Linear in the text's length whatever it holds: an object is read at the first place where one can begin, and the search
goes on where its reading ended.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from realtime_inspector.formats import literals
from realtime_inspector.formats.log_events import Found, events_in
from realtime_inspector.formats.log_wire import Ending, endings_in

_START = re.compile(
    r"""\{(?=\s*+(?:\\+["']|(?:"[^"\\\n]{1,64}"|'[^'\\\n]{1,64}'|[A-Za-z_$][\w$]{0,63})\s{0,8}[:=]))"""
    r"|(?<![\w.])[A-Z]\w*+\((?=\s*[A-Za-z_]\w*+\s*=(?!=))"
    r"|(?<![^\s:])(?P<field>(?:event_id|type)=['\"](?=\w))"
)
"""Where an object with at least one member, a model that shows its fields, or the first of its fields can begin."""
_JSON = re.compile(r'\{\s*"')
_ESCAPED = re.compile(r"\{\s*\\+[\"']")
_STRING_REST = re.compile(r'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+')
_FENCE = re.compile(r"^\s*(?:```|~~~)[^\n]*$", re.MULTILINE)
_ONLY_MARKS = re.compile(r"[\s,\[\](]*")
_LOOK_BACK = 400
_LOOK_ON = 80
_STRINGS = 3


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event, where it stood, and the words around it."""

    at: int
    found: Found
    before: str
    """What stands before it on its line, or on the lines above where that is nothing."""
    after: str
    follows: bool
    """Nothing but marks stands between it and the event before: what was said of that one holds for it too."""


def scan(text: str) -> Iterator[Sighting | Ending]:
    """Yield the events of a text, and how the connection ended, in order."""
    told = 0
    """How far the text between events was given out."""
    for start, end, events in _objects(text):
        yield from endings_in(text, told, start)
        between = text[max(told, start - _LOOK_BACK) : start]
        near = told > 0 and start - told < _LOOK_BACK
        follows = near and _ONLY_MARKS.fullmatch(between) is not None
        before, after = _words_before(between, near), _words_after(text, end)
        for number, found in enumerate(events):
            yield Sighting(start, found, before, after, follows or number > 0)
        told = end
    yield from endings_in(text, told, len(text))


class Lines:
    """Tells the line of a place in a text."""

    def __init__(self, text: str) -> None:
        self._breaks = [found.start() for found in re.finditer("\n", text)]

    def of(self, at: int) -> int:
        """Return the number of the line, counted from 1."""
        return bisect_right(self._breaks, at - 1) + 1


def _objects(text: str, strings: int = 0) -> Iterator[tuple[int, int, list[Found]]]:
    """Yield where each object with events begins and ends, and its events."""
    strict = _Strict(text)
    at = 0
    while (start := _START.search(text, at)) is not None:
        begin = start.start()
        if start["field"]:
            fields = literals.read_fields(text, begin)
            end, events = fields.end, list(events_in(fields.value, fields.open_ids))
        elif (quoted := _quoted(text, begin)) is not None:
            end, events = quoted
        elif _ESCAPED.match(text, begin):
            end, events = _escaped(text, begin, strings)
        elif (read := strict.read(begin)) is not None:
            value, end = read
            events = list(events_in(value, verbatim=text[begin:end]))
        else:
            end, events = _lenient(text, begin)
        at = max(end, begin + 1)
        if events:
            yield begin, at, events


class _Strict:
    """Reads JSON by the fast parser of the standard library, as long as that pays.

    Every failure costs the length of the text before it, as the parser counts lines for its message.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = json.JSONDecoder()
        self._budget = 16 * len(text) + (1 << 20)
        self._not_before = 0
        """Up to here no reading that began earlier was JSON; what begins before it is not tried."""

    def read(self, begin: int) -> tuple[Any, int] | None:
        """Return the object that begins there and where it ends; None if it is not JSON, or the tries are used up."""
        if begin < self._not_before or self._budget < 0 or not _JSON.match(self._text, begin):
            return None
        try:
            return self._decoder.raw_decode(self._text, begin)
        except json.JSONDecodeError as error:
            self._budget -= error.pos
            self._not_before = error.pos
        except (RecursionError, ValueError):  # too deep, or a number of too many digits
            self._budget = -1
        return None


def _quoted(text: str, begin: int) -> tuple[int, list[Found]] | None:
    r"""Read JSON in a string of Python, `'{"text": "say \\"hi\\""}'`, if it is one whose escapes are not JSON's."""
    if begin == 0 or text[begin - 1] != "'":
        return None
    string = literals.string(text, begin - 1)
    if string is None or "\\" not in text[begin : string[1]]:
        return None
    try:
        value = json.loads(string[0])
    except (ValueError, RecursionError):
        return None
    return string[1], list(events_in(value, verbatim=string[0]))


def _lenient(text: str, begin: int) -> tuple[int, list[Found]]:
    reading = literals.read(text, begin)
    if reading is None:
        return begin + 1, []
    if reading.too_deep:
        line_end = text.find("\n", reading.end)
        return line_end if line_end >= 0 else len(text), []
    return reading.end, list(events_in(reading.value, reading.open_ids, elided_ids=reading.elided_ids))


def _escaped(text: str, begin: int, strings: int) -> tuple[int, list[Found]]:
    r"""Read JSON in a string, `{\"type\": …}`: up to the string's end."""
    rest = _STRING_REST.match(text, begin)
    if rest is None or strings >= _STRINGS:
        return begin + 1, []
    try:
        inner = json.loads('"' + rest[0].replace("\\'", "'") + '"')
    except ValueError:
        return rest.end(), []
    return rest.end(), [found for _, _, events in _objects(inner, strings + 1) for found in events]


def _words_before(between: str, near: bool) -> str:
    """Return what stands before an object on its line; where that is nothing, the last two lines with words.

    Args:
        between: The text before it, back to the event before at most.
        near: It begins right after that event: the rest of its line speaks of that one.
    """
    lines = _FENCE.sub("", between).split("\n")
    if _ONLY_MARKS.fullmatch(lines[-1]) is None:
        return lines[-1]
    return "\n".join([line for line in lines[near:] if line.strip()][-2:])


def _words_after(text: str, end: int) -> str:
    after = text[end : end + _LOOK_ON].partition("\n")[0]
    return after.partition("{")[0]
