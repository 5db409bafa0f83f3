"""The recording as a client: the driver on a socket, against any server that speaks the API.

    driven = await drive(plan, Target.of("wss://api.openai.com", plan.request), key=key)
    print(driven.text())

The server's certificate is verified, and the key is sent to nobody over a connection that others can read.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from realtime_inspector.capture.keys import UpstreamKey
from realtime_inspector.capture.upstream import Upstream, explain
from realtime_inspector.errors import UpstreamError, UsageError
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.cues import Plan
from realtime_inspector.replay.driven import Driven
from realtime_inspector.replay.driver import Drive, Driver
from realtime_inspector.replay.player import Action, Close, Send, Wait

PATH = "/v1/realtime"
"""Where the API is, if neither the URL nor the recording says it."""
_OPEN_S = 20.0
_PASSED_ON = ("openai-beta", "openai-safety-identifier")
"""Headers of the recorded request that say how the session is meant."""
_PROTOCOLS = ("realtime", "openai-beta.realtime-v1")
_SENDABLE = frozenset(range(3000, 5000)) | {1000, 1001}
_BODY_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, and how the connection is opened."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    protocols: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = field(default=None, compare=False)
    """For `wss`; verifies the server by the system's authorities if not given."""

    @classmethod
    def of(cls, url: str, request: Entry | None = None) -> Target:
        """Read a URL; what it leaves out (path, query) is taken from the recorded request.

        Raises:
            UsageError: If it is no URL of a WebSocket.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise UsageError(f"--to {url!r} is not a URL: {error}") from None
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        if scheme not in {"ws", "wss"} or not parts.hostname or port == 0 or parts.username:
            raise UsageError(f"--to {url!r} is not a server's URL; write wss://HOST, or ws://127.0.0.1:PORT")
        recorded = urlsplit(str(request.members.get("target", ""))) if request is not None else urlsplit("")
        path = parts.path.rstrip("/") or recorded.path or PATH
        query = parts.query or urlencode([pair for pair in parse_qsl(recorded.query) if not _is_redacted(pair[1])])
        return cls(
            urlunsplit((scheme, parts.netloc, path, query, "")),
            tuple(_headers(request)),
            tuple(_protocols(request)),
        )

    @property
    def host(self) -> str:
        """The server's name."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether it is this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def encrypted(self) -> bool:
        """Whether nobody on the way can read along."""
        return self.url.startswith("wss:")

    def with_key(self, key: str) -> Target:
        """Return it with a key.

        Raises:
            UsageError: If the key cannot stand in a header, or others could read it on the way.
        """
        if not self.encrypted and not self.is_local:
            raise UsageError(f"{self.url.partition('?')[0]}: the key could be read on the way; use wss://")
        header = UpstreamKey(key, self.host).header
        return Target(self.url, (*self.headers, header), self.protocols, self.tls)


async def drive(
    plan: Plan,
    target: Target,
    options: Drive | None = None,
    *,
    observe: Callable[[Entry], object] | None = None,
    stop: asyncio.Event | None = None,
) -> Driven:
    """Play a recording's client against a server.

    Args:
        plan: What to do.
        target: Where.
        options: How.
        observe: Gets every entry of the connection as it happens: the new recording.
        stop: Hangs up when it is set.

    Raises:
        UpstreamError: If the server cannot be reached, or refuses the connection.
    """
    driver = Driver(plan, options, observe)
    driver.begin(_now())
    connection = await _connect(target, driver, observe)
    stopped = asyncio.create_task((stop or asyncio.Event()).wait())
    try:
        await _pump(connection, driver, stopped)
    finally:
        stopped.cancel()
        await connection.close()
    return Driven.of(driver, target.url)


async def _connect(target: Target, driver: Driver, observe: Callable[[Entry], object] | None) -> ClientConnection:
    tls = (target.tls or ssl.create_default_context()) if target.encrypted else None
    try:
        return await connect(
            target.url,
            additional_headers=list(target.headers),
            subprotocols=[Subprotocol(name) for name in target.protocols] or None,
            user_agent_header="realtime-inspector",
            ssl=tls,
            proxy=None if target.is_local else True,
            compression=None,
            open_timeout=_OPEN_S,
            ping_timeout=None,
            close_timeout=5,
            max_size=None,
            max_queue=None,
            logger=_quiet(),
        )
    except InvalidStatus as error:
        raise _refused(error, target, observe) from error
    except (OSError, TimeoutError, InvalidHandshake, WebSocketException) as error:
        why, _ = explain(error.__cause__ if isinstance(error.__cause__, OSError) else error, _upstream(target))
        raise UpstreamError(f"{why}; check --to") from error


def _refused(error: InvalidStatus, target: Target, observe: Callable[[Entry], object] | None) -> UpstreamError:
    """Record a refusal, and return what to say of it."""
    answer = error.response
    body = bytes(answer.body or b"")[:_BODY_BYTES].decode(errors="replace")
    headers = [[name, value] for name, value in answer.headers.raw_items()]
    members = {"status": answer.status_code, "reason": answer.reason_phrase, "headers": headers, "body": body}
    if observe is not None:
        observe(_request(target))
        observe(Entry(2, 0.0, Side.SERVER, Kind.RESPONSE, members=members))
        observe(Entry(3, 0.0, Side.PROXY, Kind.END, members={"how": "closed"}))
    told = f": {' '.join(body.split())[:200]}" if body.strip() else ""
    hint = "; is the key in the environment right?" if answer.status_code in {401, 403} else ""
    return UpstreamError(f"{target.host} answers {answer.status_code} {answer.reason_phrase}{told}{hint}")


async def _pump(connection: ClientConnection, driver: Driver, stopped: asyncio.Task[Any]) -> None:
    request = connection.request
    headers = [[name, value] for name, value in request.headers.raw_items()] if request is not None else []
    target = request.path if request is not None else ""
    asked = Entry(1, 0.0, Side.CLIENT, Kind.REQUEST, members={"method": "GET", "target": target, "headers": headers})
    inbox = _Inbox(connection)
    try:
        actions = driver.open(_now(), asked, _response(connection))
        while True:
            until = await _carry_out(connection, actions)
            if driver.over:
                return
            message = await inbox.next(until, stopped)
            if message is not None:
                payload = message if isinstance(message, bytes) else message.encode()
                actions = driver.receive(payload, _now(), binary=isinstance(message, bytes))
            elif stopped.done():
                actions = driver.stop(_now())
            else:
                actions = driver.advance(_now())
    except ConnectionClosed:
        code = connection.close_code
        lost = code in {None, CloseCode.ABNORMAL_CLOSURE}
        given = None if code == CloseCode.NO_STATUS_RCVD else code
        driver.left(_now(), given, connection.close_reason or "", reset=lost)
    finally:
        await inbox.close()


class _Inbox:
    """What comes in, one by one; a message that comes in the moment in which a wait ends is not lost."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._receiving: asyncio.Task[str | bytes] | None = None

    async def next(self, until: float | None, stopped: asyncio.Task[Any]) -> str | bytes | None:
        """Wait for a message, for a moment, or for somebody who stops it; return the message if there is one."""
        if self._receiving is None:
            self._receiving = asyncio.create_task(self._receive())
        timeout = None if until is None else max(0.0, until - _now())
        await asyncio.wait({self._receiving, stopped}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if not self._receiving.done():
            return None
        receiving, self._receiving = self._receiving, None
        return receiving.result()

    async def _receive(self) -> str | bytes:
        return await self._connection.recv()

    async def close(self) -> None:
        """Wait for nothing more."""
        if self._receiving is not None:
            self._receiving.cancel()
            with suppress(asyncio.CancelledError, ConnectionClosed):
                await self._receiving


async def _carry_out(connection: ClientConnection, actions: Sequence[Action]) -> float | None:
    """Do what the driver asks for; return until when it waits."""
    until = None
    for action in actions:
        match action:
            case Send(payload, binary):
                await connection.send(payload, text=not binary)
            case Wait(at):
                until = at
            case Close(code, reason):
                await connection.close(code if code in _SENDABLE and code is not None else 1000, reason)
            case _:
                pass
    return until


def _headers(request: Entry | None) -> list[tuple[str, str]]:
    known = request.headers if request is not None else []
    return [pair for pair in known if pair[0].lower() in _PASSED_ON and not _is_redacted(pair[1])]


def _protocols(request: Entry | None) -> list[str]:
    asked = (request.header("sec-websocket-protocol") or "") if request is not None else ""
    return [name for name in (part.strip() for part in asked.split(",")) if name in _PROTOCOLS]


def _is_redacted(value: str) -> bool:
    return "[redacted:" in value


def _request(target: Target) -> Entry:
    parts = urlsplit(target.url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = [["Host", parts.netloc], *([name, value] for name, value in target.headers)]
    return Entry(1, 0.0, Side.CLIENT, Kind.REQUEST, members={"method": "GET", "target": path, "headers": headers})


def _response(connection: ClientConnection) -> Entry:
    answer = connection.response
    headers = [[name, value] for name, value in answer.headers.raw_items()] if answer is not None else []
    members = {"status": 101, "reason": "Switching Protocols", "headers": headers}
    return Entry(2, 0.0, Side.SERVER, Kind.RESPONSE, members=members)


def _upstream(target: Target) -> Upstream:
    parts = urlsplit(target.url)
    return Upstream(target.host, parts.port or (443 if target.encrypted else 80), target.encrypted)


def _quiet() -> logging.Logger:
    """A logger that says nothing: what happens is in the report."""
    logger = logging.getLogger("realtime_inspector.replay")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger


def _now() -> float:
    return asyncio.get_running_loop().time()
