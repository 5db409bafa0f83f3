"""Faults before a real server: a gate that hands on what comes, with everything that goes wrong on the way.

with gate_in_thread("wss://api.openai.com", between) as gate:
    ...  # gate.url is ws://127.0.0.1:PORT

WebSocket connections are handed on message by message, with the faults; plain requests are handed on as they are.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from realtime_inspector.capture.looping import looping
from realtime_inspector.capture.quiet import quiet
from realtime_inspector.capture.upstream import Upstream, client_context
from realtime_inspector.replay.beyond import NOT_PASSED_ON, dial
from realtime_inspector.replay.faults.sockets import Between, FaultySocket, reset

_MAX_HEAD_BYTES = 64 << 10
_READ_BYTES = 64 << 10


class Gate:
    """Stands before one server."""

    def __init__(self, upstream: str, between: Between, *, upstream_ca: Path | None = None) -> None:
        """Prepare a gate; it listens on this machine alone, inside `async with`.

        Args:
            upstream: URL of the server.
            between: What goes wrong.
            upstream_ca: Certificates in PEM of the server's private CA.

        Raises:
            UsageError: If the upstream is no URL, or the CA no certificate.
        """
        self.upstream = Upstream.parse(upstream)
        self._between = between
        self._tls = client_context(upstream_ca) if self.upstream.tls else None
        self._dialled: dict[ServerConnection, ClientConnection] = {}
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where it listens, with the path of the server's URL."""
        if self._server is None:
            raise RuntimeError("the gate does not listen: enter it with `async with` first")
        port = next(iter(self._server.sockets)).getsockname()[1]
        return f"ws://127.0.0.1:{port}{self.upstream.prefix}"

    async def __aenter__(self) -> Gate:
        """Listen."""
        self._server = await serve(
            self._talk,
            "127.0.0.1",
            0,
            process_request=self._let_in,
            process_response=self._answer,
            select_subprotocol=self._select,
            create_connection=self._connection(),
            compression=None,
            max_size=None,
            ping_interval=None,
            open_timeout=None,
            close_timeout=2,
            server_header=None,
            logger=quiet(),
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening and close what is open."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _connection(self) -> type[ServerConnection]:
        upstream, context, gone = self.upstream, self._tls, self._gone

        class Connection(_Connection):
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.upstream, self.context, self.gone = upstream, context, gone

        return Connection

    async def _let_in(self, connection: ServerConnection, request: Request) -> Response | None:
        refused = await self._between.admit(connection, request)
        if refused is not None:
            return refused
        found = await dial(self.upstream.url, request, self._tls)
        if isinstance(found, Response):
            return found
        self._dialled[connection] = found
        return None

    def _answer(self, connection: ServerConnection, request: Request, response: Response) -> None:
        """Give the server's headers to the client."""
        server = self._dialled.get(connection)
        if server is None or server.response is None:
            return
        for name, value in server.response.headers.raw_items():
            if name.lower() not in NOT_PASSED_ON | {"date", "server"}:
                response.headers[name] = value

    def _select(self, connection: ServerConnection, offered: object) -> Subprotocol | None:
        server = self._dialled.get(connection)
        return server.subprotocol if server is not None else None

    async def _talk(self, connection: ServerConnection) -> None:
        server = self._dialled.pop(connection, None)
        if server is None:
            return
        with suppress(ConnectionClosed):
            async with self._between.socket(connection) as faulty:
                await _hand_on(connection, faulty, server)
        await server.close()

    def _gone(self, connection: ServerConnection) -> None:
        """A client is gone; if its handshake was never completed, the server is of no use any more."""
        server = self._dialled.pop(connection, None)
        if server is not None:
            server.transport.abort()


async def _hand_on(connection: ServerConnection, faulty: FaultySocket, server: ClientConnection) -> None:
    """Move messages both ways until one side closes, then close the other as it did."""
    up, down = asyncio.create_task(_up(faulty, server)), asyncio.create_task(_down(faulty, server))
    try:
        await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (up, down):
            task.cancel()
        await asyncio.gather(up, down, return_exceptions=True)
    if server.close_code is None:
        code = connection.close_code
        if code == CloseCode.ABNORMAL_CLOSURE:
            server.transport.abort()
        else:
            await server.close(_sendable(code), connection.close_reason or "")
        return
    await faulty.drained()
    if server.close_code == CloseCode.ABNORMAL_CLOSURE:
        reset(connection)
    else:
        await faulty.close(_sendable(server.close_code), server.close_reason or "")


async def _up(faulty: FaultySocket, server: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            await server.send(await faulty.recv())


async def _down(faulty: FaultySocket, server: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        async for message in server:
            is_text = isinstance(message, str)
            await faulty.send(message.encode() if isinstance(message, str) else message, text=is_text)


def _sendable(code: int | None) -> int:
    never = {None, CloseCode.NO_STATUS_RCVD, CloseCode.ABNORMAL_CLOSURE, CloseCode.TLS_HANDSHAKE}
    return CloseCode.NORMAL_CLOSURE if code in never else int(code or CloseCode.NORMAL_CLOSURE)


class _Connection(ServerConnection):
    """A connection that hands plain requests on, byte by byte."""

    upstream: Upstream
    context: ssl.SSLContext | None
    gone: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = bytearray()
        self._is_socket = False
        self._plain: asyncio.Queue[bytes] | None = None
        self._piping: asyncio.Task[None] | None = None

    def data_received(self, data: bytes) -> None:
        """Hand bytes on once it is clear whose they are."""
        if self._is_socket:
            super().data_received(data)
        elif self._plain is not None:
            self._plain.put_nowait(data)
        else:
            self._head += data
            self._decide()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of the end."""
        super().connection_lost(exc)
        if self._piping is not None:
            self._piping.cancel()
        self.gone(self)

    def _decide(self) -> None:
        head, gap, _ = bytes(self._head).partition(b"\r\n\r\n")
        if not gap and len(head) < _MAX_HEAD_BYTES:
            return
        lines = [line.replace(b" ", b"").lower() for line in head.split(b"\r\n")]
        if not gap or b"upgrade:websocket" in lines:
            self._is_socket = True
            super().data_received(bytes(self._head))
            return
        self._plain = asyncio.Queue()
        self._plain.put_nowait(_for_upstream(bytes(self._head), self.upstream))
        self._piping = asyncio.get_running_loop().create_task(self._pipe(self._plain))

    async def _pipe(self, said: asyncio.Queue[bytes]) -> None:
        try:
            reader, writer = await asyncio.open_connection(self.upstream.host, self.upstream.port, ssl=self.context)
        except OSError as error:
            why = f"realtime-inspector: {error.strerror or error}".encode()
            head = f"HTTP/1.1 502 Bad Gateway\r\nContent-Length: {len(why)}\r\nConnection: close\r\n\r\n"
            self.transport.write(head.encode() + why)
            self.transport.close()
            return
        up = asyncio.create_task(_write(said, writer))
        try:
            while data := await reader.read(_READ_BYTES):
                self.transport.write(data)
        except OSError:
            self.transport.abort()
        finally:
            up.cancel()
            writer.close()
        self.transport.close()


async def _write(said: asyncio.Queue[bytes], writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(await said.get())
        await writer.drain()


def _for_upstream(request: bytes, upstream: Upstream) -> bytes:
    """Return a request for the server: its name in it, and no further one on the same connection."""
    head, gap, body = request.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    kept = [line for line in lines if line.partition(b":")[0].strip().lower() not in {b"host", b"connection"}]
    own = [b"Host: " + upstream.authority.encode(), b"Connection: close"]
    return b"\r\n".join([first, *own, *kept]) + gap + body


@contextmanager
def gate_in_thread(upstream: str, between: Between, *, upstream_ca: Path | None = None) -> Iterator[Gate]:
    """Run a gate in a thread of its own while the block runs; the arguments are those of `Gate`.

    Raises:
        UsageError: If the upstream is no URL, or the CA no certificate.
    """
    gate = Gate(upstream, between, upstream_ca=upstream_ca)
    with looping("faults") as run:
        run(gate.__aenter__())
        try:
            yield gate
        finally:
            run(gate.__aexit__())
