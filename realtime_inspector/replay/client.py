"""The recording as a client: the driver on a socket, against any server that speaks the API.

    driven = await drive(plan, Target.of("wss://api.openai.com", plan.request).with_key(key))
    print(driven.text())

The server's certificate is verified, no redirect is followed, and the key is sent to nobody over a connection that
others can read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from realtime_inspector.capture.quiet import quiet
from realtime_inspector.errors import UpstreamError
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.answered import Answered
from realtime_inspector.replay.beside import Beside, NoKey, ask
from realtime_inspector.replay.cues import Plan
from realtime_inspector.replay.driven import Driven
from realtime_inspector.replay.driver import Drive, Driver
from realtime_inspector.replay.player import Action, Close, Send, Wait
from realtime_inspector.replay.target import PATH, Target, unreachable

_OPEN_S = 20.0
_SENDABLE = frozenset(range(3000, 5000)) | {1000, 1001}
_BODY_BYTES = 65536


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
        UpstreamError: If the server cannot be reached, or refuses the connection or the key for it.
    """
    note = observe or (lambda entry: None)
    asked = await _ask(plan, target, note)
    driver = Driver(plan, options, observe)
    driver.begin(_now())
    connection = await _connect(asked.target, note)
    stopped = asyncio.create_task((stop or asyncio.Event()).wait())
    try:
        await _pump(connection, driver, stopped)
    finally:
        stopped.cancel()
        await connection.close()
    return Driven.of(driver, target.url, asked.lines)


async def _ask(plan: Plan, target: Target, note: Callable[[Entry], object]) -> Beside:
    """Make the recorded HTTP requests; they stand before the upgrade in the new recording."""
    socket = str(plan.request.members.get("target", "")) if plan.request is not None else PATH
    try:
        asked = await ask(plan.exchanges, target, socket.partition("?")[0], _now)
    except NoKey as error:
        for entry in error.entries:
            note(entry)
        raise
    for entry in asked.entries:
        note(replace(entry, t=0.0))
    return asked


class _Connect(connect):
    def process_redirect(self, exc: Exception) -> Exception:
        """Follow none: the key would go there."""
        return exc


async def _connect(target: Target, note: Callable[[Entry], object]) -> ClientConnection:
    try:
        return await _Connect(
            target.url,
            additional_headers=list(target.headers),
            subprotocols=[Subprotocol(name) for name in target.protocols] or None,
            user_agent_header="realtime-inspector",
            ssl=target.context(),
            proxy=None if target.is_local else True,
            compression=None,
            open_timeout=_OPEN_S,
            ping_timeout=None,
            close_timeout=5,
            max_size=None,
            max_queue=None,
            logger=quiet(),
        )
    except InvalidStatus as error:
        raise _refused(error, target, note) from error
    except (OSError, TimeoutError, InvalidHandshake, WebSocketException) as error:
        raise unreachable(error.__cause__ if isinstance(error.__cause__, OSError) else error, target) from error


def _refused(error: InvalidStatus, target: Target, note: Callable[[Entry], object]) -> UpstreamError:
    """Record a refusal, and return what to say of it."""
    answer = error.response
    body = bytes(answer.body or b"")[:_BODY_BYTES].decode(errors="replace")
    told = Answered(target.host, answer.status_code, answer.reason_phrase, tuple(answer.headers.raw_items()), body)
    told = told.without(target.secrets)
    headers = [list(pair) for pair in told.headers]
    members = {"status": told.status, "reason": told.reason, "headers": headers, "body": told.body}
    note(_request(target))
    note(Entry(2, 0.0, Side.SERVER, Kind.RESPONSE, members=members))
    note(Entry(3, 0.0, Side.PROXY, Kind.END, members={"how": "closed"}))
    return UpstreamError(str(told))


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


def _now() -> float:
    return asyncio.get_running_loop().time()
