"""The relay: a reverse proxy that records. Plain and TLS clients on one port, one upstream.

    async with Relay("wss://api.openai.com", Path("recordings")) as relay:
        print(relay.url)

It starts whether or not the upstream can be reached, has no time limit on a quiet connection, and never lets a
recording's trouble become the call's.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from realtime_inspector.capture.deferring import deferred
from realtime_inspector.capture.dial import dial
from realtime_inspector.capture.door import REST_S, Door
from realtime_inspector.capture.figures import Figures
from realtime_inspector.capture.http import Head
from realtime_inspector.capture.keys import UpstreamKey, stranger
from realtime_inspector.capture.link import Leg, Link
from realtime_inspector.capture.looping import looping
from realtime_inspector.capture.policy import Policy
from realtime_inspector.capture.readiness import READY, READY_REQUEST, asks_ready, say_ready
from realtime_inspector.capture.recorder import Recorder, Source, Track
from realtime_inspector.capture.rewrite import READY_PATH, Refusal, Rewriter
from realtime_inspector.capture.room import OUT_OF_FILES, Room, files_for_calls
from realtime_inspector.capture.sink import Rotation
from realtime_inspector.capture.tee import Tee
from realtime_inspector.capture.telling import safely
from realtime_inspector.capture.upstream import ClientCertificate, Upstream, client_context, explain, kind_of
from realtime_inspector.capture.via import Via, tunnel
from realtime_inspector.errors import InspectorError, UsageError, words_of
from realtime_inspector.recording.redact import Redactor

CONNECT_TIMEOUT_S = 20.0
"""How long the upstream has to take a connection."""
CLOSE_TIMEOUT_S = 1.0
"""How long open connections have to close in good order when the relay ends."""
TLS_SHUTDOWN_S = 3.0
_TLS_HANDSHAKE = b"\x16"
_GC_OBJECTS = 20_000
_SWITCH_S = 0.001


class Relay:
    """A reverse proxy to one upstream. Use it as an asynchronous context manager."""

    def __init__(
        self,
        upstream: str,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        upstream_ca: Path | None = None,
        say: Callable[[str], None] = lambda text: None,
        redactor: Redactor | None = None,
        tls: Callable[[], ssl.SSLContext] | None = None,
        tags: dict[str, str] | None = None,
        opened: Callable[[Track], None] | None = None,
        policy: Policy | None = None,
        key: UpstreamKey | None = None,
        share_port: bool = False,
        rotation: Rotation | None = None,
        via: Via | None = None,
        certificate: ClientCertificate | None = None,
        attach: bool = False,
    ) -> None:
        """Prepare a relay.

        Args:
            upstream: URL of the server: `wss://HOST`, `ws://HOST:PORT`, also with a path.
            folder: Where recordings go.
            host: Address or name to listen on.
            port: Port to listen on; 0 takes a free one.
            upstream_ca: File with the certificates of a private CA.
            say: Told what people should know, a line at a time; from any thread.
            redactor: What takes secrets out; by default one that knows this process's environment.
            tls: Gives the settings for TLS clients, when the first one comes; by default the local CA's.
            tags: What every recording's header carries.
            opened: Told when a recording begins; `say` then tells of problems alone.
            policy: What is recorded; by default everything.
            key: Stands in requests in place of the client's key.
            share_port: Other relays listen on the same port; the system spreads the connections.
            rotation: When a recording goes on in another file; by default never.
            via: The HTTP proxy by which the upstream is reached.
            certificate: Shown to an upstream that asks for one.
            attach: Join the calls that are made through it (WebRTC), to record their events.

        Raises:
            UsageError: If the upstream is no URL or the CA no certificate.
        """
        self.upstream = Upstream.parse(upstream)
        self.recorder = Recorder(folder, redactor=redactor, warn=say, rotation=rotation)
        self.connections = 0
        """How many connections sent something: each makes a recording."""
        self._say = safely(say)
        self._tls = tls
        self._tags = tags
        self._told_opened = safely(opened) if opened is not None else None
        self._policy = policy if policy is not None else Policy()
        self._key = key
        self._server_tls: asyncio.Task[ssl.SSLContext] | None = None
        self._client_tls = client_context(upstream_ca, certificate) if self.upstream.tls else None
        self.via = via
        self._proxy_tls = client_context(upstream_ca) if via is not None and via.tls else None
        self._room = Room(self._say)
        self._door = Door(host, port, self._room, self._fits_another, self._take, share_port=share_port)
        self._greeted = 0
        """Sockets that are not yet a link's."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._links: set[Link] = set()
        self._idle = asyncio.Event()
        self._failures: Counter[str] = Counter()
        self._answered = self._sidebands() if attach else _unnoticed

    def figures(self) -> Figures:
        """Return what it has counted so far; from any thread."""
        return self.recorder.figures(self.connections, len(self._links), self._failures)

    @property
    def host(self) -> str:
        """Address or name that it listens on."""
        return self._door.host

    @property
    def port(self) -> int:
        """Port that it listens on; until it does, the one it was given."""
        return self._door.port

    @property
    def url(self) -> str:
        """Where clients connect, `http://127.0.0.1:8765`."""
        return f"http://{self._door.authority}"

    @property
    def ws_url(self) -> str:
        """The same for WebSockets, `ws://127.0.0.1:8765`."""
        return f"ws://{self._door.authority}"

    async def __aenter__(self) -> Relay:
        """Listen.

        Raises:
            UsageError: If the address is taken or not ours, or the folder cannot be written.
        """
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Listen; see `__aenter__`."""
        try:
            self.recorder.check()
            self._loop = asyncio.get_running_loop()
            self._tee = Tee(self._loop, behind=self.recorder.pressure)
            self._door.listen()
            self._refuse_itself()
            self._room.files = files_for_calls()
        except BaseException:
            self._door.shut()
            self.recorder.close(0)
            raise
        self._door.open(self._loop)

    async def drain(self, timeout_s: float) -> None:
        """Stop accepting and let calls end, for at most that long; close those that have not, with 1001."""
        self._door.shut()
        self._end_quiet()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._until_calls_end(), timeout_s)
        self._tee.drain()
        for link in list(self._links):
            link.go_away()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._until_idle(), CLOSE_TIMEOUT_S)

    async def close(self) -> None:
        """Stop accepting, end the connections, finish the recordings."""
        self._door.shut()
        for task in list(self._tasks):
            task.cancel()
        for link in list(self._links):
            link.end()
        if self._links:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._until_idle(), CLOSE_TIMEOUT_S)
        for link in list(self._links):
            link.abort()
        await asyncio.sleep(0)
        self._tee.drain()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in list(self._links):
            link.track.end(time.monotonic(), by="proxy")
        await asyncio.to_thread(self.recorder.close)

    @property
    def exposed(self) -> bool:
        """Whether others than this machine can reach it."""
        return self.host != "localhost" and not self.host.startswith("127.") and self.host != "::1"

    async def _until_idle(self) -> None:
        while self._links:
            self._idle.clear()
            await self._idle.wait()

    async def _until_calls_end(self) -> None:
        while self._links:
            self._end_quiet()
            self._idle.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), REST_S)

    def _end_quiet(self) -> None:
        """End the connections on which no call and no request is under way."""
        for link in list(self._links):
            if not link.busy:
                link.end()

    def _refuse_itself(self) -> None:
        if self.upstream.port == self.port and self.upstream.host in {self.host, "localhost", "127.0.0.1", "::1"}:
            raise UsageError(f"--upstream {self.upstream.url} is this proxy itself; point it at a server")

    def _fits_another(self) -> bool:
        return self._room.fits_another(len(self._links) + self._greeted, self.recorder.files)

    def _take(self, sock: socket.socket, client: str) -> None:
        self._greeted += 1
        self._spawn(self._welcome(sock, client))

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _welcome(self, sock: socket.socket, client: str) -> None:
        """Find out whether a client speaks TLS, and make a link of its socket."""
        link, first = None, b""
        try:
            first = await self._peek(sock)
            if not first:
                sock.close()
                return
            if first == READY_REQUEST[:1] and await asks_ready(sock):
                await say_ready(self._loop, sock)
                return
            context = await self._server_context() if first == _TLS_HANDSHAKE else None
            link = self._link(client)
            times = {"ssl_handshake_timeout": 10.0, "ssl_shutdown_timeout": TLS_SHUTDOWN_S} if context else {}
            leg = link.client
            await self._loop.connect_accepted_socket(lambda: leg, sock, ssl=context, **times)
            self.connections += 1
        except OSError as error:
            sock.close()
            if first == _TLS_HANDSHAKE:
                self._say(f"{client}: no TLS: {_why_no_tls(error)}; {_TRUST}")
        except InspectorError as error:
            sock.close()
            self._say(f"{client}: no TLS: {error}")
        except BaseException:
            sock.close()
            raise
        finally:
            self._greeted -= 1
            if link is not None and link.client.transport is None:
                self._links.discard(link)
                self._idle.set()

    async def _peek(self, sock: socket.socket) -> bytes:
        """Return the first byte that a client sends, and leave it in the socket."""
        while True:
            try:
                return sock.recv(1, socket.MSG_PEEK)
            except BlockingIOError:
                readable = self._loop.create_future()
                self._loop.add_reader(sock, _set, readable)
                try:
                    await readable
                finally:
                    self._loop.remove_reader(sock)

    def _own_answer(self, head: Head) -> Refusal | None:
        """Return the answer to a request that is not passed on."""
        if head.target.partition("?")[0] == READY_PATH:
            return READY
        who = stranger(head, exposed=self.exposed) if self._key is not None else ""
        if not who:
            return None
        message = f"{who} must not use the key of this proxy; call it by localhost or 127.0.0.1, from a page of either"
        return Refusal(403, "Forbidden", "not_local", message)

    async def _server_context(self) -> ssl.SSLContext:
        if self._server_tls is None:
            from realtime_inspector.capture.tls import server_context

            self._server_tls = self._loop.create_task(asyncio.to_thread(self._tls or server_context))
        try:
            return await asyncio.shield(self._server_tls)
        except InspectorError:
            self._server_tls = None  # the next client may find it mended
            raise

    def _link(self, client: str) -> Link:
        source = Source(client, self.upstream.url, self.upstream.target, tags=self._tags)
        track = self._policy.track(self.recorder, source, self._opened)
        change = self._key.put if self._key is not None else bytes
        rewriter = Rewriter(self.upstream, self.port, self._own_answer, change, self._answered)
        link = Link(self._tee, track, rewriter, lambda link: self._spawn(self._connect(link)), self._closed)
        self._links.add(link)
        return link

    def _sidebands(self) -> Callable[[Head, Head], None]:
        """Return what joins calls; loaded before there is one, for that takes a while."""
        from realtime_inspector.capture.sideband import Sidebands

        return safely(Sidebands(lambda: self.ws_url, self._spawn, self._say).answered)

    async def _connect(self, link: Link) -> None:
        """Connect a link's server leg, or tell its client why not."""
        try:
            await asyncio.wait_for(self._dial(link.server), CONNECT_TIMEOUT_S)
        except Exception as error:  # whatever it is, the client is not to wait for ever
            way = f" by the proxy {self.via.url}" if self.via is not None else ""
            why, what_to_do = explain(error, self.upstream, way)
            self._failures[kind_of(error)] += 1
            self._say(f"{link.track.source.client}: {why}; {what_to_do}")
            late = isinstance(error, TimeoutError)
            status, reason = (504, "Gateway Timeout") if late else (502, "Bad Gateway")
            message = f"realtime-inspector: {why}; {what_to_do}"
            link.unreachable(Refusal(status, reason, "upstream_unreachable", message))
        else:
            link.connected()

    async def _dial(self, leg: Leg) -> None:
        if self.via is not None:
            proxy_tls, tls = self._proxy_tls, self._client_tls
            await tunnel(
                self._loop, self.via, self.upstream, leg, proxy_tls=proxy_tls, tls=tls, shutdown_s=TLS_SHUTDOWN_S
            )
            return
        times: dict[str, Any] = {}
        if self._client_tls is not None:
            times = {"ssl_shutdown_timeout": TLS_SHUTDOWN_S, "server_hostname": self.upstream.host}
        while True:
            try:
                sock = await dial(self._loop, self.upstream.host, self.upstream.port)
                await self._loop.create_connection(lambda: leg, sock=sock, ssl=self._client_tls, **times)
            except OSError as error:
                if error.errno not in OUT_OF_FILES:
                    raise
                self._room.lacks(words_of(error))
                await asyncio.sleep(REST_S)
            else:
                return

    def _opened(self, track: Track) -> None:
        if self._told_opened is not None:
            self._told_opened(track)
        else:
            self._say(f"{track.source.client}: recording to {track.path}")

    def _closed(self, link: Link) -> None:
        self._links.discard(link)
        self._idle.set()
        if link.unheard:
            hint = "see its log" if self.upstream.tls else "is it wss:// instead of ws://?"
            self._say(f"{link.track.source.client}: {self.upstream.authority} ended the connection unanswered; {hint}")
        if link.track.path is not None and (self._told_opened is None or link.track.lost):
            lost = f", {link.track.lost} lost" if link.track.lost else ""
            self._say(f"{link.track.source.client}: ended, {link.track.entries} entries{lost}: {link.track.path}")


_TRUST = "the client has to trust the local CA; `realtime-inspector ca` prints its path"


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return the fastest loop there is: uvloop's where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.SelectorEventLoop()  # also where another is the default: `add_reader` is needed
    return uvloop.new_event_loop()


def settle() -> None:
    """Tune the interpreter for a process that does nothing but relay; call it when all is loaded.

    What a message leaves behind is freed by its count of references: the collector finds nothing in it, and its rounds
    over everything that was imported are pauses of milliseconds. The writer's thread asks for the interpreter after
    every system call; it waits a millisecond at most for a loop that never rests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_OBJECTS, 20, 100)
    sys.setswitchinterval(_SWITCH_S)


@contextmanager
def relay_in_thread(
    upstream: str,
    folder: Path,
    *,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = new_event_loop,
    **options: Any,
) -> Iterator[Relay]:
    """Run a relay in a thread of its own, for callers without a loop.

    Args:
        upstream: As for `Relay`.
        folder: As for `Relay`.
        loop_factory: Makes its event loop.
        options: Further arguments of `Relay`.

    Raises:
        UsageError: If it cannot start; see `Relay`.
    """
    relay = Relay(upstream, folder, **options)
    with looping("relay", loop_factory) as run:
        run(relay.start())
        try:
            yield relay
        finally:
            with deferred():
                run(relay.close())


def _unnoticed(request: Head, answer: Head) -> None:
    """Do nothing about an answer."""


def _why_no_tls(error: OSError) -> str:
    """Return why a client has no TLS: not all that distrust a certificate say so before they go."""
    if isinstance(error, ssl.SSLError):
        return error.reason or str(error)
    if "handshake is taking longer" in str(error):
        return "it was silent too long"
    return "it left before TLS was open; the certificate is for localhost, 127.0.0.1 and ::1"


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
