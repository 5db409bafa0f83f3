"""The ways from a client to a server that have the recorder in between, for tests that hold on each of them.

A way is a proxy that runs, and what its client and its server do before the first byte of a request: open a tunnel,
open TLS. Behind that a test has two sockets and knows nothing of the way.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.capture.mitm import interceptor_in_thread
from realtime_inspector.capture.recorder import Track
from realtime_inspector.capture.relay import new_event_loop, relay_in_thread
from realtime_inspector.capture.tls import DATA_DIR_VARIABLE, LocalCA
from realtime_inspector.capture.via import Via
from realtime_inspector.recording.entry import Entry, Kind
from realtime_inspector.recording.files import open_recording
from tests.capture.wire import Peer, Upstream, connect, upstream, wait_for

API = "api.openai.com"


@dataclass
class Way:
    """One proxy, one server behind it."""

    server: Upstream
    dial: Callable[[], Peer]
    """Opens what a client opens before its first request."""
    loop: asyncio.AbstractEventLoop
    """The proxy's."""
    named: str
    """The server's `Host`, as the client has it."""
    arrives: str
    """The same as the server gets it."""
    tls: bool
    """Both sides speak TLS."""
    accepting: ThreadPoolExecutor
    context: ssl.SSLContext
    """The server's."""
    behind: bytes = b""
    """The request by which the proxy opens its own tunnel, if there is another proxy before the server."""
    recordings: dict[str, Path] = field(default_factory=dict)
    """The client's address → what is recorded of its connection."""
    client: str = ""
    """The address of the latest client."""

    def opened(self, track: Track) -> None:
        """Hear of a recording."""
        assert track.path is not None
        self.recordings[track.source.client] = track.path

    def open(self) -> tuple[Peer, Callable[[], Peer]]:
        """Return a client that has sent nothing, and what waits for the server's end of its connection."""
        self.recordings.clear()
        peer: Future[Peer] = self.accepting.submit(self._accept)
        client = self.dial()
        self.client = "{}:{}".format(*client.sock.getsockname())
        return client, peer.result

    def entries(self) -> list[Entry]:
        """Return the recording of the latest client when it is finished."""
        wait_for(lambda: self.client in self.recordings and _finished(self.recordings[self.client]))
        return list(open_recording(self.recordings[self.client]))

    def _accept(self) -> Peer:
        peer = self.server.accept()
        if self.behind:
            assert peer.read_head().startswith(self.behind)
            peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        return Peer(self.context.wrap_socket(peer.sock, server_side=True)) if self.tls else peer


def _finished(path: Path) -> bool:
    entries = list(open_recording(path)) if path.exists() and path.stat().st_size else []
    return bool(entries) and entries[-1].kind is Kind.END


def tunnel(port: int, authority: str) -> Peer:
    """Return a client behind a CONNECT."""
    client = connect(port)
    client.send(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    assert client.read_head().startswith(b"HTTP/1.1 200 ")
    return client


def secured(client: Peer, name: str, authority: Path) -> Peer:
    """Return a client that has opened TLS, and trusts one CA alone."""
    context = ssl.create_default_context(cafile=authority)
    context.set_alpn_protocols(["http/1.1"])
    return Peer(context.wrap_socket(client.sock, server_hostname=name))


@contextmanager
def _relay(folder: Path, *, tls: bool, loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> Iterator[Way]:
    ca = LocalCA()
    with upstream() as server, ThreadPoolExecutor(1) as accepting:
        arrives = f"{'localhost' if tls else '127.0.0.1'}:{server.port}"
        recorded: list[Way] = []
        options: dict[str, Any] = {
            "upstream": f"{'wss' if tls else 'ws'}://{arrives}",
            "folder": folder,
            "upstream_ca": ca.certificate,
            "loop_factory": loop_factory,
            "opened": lambda track: recorded[0].opened(track),
        }
        with relay_in_thread(**options) as relay:

            def dial() -> Peer:
                client = connect(relay.port)
                return secured(client, "localhost", ca.certificate) if tls else client

            context = ca.server_context()
            named = f"127.0.0.1:{relay.port}"
            recorded.append(Way(server, dial, relay._loop, named, arrives, tls, accepting, context))
            yield recorded[0]


@contextmanager
def _interceptor(folder: Path, *, tls: bool, elsewhere: bool = False, behind: bool = False) -> Iterator[Way]:
    pytest.importorskip("mitmproxy")
    ca = LocalCA()
    with upstream() as server, ThreadPoolExecutor(1) as accepting:
        arrives = f"{'localhost' if tls else '127.0.0.1'}:{server.port}"
        named = API if elsewhere else arrives
        recorded: list[Way] = []
        options: dict[str, Any] = {
            "upstream": f"{'wss' if tls else 'ws'}://{arrives}" if elsewhere else None,
            "upstream_ca": ca.certificate,
            "opened": lambda track: recorded[0].opened(track),
            "through": Via("127.0.0.1", server.port) if behind else None,
        }
        with interceptor_in_thread("forward", folder, **options) as interceptor:

            def dial() -> Peer:
                client = tunnel(interceptor.port, f"{API}:443" if elsewhere else arrives)
                return secured(client, named.partition(":")[0], interceptor.certificate) if tls else client

            assert interceptor._engine is not None
            loop, context = interceptor._engine._tee._loop, ca.server_context()
            connect_line = f"CONNECT {arrives} ".encode() if behind else b""
            recorded.append(Way(server, dial, loop, named, arrives, tls, accepting, context, connect_line))
            yield recorded[0]


WAYS: dict[str, Callable[[Path], Any]] = {
    "relay-asyncio": lambda folder: _relay(folder, tls=False, loop_factory=asyncio.SelectorEventLoop),
    "relay-uvloop": lambda folder: _relay(folder, tls=False, loop_factory=new_event_loop),
    "relay-tls-asyncio": lambda folder: _relay(folder, tls=True, loop_factory=asyncio.SelectorEventLoop),
    "relay-tls-uvloop": lambda folder: _relay(folder, tls=True, loop_factory=new_event_loop),
    "tunnel": lambda folder: _interceptor(folder, tls=False),
    "tunnel-tls": lambda folder: _interceptor(folder, tls=True),
    "tunnel-behind-proxy": lambda folder: _interceptor(folder, tls=False, behind=True),
    "tunnel-tls-behind-proxy": lambda folder: _interceptor(folder, tls=True, behind=True),
    "tunnel-tls-elsewhere": lambda folder: _interceptor(folder, tls=True, elsewhere=True),
}
"""Relay and interception; plain and TLS on both sides; to the server that the client names, and to another."""


@contextmanager
def running(name: str, folder: Path, data: Path) -> Iterator[Way]:
    """Run the proxy of a way: its recordings go to one folder, its CAs are kept in another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATA_DIR_VARIABLE, str(data))
        with WAYS[name](folder) as way:
            yield way
