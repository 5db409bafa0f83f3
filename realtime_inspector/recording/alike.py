"""Lines that follow each other and differ in their number, their time and the characters of one string only.

A user's audio comes in pieces of one length, so most lines of a call are as long as the one before them. What such
lines share is compared where it must stand, and their heads are parsed all at once. Nothing is taken for granted: what
this returns is what reading each line by itself would give, and where that is not certain, it returns nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

_QUOTE, _BACKSLASH, _PADDING = b'"\\='


class Layout(NamedTuple):
    """Where the parts of a line stand in a buffer."""

    at: int
    behind: int
    """The end of its number and time."""
    begin: int
    """Where the string's characters begin."""
    stop: int
    """Where its quote stands."""
    end: int
    """The end of its line break."""


def alike(buffer: bytearray, line: Layout, first: bytes, after: bytes, n: int, most: int, end: int) -> list[float]:
    """Return the times of the lines behind one that are laid out as it is, and have the same padding of base64.

    Args:
        buffer: Holds them.
        line: The line; its string has no backslash.
        first: What stands from its head to its string.
        after: What stands from there to its end, quote included.
        n: The number that the line behind it must have.
        most: So many lines are looked at.
        end: Where the whole lines end.
    """
    size, head, string, quote = line.end - line.at, line.behind - line.at, line.begin - line.at, line.stop - line.at
    start, find, startswith = line.end, buffer.find, buffer.startswith
    stop = here = start
    for here in range(start, min(end, start + most * size) - size + 1, size):
        close = here + quote
        if not startswith(first, here + head) or find(_QUOTE, here + string) != close or not startswith(after, close):
            break
        stop = here + size
    count = (stop - start) // size
    is_plain = find(_BACKSLASH, start, stop) < 0 and buffer.count(b"\n", start, stop) == count
    if not count or not is_plain or not _is_padded_alike(buffer, line, stop):
        return []
    return _times(b"},".join([buffer[here : here + head] for here in range(start, stop, size)]), n, count)


def _is_padded_alike(buffer: bytearray, line: Layout, stop: int) -> bool:
    size = line.end - line.at
    for back in range(1, min(3, line.stop - line.begin + 1)):
        there = buffer[line.stop - back : stop : size]
        padded = there.count(_PADDING)
        if padded not in {0, len(there)}:
            return False
        if not padded:
            break
    return True


def _times(heads: bytes, n: int, count: int) -> list[float]:
    """Return the times of so many heads; none unless each is a number that follows and a time, and nothing else."""
    try:
        found: list[dict[str, Any]] = orjson.loads(b"[%b}]" % heads)
        numbers, times = [each["n"] for each in found], [each["t"] for each in found]
    except (KeyError, ValueError):
        return []
    are_plain = set(map(len, found)) == {2} and set(map(type, numbers)) == {int} and set(map(type, times)) == {float}
    return times if are_plain and numbers == list(range(n, n + count)) else []
