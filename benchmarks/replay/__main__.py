"""Runs the measurement; see the package's docstring."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson

import benchmarks.replay
from benchmarks.replay import calls

MAX_S = 1.0
"""How long a call of a minute may take at `--speed max`."""
LATE_P99_MS = 20.0
"""How far an event may be from its time, but for one in a hundred."""
_READY_S = 120.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and return the exit code."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmark-replay-") as made:
        folder = Path(made)
        minute, short = folder / "minute.jsonl", folder / "short.jsonl"
        entries = calls.write(minute, 60.0)
        calls.write(short, options.seconds)
        fast = [_run(minute, 1, 0.0, "max", folder) for _ in range(options.repetitions)]
        many = _run(short, options.sessions, options.ramp, "recorded", folder)
    text = _table(entries, fast, many, options.sessions) + "\n"
    print(text)
    if options.output is not None:
        options.output.write_text(text, encoding="utf-8")
    return 0 if all(one.met and one.load["whole"] == one.sessions for one in [*fast, many]) else 1


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one run."""

    sessions: int
    met: bool
    load: dict[str, Any]
    cpu_s: float
    """Processor time of the server while the clients talked."""
    memory_mb: float


def _run(recording: Path, sessions: int, ramp_s: float, speed: str, folder: Path) -> Ran:
    arguments = [str(recording), "--copies", str(sessions), "--speed", speed]
    with _serving(arguments, folder) as (port, process):
        before = _cpu_s(process.pid)
        client = [sys.executable, "-m", "benchmarks.replay.load"]
        command = [*client, str(recording), str(port), str(sessions), str(ramp_s)]
        load = orjson.loads(subprocess.check_output([*command, *(["max"] if speed == "max" else [])]))
        cpu_s = _cpu_s(process.pid) - before
        memory_mb = _memory_mb(process.pid)
        process.send_signal(signal.SIGINT)
        met = process.wait(60) == 0
    return Ran(sessions, met, load, cpu_s, memory_mb)


@contextmanager
def _serving(arguments: Sequence[str], folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "realtime_inspector", "mock", *arguments, "--listen", "127.0.0.1:0"]
    with subprocess.Popen([*command, "--ready-file", str(ready)], stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + _READY_S
            while not ready.exists() and process.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            yield orjson.loads(ready.read_bytes())["port"], process
        finally:
            process.kill()


def _table(entries: int, fast: Sequence[Ran], many: Ran, sessions: int) -> str:
    took = median(one.load["took_s"] for one in fast)
    late = many.load["late_ms"]
    shown = ", ".join(f"{name} {value:.1f}" for name, value in late.items())
    rate = many.load["events"] / many.load["took_s"]
    return "\n".join(
        [
            f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            "",
            "| figure | reached | target | |",
            "|---|---:|---:|---|",
            _row(f"a call of 60 s, {entries} entries, at --speed max, s", took, MAX_S, "{:.3f}"),
            _row(
                f"{sessions} sessions at once, p99 of how far an event is from its time, ms", late["p99"], LATE_P99_MS
            ),
            "",
            f"Off their time, ms: {shown}. About {rate:,.0f} events a second, {many.load['events']:,} in all; the",
            f"server took {many.cpu_s:.1f} s of a processor ({many.cpu_s / many.load['events'] * 1e6:.0f} us an event)",
            f"and {many.memory_mb:.0f} MB, the clients {many.load['cpu_s']:.1f} s.",
            f"{many.load['whole']} of {many.sessions} sessions were whole, and the recording {_met(many)}.",
        ]
    )


def _met(ran: Ran) -> str:
    return "met" if ran.met else "**not met**"


def _row(name: str, reached: float, target: float, form: str = "{:.1f}") -> str:
    held = "held" if reached <= target else "**not held**"
    return f"| {name} | {form.format(reached)} | \u2264 {target:g} | {held} |"


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> float:
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.replay",
        description=benchmarks.replay.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sessions", type=int, default=1000, help="how many at once (1000)")
    parser.add_argument("--seconds", type=float, default=25.0, help="how long each is (25)")
    parser.add_argument("--ramp", type=float, default=12.8, help="within how many seconds they come: two turns (12.8)")
    parser.add_argument("--repetitions", type=int, default=3, help="how often the call at full speed is played (3)")
    parser.add_argument("--output", type=Path, help="write it there too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
