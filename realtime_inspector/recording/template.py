"""How the lines of a stream are laid out: what they have in common, and where they differ.

The pieces of a stream (a user's audio, the words of an answer) are lines that differ in their number, their time, an id
and the piece itself; streams of one kind differ in the items that they name besides. Once a line was read, the next
ones are told by a regular expression that is made of it, those of several kinds by one. A line that does not fit is
read like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

_HEAD = rb'\{"n":([1-9][0-9]{0,17}),"t":((?:0|[1-9][0-9]{0,8})\.[0-9]{6})'
"""How a line begins: its number and its time, each a number as JSON has it."""
_PLAIN = rb"[ !#-\[\]-~]*+"
"""What stands in a JSON string as it is."""
_NAME = rb'[^"\\]*+'
_TEXT = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
_NUMBER = rb"-?[0-9]++"

_START = re.compile(_HEAD)
_MEMBER = re.compile(rb'"([a-z_]{1,40})"\s*:\s*(?:"(%b)"|(%b)(?=[,}]))' % (_TEXT, _NUMBER), re.DOTALL)
_FIXED = frozenset({"from", "kind", "type"})
"""Members that are the same in all streams of a kind."""


@dataclass(frozen=True, slots=True)
class Template:
    """The layout of a line behind its time."""

    pattern: bytes
    """What it is; where the piece is long, up to its first character."""
    after: bytes
    """The text that follows a long piece, from its quote on; nothing where the piece is not long."""
    tail: bytes
    """What follows that text, where something in it differs from line to line."""
    keys: tuple[int, ...]
    """The groups that tell the streams of this layout apart: they are the same in all lines of one."""
    kept: Mapping[str, int]
    """The groups of the holes that are asked for: the piece, unless it is long, and others; those before a long one."""
    groups: int
    """How many there are; the last one closes behind all others."""
    holes: tuple[str, ...]
    """The members that differ from line to line, in their order."""
    line: bytes = b""
    """A whole line: its number is 1, its time 0, and its holes are empty."""


def joined(templates: Iterable[Template]) -> re.Pattern[bytes]:
    """Return what tells lines of several layouts apart, by the group that closes last; 1 and 2 are number and time."""
    return re.compile(_HEAD + b"(?:" + b"|".join(each.pattern for each in templates) + b")", re.DOTALL)


def template(line: bytes, holes: Mapping[str, bool], value: str, *, is_long: bool) -> Template | None:
    """Make a template of a line with its line break; None where the layout cannot be told for certain.

    Whether a hole is a member of the event itself is for the caller to see: it is empty in the template's `line`.

    Args:
        line: The line.
        holes: The members that may differ from line to line; strings. Those that are asked for are true.
        value: The one that is the piece; it may be none of the members.
        is_long: The piece is too long to be looked through: it ends at the next quote, and has no backslash.
    """
    head = _START.match(line)
    if head is None or not line.endswith(b"}}\n"):
        return None
    at = look = head.end()
    shared, pieces, found = b"", [_Piece()], list[str]()
    while (member := _MEMBER.search(line, look)) is not None:
        look, name = member.end(), member[1].decode()
        start, stop = member.span(2 if member[3] is None else 3)
        if name in {value, *holes} and member[3] is None:
            found.append(name)
            shared += line[at:start]
            pieces[-1].text(line[at:start])
            pieces.append(_Piece())
        elif name not in _FIXED:
            shared += line[at:stop]
            pieces[-1].text(line[at:start])
            pieces[-1].name(_NAME if member[3] is None else _NUMBER)
        else:
            continue
        at = stop
    shared += line[at:]
    pieces[-1].text(line[at:])
    # what is spelled with escapes, or stands there twice, could be another member than it seems
    if b"\\" in shared or any(shared.count(b'"%b"' % name.encode()) != 1 for name in found):
        return None
    made = _made(pieces, found, holes, value, value if is_long else "")
    return replace(made, line=b'{"n":1,"t":0.000000' + shared) if made is not None else None


class _Piece:
    """What stands between two holes; a group from the first name to the last one."""

    def __init__(self) -> None:
        self.first = b""
        """The text before the first name."""
        self._more: list[bytes] = []

    @property
    def is_named(self) -> bool:
        """Whether it holds a name."""
        return bool(self._more)

    @property
    def pattern(self) -> bytes:
        """What it is."""
        named = b"(%b)%b" % (b"".join(self._more[:-1]), self._more[-1]) if self._more else b""
        return re.escape(self.first) + named

    def text(self, text: bytes) -> None:
        """Add what is the same in all streams."""
        if self._more:
            self._more.append(re.escape(text))
        else:
            self.first += text

    def name(self, pattern: bytes) -> None:
        """Add what differs from stream to stream."""
        self._more.append(pattern)


def _made(pieces: list[_Piece], found: list[str], asked: Mapping[str, bool], value: str, long: str) -> Template | None:
    """Return the template of pieces with holes between; None where what tells streams apart is behind a long one."""
    cut = found.index(long) + 1 if long in found else len(pieces)
    before, behind = pieces[:cut], pieces[cut:]
    if any(piece.is_named for piece in behind):
        return None
    pattern, groups = b"", 0
    keys: list[int] = []
    kept: dict[str, int] = {}
    for piece, hole in zip(before, [*found, ""], strict=False):
        if piece.is_named:
            groups += 1
            keys.append(groups)
        pattern += piece.pattern
        if not hole or hole == long:
            break
        text = _TEXT if hole == value else _PLAIN
        if hole == value or asked.get(hole):
            groups += 1
            kept[hole] = groups
            text = b"(%b)" % text
        pattern += text
    return Template(
        pattern=pattern + b"()",
        after=behind[0].first if behind else b"",
        tail=b"".join(_PLAIN + piece.pattern for piece in behind[1:]),
        keys=tuple(keys) or (groups + 1,),
        kept=kept,
        groups=groups + 1,
        holes=tuple(found),
    )
