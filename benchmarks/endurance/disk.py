"""A disk that is full, slow, broken, gone or not to be written: calls go on in time, every message is accounted for.

What cannot be written waits in memory as far as it may, here in a little of it, so that there are gaps.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

from benchmarks.endurance.calls import Calls
from benchmarks.endurance.outcome import Options, Outcome
from benchmarks.endurance.proxy import Proxy
from benchmarks.endurance.recordings import Written, written

CALLS = 20
RATE = 50.0
"""Messages a second, call and direction."""
OUTAGE_S = 10.0
WELL_S = 2.0
LATE_MS = 50.0
"""So much later may 999 of 1000 messages be than before the fault."""

Step = Callable[[Proxy, Path], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something done to a disk."""

    name: str
    begin: Step
    end: Step
    gaps: bool = True
    """It lasts long enough that messages are lost, and must be counted."""
    warns: bool = True
    """It is said on stderr, once when it begins and once when it is over."""
    small: bool = False
    """In a file system of its own."""
    early: bool = False
    """Before the first call, as it has to be."""


def run(options: Options) -> Iterator[Outcome]:
    """Do it all, one after the other."""
    for fault in _FAULTS:
        with options.work() as work:
            folder = work / "disk"
            folder.mkdir()
            if fault.small and not _mount(folder):
                yield Outcome("disk", fault.name, "left out: no file system can be mounted here", held=True)
                continue
            try:
                yield uvloop.run(_break(fault, folder, work, options))
            finally:
                if fault.small:
                    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def _break(fault: Fault, folder: Path, work: Path, options: Options) -> Outcome:
    record = folder / "recordings"
    async with Calls() as calls:
        with Proxy(calls.port, record, work, faulty=True) as proxy:
            if fault.early:
                fault.begin(proxy, record)
            clients = await calls.open(proxy.port, CALLS)
            await calls.talk(clients, WELL_S, RATE)
            before = calls.late_ms(0.999)
            del calls.latencies[:]
            if not fault.early:
                await asyncio.to_thread(fault.begin, proxy, record)
            await calls.talk(clients, OUTAGE_S * options.share, RATE)
            during, worst = calls.late_ms(0.999), calls.late_ms(1)
            await asyncio.to_thread(fault.end, proxy, record)
            await calls.talk(clients, WELL_S, RATE)
            there = await calls.all_came(clients)
            lost = sum(end.lost for end in clients)
            sent = {end.number: [calls.servers[end.number].sent, end.sent] for end in clients}
            for end in clients:
                end.transport.close()
            await calls.until("ends", lambda: all(end.lost for end in calls.ends(clients)))
            await asyncio.sleep(WELL_S)
            runs = proxy.runs
            proxy.end()
        found = list(written(record))
        said = [line for line in proxy.said() if " be written" in line]
    unaccounted, gaps = _unaccounted(found, sent)
    faults = [problem for each in found for problem in each.faults]
    seen = (
        f"{sum(map(sum, sent.values())):,} messages, 99.9 % within {during:.1f} ms (before {before:.1f}), all within "
    )
    seen += f"{worst:.0f} ms; {gaps:,} in gaps, {unaccounted:,} unaccounted for; {len(said)} lines said"
    if faults or lost or calls.changed or not there:
        seen += f"; {faults[:1]} {lost} calls ended, {calls.changed} reads changed, all came: {there}"
    ended = all(each.ended for each in found)
    held = runs and there and not lost and not calls.changed and not faults and not unaccounted and ended
    held = held and len(said) == 2 * fault.warns and bool(gaps) >= (fault.gaps and options.share >= 1)
    return Outcome("disk", fault.name, seen, held and during < before + LATE_MS)


def _unaccounted(found: list[Written], sent: dict[int, list[int]]) -> tuple[int, int]:
    """Return of how many messages a recording says nothing, or too much, and how many it counts as lost.

    A gap counts entries: the two of the handshake may be among them, if the beginning of a file was lost.
    """
    known = {each.number: each for each in found}
    gaps = sum(each.lost for each in found)
    total = sum(sum(each.messages) for each in found) + gaps
    heads = sum(2 for number in sent if number not in known)
    return abs(sum(map(sum, sent.values())) + heads - total), gaps


def _mount(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    mountable = shutil.which("mount") is not None and os.geteuid() == 0
    return mountable and subprocess.run(command, capture_output=True, check=False).returncode == 0


def _fill(proxy: Proxy, folder: Path) -> None:
    with (folder.parent / "filler").open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(4096))
        except OSError:
            return


def _empty(proxy: Proxy, folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=2g", str(folder.parent)], check=True)
    (folder.parent / "filler").unlink()


def _remount(how: str) -> Step:
    def step(proxy: Proxy, folder: Path) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(folder.parent)], check=True)

    return step


def _tell(order: str) -> Step:
    return lambda proxy, folder: proxy.tell(order)


def _nothing(proxy: Proxy, folder: Path) -> None:
    pass


def _remove_folder(proxy: Proxy, folder: Path) -> None:
    shutil.rmtree(folder)


def _remove_file(proxy: Proxy, folder: Path) -> None:
    min(folder.glob("*.jsonl")).unlink()


_FAULTS = (
    Fault("full (a tmpfs, filled and emptied)", _fill, _empty, small=True),
    Fault("EIO on every write", _tell("eio"), _tell("works")),
    Fault("0.2 to 2 s of standstill for each MB", _tell("stall 0.2 2"), _tell("works"), warns=False),
    Fault("no file can be made", _tell("open"), _tell("works"), early=True),
    Fault("mounted read-only before the calls", _remount("ro,size=2g"), _remount("rw"), small=True, early=True),
    Fault("folder removed", _remove_folder, _nothing, warns=False),
    Fault("one file removed", _remove_file, _nothing, warns=False),
)
