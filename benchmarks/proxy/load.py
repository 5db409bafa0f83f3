"""All clients and the server of one run, in one process: sends, receives, compares, takes the time.

    python -m benchmarks.proxy.load '{"mode": "sessions", …}'

The job comes as JSON. On standard output there is first a line with the server's port, in the end one with the result;
between them a line is read that says where the proxy is.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
import json
import random
import re
import sys
import time
from array import array
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import uvloop
from websockets.speedups import apply_mask

POOL = 64
"""So many different messages a side sends, over and over."""
BLOCK_BYTES = 128 * 1024
HIGH_WATER_BYTES = 1 << 20
DRAIN_S = 5.0
CONNECT_S = 60.0
REST = 0.2
"""So much of the time `sessions` sleeps, though it be awaited: in real time, who never sleeps is stopped for 50 ms."""
REST_S = 60e-6
AWAKE_S = 25e-6
"""So long before a message is due there is no sleep: waking takes its time."""
_ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY = base64.b64encode(b"benchmarks.proxy")


@dataclass(frozen=True)
class Job:
    """What to do."""

    mode: str
    """`ping`, `sessions`, `flood-up`, `flood-down` or `slow`."""
    connections: int
    size: int
    """Bytes of a message."""
    rate: float = 50.0
    """Messages a second, connection and direction, in `sessions`."""
    warmup_s: float = 0.5
    duration_s: float = 2.0
    most_bytes: int = 0
    """Stop sending after so many bytes, if not 0."""
    pid: int = 0
    """The proxy; 0 if there is none."""
    port: int = 0
    """Where the proxy listens."""


@dataclass
class Result:
    """What was seen."""

    sent: list[int] = field(default_factory=lambda: [0, 0])
    """Messages of the clients, and of the server."""
    received: list[int] = field(default_factory=lambda: [0, 0])
    changed: int = 0
    """Messages that differ from what was sent, or stand elsewhere."""
    window_s: float = 0.0
    messages: int = 0
    """That arrived within the window."""
    cpu_s: float = 0.0
    """Of the proxy, within the window."""
    load_cpu: float = 0.0
    """Of this process: 1 is a whole core."""
    latencies_us: list[float] = field(default_factory=list)
    """50th, 99th and 99.9th of 100."""
    memory_mb: float = 0.0
    grew_mb: float = 0.0
    """More memory of the proxy at the end of the window than before the first message."""


def payloads(size: int, *, client: bool) -> list[bytes]:
    """Return the messages of a side: an event with audio, as most are, in JSON as `orjson` writes it."""
    chance = random.Random(size * 2 + client)
    made = []
    for number in range(POOL):
        head = b'{"type":"input_audio_buffer.append","event_id":"event_%08d","audio":"' % number
        if not client:
            head = b'{"type":"response.output_audio.delta","event_id":"event_%08d","item_id":"a","delta":"' % number
        audio = base64.b64encode(chance.randbytes(size))[: max(8, size - len(head) - 2)]
        made.append(head + audio + b'"}')
    return made


def framed(payload: bytes, mask: bytes) -> bytes:
    """Return one whole text frame, masked if there is a mask."""
    bit = 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        head = bytes([0x81, bit | size])
    elif size < 65536:
        head = bytes([0x81, bit | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x81, bit | 127]) + size.to_bytes(8, "big")
    return head + mask + (apply_mask(payload, mask) if mask else payload)


class Kind:
    """What all senders of one side send: the same messages, one after the other, from the first."""

    def __init__(self, size: int, *, client: bool) -> None:
        self.client = client
        self.payloads = payloads(size, client=client)
        chance = random.Random(client)
        self.frames = [framed(payload, chance.randbytes(4) if client else b"") for payload in self.payloads]
        self.length = len(self.frames[0])
        self.cycle = b"".join(self.frames)
        self.twice = self.cycle * (2 + 256 * 1024 // len(self.cycle))
        """Long enough that what comes in one read is a part of it, wherever it begins."""


class Receiver:
    """Takes in one direction of a connection and compares."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.count = 0
        self.changed = 0
        self._at = 0
        """How many bytes of the stream came."""
        self._rest = b""
        self._verbatim = True

    def feed(self, data: bytes) -> int:
        """Return how many messages end in these bytes."""
        kind, before = self.kind, self.count
        if self._verbatim:
            offset = self._at % len(kind.cycle)
            if len(data) <= len(kind.twice) - offset and data == kind.twice[offset : offset + len(data)]:
                self._at += len(data)
                self.count = self._at // kind.length
                return self.count - before
            self._verbatim = False  # other masks, as proxies make that frame anew
            begun = self._at % kind.length
            self._rest = kind.twice[offset - begun : offset] if begun else b""
        return self._by_frame(data)

    def _by_frame(self, data: bytes) -> int:
        data = self._rest + data
        kind, at, before = self.kind, 0, self.count
        while len(data) - at >= kind.length:
            frame = data[at : at + kind.length]
            known = kind.frames[self.count % POOL]
            head = kind.length - len(kind.payloads[0]) - (4 if kind.client else 0)
            payload = frame[head:]
            if kind.client:
                payload = apply_mask(payload[4:], payload[:4])
            self.changed += frame[:head] != known[:head] or payload != kind.payloads[self.count % POOL]
            self.count += 1
            at += kind.length
        self._rest = data[at:]
        return self.count - before


class End(asyncio.Protocol):
    """One end of a connection: a client's or the server's."""

    def __init__(self, load: Load, *, client: bool, number: int = -1) -> None:
        self.load = load
        self.client = client
        self.number = number
        self.transport: asyncio.Transport
        self.outgoing = load.kinds[client]
        self.receiver = Receiver(load.kinds[not client])
        self.sent = 0
        self.paused = False
        self.sent_at: deque[float] = deque()
        self._head = b""
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade, if it is a client."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        if self.client:
            path = b"/v1/realtime?model=m&connection=%d" % self.number
            head = b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" % path
            self.transport.write(head + b"Sec-WebSocket-Key: %b\r\nSec-WebSocket-Version: 13\r\n\r\n" % _KEY)

    def data_received(self, data: bytes) -> None:
        """Compare what came."""
        if self.open:
            self.load.arrived(self, self.receiver.feed(data))
            return
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if end:
            self._upgrade(head)
            if rest:
                self.data_received(rest)

    def _upgrade(self, head: bytes) -> None:
        self.open = True
        if self.client:
            if not head.startswith(b"HTTP/1.1 101"):
                raise SystemExit(f"no upgrade: {head[:200]!r}")
        else:
            number = re.search(rb"connection=(\d+)", head)
            key = re.search(rb"(?im)^sec-websocket-key: *(\S+)", head)
            self.number = int(number[1]) if number else -1
            accept = base64.b64encode(hashlib.sha1((key[1] if key else b"") + _ACCEPT).digest())
            answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            self.transport.write(answer + b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept)
        self.load.upgraded(self)

    def pause_writing(self) -> None:
        """Stop for the socket."""
        self.paused = True

    def resume_writing(self) -> None:
        """Go on."""
        self.paused = False
        self.load.writable(self)

    def send(self, count: int = 1) -> None:
        """Send the next messages."""
        frames, at = self.outgoing.frames, self.sent % POOL
        self.sent += count
        self.transport.write(frames[at] if count == 1 else b"".join(frames[(at + n) % POOL] for n in range(count)))


class Load:
    """One run."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.kinds = [Kind(job.size, client=False), Kind(job.size, client=True)]
        self.result = Result()
        self.clients: list[End] = []
        self.servers: dict[int, End] = {}
        self._ready = asyncio.Event()
        self._in_window = False
        self._sending = True
        self._latencies = array("d")
        self._batch = max(1, BLOCK_BYTES // job.size)
        self._loop = asyncio.get_running_loop()

    async def run(self) -> Result:
        """Connect everybody, send for a while, wait for what is under way."""
        server = await self._loop.create_server(lambda: End(self, client=False), "127.0.0.1", 0, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        print(json.dumps({"port": port}), flush=True)
        target = await asyncio.to_thread(sys.stdin.readline)
        self.job = Job(**{**asdict(self.job), **json.loads(target)})
        await self._connect(self.job.port or port)
        memory = self._memory()
        self._begin()
        await asyncio.sleep(self.job.warmup_s)
        cpu, own, at = self._cpu(), time.process_time(), time.perf_counter()
        self._in_window = True
        await self._window()
        self._in_window = False
        result = self.result
        result.window_s = time.perf_counter() - at
        result.cpu_s = self._cpu() - cpu
        result.load_cpu = (time.process_time() - own) / result.window_s
        result.memory_mb = self._memory()
        result.grew_mb = result.memory_mb - memory
        self._sending = False
        await self._drain()
        self._sum_up()
        return result

    def upgraded(self, end: End) -> None:
        """Note that an end is ready."""
        if not end.client:
            self.servers[end.number] = end
        connections = self.job.connections
        if len(self.servers) == connections and sum(client.open for client in self.clients) == connections:
            self._ready.set()

    def writable(self, end: End) -> None:
        """Flood on."""
        sides = {"flood-up": True, "flood-down": False, "slow": False}
        if sides.get(self.job.mode) is not end.client:
            return
        most = self.job.most_bytes // end.outgoing.length if self.job.most_bytes else sys.maxsize
        while self._sending and not end.paused and end.sent < most and not end.transport.is_closing():
            end.send(self._batch)

    def arrived(self, end: End, count: int) -> None:
        """Note that so many messages came."""
        if not count:
            return
        if self._in_window:
            self.result.messages += count
        mode = self.job.mode
        if mode == "ping":
            self._ping(end)
        elif mode == "sessions":
            sender = self.servers[end.number] if end.client else self.clients[end.number]
            now = time.perf_counter()
            self._under_way -= count
            for _ in range(count):
                sent = sender.sent_at.popleft()
                if self._in_window:
                    self._latencies.append(now - sent)

    def _begin(self) -> None:
        mode = self.job.mode
        if mode == "slow":
            for client in self.clients:
                client.transport.pause_reading()
        if mode == "ping":
            self._pinged = time.perf_counter()
            for client in self.clients:
                client.send()
        elif mode == "sessions":
            self._began = time.perf_counter()
            self._due = 0
            self._under_way = 0
            self._slept_s = 0.0
            self._loop.call_soon(self._tick)
        else:
            for end in [*self.clients, *self.servers.values()]:
                self.writable(end)

    def _ping(self, end: End) -> None:
        if not end.client:
            end.send()
            return
        now = time.perf_counter()
        if self._in_window:
            self._latencies.append(now - self._pinged)
        self._pinged = now
        if self._sending:
            end.send()

    def _tick(self) -> None:
        """Send what is due, evenly spread over all connections and both directions."""
        ends: list[End] = self._ends
        now = time.perf_counter()
        every_s = 1 / (self.job.rate * len(ends))
        while self._sending and self._began + self._due * every_s <= now:
            end = ends[self._due % len(ends)]
            if end.transport.is_closing():
                raise SystemExit("the proxy closed a connection")
            end.sent_at.append(time.perf_counter())
            end.send()
            self._due += 1
            self._under_way += 1
        if self._sending:
            self._rest(self._began + self._due * every_s - AWAKE_S)
            self._loop.call_soon(self._tick)

    def _rest(self, until: float) -> None:
        """Sleep where it delays nothing: while no message is under way; else only as long as has to be."""
        now = time.perf_counter()
        if until - now < AWAKE_S or (self._under_way and self._slept_s > (now - self._began) * REST):
            return
        time.sleep(until - now if not self._under_way else min(until - now, REST_S))
        self._slept_s += time.perf_counter() - now

    async def _connect(self, port: int) -> None:
        until = time.monotonic() + CONNECT_S
        for number in range(self.job.connections):
            self.clients.append(await self._client(number, port, until))
        await asyncio.wait_for(self._ready.wait(), CONNECT_S)
        self._ends = [end for number, client in enumerate(self.clients) for end in (client, self.servers[number])]
        await asyncio.sleep(0.2)

    async def _client(self, number: int, port: int, until: float) -> End:
        while True:
            try:
                _, end = await self._loop.create_connection(
                    lambda: End(self, client=True, number=number), "127.0.0.1", port
                )
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise SystemExit("the proxy does not listen") from None
                await asyncio.sleep(0.02)
            else:
                return end

    async def _window(self) -> None:
        until, most = time.perf_counter() + self.job.duration_s, self.job.most_bytes
        while time.perf_counter() < until:
            await asyncio.sleep(0.02)
            if most and all(end.receiver.count * end.receiver.kind.length >= most for end in self.clients):
                break

    async def _drain(self) -> None:
        """Wait until all has arrived that was sent."""
        until = time.monotonic() + (DRAIN_S if self.job.mode != "slow" else 0)
        while time.monotonic() < until:
            sent, received = self._counts()
            if sent == received:
                break
            await asyncio.sleep(0.02)

    def _counts(self) -> tuple[list[int], list[int]]:
        servers = self.servers.values()
        sent = [sum(end.sent for end in self.clients), sum(end.sent for end in servers)]
        received = [sum(end.receiver.count for end in servers), sum(end.receiver.count for end in self.clients)]
        return sent, received

    def _sum_up(self) -> None:
        result = self.result
        result.sent, result.received = self._counts()
        result.changed = sum(end.receiver.changed for end in self._ends)
        ordered = sorted(self._latencies)
        if ordered:
            result.latencies_us = [
                ordered[min(len(ordered) - 1, int(len(ordered) * q))] * 1e6 for q in (0.5, 0.99, 0.999)
            ]
        for end in self._ends:
            end.transport.abort() if self.job.mode == "slow" else end.transport.close()

    def _cpu(self) -> float:
        return sum(map(cpu_s, family(self.job.pid))) if self.job.pid else 0.0

    def _memory(self) -> float:
        return sum(map(memory_mb, family(self.job.pid))) if self.job.pid else 0.0


def family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def cpu_s(pid: int) -> float:
    """Return the processor time of a process so far, to the nanosecond."""
    used = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            used += int(path.read_text().split()[0])
        except OSError:
            continue
    return used / 1e9


def memory_mb(pid: int) -> float:
    """Return the memory of a process, what it shares counted in parts."""
    try:
        pss = re.search(r"(?m)^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        return 0.0
    return int(pss[1]) / 1000 if pss else 0.0


def main() -> None:
    """Do the job that was given."""
    gc.disable()  # its rounds would be pauses of the clock

    async def body() -> None:
        load = Load(Job(**json.loads(sys.argv[1])))
        print(json.dumps(asdict(await load.run())), flush=True)

    uvloop.run(body())


if __name__ == "__main__":
    main()
