"""A relay says when it is ready, and lets calls end before it does."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from websockets.frames import Opcode

from realtime_inspector import __version__
from realtime_inspector.capture.relay import Relay, relay_in_thread
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.recording.files import find
from tests.capture import wire
from tests.capture.wire import REQUEST, SWITCH, Peer, Upstream, client_frame, connect, server_frame

ASK = b"GET /__realtime_inspector/ready HTTP/1.1\r\nHost: x\r\n\r\n"


def body(answer: bytes) -> object:
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    return json.loads(rest)


READY = {"ready": True, "pid": os.getpid(), "realtime_inspector": __version__}


@pytest.mark.parametrize("cut", [0, 1, 20])
def test_a_relay_says_itself_that_it_is_ready_and_records_nothing(tmp_path: Path, cut: int) -> None:
    with wire.upstream() as server, relay_in_thread(server.url, tmp_path) as relay:
        watcher = connect(relay.port)
        watcher.send(ASK[:cut])
        watcher.send(ASK[cut:])
        assert body(watcher.read_all()) == READY
        server.listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.listener.accept()
    assert find(tmp_path) == []


def test_it_is_never_forwarded_over_tls_or_behind_another_request(tmp_path: Path) -> None:
    authority = LocalCA(tmp_path)
    with wire.upstream() as server, relay_in_thread(server.url, tmp_path / "r", tls=authority.server_context) as relay:
        client = ssl.create_default_context(cafile=authority.certificate)
        watcher = Peer(client.wrap_socket(connect(relay.port).sock, server_hostname="localhost"))
        watcher.send(ASK)
        assert body(watcher.read_all()) == READY
        kept = connect(relay.port)
        kept.send(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        peer = server.accept()
        peer.read_head()
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        peer.send(answer)
        kept.read(len(answer))
        kept.send(ASK)
        assert body(kept.read_all()) == READY
        assert peer.read(1) == b""


def test_a_path_that_only_begins_so_is_forwarded(tmp_path: Path) -> None:
    with wire.upstream() as server, relay_in_thread(server.url, tmp_path) as relay:
        client = connect(relay.port)
        client.send(ASK.replace(b"ready ", b"readyness "))
        assert server.accept().read_head().startswith(b"GET /__realtime_inspector/readyness ")


def in_loop(
    tmp_path: Path, work: Callable[[Relay, Upstream, Callable[..., Awaitable[object]]], Awaitable[None]]
) -> None:
    """Run a test beside a relay in one loop; blocking calls go through the third argument."""

    async def run() -> None:
        with wire.upstream() as server:
            async with Relay(server.url, tmp_path) as relay:
                await work(relay, server, asyncio.to_thread)

    asyncio.run(run())


def refused(port: int) -> bool:
    try:
        connect(port).close()
    except ConnectionRefusedError:
        return True
    return False


def upgraded(relay: Relay, server: Upstream) -> tuple[Peer, Peer]:
    client = connect(relay.port)
    client.send(REQUEST)
    peer = server.accept()
    peer.read_head()
    peer.send(SWITCH)
    assert client.read(len(SWITCH)) == SWITCH
    return client, peer


def test_a_draining_relay_takes_no_more_and_waits_for_calls(tmp_path: Path) -> None:
    async def work(relay: Relay, server: Upstream, blocking: Callable[..., Awaitable[object]]) -> None:
        client, peer = await asyncio.to_thread(upgraded, relay, server)
        draining = asyncio.create_task(relay.drain(60))
        await asyncio.to_thread(wire.wait_for, lambda: refused(relay.port))
        frame = server_frame(b"still here")
        peer.send(frame)
        assert await blocking(client.read, len(frame)) == frame
        assert not draining.done()
        client.close()
        assert await blocking(peer.read, 1) == b""
        peer.close()
        await draining

    in_loop(tmp_path, work)


def test_calls_that_do_not_end_are_closed_with_1001_on_both_sides(tmp_path: Path) -> None:
    async def work(relay: Relay, server: Upstream, blocking: Callable[..., Awaitable[object]]) -> None:
        client, peer = await asyncio.to_thread(upgraded, relay, server)
        draining = asyncio.create_task(relay.drain(0))
        reason = b"\x03\xe9the proxy ends"
        assert await blocking(client.read, 18) == b"\x88" + bytes([len(reason)]) + reason
        masked = await asyncio.to_thread(peer.read, 22)
        assert masked[:2] == b"\x88" + bytes([0x80 | len(reason)])
        assert bytes(byte ^ masked[2 + at % 4] for at, byte in enumerate(masked[6:])) == reason
        client.send(client_frame(b"\x03\xe9", Opcode.CLOSE))
        client.close()
        assert await blocking(peer.read, 1) == b""
        peer.close()
        await draining

    in_loop(tmp_path, work)
    (entries,) = wire.finished(tmp_path)
    assert wire.outline(entries)[2:] == [
        "proxy close 1001 the proxy ends",
        "client close 1001",
        "proxy end closed by proxy",
    ]


def test_inside_a_frame_no_close_is_written_into_it(tmp_path: Path) -> None:
    async def work(relay: Relay, server: Upstream, blocking: Callable[..., Awaitable[object]]) -> None:
        client, peer = await asyncio.to_thread(upgraded, relay, server)
        half = server_frame(b"a message that is cut")[:10]
        peer.send(half)
        assert await blocking(client.read, len(half)) == half
        await relay.drain(0)
        await relay.close()
        assert await blocking(client.read_all) == b""
        assert (await asyncio.to_thread(peer.read, 1)) == b"\x88"

    in_loop(tmp_path, work)


def test_idle_connections_do_not_hold_up_the_end(tmp_path: Path) -> None:
    async def work(relay: Relay, server: Upstream, blocking: Callable[..., Awaitable[object]]) -> None:
        client = await asyncio.to_thread(connect, relay.port)
        client.send(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        peer = await asyncio.to_thread(server.accept)
        await blocking(peer.read_head)
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        peer.send(answer)
        assert await blocking(client.read, len(answer)) == answer
        await asyncio.wait_for(relay.drain(60), 10)
        assert await blocking(client.read_all) == b""

    in_loop(tmp_path, work)
