"""Much through one socket, somebody who does not read, and as many messages as eight hours have: memory stays flat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import linear_regression

import uvloop

from benchmarks.endurance.calls import STREAMS, Calls, End
from benchmarks.endurance.outcome import Options, Outcome
from benchmarks.endurance.proxy import Proxy
from benchmarks.endurance.recordings import written

GIGABYTE = 1_000_000_000
HOURS_MESSAGES = 8 * 3600 * 50
"""Each way."""
GREW_MB = 30.0
SLOPE_MB = 2.0
"""So much more at the end of the last half than at its beginning is noise."""
LOOK_S = 0.1
WAIT_S = 1800.0


def run(options: Options) -> Iterator[Outcome]:
    """Do it all, one after the other."""
    for client in (False, True):
        with options.work() as work:
            yield uvloop.run(_much(work, options.times(GIGABYTE), client=client))
    stop_s = 60.0 if options.full else 5.0
    for client in (True, False):
        with options.work() as work:
            yield uvloop.run(_stop(work, stop_s, client=client))
    with options.work() as work:
        yield uvloop.run(_hours(work, options.times(HOURS_MESSAGES)))


class _Memory:
    """The proxy's memory, looked at all the time."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self.seen: list[tuple[float, float]] = []
        self.start = proxy.memory_mb()
        self._task = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        while True:
            self.seen.append((time.monotonic(), self._proxy.memory_mb()))
            await asyncio.sleep(LOOK_S)

    def stop(self) -> None:
        """Look no more."""
        self._task.cancel()

    @property
    def grew_mb(self) -> float:
        """How much more it was at most than at the start."""
        return max(mb for _, mb in self.seen) - self.start

    def slope_mb(self) -> tuple[float, float]:
        """Return by how much it rose over the last half, by the line through it, and for how many seconds that was."""
        half = self.seen[len(self.seen) // 2 :]
        slope = linear_regression(*zip(*half, strict=True)).slope
        return slope * (half[-1][0] - half[0][0]), half[-1][0] - half[0][0]


async def _much(work: Path, size: int, *, client: bool) -> Outcome:
    async with Calls() as calls:
        with Proxy(calls.port, work / "recordings", work) as proxy:
            [end] = await calls.open(proxy.port, 1)
            sender = end if client else calls.servers[end.number]
            memory = _Memory(proxy)
            began = time.monotonic()
            sender.flood(STREAMS[client].messages(size))
            came = await calls.all_came([end], WAIT_S)
            took = time.monotonic() - began
            memory.stop()
            await _end(calls, [end], proxy)
        count, wrong = _recorded(work / "recordings")
    seen = (
        f"{sender.sent:,} messages in {took:.1f} s, {calls.changed} reads changed, {count:,} recorded, {wrong} wrong; "
    )
    seen += f"memory +{memory.grew_mb:.1f} MB at most"
    held = came and not calls.changed and count == sender.sent and not wrong and memory.grew_mb < GREW_MB
    way = "client to server" if client else "server to client"
    return Outcome("volume", f"{size / 1e9:.2g} GB through one socket, {way}", seen, held)


async def _stop(work: Path, stop_s: float, *, client: bool) -> Outcome:
    """Let the client, or the server, not read what the other floods it with."""
    async with Calls() as calls:
        with Proxy(calls.port, work / "recordings", work) as proxy:
            clients = await calls.open(proxy.port, 4)
            memory = _Memory(proxy)
            senders = [calls.servers[end.number] if client else end for end in clients]
            readers = clients if client else [calls.servers[end.number] for end in clients]
            for reader in readers:
                reader.transport.pause_reading()
            most = STREAMS[not client].messages(GIGABYTE)
            for sender in senders:
                sender.flood(most)
            await asyncio.sleep(stop_s)
            for sender in senders:
                sender.flood(sender.sent)
            for reader in readers:
                reader.transport.resume_reading()
            came = await calls.all_came(clients)
            memory.stop()
            sent = sum(sender.sent for sender in senders)
            await _end(calls, clients, proxy)
        count, wrong = _recorded(work / "recordings")
    seen = (
        f"memory +{memory.grew_mb:.1f} MB at most; then all {sent:,} messages came: {came}, {calls.changed} changed, "
    )
    seen += f"{count:,} recorded, {wrong} wrong"
    held = came and not calls.changed and count == sent and not wrong and memory.grew_mb < GREW_MB
    who = "client" if client else "server"
    return Outcome("volume", f"4 calls whose {who} reads nothing for {stop_s:.0f} s of a flood", seen, held)


async def _hours(work: Path, count: int) -> Outcome:
    async with Calls() as calls:
        with Proxy(calls.port, work / "recordings", work) as proxy:
            [end] = await calls.open(proxy.port, 1)
            memory = _Memory(proxy)
            began = time.monotonic()
            for one in calls.ends([end]):
                one.flood(count)
            came = await calls.all_came([end], WAIT_S)
            took = time.monotonic() - began
            memory.stop()
            rose, over_s = memory.slope_mb()
            await _end(calls, [end], proxy)
        recorded, wrong = _recorded(work / "recordings")
    seen = f"{2 * count:,} messages in {took:.0f} s, {recorded:,} recorded, {wrong} wrong; memory "
    seen += f"+{memory.grew_mb:.1f} MB at most, {rose:+.2f} MB over the last half ({over_s:.0f} s)"
    held = came and not calls.changed and recorded == 2 * count and not wrong and rose < SLOPE_MB
    return Outcome("volume", f"one call with the messages of {count / 180_000:.2g} hours", seen, held)


async def _end(calls: Calls, clients: list[End], proxy: Proxy) -> None:
    for end in clients:
        end.transport.close()
    await calls.until("ends", lambda: all(end.lost for end in calls.ends(clients)))
    await asyncio.to_thread(proxy.end)


def _recorded(folder: Path) -> tuple[int, int]:
    """Return how many messages were recorded, and how much is wrong with the recordings."""
    found = list(written(folder))
    wrong = sum(len(each.faults) + each.lost + each.torn + (not each.ended) for each in found)
    return sum(sum(each.messages) for each in found), wrong
