"""A forward proxy before a server of ours, for clients that know one address and take no other.

    with forwarding(server.port, ["api.openai.com"], os.environ) as door:
        subprocess.run(cmd, env=door.environment)

A client that connects to one of the hosts meets the server, over TLS with a certificate for that host; every other
host is reached as before, byte for byte, and nothing of it is read. The certificate's CA is made for this one use, for
these hosts alone, and trusted by who is given the environment.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from realtime_inspector.capture import launch
from realtime_inspector.capture.looping import looping
from realtime_inspector.capture.tls import passing
from realtime_inspector.capture.upstream import UnreachableError, Upstream
from realtime_inspector.capture.via import Via, tunnel
from realtime_inspector.errors import UsageError
from realtime_inspector.replay.faults.sockets import abort

_PIECE_BYTES = 1 << 16
_PLAIN_PORT = 80
_QUIET_ROUNDS = 20
_SHUTDOWN_S = 2.0
_NO_PROXY = ("NO_PROXY", "no_proxy")


class Door:
    """Takes `CONNECT`, and opens TLS for the hosts whose server stands behind it."""

    def __init__(self, port: int, hosts: Sequence[str], tls: ssl.SSLContext, via: Via | None = None) -> None:
        """Prepare.

        Args:
            port: Of the server on this machine that the hosts are here.
            hosts: Their names.
            tls: With a certificate for them.
            via: A proxy by which all others are reached.
        """
        self.environment: Mapping[str, str] = {}
        """What makes a client come here, and trust it."""
        self._port, self._hosts, self._tls, self._via = port, frozenset(map(str.lower, hosts)), tls, via
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._moved = 0

    @property
    def url(self) -> str:
        """What HTTPS_PROXY has to be."""
        if self._server is None:
            raise RuntimeError("the door is shut: open it first")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def open(self) -> Door:
        """Listen."""
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._come, "127.0.0.1", 0)
        return self

    async def shut(self) -> None:
        """Stop listening, and end what is open."""
        self._loop = None
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def drain(self) -> None:
        """Wait, from another thread, until what clients have sent so far is on its way to the server."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._quiet(), self._loop).result()

    async def _quiet(self) -> None:
        rounds = 0
        while rounds < _QUIET_ROUNDS:
            before = self._moved
            await asyncio.sleep(0)
            rounds = rounds + 1 if self._moved == before else 0

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler is one
        self._open.add(task)
        try:
            with suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._serve(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        target = _asked(head)
        if target is None:
            writer.write(_status("405 Method Not Allowed", "this proxy takes CONNECT alone"))
            await writer.drain()
            return
        host, port = target
        ours = host.lower() in self._hosts
        try:
            there = await (asyncio.open_connection("127.0.0.1", self._port) if ours else self._elsewhere(host, port))
        except (OSError, UnreachableError, UsageError) as error:
            writer.write(_status("502 Bad Gateway", f"realtime-inspector: {host}:{port}: {error}"))
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
        await writer.drain()
        try:
            if ours and port != _PLAIN_PORT:
                await writer.start_tls(self._tls)
            await asyncio.gather(self._move(reader, there[1]), self._move(there[0], writer))
        finally:
            there[1].close()

    async def _move(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Move bytes until their end, then end the other connection in the same way."""
        try:
            while data := await source.read(_PIECE_BYTES):
                self._moved += 1
                target.write(data)
                await target.drain()
        except ConnectionError:
            abort(target.transport)
            return
        if target.can_write_eof():
            with suppress(OSError):
                target.write_eof()
        else:
            target.close()

    async def _elsewhere(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._via is None:
            return await asyncio.open_connection(host, port)
        loop = asyncio.get_running_loop()
        leg = _Leg(loop)
        upstream = Upstream(host, port, tls=False)
        proxy_tls = ssl.create_default_context() if self._via.tls else None
        await tunnel(loop, self._via, upstream, leg, proxy_tls=proxy_tls, tls=None, shutdown_s=_SHUTDOWN_S)
        return leg.streams()


class _Leg(asyncio.StreamReaderProtocol):
    """The far end of a tunnel, as streams."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._reader = asyncio.StreamReader(loop=loop)
        super().__init__(self._reader, loop=loop)
        self._far: asyncio.BaseTransport | None = None
        self._on = loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._far = transport

    def streams(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return it as streams, once it is connected."""
        assert isinstance(self._far, asyncio.WriteTransport)  # noqa: S101 - a tunnel is one
        return self._reader, asyncio.StreamWriter(self._far, self, self._reader, self._on)


@contextmanager
def forwarding(port: int, hosts: Sequence[str], parent: Mapping[str, str]) -> Iterator[Door]:
    """Open a door in a thread of its own while the block runs; `environment` is the parent's with what leads to it.

    Args:
        port: Of the server that the hosts are here.
        hosts: Whose address clients know.
        parent: The environment that clients would have had. A proxy it names is used for all other hosts.
    """
    named = launch.proxy_of(parent)
    via = Via.parse(named, "HTTPS_PROXY") if named else None
    with TemporaryDirectory(prefix="realtime-inspector-") as name, looping("replay") as run:
        certificate, tls = passing(Path(name), hosts)
        bundle, added = launch.certificates(Path(name), parent, [certificate])
        door = run(Door(port, hosts, tls, via).open())
        try:
            pointers = launch.Pointers(proxy_url=door.url, bundle=bundle, added=added)
            door.environment = {**launch.environment(parent, pointers), **_reached(parent, hosts)}
            yield door
        finally:
            run(door.shut())


def _reached(parent: Mapping[str, str], hosts: Sequence[str]) -> dict[str, str]:
    """Return the variables that keep hosts from a proxy, without those that must come to ours."""
    kept = {name: ",".join(_without(parent.get(name, ""), hosts)) for name in _NO_PROXY}
    return launch.without_proxy(kept)


def _without(listed: str, hosts: Sequence[str]) -> Iterator[str]:
    for entry in map(str.strip, listed.split(",")):
        name = entry.partition(":")[0].lstrip("*").lstrip(".").lower()
        if entry and name and not any(host.lower() == name or host.lower().endswith(f".{name}") for host in hosts):
            yield entry


def _asked(head: bytes) -> tuple[str, int] | None:
    """Return host and port that a request asks for; None if it does not ask for a tunnel."""
    method, _, rest = head.decode("latin-1").partition(" ")
    host, _, port = rest.partition(" ")[0].rpartition(":")
    if method != "CONNECT" or not port.isdecimal():
        return None
    return host.removeprefix("[").removesuffix("]"), int(port)


def _status(status: str, why: str) -> bytes:
    body = f"{why}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
