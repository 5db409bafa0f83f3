"""The layer that takes a connection over from mitmproxy: bytes go through as they are, a copy goes to the track.

What mitmproxy's own layers would change stays as it is: masks, fragments, pings, odd frames, frames behind a close,
header names, resets, half-closes. With TLS the end of one direction ends both, as in the relay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import CommandGenerator, Layer

from realtime_inspector.capture.intercept.sockets import Sockets, Transports
from realtime_inspector.capture.recorder import Track
from realtime_inspector.capture.rewrite import Refusal, Rewriter
from realtime_inspector.capture.tee import ITEM_BYTES, Tee
from realtime_inspector.recording.entry import Side


class CatchUp:
    """What holds a flood back where a socket cannot be paused: the loop does the waiting work before it reads on."""

    def __init__(self, tee: Tee) -> None:
        self._tee = tee

    def shut(self, reason: str) -> None:
        """Do everything that waits, and let the disk keep up."""
        self._tee.catch_up()

    def open(self, reason: str) -> None:
        """Need nothing: reading went on."""


@dataclass(frozen=True, slots=True)
class Tapped:
    """Where the copy of a connection goes, and how its sockets are reached."""

    tee: Tee
    track: Track
    transports: Transports
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
        self._sockets = Sockets(context, tapped.transports)
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
            refusal = yield from self._to_server(self._rewritten(data))
        self._put(len(data) + ITEM_BYTES, self.track.feed, Side.CLIENT, data, at)
        if refusal is not None:
            yield from self._refuse(refusal)

    def _to_server(self, pieces: Iterator[bytes | Refusal]) -> CommandGenerator[Refusal | None]:
        """Forward up to a refusal; return it."""
        for piece in pieces:
            if isinstance(piece, Refusal):
                return piece
            yield from self._send(self.context.server, piece)
        return None

    def _rewritten(self, data: bytes) -> Iterator[bytes | Refusal]:
        if self._rewriter is None or self._rewriter.upgraded:
            return iter((data,))
        return self._rewriter.client(data)

    def _from_server(self, data: bytes) -> CommandGenerator[None]:
        at = time.monotonic()
        yield from self._send(self.context.client, data)
        self._put(len(data) + ITEM_BYTES, self.track.feed, Side.SERVER, data, at)
        if self._rewriter is not None and not self._rewriter.upgraded and not self._refused:
            refusal = yield from self._to_server(self._rewriter.server(data))
            if refusal is not None:
                yield from self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> CommandGenerator[None]:
        self._refused = True
        self.ended("closed", Side.PROXY)
        at = time.monotonic()
        self._put(0, self.track.cut, at)
        self._put(0, self.track.answer, refusal.status, refusal.reason, refusal.headers, refusal.body, at)
        yield from self._send(self.context.client, refusal.answer())
        yield from self._close(self.context.server)
        yield from self._close(self.context.client)

    def _closed(self, connection: Connection) -> CommandGenerator[None]:
        """Do to the other side what happened to one."""
        client, server = self.context.client, self.context.server
        side, peer = (Side.CLIENT, server) if connection == client else (Side.SERVER, client)
        reset = self._sockets.was_reset(connection)
        self.ended("reset" if reset else "closed", side)
        self._put(0, self.track.eof, side, time.monotonic())
        if reset:
            self._sockets.reset_on_close(peer)
        both_ended = not (client.state | server.state) & ConnectionState.CAN_READ
        if reset or both_ended or client.tls or server.tls:
            yield from self._close(server, reset=reset)
            yield from self._close(client, reset=reset)
        elif not self._sockets.half_close(peer):
            yield commands.CloseTcpConnection(peer, half_close=True)

    def _close(self, connection: Connection, *, reset: bool = False) -> CommandGenerator[None]:
        if connection.state is ConnectionState.CLOSED:
            return
        if connection.tls and not reset:
            self._sockets.end_tls(connection)
        yield commands.CloseConnection(connection)

    def _send(self, connection: Connection, data: bytes) -> CommandGenerator[None]:
        if connection.state & ConnectionState.CAN_WRITE:
            yield commands.SendData(connection, data)

    def _put(self, weight: int, call: Callable[..., object], *args: object) -> None:
        self._tapped.tee.put(self._catch_up, weight, call, *args)
