"""Clients and server of many calls, in one loop: each side sends the same messages over and over, and compares.

What arrives is compared byte for byte with what was sent; the time from one to the other is kept.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import random
import re
import time
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from typing import cast

from websockets.speedups import apply_mask

POOL = 64
WAIT_S = 60.0
HIGH_WATER_BYTES = 1 << 20
_MASK = b"\x01\x80\x7f\xfe"
_HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def request(number: int) -> bytes:
    """Return a client's request for an upgrade."""
    head = b"GET /v1/realtime?model=m&connection=%d HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n" % number
    return (
        head
        + b"Connection: Upgrade\r\nSec-WebSocket-Key: YmVuY2htYXJrcy5wcm94eQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )


class Stream:
    """What each sender of one side sends."""

    def __init__(self, *, client: bool, sizes: tuple[int, ...]) -> None:
        chance = random.Random(client)
        self.payloads = []
        for number, size in zip(range(POOL), itertools.cycle(sizes), strict=False):
            kind, name = ("input_audio_buffer.append", "audio") if client else ("response.output_audio.delta", "delta")
            head = f'{{"type":"{kind}","event_id":"event_{number:08}","{name}":"'.encode()
            audio = base64.b64encode(chance.randbytes(size))[: max(8, size - len(head) - 2)]
            self.payloads.append(head + audio + b'"}')
        self.frames = [_framed(payload, masked=client) for payload in self.payloads]
        self.ends = list(itertools.accumulate(map(len, self.frames)))
        self.cycle = b"".join(self.frames)
        self.long = self.cycle * (2 + 512 * 1024 // len(self.cycle))

    def messages(self, size: int) -> int:
        """Return how many are whole in so many bytes of the stream."""
        cycles, rest = divmod(size, len(self.cycle))
        return cycles * POOL + bisect_right(self.ends, rest)

    def size(self, messages: int) -> int:
        """Return how many bytes so many messages take."""
        cycles, rest = divmod(messages, POOL)
        return cycles * len(self.cycle) + (self.ends[rest - 1] if rest else 0)


def _framed(payload: bytes, *, masked: bool) -> bytes:
    size, bit = len(payload), 0x80 * masked
    head = bytes([0x81, bit | size]) if size < 126 else bytes([0x81, bit | 126]) + size.to_bytes(2)
    return head + (_MASK + apply_mask(payload, _MASK) if masked else payload)


STREAMS = (
    Stream(client=False, sizes=(230, 230, 2700, 5400)),
    Stream(client=True, sizes=(1360,)),
)
"""The server's and the client's: 20 ms of microphone, and audio and transcript as they come from a model."""


class End(asyncio.Protocol):
    """One end of a call."""

    def __init__(self, calls: Calls, number: int = -1, *, client: bool) -> None:
        self.calls = calls
        self.client = client
        self.number = number
        self.transport: asyncio.Transport
        self.peer: End | None = None
        self.open = False
        self.lost = False
        self.sent = 0
        self.sent_at: deque[float] = deque()
        self.arrived: list[float] = []
        """When each message came, if that is wanted."""
        self.received_bytes = 0
        self.paused = False
        self._head = b""
        self._flood_to = 0

    @property
    def received(self) -> int:
        """How many messages came."""
        return STREAMS[not self.client].messages(self.received_bytes)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade, if it is a client."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        if self.client:
            self.transport.write(request(self.number))

    def data_received(self, data: bytes) -> None:
        """Compare what came."""
        if not self.open:
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._upgrade(head)
        if data:
            self._compare(data)

    def _compare(self, data: bytes) -> None:
        stream = STREAMS[not self.client]
        at = self.received_bytes % len(stream.cycle)
        before = self.received
        if data != stream.long[at : at + len(data)]:
            self.calls.changed += 1
        self.received_bytes += len(data)
        self.calls.came(self, self.received - before)

    def _upgrade(self, head: bytes) -> None:
        self.open = True
        if self.client:
            if not head.startswith(b"HTTP/1.1 101"):
                self.calls.refused.append(head)
                self.transport.abort()
            self.calls.changed_state()
            return
        found = re.search(rb"connection=(\d+)", head)
        self.number = int(found[1]) if found else -1
        self.calls.servers[self.number] = self
        self.transport.write(_HEAD)
        self.calls.changed_state()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that it is over."""
        self.lost = True
        self.calls.changed_state()

    def pause_writing(self) -> None:
        """Stop for the socket."""
        self.paused = True

    def resume_writing(self) -> None:
        """Go on."""
        self.paused = False
        self.flood(self._flood_to)

    def send(self) -> None:
        """Send the next message."""
        self.sent_at.append(time.perf_counter())
        self.transport.write(STREAMS[self.client].frames[self.sent % POOL])
        self.sent += 1

    def flood(self, to: int) -> None:
        """Send until so many were sent, as fast as they are taken."""
        self._flood_to = to
        while self.sent < to and not self.paused and not self.transport.is_closing():
            many = to - self.sent >= POOL and self.sent % POOL == 0
            self.transport.write(STREAMS[self.client].cycle if many else STREAMS[self.client].frames[self.sent % POOL])
            self.sent += POOL if many else 1


class Calls:
    """All calls, and the server's socket. Use it as an asynchronous context manager."""

    def __init__(self, *, keep_times: bool = False) -> None:
        self.clients: list[End] = []
        self.servers: dict[int, End] = {}
        self.changed = 0
        """Reads that were not what was sent."""
        self.refused: list[bytes] = []
        self.latencies = array("d")
        self._keep_times = keep_times
        self._state = asyncio.Event()

    async def __aenter__(self) -> Calls:
        self._loop = asyncio.get_running_loop()
        server = self._server = await self._loop.create_server(
            lambda: End(self, client=False), "127.0.0.1", 0, backlog=4096
        )
        self.port = int(server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for end in [*self.clients, *self.servers.values()]:
            end.transport.abort()
        await asyncio.sleep(0)

    def changed_state(self) -> None:
        """Have those look who wait for something."""
        self._state.set()

    async def until(self, what: str, holds: object, wait_s: float = WAIT_S) -> bool:
        """Wait for a condition, a callable; return whether it came to hold."""
        assert callable(holds), what
        end = time.monotonic() + wait_s
        while not holds():
            if time.monotonic() > end:
                return False
            self._state.clear()
            try:
                await asyncio.wait_for(self._state.wait(), 0.02)
            except TimeoutError:
                continue
        return True

    async def dial(self, port: int, count: int, first: int = 0) -> list[End]:
        """Open so many calls, without waiting for the upgrade."""
        made = []
        for number in range(first, first + count):
            make = lambda number=number: End(self, number, client=True)  # noqa: E731
            _, end = await self._loop.create_connection(make, "127.0.0.1", port)
            self.clients.append(end)
            made.append(end)
        return made

    async def open(self, port: int, count: int, first: int = 0) -> list[End]:
        """Open so many calls, and wait until all are upgraded."""
        made = await self.dial(port, count, first)
        there = lambda: all(end.open and end.number in self.servers for end in made)  # noqa: E731
        if not await self.until("upgrades", there):
            raise SystemExit(f"{sum(end.open for end in made)} of {count} calls were opened: {self.refused[:1]}")
        return made

    def ends(self, clients: Iterable[End]) -> list[End]:
        """Return both ends of calls."""
        return [end for client in clients for end in (client, self.servers[client.number])]

    async def talk(self, clients: list[End], duration_s: float, rate: float = 50.0) -> None:
        """Send at so many messages a second, each way, evenly spread over all calls."""
        ends = self.ends(clients)
        began, due = time.perf_counter(), 0
        every_s = 1 / (rate * len(ends))
        while (now := time.perf_counter()) < began + duration_s:
            while began + due * every_s <= now:
                end = ends[due % len(ends)]
                if not end.transport.is_closing():
                    end.send()
                due += 1
            await asyncio.sleep(every_s)

    def came(self, end: End, count: int) -> None:
        """Note that so many messages came."""
        sender = self.servers.get(end.number) if end.client else None
        if sender is None and not end.client:
            sender = end.peer = end.peer or next((one for one in self.clients if one.number == end.number), None)
        if sender is None:
            return
        now = time.perf_counter()
        for _ in range(min(count, len(sender.sent_at))):
            self.latencies.append(now - sender.sent_at.popleft())
        if self._keep_times:
            end.arrived += [time.monotonic()] * count

    async def all_came(self, clients: list[End], wait_s: float = WAIT_S) -> bool:
        """Wait until all has come that was sent; return whether it did."""
        pairs = [(client, self.servers[client.number]) for client in clients]
        return await self.until(
            "messages", lambda: all(a.sent == b.received and b.sent == a.received for a, b in pairs), wait_s
        )

    def late_ms(self, part: float) -> float:
        """Return within how many milliseconds that part of the messages came."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 if ordered else 0.0
