"""What a proxy wrote, compared with what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.endurance.calls import STREAMS
from realtime_inspector.recording.entry import Kind
from realtime_inspector.recording.files import find, open_recording

_NUMBER = re.compile(r"connection=(\d+)")


@dataclass(slots=True)
class Written:
    """One recording."""

    path: Path
    number: int = -1
    """Of its connection."""
    messages: list[int] = field(default_factory=lambda: [0, 0])
    """Of the server, and of the client."""
    lost: int = 0
    """Counted in gaps."""
    ended: bool = False
    faults: list[str] = field(default_factory=list)
    """What is wrong with it."""
    torn: bool = False
    """Its last line is cut off; said by the reader."""


def written(folder: Path) -> Iterator[Written]:
    """Read every recording of a folder, to its end; one that was made, and not yet written to, has nothing in it."""
    for path in find(folder):
        yield read(path) if path.stat().st_size else Written(path)


def read(path: Path) -> Written:
    """Read a recording; what is not as it was sent is a fault."""
    found = Written(path)
    recording = open_recording(path)
    at, n, gaps = [0, 0], 0, False
    last_t = 0.0
    for entry in recording:
        n += 1
        if entry.n != n:
            found.faults.append(f"entry {n} has number {entry.n}")
            n = entry.n
        if entry.t < last_t and entry.kind is not Kind.GAP:
            found.faults.append(f"entry {n} is earlier than the one before")
        last_t = entry.t
        if entry.kind is Kind.MESSAGE:
            client = entry.side == "client"
            pool = STREAMS[client].payloads
            wanted = at[client] % len(pool)
            if entry.payload != pool[wanted]:
                if gaps and entry.payload in pool:
                    wanted = pool.index(entry.payload)
                else:
                    found.faults.append(f"entry {n} is not what was sent")
            at[client] = wanted + 1
            found.messages[client] += 1
        elif entry.kind is Kind.GAP:
            gaps = True
            found.lost += int(entry.members["lost"])
        elif entry.kind is Kind.REQUEST:
            number = _NUMBER.search(str(entry.members["target"]))
            found.number = int(number[1]) if number else -1
        found.ended = entry.kind is Kind.END
    found.torn = any(problem.torn for problem in recording.problems)
    found.faults += [str(problem) for problem in recording.problems if not problem.torn]
    return found
