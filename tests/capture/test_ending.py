"""A relay says when it is ready, and lets calls end before it does."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.frames import Opcode

from realtime_inspector import __version__
from realtime_inspector.capture.policy import Policy
from realtime_inspector.capture.relay import Relay, relay_in_thread
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.recording.files import find
from tests.capture import wire
from tests.capture.wire import Peer, Upstream, client_frame, connect, refused, server_frame, upgraded

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
    tmp_path: Path,
    work: Callable[[Relay, Upstream, Callable[..., Awaitable[object]]], Awaitable[None]],
    **options: Any,
) -> None:
    """Run a test beside a relay in one loop; blocking calls go through the third argument."""

    async def run() -> None:
        with wire.upstream() as server:
            async with Relay(server.url, tmp_path, **options) as relay:
                await work(relay, server, asyncio.to_thread)

    asyncio.run(run())


def test_a_draining_relay_takes_no_more_and_waits_for_calls(tmp_path: Path) -> None:
    async def work(relay: Relay, server: Upstream, blocking: Callable[..., Awaitable[object]]) -> None:
        client, peer = await asyncio.to_thread(upgraded, relay.port, server)
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
        client, peer = await asyncio.to_thread(upgraded, relay.port, server)
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


def test_a_side_that_was_told_of_an_end_gets_no_close_and_the_others_do(tmp_path: Path) -> None:
    """Writing behind the end raised, and calls that came later in the row were cut without a close."""

    async def work(relay: Relay, server: Upstream, blocking: Callable[..., Awaitable[object]]) -> None:
        calls = [await asyncio.to_thread(upgraded, relay.port, server) for _ in range(4)]
        for client, peer in calls[::2]:
            peer.half_close()
            assert await blocking(client.read, 1) == b""
        draining = asyncio.create_task(relay.drain(0))
        for client, peer in calls[1::2]:
            assert await blocking(client.read, 2) == b"\x88\x10"
            assert await blocking(peer.read, 2) == b"\x88\x90"
        for _, peer in calls[::2]:
            assert await blocking(peer.read, 2) == b"\x88\x90"
        wire.close_all()
        await draining

    in_loop(tmp_path, work)


@pytest.mark.parametrize("policy", [Policy(sample=0), Policy(only=["/other"])], ids=["sample", "only"])
def test_a_call_that_is_not_recorded_is_closed_with_1001_too(tmp_path: Path, policy: Policy) -> None:
    async def work(relay: Relay, server: Upstream, blocking: Callable[..., Awaitable[object]]) -> None:
        client, peer = await asyncio.to_thread(upgraded, relay.port, server)
        frame = server_frame(b"a message" * 1000)
        peer.send(frame + frame[:5])
        assert len(await asyncio.to_thread(client.read, len(frame) + 5)) == len(frame) + 5
        peer.send(frame[5:])
        assert await blocking(client.read, len(frame) - 5) == frame[5:]
        draining = asyncio.create_task(relay.drain(0))
        assert await blocking(client.read, 2) == b"\x88\x10"
        assert await blocking(peer.read, 2) == b"\x88\x90"
        wire.close_all()
        await draining

    in_loop(tmp_path, work, policy=policy)
    assert find(tmp_path) == []


def test_inside_a_frame_no_close_is_written_into_it(tmp_path: Path) -> None:
    async def work(relay: Relay, server: Upstream, blocking: Callable[..., Awaitable[object]]) -> None:
        client, peer = await asyncio.to_thread(upgraded, relay.port, server)
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
        await asyncio.wait_for(relay.drain(600), 60)
        assert await blocking(client.read_all) == b""

    in_loop(tmp_path, work)


def test_a_connection_is_ended_when_its_last_answer_is_there(tmp_path: Path) -> None:
    """It was waited for to the end of the time, as clients keep connections open for the next request."""

    async def work(relay: Relay, server: Upstream, blocking: Callable[..., Awaitable[object]]) -> None:
        client = await asyncio.to_thread(connect, relay.port)
        client.send(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        peer = await asyncio.to_thread(server.accept)
        await blocking(peer.read_head)
        draining = asyncio.create_task(relay.drain(3600))
        await asyncio.to_thread(wire.wait_for, lambda: refused(relay.port))
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        peer.send(answer)
        assert await blocking(client.read_all) == answer
        await draining

    in_loop(tmp_path, work)


def test_a_handshake_that_comes_to_nothing_does_not_hold_up_the_end(tmp_path: Path) -> None:
    authority = LocalCA(tmp_path)

    async def work(relay: Relay, server: Upstream, blocking: Callable[..., Awaitable[object]]) -> None:
        client = await asyncio.to_thread(connect, relay.port)
        client.send(b"\x16\x03\x01\x02\x00")
        await asyncio.to_thread(wire.wait_for, lambda: bool(relay._links))
        draining = asyncio.create_task(relay.drain(3600))
        await asyncio.to_thread(wire.wait_for, lambda: refused(relay.port))
        client.close()
        await draining

    in_loop(tmp_path / "recordings", work, tls=authority.server_context)
