"""The entry: one thing that crossed the wire, with its sender and its time.

Knows WebSocket and HTTP; what a message means is in `protocol/`. How an entry is written as a line is in `jsonl.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any

FORMAT_VERSION = 1
"""The version of the recording format that this release writes."""

CUT_OFF = "cut off"
"""How a recording ends that has no end entry: it is still being written, or its writer died."""


class Side(StrEnum):
    """Who sent it."""

    CLIENT = "client"
    SERVER = "server"
    PROXY = "proxy"
    """This tool: a note, a gap, an injected message."""


class Kind(StrEnum):
    """What crossed the wire; the comment names the entry's `members`."""

    REQUEST = "request"
    """method, target, headers ([[name, value], …]), body (text, if any)."""
    RESPONSE = "response"
    """status, reason, headers, body (text, if any)."""
    MESSAGE = "message"
    """No members: the payload is in `Entry.payload`."""
    PING = "ping"
    PONG = "pong"
    CLOSE = "close"
    """code (None for an empty close frame), reason."""
    END = "end"
    """How the TCP connection ended: how (`closed`, `reset`, `timeout`), error (if any)."""
    GAP = "gap"
    """lost (messages that could not be recorded), why."""
    NOTE = "note"
    """text."""


@dataclass(frozen=True, slots=True)
class Header:
    """Line 1 of a recording: which connection this is."""

    id: str
    started: str
    """The only wall-clock time of a recording: UTC, ISO 8601 with microseconds and a `Z`."""
    tool: str = ""
    via: str = "relay"
    """`relay`, `mitmproxy`, `simulator`, `replay`, `drive` or `import:<format>`."""
    url: str = ""
    client: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    version: int = FORMAT_VERSION
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Members that not every recording has, or that this release does not know, kept as they are."""

    @property
    def part(self) -> int:
        """Which part of its recording the file is: 1 for the first, or only, one."""
        return _from_one(self.extra.get("part"))

    @property
    def first(self) -> int:
        """Number of the first entry of this part."""
        return _from_one(self.extra.get("first"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a recording after the header."""

    n: int
    """1, 2, 3 … without holes."""
    t: float
    """Seconds since `Header.started`, on a monotonic clock."""
    side: Side
    kind: Kind
    payload: bytes = b""
    """A message as it was on the wire (after joining and inflating); the data of a ping or pong. Empty otherwise."""
    binary: bool = False
    """The message had the binary opcode."""
    fragments: int = 1
    compressed: bool = False
    members: Mapping[str, Any] = field(default_factory=dict)
    """What else this kind has; see `Kind`."""
    redacted: tuple[str, ...] = ()
    """Paths whose value was replaced before writing."""
    line: int = 0
    """Line in its file, counted from 1; 0 where it was not read from a file."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers of a request or response, order and case kept."""
        return [(name, value) for name, value in self.members.get("headers", ())]

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        wanted = name.lower()
        return next((value for known, value in self.headers if known.lower() == wanted), None)


_NO_MEMBERS: Mapping[str, Any] = MappingProxyType({})
(_put_n, _put_t, _put_side, _put_kind, _put_payload, _put_binary, _put_fragments, _put_compressed, _put_members,
 _put_redacted, _put_line) = (Entry.__dict__[each.name].__set__ for each in fields(Entry))  # fmt: skip


def message(n: int, t: float, side: Side, payload: bytes, line: int) -> Entry:
    """Return the entry of a text message that came in one piece and was recorded as it was.

    It takes a third of the time of `Entry(…)`, which sets the members of a frozen value by a slow way.
    """
    made = object.__new__(Entry)
    _put_n(made, n)
    _put_t(made, t)
    _put_side(made, side)
    _put_kind(made, Kind.MESSAGE)
    _put_payload(made, payload)
    _put_binary(made, False)
    _put_fragments(made, 1)
    _put_compressed(made, False)
    _put_members(made, _NO_MEMBERS)
    _put_redacted(made, ())
    _put_line(made, line)
    return made


def _from_one(value: object) -> int:
    return value if isinstance(value, int) and value >= 1 else 1
