"""The recording as a server: the player on a socket, for any client in any language.

    async with ReplayServer(load(path)) as server:
        ...  # server.base_url is http://127.0.0.1:PORT/v1
    print(server.report().text())

Nothing a client does ends the server.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from random import Random
from types import TracebackType

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from realtime_inspector.capture.door import cannot_listen
from realtime_inspector.capture.quiet import quiet
from realtime_inspector.capture.tls import server_context
from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.event import Event
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.replay.beyond import dial, fetch, hand_on
from realtime_inspector.replay.connection import Asked, Connection, Host, connection_class, response
from realtime_inspector.replay.doors import Answer, Door
from realtime_inspector.replay.faults.sockets import Between, FaultySocket, reset
from realtime_inspector.replay.fresh import fresh
from realtime_inspector.replay.mismatch import Mismatch, Why
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.player import Action, Close, Player, Report, Send, Wait
from realtime_inspector.replay.punctual import Punctual
from realtime_inspector.replay.report import Played
from realtime_inspector.replay.report import Report as Outcome
from realtime_inspector.replay.script import Script
from realtime_inspector.replay.watch import Watch

SUBPROTOCOL = "realtime"
_OWN_CODES = range(3000, 5000)
_QUIET_ROUNDS = 20

Observer = Callable[[Event], object]


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 takes a free one."""


class ReplayServer:
    """Serves recordings, one a connection, in their order."""

    def __init__(
        self,
        scripts: Sequence[Script],
        options: Options | None = None,
        *,
        address: Address | None = None,
        again: bool = False,
        strict: bool = False,
        observers: Callable[[], Observer] | None = None,
        told: Callable[[str], object] | None = None,
        hinted: Callable[[str], object] | None = None,
        faults: Between | None = None,
        beyond: str = "",
        tls: Callable[[], ssl.SSLContext] = server_context,
    ) -> None:
        """Prepare a server; it listens inside `async with`.

        Args:
            scripts: What to serve.
            options: How to play it. Secrets of the environment are kept out of reports in any case.
            address: Where to listen.
            again: Begin anew when all was served: for people, who try a program more than once.
            strict: What is left of a recording counts as a mismatch.
            observers: Makes an observer for a new connection; it gets all its events, of both sides.
            told: Is told of each mismatch, as text, when it happens.
            hinted: Is told when both sides wait, with what the client did not say.
            faults: What goes wrong between the clients and the recording.
            beyond: A server, by a URL of `ws`, for the connections and the requests that no recording has; empty if
                they are refused.
            tls: Gives the settings for clients that speak TLS; by default with the local CA's certificate.
        """
        redactor = Redactor.from_environment(os.environ)
        self.options = replace(options or Options(), redactor=redactor)
        self.players: list[Player] = []
        """One a connection, in the order in which they were opened."""
        self.failed: Exception | None = None
        """What went wrong in the replay itself, such as in a user's matcher."""
        self.finished = asyncio.Event()
        """All was served, or a mismatch has ended it, and nobody is connected any more."""
        self._random = Random()  # noqa: S311 - names, not secrets
        self._door = Door(scripts, again=again)
        self._address = address or Address()
        self._strict = strict
        self._observers, self._told, self._hinted = observers, told, hinted
        self._tls = tls
        self._faults = faults
        self._beyond = beyond
        self._open: set[Connection] = set()
        self._handed_on: dict[ServerConnection, ClientConnection] = {}
        self._chosen: dict[ServerConnection, Script] = {}
        self._talking: set[ServerConnection] = set()
        self._told_others = 0
        self._hints: set[str] = set()
        self._taken = 0
        """How many messages have come."""
        self._server: Server | None = None
        self._url = ""
        self.loop: asyncio.AbstractEventLoop | None = None
        """The loop it runs on, while it listens."""

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            raise RuntimeError("the server does not listen: enter it with `async with` first")
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL should be."""
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        return f"http://{host}:{self.port}/v1"

    @property
    def ws_url(self) -> str:
        """Where a WebSocket client connects to."""
        return self.base_url.replace("http", "ws", 1) + "/realtime"

    @property
    def refusing(self) -> bool:
        """Whether nobody gets in any more, after a mismatch."""
        return bool(self._door.refusing)

    def report(self) -> Outcome:
        """Return what has come of it so far.

        Raises:
            Exception: What went wrong in the replay itself, such as in a user's matcher.
        """
        if self.failed is not None:
            raise self.failed
        return Outcome(
            connections=tuple(Played.of(player) for player in self.players),
            unserved=tuple(script.name for script in self._door.unserved),
            others=tuple(self._door.others),
            strict=self._strict,
            url=self._url,
        )

    async def __aenter__(self) -> ReplayServer:
        """Listen.

        Raises:
            UsageError: If the address cannot be listened on.
        """
        host, port = self._address.host, self._address.port
        self.loop = asyncio.get_running_loop()
        try:
            self._server = await serve(
                self._talk,
                host,
                port,
                process_request=self._let_in if self._faults is not None or self._beyond else self._admit,
                select_subprotocol=_select,
                create_connection=connection_class(self._host()),
                compression=None,
                max_size=None,
                max_queue=None,
                ping_timeout=None,  # a client held by a debugger is not gone
                open_timeout=10 if self._faults is None else None,  # a fault may hold an upgrade up for longer
                close_timeout=2,
                server_header=None,
                logger=quiet(),
            )
        except (OSError, UnicodeError) as error:
            raise UsageError(cannot_listen(host, port, error)) from error
        self._url = self.ws_url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take in what has already arrived, stop listening, close what is open."""
        await self.drain()
        self.loop = None
        if self._server is not None:
            self._server.close()
            for connection in list(self._open):
                if connection.state is State.CONNECTING:  # the library waits for what is no upgrade yet
                    connection.drop()
            await self._server.wait_closed()

    async def drain(self) -> None:
        """Let the loop go round until no message is on its way from a socket's buffer to a player."""
        quiet = 0
        while quiet < _QUIET_ROUNDS:
            before = self._taken
            await asyncio.sleep(0)
            quiet = quiet + 1 if self._taken == before else 0

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Choose a recording for an upgrade, or answer otherwise."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return response(self._plain("GET", request.path))
        chosen = self._door.upgrade(connected=any(not self._is_broken(each) for each in self._chosen))
        if isinstance(chosen, Script):
            self._chosen[connection] = chosen
            return None
        self._tell_others()
        self._settle()
        return response(chosen)

    async def _let_in(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse an upgrade by a fault, hand it on, or go on as without either."""
        refused = await self._faults.admit(connection, request) if self._faults is not None else None
        if refused is not None:
            return refused
        upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
        if not upgrade:
            asked = Asked("GET", request.path, tuple(request.headers.raw_items()))
            answer = await self._ask_beyond(asked)
            return response(answer) if answer is not None else self._admit(connection, request)
        if not self._beyond or self._door.refusing or self._door.unserved:
            return self._admit(connection, request)
        found = await dial(self._elsewhere, request)
        if isinstance(found, Response):
            return found
        self._handed_on[connection] = found
        return None

    @property
    def _elsewhere(self) -> str:
        return self._beyond.partition("/v1/")[0]

    async def _ask_beyond(self, asked: Asked) -> Answer | None:
        """Have another server answer what was not recorded; None if it was, or there is no other server."""
        if not self._beyond or self._door.refusing or self._door.knows(asked.method, asked.target):
            return None
        return await fetch(self._elsewhere, asked)

    def _host(self) -> Host:
        beyond = self._ask_beyond if self._beyond else None
        return Host(self._plain, self._tls, self._open.add, self._forget, self._tell, beyond)

    async def _talk(self, connection: ServerConnection) -> None:
        if connection in self._handed_on:
            await hand_on(connection, self._handed_on.pop(connection))
            return
        script = self._chosen.get(connection)
        if script is None:  # lost between its handshake and here
            return
        self._talking.add(connection)
        observe = self._observers() if self._observers is not None else None
        player = Player(fresh(script, self._random) if self.options.fresh_ids else script, self.options, observe)
        self.players.append(player)
        try:
            with Watch(player, self._hint) if self._hinted is not None else nullcontext():
                await self._play(connection, player)
        except Exception as error:  # a user's matcher, or a fault of ours: the library would only log it
            self.failed = self.failed or error
            self._door.refusing = "realtime-inspector: the replay failed; see its report"
            raise
        finally:
            known = len(player.mismatches)
            player.left(_now(), connection.close_code, connection.close_reason or "")
            for found in player.mismatches[known:]:
                self._tell(found.text())
            self._talking.discard(connection)
            self._chosen.pop(connection, None)
            self._settle()

    async def _play(self, connection: ServerConnection, player: Player) -> None:
        if self._faults is None:
            await self._pump(connection, connection, player)
            await self._take_rest(connection, player)
            return
        with suppress(ConnectionClosed):
            async with self._faults.socket(connection, lambda done: player.note(str(done), _now())) as faulty:
                await self._pump(connection, faulty, player)
                if faulty.broken:
                    player.left(_now(), connection.close_code, connection.close_reason or "", by=Side.PROXY)
                else:
                    await self._take_rest(faulty, player)

    async def _pump(self, raw: ServerConnection, connection: ServerConnection | FaultySocket, player: Player) -> None:
        with suppress(ConnectionClosed):  # the client may leave at any moment
            actions = player.open(_now(), _request_entry(raw))
            wait = (
                Punctual(connection, player).next
                if isinstance(connection, Connection)
                else _waiting(connection, player)
            )
            while True:
                until = await self._carry_out(raw, connection, actions)
                if player.over:
                    return
                came = await wait(until)
                if isinstance(came, list):
                    actions = came
                    continue
                self._taken += 1
                payload = came if isinstance(came, bytes) else came.encode()
                actions = player.receive(payload, _now(), binary=isinstance(came, bytes))

    async def _take_rest(self, connection: ServerConnection | FaultySocket, player: Player) -> None:
        """Take in what a client had said before it left, where it left so soon that no answer could be sent."""
        with suppress(ConnectionClosed):
            while not player.over:
                came = await connection.recv()
                self._taken += 1
                payload = came if isinstance(came, bytes) else came.encode()
                for action in player.receive(payload, _now(), binary=isinstance(came, bytes)):
                    if isinstance(action, Report):
                        self._blame(action.mismatch)

    async def _carry_out(
        self, raw: ServerConnection, connection: ServerConnection | FaultySocket, actions: Sequence[Action]
    ) -> float | None:
        """Do what the player asks for; return until when it waits."""
        until = None
        for speaks, several in groupby(actions, lambda action: isinstance(action, Send)):
            if speaks:
                await _send(connection, [action for action in several if isinstance(action, Send)])
                continue
            for action in several:
                until = await self._do(raw, connection, action) or until
        return until

    async def _do(
        self, raw: ServerConnection, connection: ServerConnection | FaultySocket, action: Action
    ) -> float | None:
        """Do one thing other than sending; return until when to wait."""
        match action:
            case Wait(at):
                return at
            case Report(mismatch):
                self._blame(mismatch)
            case Close():
                if isinstance(connection, FaultySocket):
                    await connection.drained()
                await _close(raw, action)
        return None

    def _blame(self, mismatch: Mismatch) -> None:
        """Tell of a mismatch; nobody gets in after it, but where the client may go on as with the real server."""
        if mismatch.why is not Why.REFUSED:
            self._door.refusing = f"realtime-inspector: {mismatch.message}"
        self._tell(mismatch.text())

    def _is_broken(self, connection: ServerConnection) -> bool:
        """Whether a fault has ended a connection; its client may come back before that is noticed here."""
        return self._faults is not None and self._faults.has_ended(connection)

    def _plain(self, method: str, target: str) -> Answer:
        """Answer a plain request."""
        answer = self._door.plain(method, target)
        self._tell_others()
        return answer

    def _tell_others(self) -> None:
        """Tell of what was asked for and is in no recording."""
        for found in self._door.others[self._told_others :]:
            self._tell(found.text())
        self._told_others = len(self._door.others)

    def _forget(self, connection: Connection) -> None:
        """A connection is gone; if its handshake was never completed, its recording waits for another."""
        self._open.discard(connection)
        if connection in self._handed_on:
            self._handed_on.pop(connection).transport.abort()
        if connection in self._chosen and connection not in self._talking:
            self._door.put_back(self._chosen.pop(connection))

    def _tell(self, text: str) -> None:
        if self._told is not None:
            self._told(text)

    def _hint(self, text: str) -> None:
        """Tell that both sides wait; of many who are served the same, once."""
        if self._hinted is not None and text not in self._hints:
            self._hints.add(text)
            self._hinted(text)

    def _settle(self) -> None:
        """Notice that nothing more can come."""
        if not self._chosen and (self._door.refusing or not self._door.unserved):
            self.finished.set()


def _waiting(
    connection: ServerConnection | FaultySocket, player: Player
) -> Callable[[float | None], Awaitable[str | bytes | list[Action]]]:
    """Return what waits for the next message, or for what is due."""

    async def wait(until: float | None) -> str | bytes | list[Action]:
        try:
            async with asyncio.timeout_at(until):
                return await connection.recv()
        except TimeoutError:
            return player.advance(_now())

    return wait


async def _send(connection: ServerConnection | FaultySocket, messages: Sequence[Send]) -> None:
    if isinstance(connection, Connection):
        await connection.send_each([(message.payload, message.binary) for message in messages])
        return
    for message in messages:
        await connection.send(message.payload, text=not message.binary)


def _request_entry(connection: ServerConnection) -> Entry | None:
    request = connection.request
    if request is None:
        return None
    headers = [[name, value] for name, value in request.headers.raw_items()]
    members = {"method": "GET", "target": request.path, "headers": headers}
    return Entry(0, 0.0, Side.CLIENT, Kind.REQUEST, members=members)


async def _close(connection: ServerConnection, action: Close) -> None:
    if action.abort:
        reset(connection)
        return
    if action.code is None and connection.state is State.OPEN:
        async with connection.send_context():  # an empty close frame: `close` always gives a code
            connection.protocol.send_close()
        await connection.wait_closed()
        return
    await connection.close(_sendable(action.code), action.reason)


def _sendable(code: int | None) -> int:
    """Return a close code that may be sent; one that may not, and still was recorded, becomes 1011."""
    never = {CloseCode.NO_STATUS_RCVD, CloseCode.ABNORMAL_CLOSURE, CloseCode.TLS_HANDSHAKE}
    if code in _OWN_CODES or (code in set(CloseCode) and code not in never):
        return int(code or CloseCode.NORMAL_CLOSURE)
    return CloseCode.INTERNAL_ERROR


def _select(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return Subprotocol(SUBPROTOCOL) if SUBPROTOCOL in offered else None


def _now() -> float:
    return asyncio.get_running_loop().time()
