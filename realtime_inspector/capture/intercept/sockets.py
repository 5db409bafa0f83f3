"""How a connection ends, done on its socket: what mitmproxy's commands do not say, or not everywhere.

A reset is an end like any other to it; a half-close becomes a whole one in a CONNECT tunnel; and TLS ends without the
notice that there is no more to come, which careful clients take for a cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers import tls
from mitmproxy.proxy.server import ConnectionIO
from mitmproxy.proxy.tunnel import TunnelLayer, TunnelState

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_TLS_RECORD_BYTES = 65536

Transports = Callable[[Connection], ConnectionIO | None]
"""Gives what mitmproxy reads and writes a connection by, while it has it."""


class Sockets:
    """The sockets of an intercepted connection; where there is none of ours (`local`, `wireguard`), nothing is done."""

    def __init__(self, context: Context, transports: Transports) -> None:
        self._context = context
        self._transports = transports

    def was_reset(self, connection: Connection) -> bool:
        """Tell whether a connection that has ended was reset."""
        io = self._transports(self._carrier(connection))
        reader = io.reader if io is not None else None
        error = reader.exception() if isinstance(reader, asyncio.StreamReader) else None
        return isinstance(error, ConnectionError)

    def reset_on_close(self, connection: Connection) -> None:
        """See to it that a connection ends with a reset."""
        writer = self._writer(connection)
        sock = writer.get_extra_info("socket") if writer is not None else None
        if sock is not None and sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def half_close(self, connection: Connection) -> bool:
        """Say on a plain connection that nothing more will come, and keep reading; tell whether that was possible."""
        writer = self._writer(connection)
        if writer is None or not writer.can_write_eof():
            return False
        with contextlib.suppress(OSError):
            writer.write_eof()
        for each in (connection, self._carrier(connection)):
            each.state &= ~ConnectionState.CAN_WRITE
        return True

    def end_tls(self, connection: Connection) -> None:
        """Send TLS's notice of the end."""
        writer = self._writer(connection)
        ends = {connection, self._carrier(connection)}
        layers = [layer for layer in self._context.layers if isinstance(layer, tls.TLSLayer) and layer.conn in ends]
        if writer is None or len(layers) != 1 or layers[0].tunnel_state is not TunnelState.OPEN:
            return  # TLS inside TLS: the notice would have to go through the outer one
        with contextlib.suppress(Exception):  # what pyOpenSSL raises has no name but in pyOpenSSL; the end comes anyway
            layers[0].tls.shutdown()
            writer.write(layers[0].tls.bio_read(_TLS_RECORD_BYTES))

    def _writer(self, connection: Connection) -> asyncio.StreamWriter | None:
        io = self._transports(self._carrier(connection))
        writer = io.writer if io is not None else None
        return writer if isinstance(writer, asyncio.StreamWriter) and not writer.is_closing() else None

    def _carrier(self, connection: Connection) -> Connection:
        """Return the connection that has the socket: that to the proxy, if the server is behind one."""
        for layer in self._context.layers:
            if isinstance(layer, TunnelLayer) and layer.conn is connection:
                return layer.tunnel_connection
        return connection
