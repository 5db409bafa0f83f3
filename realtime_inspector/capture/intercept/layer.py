"""The layer that takes a connection over from mitmproxy: bytes go through as they are, a copy goes to the track.

What mitmproxy's own layers would change stays as it is: masks, fragments, pings, odd frames, frames behind a close,
header names, resets. What its connection handler cannot keep is a half-close in a CONNECT tunnel or in TLS: there the
end of one direction ends both.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import CommandGenerator, Layer
from mitmproxy.proxy.server import ConnectionIO

from realtime_inspector.capture.recorder import Track
from realtime_inspector.capture.rewrite import Refusal, Rewriter
from realtime_inspector.capture.tee import Tee
from realtime_inspector.recording.entry import Side

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class CatchUp:
    """What holds a flood back where a socket cannot be paused: the loop does the waiting work before it reads on."""

    def __init__(self, tee: Tee) -> None:
        self._tee = tee

    def shut(self, reason: str) -> None:
        """Do everything that waits."""
        self._tee.drain()

    def open(self, reason: str) -> None:
        """Need nothing: reading went on."""


@dataclass(frozen=True, slots=True)
class Tapped:
    """Where the copy of a connection goes, and how its sockets are reached."""

    tee: Tee
    track: Track
    sockets: Callable[[Connection], ConnectionIO | None]
    """Gives the sockets of a connection, while mitmproxy has them."""
    refuse: Callable[[str], Refusal]
    """Turns the reason why the server cannot be reached into the answer for the client."""


class TapLayer(Layer):
    """One connection, from the first byte of its first request."""

    def __init__(self, context: Context, tapped: Tapped, rewriter: Rewriter | None = None) -> None:
        """Take a connection over.

        Args:
            context: Its client and server.
            tapped: Where the copy goes.
            rewriter: Changes requests until the upgrade, where they go to another server than they were made for.
        """
        super().__init__(context)
        self.track = tapped.track
        self._tapped = tapped
        self._rewriter = rewriter
        self._catch_up = CatchUp(tapped.tee)
        self._unreachable = ""
        self._refused = False
        self._how = ""
        self._by = ""

    def ended(self, how: str, by: Side) -> None:
        """Note what ended the connection; the first word counts."""
        if not self._how:
            self._how, self._by = how, str(by)

    def finish(self) -> None:
        """Complete the recording: no more bytes will come."""
        at = time.monotonic()
        self._put(0, self.track.end, at, self._how or "closed", "", self._by)

    def _handle_event(self, event: events.Event) -> CommandGenerator[None]:
        if isinstance(event, events.DataReceived):
            if event.connection == self.context.client:
                yield from self._from_client(event.data)
            else:
                yield from self._from_server(event.data)
        elif isinstance(event, events.ConnectionClosed):
            yield from self._closed(event.connection)
        elif isinstance(event, events.Start):
            yield from self._start()

    def _start(self) -> CommandGenerator[None]:
        server = self.context.server
        if server.error:
            self._unreachable = server.error
        elif server.timestamp_start is None:
            error = yield commands.OpenConnection(server)
            self._unreachable = error or ""

    def _from_client(self, data: bytes) -> CommandGenerator[None]:
        at = time.monotonic()
        if self._refused:
            return
        refusal = self._tapped.refuse(self._unreachable) if self._unreachable else None
        if refusal is None:
            for piece in self._rewritten(data):
                if isinstance(piece, Refusal):
                    refusal = piece
                    break
                yield commands.SendData(self.context.server, piece)
        self._put(len(data), self.track.feed, Side.CLIENT, data, at)
        if refusal is not None:
            yield from self._refuse(refusal)

    def _rewritten(self, data: bytes) -> Iterator[bytes | Refusal]:
        if self._rewriter is None or self._rewriter.upgraded:
            return iter((data,))
        return self._rewriter.client(data)

    def _from_server(self, data: bytes) -> CommandGenerator[None]:
        at = time.monotonic()
        yield commands.SendData(self.context.client, data)
        self._put(len(data), self.track.feed, Side.SERVER, data, at)
        if self._rewriter is not None and not self._rewriter.upgraded:
            for piece in self._rewriter.server(data):
                if isinstance(piece, bytes):
                    yield commands.SendData(self.context.server, piece)

    def _refuse(self, refusal: Refusal) -> CommandGenerator[None]:
        self._refused = True
        self.ended("closed", Side.PROXY)
        at = time.monotonic()
        self._put(0, self.track.cut, at)
        self._put(0, self.track.answer, refusal.status, refusal.reason, refusal.headers, refusal.body, at)
        yield commands.SendData(self.context.client, refusal.answer())
        yield from self._close(self.context.server)
        yield from self._close(self.context.client)

    def _closed(self, connection: Connection) -> CommandGenerator[None]:
        """Do to the other side what happened to one."""
        client, server = self.context.client, self.context.server
        side, peer = (Side.CLIENT, server) if connection == client else (Side.SERVER, client)
        reset = _was_reset(self._tapped.sockets(connection))
        self.ended("reset" if reset else "closed", side)
        self._put(0, self.track.eof, side, time.monotonic())
        if reset:
            _reset_on_close(self._tapped.sockets(peer))
        both_ended = not (client.state | server.state) & ConnectionState.CAN_READ
        if reset or both_ended or client.tls or server.tls:
            yield from self._close(server)
            yield from self._close(client)
        else:
            yield commands.CloseTcpConnection(peer, half_close=True)

    def _close(self, connection: Connection) -> CommandGenerator[None]:
        if connection.state is not ConnectionState.CLOSED:
            yield commands.CloseConnection(connection)

    def _put(self, weight: int, call: Callable[..., object], *args: object) -> None:
        self._tapped.tee.put(self._catch_up, weight, call, *args)


def _was_reset(sockets: ConnectionIO | None) -> bool:
    reader = sockets.reader if sockets is not None else None
    error = reader.exception() if isinstance(reader, asyncio.StreamReader) else None
    return isinstance(error, ConnectionError)


def _reset_on_close(sockets: ConnectionIO | None) -> None:
    """See to it that a socket ends with a reset; where there is none of ours (`local`, `wireguard`) it just ends."""
    writer: Any = sockets.writer if sockets is not None else None
    if isinstance(writer, asyncio.StreamWriter):
        sock = writer.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
