"""Runs the comparison; see the package's docstring."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import benchmarks.proxy
from benchmarks.proxy.load import Job, payloads
from benchmarks.proxy.peers import Peer, peers, recorded
from benchmarks.proxy.report import Figures, table

SCENARIOS = {
    "ping": Job("ping", 1, 4096),
    "sessions": Job("sessions", 100, 2048),
    "flood-up": Job("flood-up", 4, 4096),
    "flood-down": Job("flood-down", 4, 4096),
    "flood-200": Job("flood-up", 4, 200),
    "slow": Job("slow", 4, 20_480),
    "one-socket": Job("flood-down", 1, 4096, warmup_s=0.0, duration_s=60.0, most_bytes=1_000_000_000),
    "stalling-disk": Job("sessions", 20, 2048, duration_s=4.0),
}
ONLY = {
    "slow": {"relay", "haproxy", "nginx", "mitmdump", "websockets"},
    "one-socket": {"relay", "haproxy", "nginx", "websockets"},
    "stalling-disk": {"relay", "relay-stalling"},
}
"""Who takes part in a scenario that is not for all."""
END_S = 15.0
PORTS = (15_000, 32_000)
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Place:
    """Where processes run."""

    proxy_cpu: int
    load_cpu: int
    realtime: bool

    def at(self, cpu: int) -> Callable[[], None]:
        """Return what a child does before it becomes its program."""

        def place() -> None:
            if (os.cpu_count() or 1) > 1:
                os.sched_setaffinity(0, {cpu})
            if self.realtime:
                os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))

        return place


def main() -> int:
    """Compare, and return the exit code."""
    options = _options()
    known = peers(options.mitmdump)
    for peer in known:
        if not peer.installed:
            print(f"{peer.name}: not installed, left out", file=sys.stderr)
    chosen = [peer for peer in known if peer.installed and (not options.proxies or peer.name in options.proxies)]
    place = Place(0, 1, options.rt)
    runs: dict[str, dict[str, list[Figures]]] = {}
    marks: dict[str, dict[str, set[str]]] = {}
    for repetition in range(options.repetitions):
        for scenario in options.scenarios:
            for peer in chosen:
                if not _takes_part(peer, scenario):
                    continue
                job = SCENARIOS[scenario]
                job = replace(job, duration_s=options.duration or job.duration_s) if not job.most_bytes else job
                figures, marked = run(peer, job, place, options.folder)
                print(f"{repetition + 1}: {scenario}, {peer.name} {' '.join(marked)}", file=sys.stderr)
                runs.setdefault(scenario, {}).setdefault(peer.name, []).extend([figures] if figures else [])
                marks.setdefault(scenario, {}).setdefault(peer.name, set()).update(marked)
    for scenario, by_name in runs.items():
        print(table(scenario, by_name, marks[scenario]))
    ours = [marked for by_name in marks.values() for name, marked in by_name.items() if name.startswith("relay")]
    return 1 if any(ours) else 0


def run(peer: Peer, job: Job, place: Place, folder: Path | None) -> tuple[Figures | None, set[str]]:
    """Do one run of one proxy; return its figures, if it has any, and what went wrong."""
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=folder) as work, contextlib.ExitStack() as stack:
        load_log = stack.enter_context(Path(work, "load.log").open("wb"))
        load = _start(
            [sys.executable, "-m", "benchmarks.proxy.load", json.dumps(asdict(job))],
            place.at(place.load_cpu),
            stack,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=load_log,
        )
        assert load.stdin is not None
        assert load.stdout is not None
        upstream = json.loads(load.stdout.readline())["port"]
        words: dict[str, Any] = {"listen": _port(), "upstream": upstream, "folder": work, "record": f"{work}/record"}
        proxy = None
        if peer.command:
            Path(work, "config").write_text(peer.config.format(**words))
            command = [word.format(**words) for word in peer.command]
            log = stack.enter_context(Path(work, "proxy.log").open("wb"))
            proxy = _start(command, place.at(place.proxy_cpu), stack, stdout=log, stderr=log)
        where = {"pid": proxy.pid, "port": words["listen"]} if proxy is not None else {}
        with contextlib.suppress(BrokenPipeError):
            load.stdin.write(json.dumps(where) + "\n")
            load.stdin.close()
        answer = load.stdout.readline()
        if proxy is not None:
            proxy.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                proxy.wait(END_S)
        if not answer:
            for name in ("load.log", "proxy.log"):
                print(f"{peer.name}, {name}: {_last_line(Path(work, name))}", file=sys.stderr)
            return None, {"failed"}
        result = json.loads(answer)
        return _figures(job, result), _marks(peer, job, result, Path(work, "record"))


def _marks(peer: Peer, job: Job, result: dict[str, Any], record: Path) -> set[str]:
    marks = set()
    if job.mode != "slow" and result["sent"] != result["received"]:
        marks.add("lost or late")
    if result["changed"]:
        marks.add("changed")
    if peer.records and job.mode != "slow":
        count, differ = recorded(record)
        if count != sum(result["sent"]):
            marks.add(f"recorded {count} of {sum(result['sent'])}")
        elif differ([payloads(job.size, client=True), payloads(job.size, client=False)]):
            marks.add("recorded otherwise")
    return marks


def _figures(job: Job, result: dict[str, Any]) -> Figures:
    figures = dict(zip(("p50 us", "p99 us", "p99.9 us"), result["latencies_us"], strict=False))
    if job.mode != "slow":
        figures["msgs/s"] = result["messages"] / result["window_s"]
        figures["CPU us/msg"] = result["cpu_s"] / max(1, result["messages"]) * 1e6
    figures["load CPU %"] = result["load_cpu"] * 100
    figures["memory MB"] = result["memory_mb"]
    figures["grew MB"] = result["grew_mb"]
    return figures


def _start(
    command: list[str], place: Callable[[], None], stack: contextlib.ExitStack, **streams: Any
) -> subprocess.Popen[str]:
    """Start a process that ends with the stack at the latest."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    process = subprocess.Popen(
        command,
        text=True,
        preexec_fn=place,  # noqa: PLW1509 - there is one thread
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        **streams,
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def _last_line(file: Path) -> str:
    lines = file.read_text(errors="replace").split("\n") if file.exists() else []
    return next((line for line in reversed(lines) if line.strip()), "nothing was said")


def _takes_part(peer: Peer, scenario: str) -> bool:
    return peer.name in ONLY[scenario] if scenario in ONLY else peer.name != "relay-stalling"


def _port() -> int:
    """Return a port to listen on: of those that the system gives to nobody else meanwhile."""
    while True:
        port = random.randrange(*PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.proxy",
        description=benchmarks.proxy.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words: Callable[[str], list[str]] = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--scenarios", type=words, default=list(SCENARIOS), help=f"of {','.join(SCENARIOS)}")
    parser.add_argument("--proxies", type=words, default=[], help="names, as in the tables; all that are installed")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--duration", type=float, default=0.0, help="seconds of each window, by default the scenario's")
    parser.add_argument("--mitmdump", help="the program, if it is in another environment")
    parser.add_argument("--folder", type=Path, help="where recordings are made for the time of a run")
    parser.add_argument("--rt", action="store_true", help="run in real time, before all other work (needs root)")
    options = parser.parse_args()
    unknown = [name for name in options.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"unknown scenario {unknown[0]!r}; known are {', '.join(SCENARIOS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
