"""HTTP/1.1 cut into heads and bodies, in both directions of one connection. No socket, no clock.

Every part keeps the bytes it was cut from, so what is forwarded is what was read. What is not HTTP is not refused: from
the first byte that makes no sense on, the reader passes bytes through and `problem` says why.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property, partial

MAX_HEAD_BYTES = 128 * 1024
"""A longer head is taken for something that is not HTTP."""
TOO_LONG = f"no end of an HTTP head within {MAX_HEAD_BYTES} bytes"

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_END = 4
"""Bytes of the longest of these."""
_REQUEST_LINE = re.compile(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[01]$")
_STATUS_LINE = re.compile(r"^HTTP/1\.[01] ([1-5]\d\d)(?: (.*))?$")
_CHUNK_SIZE = re.compile(rb"^\s*([0-9A-Fa-f]{1,15})\s*(?:;.*)?$")


@dataclass(frozen=True)
class Head:
    """The first line and the headers of a request or response."""

    raw: bytes
    """As read, the empty line included."""

    @cached_property
    def start(self) -> str:
        """The request or status line."""
        return self._lines[0]

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Name and value as sent, order and case kept."""
        pairs = (line.partition(":") for line in self._lines[1:] if line)
        return [(name, value.strip(" \t")) for name, _, value in pairs]

    @cached_property
    def method(self) -> str:
        """The method of a request."""
        return self.start.split(" ", 1)[0]

    @cached_property
    def target(self) -> str:
        """The target of a request, as sent."""
        return self.start.split(" ", 2)[1]

    @cached_property
    def status(self) -> int:
        """The status of a response."""
        return int(self.start.split(" ", 2)[1])

    @cached_property
    def reason(self) -> str:
        """The reason phrase of a response."""
        return self.start.split(" ", 2)[2] if self.start.count(" ") > 1 else ""

    def values(self, name: str) -> list[str]:
        """Return the comma-separated values of all headers of that name, in lower case."""
        found = (value for known, value in self.headers if known.lower() == name)
        return [part.strip().lower() for value in found for part in value.split(",")]

    @property
    def asks_upgrade(self) -> bool:
        """Whether a request asks for a WebSocket."""
        return "websocket" in self.values("upgrade") and "upgrade" in self.values("connection")

    @cached_property
    def _lines(self) -> list[str]:
        return [line.rstrip("\r") for line in self.raw.decode("latin-1").lstrip("\r\n").split("\n")]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of one direction, in the order of the wire."""

    raw: bytes
    """The bytes it was cut from."""
    head: Head | None = None
    data: bytes = b""
    """Body, without the framing of chunks."""
    last: bool = False
    """The message is complete with this part."""
    request: Head | None = None
    """The request that a response answers, if there was one."""


class _State(Enum):
    HEAD = auto()
    COUNTED = auto()
    """A body, or a chunk of one, of a known length."""
    CHUNK_SIZE = auto()
    CHUNK_END = auto()
    TRAILER = auto()
    UNTIL_EOF = auto()
    PASS = auto()
    """Not HTTP (any more): bytes go through."""


class HttpReader:
    """One direction. Feed it bytes; take as many parts as you want, the rest is kept."""

    def __init__(self, first_line: re.Pattern[str], has_body: Callable[[Head], bool]) -> None:
        self.problem = ""
        """Why the bytes are passed through unread, if they are."""
        self._first_line = first_line
        self._has_body = has_body
        self._buffer = bytearray()
        self._blank = 0
        """So many bytes of empty lines stand before the head."""
        self._searched = 0
        """Up to here there is no end of the head or line: what comes a byte at a time is looked at once."""
        self._state = _State.HEAD
        self._left = 0
        self._chunked = False

    def feed(self, data: bytes) -> Iterator[Part]:
        """Yield the parts that can be cut; stop iterating to leave the rest for later."""
        self._buffer += data
        while self._buffer:
            part = self._cut()
            if part is None:
                return
            yield part

    def keep(self, data: bytes) -> None:
        """Take bytes in without cutting them."""
        self._buffer += data

    @property
    def kept(self) -> int:
        """How many bytes were fed and not cut."""
        return len(self._buffer)

    def rest(self) -> bytes:
        """Take what was fed and not cut."""
        return self._take(len(self._buffer))

    def give_up(self, problem: str) -> None:
        """Pass through, unread, what is not cut and what will come."""
        self.problem = self.problem or problem
        self._state = _State.PASS

    @property
    def inside_body(self) -> bool:
        """Whether a body has begun and is not complete."""
        return self._state not in {_State.HEAD, _State.PASS}

    @property
    def inside_head(self) -> bool:
        """Whether a head has begun and is not complete."""
        return self._state is _State.HEAD and self._skip_blank() < len(self._buffer)

    def _cut(self) -> Part | None:
        match self._state:
            case _State.HEAD:
                return self._cut_head()
            case _State.COUNTED:
                return self._cut_counted()
            case _State.CHUNK_SIZE | _State.CHUNK_END | _State.TRAILER:
                return self._cut_line()
            case _State.UNTIL_EOF:
                data = self.rest()
                return Part(data, data=data)
            case _:
                return Part(self.rest())

    def _cut_head(self) -> Part | None:
        end = _HEAD_END.search(self._buffer, max(self._skip_blank(), self._searched))
        if end is None:
            if len(self._buffer) > MAX_HEAD_BYTES:
                return self._pass(TOO_LONG)
            self._searched = max(0, len(self._buffer) - _LONGEST_END + 1)
            return None
        head = Head(bytes(self._buffer[: end.end()]))
        if self._first_line.match(head.start) is None:
            return self._pass(f"not HTTP/1.1: {head.start[:60]!r}")
        self._take(len(head.raw))
        try:
            self._expect_body(head)
        except ValueError:
            self.give_up("a Content-Length that is no number")
        return Part(head.raw, head=head, last=self._state in {_State.HEAD, _State.PASS})

    def _skip_blank(self) -> int:
        """Return where a head begins."""
        size = len(self._buffer)
        while self._blank < size and self._buffer[self._blank] in b"\r\n":
            self._blank += 1
        return self._blank

    def _take(self, size: int) -> bytes:
        """Take so many bytes away, and search what follows from its beginning."""
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._blank = self._searched = 0
        return taken

    def _expect_body(self, head: Head) -> None:
        lengths = head.values("content-length")
        self._chunked = "chunked" in head.values("transfer-encoding")
        if not self._has_body(head):
            self._state = _State.HEAD
        elif self._chunked:
            self._state = _State.CHUNK_SIZE
        elif lengths:
            self._left = int(lengths[0])
            self._state = _State.COUNTED if self._left > 0 else _State.HEAD
        else:
            self._state = _State.UNTIL_EOF if self._first_line is _STATUS_LINE else _State.HEAD

    def _cut_counted(self) -> Part:
        data = self._take(self._left)
        self._left -= len(data)
        if self._left == 0:
            self._state = _State.CHUNK_END if self._chunked else _State.HEAD
        return Part(data, data=data, last=self._state is _State.HEAD)

    def _cut_line(self) -> Part | None:
        end = self._buffer.find(b"\n", self._searched) + 1
        if end == 0:
            self._searched = len(self._buffer)
            return self._pass("a chunk of HTTP without its length") if self._searched > MAX_HEAD_BYTES else None
        line = bytes(self._buffer[:end])
        if self._state is _State.CHUNK_SIZE:
            size = _CHUNK_SIZE.match(line)
            if size is None:
                return self._pass(f"not the length of an HTTP chunk: {line[:40]!r}")
            self._left = int(size[1], 16)
            self._state = _State.COUNTED if self._left else _State.TRAILER
        elif self._state is _State.CHUNK_END:
            self._state = _State.CHUNK_SIZE
        elif not line.strip():
            self._state = _State.HEAD
        self._take(end)
        return Part(line, last=self._state is _State.HEAD)

    def _pass(self, problem: str) -> Part:
        self.give_up(problem)
        return Part(self.rest())


class Exchange:
    """Requests and their answers on one connection, until it is upgraded.

    Behind a request for an upgrade the client's bytes wait for the answer: only then is it known what they are.
    """

    def __init__(self) -> None:
        self.waiting = False
        """An upgrade was asked for and not answered: the client's bytes wait."""
        self.upgraded: Head | None = None
        """The answer that made a WebSocket of the connection."""
        self._requests: deque[Head] = deque()
        self._answering: Head | None = None
        self._client = HttpReader(_REQUEST_LINE, lambda head: True)
        self._server = HttpReader(_STATUS_LINE, partial(_has_body, self._requests))

    def client(self, data: bytes) -> Iterator[Part]:
        """Yield the parts of requests."""
        if self.waiting or self.upgraded:
            self._client.keep(data)
            return
        for part in self._client.feed(data):
            if part.head is not None:
                self._requests.append(part.head)
            self.waiting = part.last and bool(self._requests) and self._requests[-1].asks_upgrade
            self._read_on()
            yield part
            if self.waiting:
                return

    def server(self, data: bytes) -> Iterator[Part]:
        """Yield the parts of responses, each with the request that it answers."""
        for part in self._server.feed(data):
            if part.head is not None:
                self._answer(part.head)
            self._read_on()
            yield Part(part.raw, part.head, part.data, part.last, self._answering)
            if self.upgraded:
                return

    def rest(self) -> tuple[bytes, bytes]:
        """Take the client's and the server's bytes behind the upgrade."""
        return self._client.rest(), self._server.rest()

    def problem(self, *, client: bool) -> str:
        """Return why a side is passed through unread, if it is."""
        return (self._client if client else self._server).problem

    @property
    def unanswered(self) -> int:
        """How many requests have no complete answer yet."""
        return len(self._requests) + self._server.inside_body

    @property
    def held(self) -> int:
        """How many bytes of the client wait for the answer to its upgrade."""
        return self._client.kept if self.waiting else 0

    def inside_head(self, *, client: bool) -> bool:
        """Tell whether a side is in the middle of a head."""
        return not (client and self.waiting) and (self._client if client else self._server).inside_head

    def _read_on(self) -> None:
        """Wait for no answer to an upgrade that cannot be told: what the client sends may be anything then."""
        if self.waiting and self._server.problem:
            self.waiting = False
            self._client.give_up("the answer to an upgrade is not HTTP/1.1")

    def _answer(self, head: Head) -> None:
        self._answering = self._requests[0] if self._requests else None
        if head.status < 200 and head.status != 101:
            return
        if self._requests:
            self._requests.popleft()
        asked = self._answering is not None and self._answering.asks_upgrade
        if head.status == 101:
            self.upgraded = head
        if asked:
            self.waiting = False


def _has_body(requests: Sequence[Head], head: Head) -> bool:
    """Tell whether an answer to the first of these requests has a body."""
    if requests and requests[0].method == "HEAD":
        return False
    return head.status >= 200 and head.status not in {204, 304}
