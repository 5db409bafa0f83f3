"""Connects and disconnects, a thousand a second, among them those that say nothing, say half, or break off anywhere."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import uvloop

from benchmarks.endurance.calls import STREAMS, request
from benchmarks.endurance.outcome import Options, Outcome
from benchmarks.endurance.proxy import Proxy
from benchmarks.endurance.recordings import written

RATE = 1000
DURATION_S = 60.0
MESSAGES = 3
ODD = 0.1
"""So many connections are not as they should be."""
UNDER_WAY = 400
"""So many at a time at most: beyond, the rate is what the machine can do."""
CALM_S = 60.0
GREW_MB = 30.0
_SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
_CLOSE = b"\x88\x80" + bytes(4)
_ECHO = STREAMS[False].frames[0]
_UP = STREAMS[True].frames[0]


@dataclass
class _Crowd:
    whole: int = 0
    odd: int = 0
    refused: int = 0
    made: set[int] = field(default_factory=set)


class _Server(asyncio.Protocol):
    """Answers the upgrade, and each message with another; closes when it is asked to."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._data = b""
        self._open = False

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._open:
            _, end, rest = self._data.partition(b"\r\n\r\n")
            if not end:
                return
            self._open, self._data = True, rest
            self._transport.write(_SWITCH)
        while len(self._data) >= len(_UP) and self._data[0] != _CLOSE[0]:
            self._data = self._data[len(_UP) :]
            self._transport.write(_ECHO)
        if self._data == _CLOSE:
            self._transport.write(b"\x88\x00")
            self._transport.close()


class _Client(asyncio.Protocol):
    """One call, whole, or one that breaks off after so many bytes of it."""

    def __init__(self, crowd: _Crowd, number: int, done: asyncio.Future[None]) -> None:
        self._crowd = crowd
        self._number = number
        self._done = done
        self._breaks = random.choice(("silent", "half", "asked", "open", "message")) if random.random() < ODD else ""
        self._resets = random.random() < 0.5
        self._came = 0
        self._echoes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        whole = request(self._number)
        if self._breaks == "silent":
            self._break()
            return
        self._transport.write(whole[: len(whole) // 2] if self._breaks == "half" else whole)
        if self._breaks in {"half", "asked"}:
            self._break()

    def data_received(self, data: bytes) -> None:
        self._came += len(data)
        if self._came < len(_SWITCH):
            return
        if self._breaks:
            self._transport.write(_UP[:700] if self._breaks == "message" else b"")
            self._break()
            return
        while self._came >= len(_SWITCH) + self._echoes * len(_ECHO):
            self._transport.write(_UP if self._echoes < MESSAGES else _CLOSE)
            self._echoes += 1
            if self._echoes > MESSAGES:
                break

    def _break(self) -> None:
        if self._resets:
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        wanted = len(_SWITCH) + MESSAGES * len(_ECHO) + 2
        if self._breaks:
            self._crowd.odd += 1
        elif self._came == wanted:
            self._crowd.whole += 1
            self._crowd.made.add(self._number)
        else:
            self._crowd.refused += 1
        if not self._done.done():
            self._done.set_result(None)


def run(options: Options) -> Iterator[Outcome]:
    """Send a crowd through."""
    with options.work() as work:
        yield uvloop.run(_crowd(work, DURATION_S * options.share))


async def _crowd(work: Path, duration_s: float) -> Outcome:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Server, "127.0.0.1", 0, backlog=4096)
    crowd = _Crowd()
    with Proxy(server.sockets[0].getsockname()[1], work / "recordings", work) as proxy:
        await _connect_for(2.0, proxy.port, crowd)
        before, files = proxy.memory_mb(), proxy.descriptors()
        began = time.monotonic()
        await _connect_for(duration_s, proxy.port, crowd)
        took = time.monotonic() - began
        calm = await _calm(proxy, files)
        left, grew = proxy.descriptors() - files, proxy.memory_mb() - before
        runs = proxy.runs
        proxy.end()
    server.close()
    made, wrong = _compare(work / "recordings", crowd)
    count = crowd.whole + crowd.odd + crowd.refused
    seen = f"{count:,} connections, {count / (took + 2):,.0f}/s, {crowd.odd:,} of them silent, half or reset; "
    seen += f"{crowd.refused} client errors; descriptors {left:+d}, memory {grew:+.1f} MB; {made:,} files, "
    seen += f"{wrong} not whole"
    held = runs and calm and not crowd.refused and left <= 0 and grew < GREW_MB and not wrong and made == crowd.whole
    return Outcome(
        "churn", f"connect, upgrade, {2 * MESSAGES} messages, close; {took:.0f} s, up to {RATE}/s", seen, held
    )


async def _connect_for(duration_s: float, port: int, crowd: _Crowd) -> None:
    loop = asyncio.get_running_loop()
    under_way: set[asyncio.Task[None]] = set()
    began, count = time.monotonic(), 0
    while (now := time.monotonic()) < began + duration_s:
        while began + count / RATE <= now and len(under_way) < UNDER_WAY:
            task = loop.create_task(_one(port, crowd))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            count += 1
        await asyncio.sleep(0.002)
    await asyncio.gather(*under_way)


_numbers = iter(range(1, 1 << 60))


async def _one(port: int, crowd: _Crowd) -> None:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    number = next(_numbers)
    try:
        await loop.create_connection(lambda: _Client(crowd, number, done), "127.0.0.1", port)
        await done
    except OSError:
        crowd.refused += 1


async def _calm(proxy: Proxy, files: int) -> bool:
    """Wait until all has been closed that was open."""
    until = time.monotonic() + CALM_S
    while proxy.descriptors() > files and time.monotonic() < until:  # noqa: ASYNC110 - another process has no event
        await asyncio.sleep(0.1)
    return time.monotonic() < until


def _compare(folder: Path, crowd: _Crowd) -> tuple[int, int]:
    """Return how many whole calls have a recording, and how many recordings are not as they should be."""
    made, wrong = 0, 0
    for each in written(folder):
        faults = [fault for fault in each.faults if "not what was sent" not in fault]
        whole = each.messages == [MESSAGES, MESSAGES] and not each.lost
        is_call = each.number in crowd.made
        made += is_call
        wrong += bool(faults) or each.torn or not each.ended or (is_call and not whole)
        with contextlib.suppress(KeyError):
            crowd.made.remove(each.number)
    return made, wrong
