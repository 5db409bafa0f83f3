"""What processes use: processor time and memory, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path


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
