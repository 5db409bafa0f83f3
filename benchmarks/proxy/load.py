"""All clients and the server of one run, in one process: sends, receives, compares, takes the time.

    python -m benchmarks.proxy.load '{"mode": "sessions", …}'

The job comes as JSON. On standard output there is first a line with the server's port, in the end one with the result;
between them a line is read that says where the proxy is.
"""

from __future__ import annotations

import asyncio
import gc
import json
import ssl
import sys
import time
from array import array
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from benchmarks.proxy.ends import End, Kind, Tunnel
from benchmarks.proxy.usage import cpu_s, family, memory_mb
from realtime_inspector.capture.tls import LocalCA

BLOCK_BYTES = 128 * 1024
REST = 0.2
"""So much of the time `sessions` sleeps, though it be awaited: in real time, who never sleeps is stopped for 50 ms."""
MISSING_S = 0.005
"""When so much sleep is missing, it is taken though it delays what is due."""
REST_S = 60e-6
AWAKE_S = 25e-6
"""So long before a message is due there is no sleep: waking takes its time."""


class Security(StrEnum):
    """Where there is TLS."""

    PLAIN = "plain"
    TLS = "tls"
    """Between the proxy and the server."""
    INTERCEPT = "intercept"
    """On both sides: the client asks a forward proxy for a tunnel to the server, and the proxy opens it."""


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
    connect_s: float = 60.0
    """How long the proxy may take to listen."""
    drain_s: float = 5.0
    """How long what is under way in the end may take."""
    security: str = Security.PLAIN
    certificates: str = ""
    """Folder with the certificates of a local CA."""
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
    begun: int = 0
    """Messages that were sent within the window."""
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
        ca = LocalCA(Path(self.job.certificates)) if self.job.security != Security.PLAIN else None
        context = ca.server_context() if ca is not None else None
        server = await self._loop.create_server(
            lambda: End(self, client=False), "127.0.0.1", 0, backlog=1024, ssl=context
        )
        port = server.sockets[0].getsockname()[1]
        print(json.dumps({"upstream": port}), flush=True)
        target = await asyncio.to_thread(sys.stdin.readline)
        self.job = Job(**{**asdict(self.job), **json.loads(target)})
        await self._connect(port, ca)
        memory = self._memory()
        self._begin()
        await asyncio.sleep(self.job.warmup_s)
        cpu, own, at = self._cpu(), time.process_time(), time.perf_counter()
        before = sum(self._counts()[0])
        self._in_window = True
        await self._window()
        self._in_window = False
        result = self.result
        result.window_s = time.perf_counter() - at
        result.begun = sum(self._counts()[0]) - before
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
        missing = (now - self._began) * REST - self._slept_s
        if not self._under_way and until - now > AWAKE_S:
            time.sleep(until - now)
        elif missing > 0 and until - now > AWAKE_S:
            time.sleep(min(until - now, REST_S))
        elif missing > MISSING_S:
            time.sleep(REST_S)
        else:
            return
        self._slept_s += time.perf_counter() - now

    async def _connect(self, server: int, ca: LocalCA | None) -> None:
        """Connect all clients, by the proxy if there is one."""
        until = time.monotonic() + self.job.connect_s
        for number in range(self.job.connections):
            self.clients.append(await self._client(number, server, ca, until))
        await asyncio.wait_for(self._ready.wait(), self.job.connect_s)
        self._ends = [end for number, client in enumerate(self.clients) for end in (client, self.servers[number])]
        await asyncio.sleep(0.2)

    async def _client(self, number: int, server: int, ca: LocalCA | None, until: float) -> End:
        while True:
            end = End(self, client=True, number=number)
            try:
                if not self.job.port:
                    await self._straight(end, server, ca)
                elif self.job.security == Security.INTERCEPT:
                    await self._tunnel(end, server)
                else:
                    await self._loop.create_connection(lambda end=end: end, "127.0.0.1", self.job.port)  # type: ignore[misc]
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise SystemExit("the proxy does not listen") from None
                await asyncio.sleep(0.02)
            else:
                return end

    async def _straight(self, end: End, server: int, ca: LocalCA | None) -> None:
        context = ssl.create_default_context(cafile=str(ca.certificate)) if ca is not None else None
        name = "localhost" if ca is not None else None
        await self._loop.create_connection(lambda: end, "127.0.0.1", server, ssl=context, server_hostname=name)

    async def _tunnel(self, end: End, server: int) -> None:
        """Connect by a forward proxy, whose certificate is as good as any: what is measured is its work."""
        tunnel = Tunnel(f"localhost:{server}")
        transport, _ = await self._loop.create_connection(lambda: tunnel, "127.0.0.1", self.job.port)
        await tunnel.answered
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        secure = await self._loop.start_tls(transport, end, context, server_hostname="localhost")
        assert secure is not None
        end.connection_made(secure)

    async def _window(self) -> None:
        until, most = time.perf_counter() + self.job.duration_s, self.job.most_bytes
        while time.perf_counter() < until:
            await asyncio.sleep(0.02)
            if most and all(end.receiver.count * end.receiver.kind.length >= most for end in self.clients):
                break

    async def _drain(self) -> None:
        """Wait until all has arrived that was sent."""
        until = time.monotonic() + (self.job.drain_s if self.job.mode != "slow" else 0)
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


def main() -> None:
    """Do the job that was given."""
    import uvloop

    gc.disable()  # its rounds would be pauses of the clock

    async def body() -> None:
        load = Load(Job(**json.loads(sys.argv[1])))
        print(json.dumps(asdict(await load.run())), flush=True)

    uvloop.run(body())


if __name__ == "__main__":
    main()
