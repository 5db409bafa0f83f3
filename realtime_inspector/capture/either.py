"""TLS on a transport that is open already: how one port takes plain clients and those that insist on `https`.

The first byte of a connection says which it is. From then on this stands between the socket and the WebSocket library,
which notices nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from realtime_inspector.errors import InspectorError

_HANDSHAKE = 0x16
"""The first byte of a client that speaks TLS."""
_READ_BYTES = 1 << 16
_TRUST = "it has to trust the local CA; `realtime-inspector ca` prints its path"


class Either(asyncio.Protocol):
    """A protocol whose clients speak TLS or do not, as they like."""

    transport: asyncio.Transport
    _begun = False
    _tls: TlsTransport | None = None

    def tell(self, text: str) -> None:
        """Tell people something of this connection."""
        raise NotImplementedError

    def without_tls(self, data: bytes, context: Callable[[], ssl.SSLContext]) -> bytes:
        """Return what bytes from the client say, TLS taken off if there is any.

        Where that cannot be done nothing is returned, the connection is at its end, and it is told why.
        """
        try:
            if not self._begun:
                self._begun = True
                if data[0] == _HANDSHAKE:
                    self._tls = TlsTransport(self.transport, context())
                    self.transport = self._tls
            return data if self._tls is None else self._tls.decrypt(data)
        except ssl.SSLError as error:
            self._give_up(f"a client gave up TLS: {error.reason or error}; {_TRUST}")
        except InspectorError as error:
            self._give_up(f"no TLS for a client: {error}")
        return b""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell of a client that left before TLS was open: not all say why they do."""
        if self._tls is not None and not self._tls.ready:
            self._give_up(f"a client left before TLS was open; {_TRUST}")
        super().connection_lost(exc)

    def drop(self) -> None:
        """End the connection without a word of it: the server ends, and it never came to be of use."""
        self._tls = None
        self.transport.abort()

    def _give_up(self, why: str) -> None:
        self.tell(why)
        self.drop()


class TlsTransport(asyncio.Transport):
    """A server's end of TLS. What is written goes out encrypted; give what comes in to `decrypt`."""

    def __init__(self, inner: asyncio.Transport, context: ssl.SSLContext) -> None:
        super().__init__()
        self._inner = inner
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.ready = False
        """The handshake is done."""

    def decrypt(self, data: bytes) -> bytes:
        """Take in bytes from the socket and return what they say.

        Raises:
            ssl.SSLError: If they are no TLS, or the client refuses the certificate.
        """
        self._incoming.write(data)
        parts: list[bytes] = []
        with suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            if not self.ready:
                self._tls.do_handshake()
                self.ready = True
            while part := self._tls.read(_READ_BYTES):
                parts.append(part)
        self._flush()
        return b"".join(parts)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes."""
        if data and not self.is_closing():
            self._tls.write(data)
            self._flush()

    def get_write_buffer_size(self) -> int:
        """Return how much waits to go out."""
        return self._inner.get_write_buffer_size()

    def close(self) -> None:
        """Say goodbye in TLS and close the socket when everything is out."""
        if not self.is_closing():
            with suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()
            self._inner.close()

    def can_write_eof(self) -> bool:
        """TLS has no half-close here."""
        return False

    def is_closing(self) -> bool:
        """See `asyncio.BaseTransport`."""
        return self._inner.is_closing()

    def abort(self) -> None:
        """See `asyncio.WriteTransport`."""
        self._inner.abort()

    def pause_reading(self) -> None:
        """See `asyncio.ReadTransport`."""
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        """See `asyncio.ReadTransport`."""
        self._inner.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """See `asyncio.BaseTransport`."""
        return self._inner.get_extra_info(name, default)

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._inner.write(self._outgoing.read())
