"""Faults on real sockets: what stands between the clients and a server that is made with `websockets`.

    between = Between(plan(["stall 4s nth 3 on type:response.output_audio.delta"]))
    if (refused := await between.admit(connection, request)) is not None: ...
    async with between.socket(connection) as faulty:
        await faulty.send(…); await faulty.recv()

The server talks to the faulty socket as it would to the connection.
"""

from __future__ import annotations

import asyncio
import socket as sockets
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from weakref import WeakKeyDictionary

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.faults import changes
from realtime_inspector.replay.faults.changes import Message
from realtime_inspector.replay.faults.link import (
    Close,
    Counts,
    Done,
    Link,
    ReadNothing,
    Reset,
    Step,
    ToClient,
    ToServer,
)
from realtime_inspector.replay.faults.profiles import Plan

_LINGER = struct.pack("ii", 1, 0)
_LOOK_S = 0.1
_RETRY_AFTER = {429: "1", 503: "1"}

Told = Callable[[Done], object]


class Between:
    """The faults of a server: every connection has a link of its own."""

    def __init__(self, plan: Plan, told: Told | None = None) -> None:
        """Prepare the faults.

        Args:
            plan: What may happen.
            told: Is told of each fault that happens.
        """
        self.plan = plan
        self.connections = 0
        """How many upgrades were asked for."""
        self._told = told
        self._refusals: Counts = {}
        self._links: WeakKeyDictionary[ServerConnection, tuple[Link, list[Told]]] = WeakKeyDictionary()

    async def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Return the refusal of an upgrade, or None; may take its time, or break the connection."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return None
        link = self._link(connection)
        headers = [[name, value] for name, value in request.headers.raw_items()]
        members = {"method": "GET", "target": request.path, "headers": headers}
        admission = link.request(Entry(0, 0.0, Side.CLIENT, Kind.REQUEST, members=members))
        if admission.delay_s:
            await asyncio.sleep(admission.delay_s)
        if admission.reset:
            reset(connection)
        return None if admission.status is None else _refusal(admission.status)

    @asynccontextmanager
    async def socket(self, connection: ServerConnection, told: Told | None = None) -> AsyncIterator[FaultySocket]:
        """Give the server's end of a connection; when the block is left, all that was said has gone out."""
        link = self._link(connection)
        if told is not None:
            self._links[connection][1].append(told)
        faulty = FaultySocket(connection, link)
        faulty.start()
        try:
            yield faulty
            await faulty.drained()
        finally:
            await faulty.stop()

    def has_ended(self, connection: ServerConnection) -> bool:
        """Tell whether a fault has closed or broken a connection."""
        return connection in self._links and self._links[connection][0].over

    def _link(self, connection: ServerConnection) -> Link:
        if connection not in self._links:
            self.connections += 1
            listeners: list[Told] = [] if self._told is None else [self._told]
            link = Link(self.plan, self.connections, told=_telling(listeners), refusals=self._refusals)
            self._links[connection] = link, listeners
        return self._links[connection][0]


class FaultySocket:
    """A connection with its faults, for the server to send to and to receive from."""

    def __init__(self, connection: ServerConnection, link: Link) -> None:
        self._connection = connection
        self._link = link
        self._clock = asyncio.get_running_loop().time
        self._inbox: asyncio.Queue[str | bytes | ConnectionClosed] = asyncio.Queue()
        self._woken = asyncio.Event()
        self._still = asyncio.Event()
        """Nothing is on its way to the client, or nothing can be any more."""
        self._still.set()
        self._tasks: list[asyncio.Task[None]] = []
        self._reads_after = 0.0
        self._looking: asyncio.TimerHandle | None = None

    @property
    def broken(self) -> bool:
        """Whether a fault has ended it."""
        return self._link.over

    def start(self) -> None:
        """Begin to move messages."""
        self._link.open(self._clock())
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._move())]

    async def stop(self) -> None:
        """End it; the connection stays as it is."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._looking is not None:
            self._looking.cancel()
            self._resume()

    async def send(self, message: bytes, text: bool | None = None) -> None:
        """Say something to the client; when, and whether, it arrives is the faults' affair.

        Raises:
            ConnectionClosed: If the connection is closed.
        """
        if self._connection.close_code is not None:
            await self._connection.send(message, text)  # raises what it always raises
        if not self._tasks[-1].done():
            self._still.clear()
        self._link.server_says(message, self._clock(), binary=not text)
        self._woken.set()

    async def recv(self) -> str | bytes:
        """Return the next message of the client.

        Raises:
            ConnectionClosed: If there is none any more.
        """
        found = await self._inbox.get()
        if isinstance(found, ConnectionClosed):
            self._inbox.put_nowait(found)
            raise found
        return found

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection, behind all that was said."""
        await self.drained()
        await self._connection.close(code, reason)

    async def drained(self) -> None:
        """Wait until all that was said has gone out, or cannot any more."""
        await self._still.wait()

    async def _read(self) -> None:
        try:
            while True:
                message = await self._connection.recv()
                payload = message if isinstance(message, bytes) else message.encode()
                self._link.client_says(payload, self._clock(), binary=isinstance(message, bytes))
                self._woken.set()
        except ConnectionClosed as closed:
            for rest in self._link.rest_for_server():
                self._inbox.put_nowait(_received(rest))
            self._inbox.put_nowait(closed)
            self._still.set()

    async def _move(self) -> None:
        try:
            with suppress(ConnectionClosed):  # the client may leave at any moment
                while not self._link.over:
                    self._woken.clear()
                    for step in self._link.advance(self._clock()):
                        await self._do(step)
                    if not self._link.has_for_client:
                        self._still.set()
                    await self._wait(self._link.next_due)
        finally:
            self._still.set()

    async def _wait(self, until: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._woken.wait()

    async def _do(self, step: Step) -> None:
        match step:
            case ToClient(message):
                await self._send(message)
            case ToServer(message):
                self._inbox.put_nowait(_received(message))
            case Close(code, reason):
                await self._connection.close(code, reason)
            case Reset():
                reset(self._connection)
            case ReadNothing(until):
                self._pause(until)

    async def _send(self, message: Message) -> None:
        if message.fragments == 1:
            await self._connection.send(message.payload, text=not message.binary)
        else:
            await self._connection.send(_pieces(message), text=not message.binary)

    def _pause(self, until: float) -> None:
        self._reads_after = max(self._reads_after, until)
        if self._looking is None:
            self._connection.transport.pause_reading()
            self._look()

    def _look(self) -> None:
        """Read on when it is time, or when the connection is being closed: that takes an answer."""
        now = self._clock()
        if now >= self._reads_after or self._connection.state is not State.OPEN:
            self._resume()
        else:
            loop = asyncio.get_running_loop()
            self._looking = loop.call_at(min(self._reads_after, now + _LOOK_S), self._look)

    def _resume(self) -> None:
        self._looking = None
        if not self._connection.transport.is_closing():
            self._connection.transport.resume_reading()


def reset(connection: ServerConnection) -> None:
    """End a TCP connection with a reset and without a close frame."""
    abort(connection.transport)


def abort(transport: asyncio.WriteTransport) -> None:
    """End a TCP connection with a reset."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, _LINGER)
    transport.abort()


def _received(message: Message) -> str | bytes:
    return message.payload if message.binary else message.payload.decode(errors="replace")


def _pieces(message: Message) -> list[bytes]:
    size = max(1, -(-len(message.payload) // message.fragments))
    return [message.payload[at : at + size] for at in range(0, len(message.payload), size)]


def _telling(listeners: list[Told]) -> Told:
    def tell(done: Done) -> None:
        for listener in listeners:
            listener(done)

    return tell


def _refusal(status: int) -> Response:
    body = changes.refusal_body(status)
    headers = Headers([("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    headers["Connection"] = "close"
    if status in _RETRY_AFTER:
        headers["Retry-After"] = _RETRY_AFTER[status]
    phrase = next((known.phrase for known in HTTPStatus if known == status), "")
    return Response(status, phrase, headers, body)
