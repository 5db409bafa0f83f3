"""Too few descriptors, and a wall clock that jumps: open calls go on, others get through as soon as they can."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import uvloop

from benchmarks.endurance.calls import Calls, End
from benchmarks.endurance.outcome import Options, Outcome
from benchmarks.endurance.proxy import Proxy
from benchmarks.endurance.recordings import written

FILES = 100
OPEN = 20
MORE = 60
TALK_S = 5.0
DAY_S = 86400


def run(options: Options) -> Iterator[Outcome]:
    """Do both."""
    with options.work() as work:
        yield uvloop.run(_too_few(work, TALK_S * options.share))
    with options.work() as work:
        yield uvloop.run(_jump(work))


async def _too_few(work: Path, talk_s: float) -> Outcome:
    async with Calls() as calls:
        with Proxy(calls.port, work / "recordings", work, files=FILES) as proxy:
            first = await calls.open(proxy.port, OPEN)
            await calls.talk(first, 1.0)
            more = await calls.dial(proxy.port, MORE, OPEN)
            await calls.talk(first, talk_s)
            waiting = sum(not end.open for end in more)
            came = await calls.all_came(first)
            ended = sum(end.lost for end in calls.ends(first))
            late = calls.late_ms(0.999)
            taken = await _in_turn(calls, [*first, *more])
            await asyncio.sleep(1.0)
            said = len(proxy.said("ulimit"))
            proxy.end()
        found = list(written(work / "recordings"))
    whole = sum(each.ended and not each.faults and not each.torn and not each.lost for each in found)
    seen = f"{waiting} of {MORE} had to wait, {taken} got through in their turn, {len(calls.refused)} were refused; "
    seen += f"{ended} open calls ended, 99.9 % within {late:.1f} ms; {whole} of {OPEN + MORE} recordings whole; "
    seen += f"{said} lines said"
    held = came and not ended and not calls.refused and not calls.changed and taken == MORE and whole == OPEN + MORE
    return Outcome("descriptors", f"{FILES} descriptors, {OPEN} calls open, {MORE} more", seen, held and said <= 3)


async def _in_turn(calls: Calls, clients: list[End]) -> int:
    """End the calls one after the other; return how many of those that waited were opened meanwhile."""
    opened = 0
    waited = clients[OPEN:]
    for end in clients[:OPEN]:
        end.transport.close()
    for end in waited:
        if await calls.until("its turn", lambda end=end: end.open or end.lost) and end.open:
            opened += 1
        end.transport.close()
    return opened


async def _jump(work: Path) -> Outcome:
    jumps = (DAY_S, -3 * DAY_S, 3600, -7)
    async with Calls() as calls:
        with Proxy(calls.port, work / "recordings", work, faulty=True) as proxy:
            for number, jump in enumerate(jumps):
                clients = await calls.open(proxy.port, 3, number * 3)
                await calls.talk(calls.clients, 0.5)
                proxy.tell(f"clock {jump}")
                await calls.talk(calls.clients, 0.5)
            came = await calls.all_came(calls.clients)
            for end in calls.clients:
                end.transport.close()
            await calls.until("ends", lambda: all(end.lost for end in calls.ends(clients)))
            proxy.end()
        found = list(written(work / "recordings"))
        sent = sum(end.sent for end in calls.ends(calls.clients))
    messages = sum(sum(each.messages) for each in found)
    faults = [fault for each in found for fault in each.faults]
    seen = f"{len(found)} recordings, {messages:,} of {sent:,} messages, `t` never goes back, {len(faults)} faults"
    held = came and messages == sent and not faults and len(found) == 3 * len(jumps)
    return Outcome("descriptors", f"the wall clock moved {len(jumps)} times by up to 3 days, 12 calls", seen, held)
