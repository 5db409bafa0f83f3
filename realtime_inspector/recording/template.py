"""A line with holes: what the lines of one stream have in common, and where they differ.

The pieces of a stream (a user's audio, the words of an answer) are lines that differ in their number, their time, an id
and the piece itself. Once one was read, the next are compared with what they must share, byte for byte, and only their
holes are looked at; a line that does not fit is read like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

HEAD = re.compile(rb'\{"n":([1-9][0-9]{0,17}),"t":((?:0|[1-9][0-9]{0,11})\.[0-9]{6})')
"""How a line begins: its number and its time, each a number as JSON has it."""
PLAIN = bytes(byte for byte in range(32, 127) if byte not in b'"\\')
"""What stands in a JSON string as it is."""

_EVENT = b'"event":'
_MEMBER = re.compile(rb'"([a-z_]{1,40})"\s*:\s*"')
_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Template:
    """What the lines of a stream have in common."""

    first: bytes
    """What follows the time, up to the first hole."""
    holes: tuple[tuple[str, bytes], ...]
    """The member whose string is a hole, and what follows it, quote included; in the order of the line."""

    @property
    def line(self) -> bytes:
        """A line of the stream: its number is 1, its time 0, its holes are empty."""
        return b'{"n":1,"t":0.000000' + self.first + b"".join(after for _, after in self.holes)

    def renamed(self, names: Iterable[tuple[bytes, bytes]], line: bytes) -> Template | None:
        """Return the template with other strings for some; None unless it fits the line, which is known to be whole."""
        pieces = [self.first, *(after for _, after in self.holes)]
        for old, new in names:
            pieces = [piece.replace(b'"%b"' % old, b'"%b"' % new) for piece in pieces]
        made = Template(
            pieces[0], tuple((name, piece) for (name, _), piece in zip(self.holes, pieces[1:], strict=True))
        )
        return made if made._fits(line) else None

    def _fits(self, line: bytes) -> bool:
        head = HEAD.match(line)
        if head is None or not line.startswith(self.first, head.end()):
            return False
        at = head.end() + len(self.first)
        for _, after in self.holes:
            stop = line.find(b'"', at)
            if line.find(b"\\", at, stop) >= 0:  # the quote may be one of the text
                string = _STRING.match(line, at)
                stop = string.end() - 1 if string is not None else -1
            if stop < 0 or not line.startswith(after, stop):
                return False
            at = stop + len(after)
        return at == len(line)


def template(line: bytes, names: frozenset[str]) -> Template | None:
    """Make a template of a line with its line break; None where they cannot be told for certain.

    Whether a hole is a member of the event itself is for the caller to see: it is empty in the template's `line`.

    Args:
        line: The line.
        names: The members that may differ from line to line; strings.
    """
    head, look = HEAD.match(line), line.find(_EVENT)
    if head is None or look < 0 or not line.endswith(b"}}\n"):
        return None
    pieces: list[bytes] = []
    holes: list[str] = []
    at = head.end()
    while (member := _MEMBER.search(line, look)) is not None:
        string = _STRING.match(line, member.end())
        if string is None:
            return None
        look = string.end()
        if (name := member[1].decode()) in names:
            pieces.append(line[at : member.end()])
            holes.append(name)
            at = look - 1
    pieces.append(line[at:])
    shared = b"".join(pieces)
    # what is spelled with escapes, or stands there twice, could be another member than it seems
    if b"\\" in shared or any(shared.count(b'"%b"' % name.encode()) != 1 for name in holes):
        return None
    return Template(pieces[0], tuple(zip(holes, pieces[1:], strict=True)))
