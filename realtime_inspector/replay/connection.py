"""One connection of the replay server: plain or TLS, a WebSocket or a plain HTTP request.

The WebSocket library reads a GET alone; what has a body is read here, and TLS is taken off before either.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.protocol import State

from realtime_inspector.capture.either import Either
from realtime_inspector.replay.doors import Answer, refused

_MAX_HTTP_BYTES = 4 << 20
"""A plain request that is longer is refused: it would take memory without end."""
_METHOD_BYTES = 4
_LENGTH_DIGITS = 12
_UNREAD_BYTES = 1 << 15
_LENGTH_16, _LENGTH_64 = 126, 127


@dataclass(frozen=True, slots=True)
class Host:
    """What a connection asks of its server."""

    plain: Callable[[str, str], Answer]
    """Answer a plain request, by method and target."""
    tls: Callable[[], ssl.SSLContext]
    """Give the settings for a TLS client."""
    made: Callable[[Connection], object]
    """Take note that a connection has come."""
    lost: Callable[[Connection], object]
    """Take note that a connection is gone."""
    tell: Callable[[str], object]
    """Tell people something."""
    beyond: Callable[[Asked], Awaitable[Answer | None]] | None = None
    """Have another server answer a request that was not recorded; None if it was."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A plain request."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def connection_class(host: Host) -> type[ServerConnection]:
    """Return the class of a server's connections."""

    class Hosted(Connection):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.host = host

    return Hosted


class Connection(Either, ServerConnection):
    """A connection that tells TLS and plain requests apart from upgrades by itself."""

    host: Host

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = bytearray()
        self._is_get = False
        self._answering: asyncio.Task[None] | None = None

    def data_received(self, data: bytes) -> None:
        """Take TLS off, if there is any."""
        plain = self.without_tls(data, self.host.tls)
        if plain:
            self._http(plain)

    def tell(self, text: str) -> None:
        """Tell people something of this connection."""
        self.host.tell(text)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take note of the beginning."""
        super().connection_made(transport)
        self.host.made(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of the end."""
        super().connection_lost(exc)
        self.host.lost(self)

    @property
    def is_ready(self) -> bool:
        """Whether it is open, and its client reads what it gets."""
        return self.protocol.state is State.OPEN and self.transport.get_write_buffer_size() < _UNREAD_BYTES

    async def send_each(self, messages: Sequence[tuple[bytes, bool]]) -> None:
        """Send messages, each with whether it is binary; waits for a client that does not read."""
        async with self.send_context():
            self.send_now(messages)

    def send_now(self, messages: Sequence[tuple[bytes, bool]]) -> None:
        """Send messages in one piece, without waiting; for a connection that is ready.

        With a write for each, most of the time goes into calls of the system: a server speaks in bursts. The library
        would make a frame of each message in three copies; a server's needs no mask, and no extension is agreed on.
        """
        pieces = []
        for payload, binary in messages:
            pieces += [_frame_head(len(payload), binary=binary), payload]
        self.transport.write(b"".join(pieces))

    def _http(self, data: bytes) -> None:
        if self._is_get:
            super().data_received(data)
            return
        if self._answering is not None:
            return
        self._request += data
        if self._request.startswith(b"GET "):
            self._is_get = True
            super().data_received(bytes(self._request))
        elif len(self._request) >= _METHOD_BYTES:
            asked = _parsed(bytes(self._request))
            if isinstance(asked, Answer):
                self._give(asked)
            elif asked is not None and self.host.beyond is None:
                self._give(self.host.plain(asked.method, asked.target))
            elif asked is not None:
                self._answering = self.loop.create_task(self._reply(asked))

    async def _reply(self, asked: Asked) -> None:
        answer = await self.host.beyond(asked) if self.host.beyond is not None else None
        self._give(answer or self.host.plain(asked.method, asked.target))

    def _give(self, answer: Answer) -> None:
        self.transport.write(_serialized(answer))
        self.transport.close()


def _frame_head(length: int, *, binary: bool) -> bytes:
    """Return what stands before a whole message from a server."""
    first = 0x82 if binary else 0x81
    if length < _LENGTH_16:
        return bytes((first, length))
    if length < 1 << 16:
        return struct.pack("!BBH", first, _LENGTH_16, length)
    return struct.pack("!BBQ", first, _LENGTH_64, length)


def _parsed(request: bytes) -> Asked | Answer | None:
    """Read a plain request; an answer if it is none, None while it is not whole."""
    if len(request) > _MAX_HTTP_BYTES:
        return refused(413, f"realtime-inspector: a request of more than {_MAX_HTTP_BYTES} bytes is not read")
    head, gap, body = request.partition(b"\r\n\r\n")
    if not gap:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    words = first.split(" ")
    length = headers.get("content-length", "0")
    is_counted = length.isdecimal() and len(length) <= _LENGTH_DIGITS
    if len(words) != len(("method", "target", "version")) or not is_counted:
        return refused(400, "realtime-inspector: this is not a request that can be read")
    if "chunked" in headers.get("transfer-encoding", ""):
        if not body.endswith(b"0\r\n\r\n"):
            return None
    elif len(body) < int(length):
        return None
    pairs = tuple((name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return Asked(words[0], words[1], pairs, body)


def _serialized(answer: Answer) -> bytes:
    headers = [*answer.headers, ("Content-Length", str(len(answer.body))), ("Connection", "close")]
    lines = [f"HTTP/1.1 {answer.status} {_phrase(answer)}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + answer.body


def response(answer: Answer) -> Response:
    """Return an answer as the WebSocket library sends it."""
    headers = [*answer.headers, ("Content-Length", str(len(answer.body))), ("Connection", "close")]
    return Response(answer.status, _phrase(answer), Headers(headers), answer.body)


def _phrase(answer: Answer) -> str:
    if answer.reason:
        return answer.reason
    known = {status.value: status.phrase for status in HTTPStatus}
    return known.get(answer.status, "")
