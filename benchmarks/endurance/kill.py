"""`kill -9` at any moment: what had arrived more than 50 ms before is in the files, and the files can be read."""

from __future__ import annotations

import asyncio
import random
import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from benchmarks.endurance.calls import Calls, End
from benchmarks.endurance.outcome import Options, Outcome
from benchmarks.endurance.proxy import Proxy
from benchmarks.endurance.recordings import Written, written

KILLS = 100
CALLS = 20
PROMISE_S = 0.05
LOOK_S = 0.004
TALK_S = (0.1, 1.2)


@dataclass(slots=True)
class _Seen:
    kills: int = 0
    messages: int = 0
    missing: int = 0
    late_s: list[float] = field(default_factory=list)
    """How long before the kill the first missing message of each side of each call had arrived, in the time that the
    machine gave the proxy."""
    faults: list[str] = field(default_factory=list)
    torn: int = 0


class _Waits:
    """For how long the proxy had to wait for a processor, over time."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._at: list[float] = []
        self._waited: list[float] = []

    def look(self) -> float:
        """Take the time."""
        waited = self._proxy.waited_s()
        self._at.append(time.monotonic())
        self._waited.append(waited)
        return self._at[-1]

    def between(self, arrived: float) -> float:
        """Return how long before the last look it was, without what the proxy waited meanwhile."""
        at = min(bisect_left(self._at, arrived), len(self._at) - 1)
        return self._at[-1] - arrived - (self._waited[-1] - self._waited[at])


def run(options: Options) -> Iterator[Outcome]:
    """Kill the proxy again and again."""
    seen = _Seen()
    with options.work() as work:
        for number in range(options.times(KILLS)):
            uvloop.run(_kill(work, work / str(number), seen))
    over = sorted(late for late in seen.late_s if late > PROMISE_S)
    figures = f"{seen.messages:,} messages had arrived, {seen.missing:,} not written (all of the last "
    figures += f"{max(seen.late_s, default=0) * 1000:.0f} ms), {seen.torn} torn last lines, {len(seen.faults)} faults"
    if seen.faults:
        figures += f": {seen.faults[0]}"
    done = f"`kill -9` {seen.kills} times, {CALLS} calls at 50 messages/s each way"
    yield Outcome("kill", done, figures, not over and not seen.faults)


async def _kill(work: Path, folder: Path, seen: _Seen) -> None:
    async with Calls(keep_times=True) as calls:
        with Proxy(calls.port, folder, work) as proxy:
            clients = await calls.open(proxy.port, CALLS)
            waits = _Waits(proxy)
            talking = asyncio.create_task(calls.talk(clients, random.uniform(*TALK_S)))
            while not talking.done():
                waits.look()
                await asyncio.sleep(LOOK_S)
            waits.look()
            proxy.kill()
        seen.kills += 1
        seen.faults += ["bytes were changed"] * bool(calls.changed)
        found = {each.number: each for each in written(folder)}
        for client in clients:
            _compare(client, calls.servers[client.number], found.get(client.number), waits, seen)


def _compare(client: End, server: End, found: Written | None, waits: _Waits, seen: _Seen) -> None:
    if found is not None:
        seen.faults += found.faults + [f"{found.lost} lost in gaps"] * bool(found.lost)
        seen.torn += found.torn
    for receiver, sender in ((client, 0), (server, 1)):
        count = found.messages[sender] if found is not None else 0
        late = receiver.arrived[count:]
        seen.messages += len(receiver.arrived)
        seen.missing += len(late)
        seen.late_s += [waits.between(arrived) for arrived in late[:1]]
