"""The machine on a socket: a Realtime server for any client, on WebSocket and HTTP, plain and TLS on one port.

    async with Simulator("weather") as server:
        ...  # server.url is ws://127.0.0.1:PORT/v1/realtime

Nothing a client does ends the server; a client that leaves ends its own connection alone.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from realtime_inspector.capture.door import cannot_listen
from realtime_inspector.capture.either import Either
from realtime_inspector.capture.quiet import quiet
from realtime_inspector.capture.telling import safely
from realtime_inspector.capture.tls import server_context
from realtime_inspector.errors import UsageError
from realtime_inspector.simulator import door
from realtime_inspector.simulator.beta import BetaMachine
from realtime_inspector.simulator.exchange import Exchange
from realtime_inspector.simulator.ids import Ids
from realtime_inspector.simulator.live import LiveMachine
from realtime_inspector.simulator.machine import LIVE, TRANSLATIONS, Machine, Opening
from realtime_inspector.simulator.scenario import DEFAULT, Scenario, load
from realtime_inspector.simulator.schedule import Close
from realtime_inspector.simulator.translation import TranslationMachine

MAX_MESSAGE_BYTES = 32 << 20
"""Room for an append of 15 MiB in base64."""
CLOSE_S = 2.0
"""How long clients have to close when the server ends."""
_MAX_HTTP_BYTES = 1 << 20
_LENGTH_DIGITS = 12
_PHRASES = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}


AnyMachine = Exchange | BetaMachine


class Talk(Protocol):
    """One client, as the server talks to it."""

    async def send(self, message: bytes, text: bool | None = None) -> None:
        """Send a message."""

    async def recv(self) -> str | bytes:
        """Return the next message."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection."""


class Between(Protocol):
    """What stands between the clients and the server: see `realtime_inspector.replay.faults`."""

    async def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Return the refusal of an upgrade, or None."""

    def socket(self, connection: ServerConnection) -> AbstractAsyncContextManager[Talk]:
        """Give what the server talks to in the connection's place."""


class Simulator:
    """A Realtime server without a model; translations and the Live API are on paths of their own."""

    def __init__(
        self,
        scenario: Scenario | str = DEFAULT,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: str = "0",
        rejected_keys: Collection[str] = (),
        tls: ssl.SSLContext | None = None,
        between: Between | None = None,
        dialect: str = "ga",
        unix: Callable[[], float] = time.time,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Prepare a server; it listens inside `async with`.

        Args:
            scenario: What the assistant answers, or the name or file of it.
            host: Where to listen.
            port: Where to listen; 0 takes a free one.
            seed: What the ids are made from.
            rejected_keys: API keys that are answered with 401.
            tls: A server's context, for `wss` alone; without it clients may speak TLS, with the local CA, or not.
            between: What goes wrong between the clients and this server.
            dialect: `beta` for the one that OpenAI has shut off and others still speak.
            unix: The wall clock, for `expires_at`.
            say: Told what people should know, a line at a time.

        Raises:
            UsageError: If the scenario is wrong.
        """
        self.scenario = load(scenario) if isinstance(scenario, str) else scenario
        self.host = host
        """Where it listens."""
        self.connections = 0
        """How many sockets were opened so far."""
        self._port, self._seed, self._tls, self._say = port, seed, tls, safely(say)
        self._rejected = frozenset(rejected_keys)
        self._unix = unix
        self._between = between
        self._is_beta = dialect == "beta"
        self._http_ids = Ids(f"{seed}/http")
        self._secrets = door.Secrets()
        self._server: Server | None = None
        self._open: set[_Connection] = set()

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            raise RuntimeError("the simulator does not listen: enter it with `async with` first")
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def url(self) -> str:
        """Where a client connects to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'wss' if self._tls else 'ws'}://{host}:{self.port}/v1/realtime"

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL should be."""
        return self.url.replace("ws", "http", 1).removesuffix("/realtime")

    async def __aenter__(self) -> Simulator:
        """Listen.

        Raises:
            UsageError: If the address cannot be listened on.
        """
        try:
            self._server = await serve(
                self._talk,
                self.host,
                self._port,
                ssl=self._tls,
                process_request=self._admit,
                select_subprotocol=_select,
                create_connection=self._connection(),
                compression=None,
                max_size=MAX_MESSAGE_BYTES,
                open_timeout=10 if self._between is None else None,  # what is between may hold an upgrade up longer
                server_header=None,
                logger=quiet(),
            )
        except (OSError, UnicodeError) as error:
            raise UsageError(cannot_listen(self.host, self._port, error)) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and close what is open."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._open):
            if connection.state is State.CONNECTING:  # the library waits for what is no upgrade yet
                connection.drop()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), CLOSE_S)
        for connection in list(self._open):
            connection.transport.abort()
        await self._server.wait_closed()

    def _connection(self) -> type[ServerConnection]:
        """Return the class of this server's connections: they answer plain requests with its keys and ids."""
        answer, say, now_open = self._plain, self._say, self._open

        class Connection(_Connection):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                now_open.add(self)

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                now_open.discard(self)

            def tell(self, text: str) -> None:
                say(text)

            def plain(self, method: str, target: str, headers: dict[str, str], body: bytes) -> door.Answer:
                return answer(method, target, headers, body)

        return Connection

    def _plain(self, method: str, target: str, headers: dict[str, str], body: bytes) -> door.Answer:
        """Answer a plain HTTP request."""
        refused = door.check_key(headers, self._rejected)
        return refused or door.answer(method, target, body, self._http_ids, int(self._unix()), self._secrets)

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse an upgrade that the API would refuse, or that something between does."""
        refused = self._refused(request)
        if refused is None and self._between is not None:
            return await self._between.admit(connection, request)
        return refused

    def _refused(self, request: Request) -> Response | None:
        headers = _lower(request.headers)
        if headers.get("upgrade", "").lower() != "websocket":
            return _response(self._plain("GET", request.path, headers, b""))
        if door.opening(request.path, headers) is None:
            return _response(door.refusal(404, f"Invalid URL (GET {urlsplit(request.path).path})", None))
        refused = door.check_key(headers, self._rejected) or self._secrets.expired(headers, int(self._unix()))
        refused = refused or door.sideband(request.path)
        return None if refused is None else _response(refused)

    async def _talk(self, connection: ServerConnection) -> None:
        """Move messages between a socket and its machine, until one of them ends."""
        self.connections += 1
        request = connection.request
        headers = _lower(request.headers) if request is not None else {}
        opening = door.opening(request.path, headers) if request is not None else None
        asked = self._secrets.session(headers)
        seed = f"{self._seed}/{self.connections}"
        machine = self._machine(opening or Opening(), seed, int(self._unix()), asked)
        with suppress(ConnectionClosed):  # the client may leave at any moment
            if self._between is None:
                await _pump(connection, machine)
                return
            async with self._between.socket(connection) as talk:
                await _pump(talk, machine)

    def _machine(self, opening: Opening, seed: str, unix: int, asked: Mapping[str, Any] | None) -> AnyMachine:
        """Return what a client talks to, by what it opened."""
        if opening.endpoint == LIVE:
            return LiveMachine(self.scenario, seed=seed, unix=unix)
        if opening.endpoint == TRANSLATIONS:
            return TranslationMachine(self.scenario, opening, seed=seed, unix=unix, asked=asked)
        if self._is_beta:
            return BetaMachine(self.scenario, opening, seed=seed, unix=unix)
        return Machine(self.scenario, opening, seed=seed, unix=unix, asked=asked)


async def _pump(connection: Talk, machine: AnyMachine) -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        for out in machine.poll(clock() - began):
            if isinstance(out, Close):
                await connection.close(out.code, out.reason)
                return
            await connection.send(orjson.dumps(out.event), text=True)
        due = machine.next_due
        try:
            async with asyncio.timeout_at(None if due is None else began + due):
                message = await connection.recv()
        except TimeoutError:
            continue
        machine.receive(message, clock() - began, binary=isinstance(message, bytes))


class _Connection(Either, ServerConnection):
    """A connection that also takes requests the WebSocket library refuses to read: those with a body."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = bytearray()
        self._is_socket = False

    def plain(self, method: str, target: str, headers: dict[str, str], body: bytes) -> door.Answer:
        """Answer a plain request; `headers` has lower-case names."""
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        """Take TLS off, if there is any."""
        plain = self.without_tls(data, server_context)
        if plain:
            self._http(plain)

    def _http(self, data: bytes) -> None:
        """Hand bytes on once it is clear whose they are."""
        if self._is_socket:
            super().data_received(data)
            return
        self._request.extend(data)
        if self._request.startswith(b"GET ") or len(self._request) < 4:
            if len(self._request) >= 4:
                self._is_socket = True
                super().data_received(bytes(self._request))
            return
        answer = self._answer()
        if answer is not None:
            self.transport.write(_serialized(answer))
            self.transport.close()

    def _answer(self) -> door.Answer | None:
        """Answer the request if it is whole."""
        head, gap, body = bytes(self._request).partition(b"\r\n\r\n")
        if len(self._request) > _MAX_HTTP_BYTES:
            return door.refusal(400, "The request is too large.", None)
        if not gap:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length = headers.get("content-length", "0")
        method, _, rest = first.partition(" ")
        if not length.isdecimal() or len(length) > _LENGTH_DIGITS or not rest.endswith((" HTTP/1.1", " HTTP/1.0")):
            return door.refusal(400, "The request could not be read.", None)
        if len(body) < int(length):
            return None
        return self.plain(method, rest.rpartition(" ")[0], headers, body[: int(length)])


def _serialized(answer: door.Answer) -> bytes:
    head = (
        f"HTTP/1.1 {answer.status} {_PHRASES[answer.status]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(answer.body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + answer.body


def _response(answer: door.Answer) -> Response:
    length = str(len(answer.body))
    headers = Headers([("Content-Type", "application/json"), ("Content-Length", length), ("Connection", "close")])
    return Response(answer.status, _PHRASES[answer.status], headers, answer.body)


def _lower(headers: Headers) -> dict[str, str]:
    """Return headers by lower-case name, repeated ones joined as HTTP allows."""
    names = {name.lower() for name, _ in headers.raw_items()}
    return {name: ", ".join(headers.get_all(name)) for name in names}


def _select(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return Subprotocol(door.SUBPROTOCOL) if door.SUBPROTOCOL in offered else None
