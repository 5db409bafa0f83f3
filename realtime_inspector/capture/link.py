"""One connection through the relay: two sockets, and what goes from each to the other.

Bytes are forwarded first and looked at later. Until the connection is upgraded its requests are rewritten; then bytes
go through as they are. What happens to one socket happens to the other: an end, a half-close, a reset, a pause.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import cast

from realtime_inspector.capture.frames import close_frame
from realtime_inspector.capture.recorder import Track
from realtime_inspector.capture.rewrite import Refusal, Rewriter
from realtime_inspector.capture.tee import ITEM_BYTES, Tee
from realtime_inspector.recording.entry import Side

HIGH_WATER_BYTES = 1 << 20
"""When so much waits to be sent to a side, the other is not read."""
HELD_BYTES = 64 * 1024
"""So much of a client waits for the answer to its upgrade; then it is not read."""
HELD_REQUESTS = 1000
"""The same if so many of its requests have no answer."""
GOING_AWAY = 1001
GOING_AWAY_REASON = "the proxy ends"
LINGER_S = 2.0
"""How long the client has to read an answer of the relay's own before its socket is closed."""

_TLS_ALERT = b"\x15"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Connect = Callable[["Link"], object]
"""Begins to connect a link's server leg to the upstream; ends in `Link.connected` or `Link.unreachable`."""


class _Nobody:
    """The peer of a leg whose connection is over."""

    transport: asyncio.Transport | None = None

    def shut(self, reason: str) -> None:
        """Have nothing to stop."""

    def open(self, reason: str) -> None:
        """Have nothing to go on with."""


class Leg(asyncio.Protocol):
    """One of the two sockets."""

    def __init__(self, link: Link, side: Side) -> None:
        self.side = side
        self.transport: asyncio.Transport | None = None
        self.ended = False
        """It sends no more."""
        self.lost = False
        """It is closed."""
        self._link = link
        self._put = link.tee.put
        self._feed = link.track.steps
        self._peer: Leg | _Nobody = _NOBODY
        self._shut: set[str] = set()
        self._finished = False
        """It was told that nothing more will come."""
        self._reset_when_flushed = False

    def join(self, peer: Leg) -> None:
        """Make two legs each other's peer."""
        self._peer, peer._peer = peer, self

    def let_go(self) -> None:
        """Know nobody any more: so what is over is freed at once, and not when the collector comes."""
        self._peer, self.transport = _NOBODY, None
        del self._link

    @property
    def tls(self) -> bool:
        """Whether the socket speaks TLS, which has no half-close here."""
        return self.transport is not None and self.transport.get_extra_info("sslcontext") is not None

    @property
    def usable(self) -> bool:
        """Whether it can be written to."""
        return self.transport is not None and not self.lost and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._shut:
            self.transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Forward, and put the copy aside for the recorder."""
        at = time.monotonic()
        link = self._link
        if link.raw:
            peer = self._peer.transport
            if peer is not None and not peer.is_closing():
                peer.write(data)
            self._put(self, len(data) + ITEM_BYTES, self._feed, self.side, data, at)
        else:
            self._put(self, len(data) + ITEM_BYTES, self._feed, self.side, data, at)
            link.http(self, data)

    def eof_received(self) -> bool:
        """Pass the end on; keep a plain socket open for the other direction."""
        self.ended = True
        self._link.eof(self)
        return not self.tls and not self.lost

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass the end of the socket on."""
        self.lost = self.ended = True
        self._link.leg_lost(self, exc)

    def pause_writing(self) -> None:
        """Stop reading the peer: too much is waiting to be sent here."""
        self._peer.shut("peer")

    def resume_writing(self) -> None:
        """Go on reading the peer."""
        self._peer.open("peer")
        if self._reset_when_flushed:
            self.reset()

    def shut(self, reason: str) -> None:
        """Stop reading, for a reason."""
        if not self._shut and self.usable and not self.ended:
            self._transport.pause_reading()
        self._shut.add(reason)

    def open(self, reason: str) -> None:
        """Take a reason back; go on reading when none is left."""
        if reason not in self._shut:
            return
        self._shut.discard(reason)
        if not self._shut and self.usable and not self.ended:
            self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Send, if there is anybody to send to."""
        if self.usable and not self._finished:
            self._transport.write(data)

    def write_eof(self) -> None:
        """Say that nothing more will come, and keep reading; only without TLS."""
        if self.usable and self._transport.can_write_eof():
            self._finished = True
            with contextlib.suppress(OSError):  # it was reset, which the loop has yet to notice
                self._transport.write_eof()

    def close(self) -> None:
        """Send what is waiting, then close."""
        if self.usable:
            self._transport.close()

    def reset(self) -> None:
        """Send what is waiting, then end with a TCP reset."""
        if self.transport is None or self.lost:
            return
        if self.transport.get_write_buffer_size() and not self.transport.is_closing():
            self._reset_when_flushed = True
            self.transport.set_write_buffer_limits(high=0)
            return
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None and not self.lost:
            self.transport.abort()

    @property
    def _transport(self) -> asyncio.Transport:
        assert self.transport is not None  # noqa: S101 - `usable` was asked
        return self.transport


_NOBODY = _Nobody()


class Link:
    """The two legs of a connection. `connect` begins to reach the upstream, `closed` is told when all is over."""

    def __init__(
        self, tee: Tee, track: Track, rewriter: Rewriter, connect: Connect, closed: Callable[[Link], None]
    ) -> None:
        self.tee = tee
        self.track = track
        self.raw = False
        """Bytes go through as they are: the connection was upgraded."""
        self.client = Leg(self, Side.CLIENT)
        self.server = Leg(self, Side.SERVER)
        self.client.join(self.server)
        self._rewriter = rewriter
        self._connect = connect
        self._closed = closed
        self._early: list[bytes] = []
        self._answer = b""
        """The first byte of the server, as long as it was looked for."""
        self._connecting = False
        self._refused = False
        self._how = ""
        self._by = ""
        self._error = ""
        self._over = False
        self._told = False
        """Whether `closed` was told."""
        self._parted = False

    def http(self, leg: Leg, data: bytes) -> None:
        """Forward bytes of a connection that is not upgraded."""
        if self._refused:
            return
        if leg is self.server:
            self.client.write(data)
            self._answer = self._answer or data[:1]
            rest = self._rewriter.server(data)
        else:
            rest = self._rewriter.client(data)
        for piece in rest:
            if isinstance(piece, Refusal):
                self.refuse(piece)
                return
            self._to_server(piece)
        self.raw = self._rewriter.upgraded
        self._hold()
        if self.client.ended:
            self._client_ended()

    def connected(self) -> None:
        """Go on: the upstream is there."""
        if self._refused:
            self.server.close()
            return
        early, self._early = self._early, []
        for piece in early:
            self.server.write(piece)
        if self.client.lost:
            self._client_gone()
        elif self.client.ended:
            self._client_ended()
        self.client.open("connecting")

    def unreachable(self, refusal: Refusal) -> None:
        """Answer in place of an upstream that is not there, if there still is somebody to answer."""
        self._connecting = False
        if self._refused or self._over:
            self._let_go()
        else:
            self.refuse(refusal)

    def refuse(self, refusal: Refusal) -> None:
        """Answer the client ourselves, say so in the recording, and end the connection."""
        self._refused = True
        self._ended("closed", Side.PROXY)
        at = time.monotonic()
        self.tee.put(None, 0, self.track.cut, at)
        answer = refusal.status, refusal.reason, refusal.headers, refusal.body
        self.tee.put(None, 0, self.track.answer, *answer, at)
        self.client.write(refusal.answer())
        self.client.open("connecting")
        self.server.close()
        if self.client.tls or self.client.ended:
            self.client.close()
            return
        self.client.write_eof()
        asyncio.get_running_loop().call_later(LINGER_S, self.client.close)

    def eof(self, leg: Leg) -> None:
        """Pass on that a side sends no more."""
        self._ended("closed", leg.side)
        self.tee.put(None, 0, self.track.eof, leg.side, time.monotonic())
        peer = self.server if leg is self.client else self.client
        if self._refused or peer.ended:
            self.client.close()
            self.server.close()
        elif leg is self.server:
            self._finish(self.client)
        elif not self._connecting:
            self.client.close()
        elif self.server.transport is not None:
            self._client_ended()

    def leg_lost(self, leg: Leg, error: Exception | None) -> None:
        """Do to the other leg what happened to one."""
        self._ended(_kind(error), leg.side, str(error) if error is not None else "")
        peer = self.server if leg is self.client else self.client
        if peer.transport is not None and not peer.lost:
            if error is None:
                peer.close()
            else:
                peer.reset()
        if (self.client.lost or self.client.transport is None) and (self.server.lost or self.server.transport is None):
            self._finished()
        self._let_go()

    def end(self) -> None:
        """Close both sides, because the relay ends."""
        self._ended("closed", Side.PROXY)
        self.client.close()
        self.server.close()

    @property
    def unheard(self) -> bool:
        """Whether the server was asked, and ended the connection without an answer, or with an alert of TLS."""
        return self._by == Side.SERVER and self._answer in {b"", _TLS_ALERT} and self._rewriter.unanswered > 0

    @property
    def busy(self) -> bool:
        """Whether a call or a request is under way."""
        return self.raw or (self._connecting and self._rewriter.unanswered > 0)

    def go_away(self) -> None:
        """Close a WebSocket on both sides with 1001, and forward no more; its copy has been looked at before."""
        if not self.raw:
            return
        self.raw = False
        self._refused = True
        self._ended("closed", Side.PROXY)
        for leg, sender in ((self.client, Side.SERVER), (self.server, Side.CLIENT)):
            if self.track.between_frames(sender):  # inside one, the close would be taken for its contents
                leg.write(close_frame(GOING_AWAY, GOING_AWAY_REASON, masked=leg is self.server))
        self.tee.put(None, 0, self.track.closing, GOING_AWAY, GOING_AWAY_REASON, time.monotonic())

    def abort(self) -> None:
        """Close both sides at once."""
        self.client.abort()
        self.server.abort()

    def _to_server(self, data: bytes) -> None:
        if self.server.transport is not None:
            self.server.write(data)
            return
        self._early.append(data)
        if not self._connecting:
            self._connecting = True
            self.client.shut("connecting")
            self._connect(self)

    def _hold(self) -> None:
        if self._rewriter.held > HELD_BYTES or self._rewriter.unanswered > HELD_REQUESTS:
            self.client.shut("held")
        else:
            self.client.open("held")

    def _client_ended(self) -> None:
        """Tell the server that the client sends no more; with TLS that closes, so an answer under way is awaited."""
        if self.raw or not self.server.tls or not self._rewriter.unanswered:
            self._finish(self.server)

    def _finish(self, leg: Leg) -> None:
        """Tell a leg that its peer sends no more."""
        if leg.tls:
            leg.close()
        else:
            leg.write_eof()

    def _client_gone(self) -> None:
        if self._how == "reset":
            self.server.reset()
        else:
            self.server.close()

    def _ended(self, how: str, side: Side, error: str = "") -> None:
        """Remember the first thing that ended the connection."""
        if not self._how:
            self._how, self._by, self._error = how, str(side), error

    def _finished(self) -> None:
        if not self._over:
            self._over = True
            self.tee.put(None, 0, self.track.end, time.monotonic(), self._how, self._error, self._by)
            self.tee.put(None, 0, self._tell_closed)

    def _tell_closed(self) -> None:
        self._told = True
        self._closed(self)
        self._let_go()

    def _let_go(self) -> None:
        """Part the legs once nothing can happen to them any more; one that is still being connected may come yet."""
        if self._told and not self._parted and self.client.lost and (self.server.lost or not self._connecting):
            self._parted = True
            self.client.let_go()
            self.server.let_go()


def _kind(error: Exception | None) -> str:
    if error is None:
        return "closed"
    return "timeout" if isinstance(error, TimeoutError) else "reset"
