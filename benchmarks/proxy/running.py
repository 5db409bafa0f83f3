"""One run of one proxy: starts the load and the proxy, and judges what came of it."""

from __future__ import annotations

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
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.proxy.ends import payloads
from benchmarks.proxy.load import Job, Security
from benchmarks.proxy.peers import Peer, recorded
from benchmarks.proxy.report import Figures
from realtime_inspector.capture.tls import DATA_DIR_VARIABLE, LocalCA

END_S = 15.0
PORTS = (15_000, 32_000)
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Place:
    """Where processes run."""

    certificates: Path
    """Folder of the CA that the server has its certificate from."""
    folder: Path | None = None
    """Where recordings are made for the time of a run."""
    proxy_cpu: int | None = None
    load_cpu: int | None = None
    realtime: bool = False
    words: dict[str, str] = field(default_factory=dict)
    """What else stands for {a word} in a proxy's command."""

    def at(self, cpu: int | None) -> Callable[[], None]:
        """Return what a child does before it becomes its program."""

        def place() -> None:
            if cpu is not None:
                os.sched_setaffinity(0, {cpu})
            if self.realtime:
                os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))

        return place


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    figures: Figures | None = None
    """None if it failed."""
    wrong: set[str] = field(default_factory=set)
    """What was lost, changed, or not recorded."""
    notes: set[str] = field(default_factory=set)
    why: str = ""
    """What the load and the proxy said last, if it failed."""


def run(peer: Peer, job: Job, place: Place) -> Outcome:
    """Do one run."""
    job = replace(job, certificates=str(place.certificates))
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=place.folder) as name, contextlib.ExitStack() as stack:
        work = Path(name)
        load = _start_load(job, place, work, stack)
        assert load.stdin is not None
        assert load.stdout is not None
        ready = load.stdout.readline()
        if not ready:
            return Outcome(wrong={"failed"}, why=_last_words(work))
        port = _port()
        words = {"listen": port, "folder": work, "record": work / "record", **place.words, **json.loads(ready)}
        if job.security != Security.PLAIN:
            words["ca"] = LocalCA(place.certificates).certificate
        proxy = _start_proxy(peer, words, place, work, stack) if peer.command else None
        with contextlib.suppress(BrokenPipeError), load.stdin:
            load.stdin.write(json.dumps({"pid": proxy.pid, "port": port} if proxy is not None else {}) + "\n")
        answer = load.stdout.readline()
        if proxy is not None:
            proxy.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                proxy.wait(END_S)
        if not answer:
            return Outcome(wrong={"failed"}, why=_last_words(work))
        result = json.loads(answer)
        return Outcome(_figures(job, result), _wrong(peer, job, result, work / "record"), _notes(job, result))


def _wrong(peer: Peer, job: Job, result: dict[str, Any], record: Path) -> set[str]:
    if job.mode == "slow":
        return set()
    wrong = set()
    if result["sent"] != result["received"]:
        wrong.add("lost or late")
    if result["changed"]:
        wrong.add("changed")
    if peer.records:
        count, differ = recorded(record)
        if count != sum(result["sent"]):
            wrong.add("not all recorded")
        elif differ([payloads(job.size, client=True), payloads(job.size, client=False)]):
            wrong.add("recorded otherwise")
    return wrong


def _notes(job: Job, result: dict[str, Any]) -> set[str]:
    asked = 2 * job.rate * job.connections * result["window_s"] if job.mode == "sessions" else 0
    return {"the load fell behind"} if result["begun"] < 0.98 * asked else set()


def _figures(job: Job, result: dict[str, Any]) -> Figures:
    figures = dict(zip(("p50 us", "p99 us", "p99.9 us"), result["latencies_us"], strict=False))
    figures["load CPU %"] = result["load_cpu"] * 100
    if job.mode != "slow":
        figures["msgs/s"] = result["messages"] / result["window_s"]
    if result["memory_mb"]:
        figures["memory MB"] = result["memory_mb"]
        figures["grew MB"] = result["grew_mb"]
        figures["CPU %"] = result["cpu_s"] / result["window_s"] * 100
        if result["messages"]:
            figures["CPU us/msg"] = result["cpu_s"] / result["messages"] * 1e6
    return figures


def _start_load(job: Job, place: Place, work: Path, stack: contextlib.ExitStack) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    log = stack.enter_context((work / "load.log").open("wb"))
    command = [sys.executable, "-m", "benchmarks.proxy.load", json.dumps(asdict(job))]
    return _start(command, place.at(place.load_cpu), stack, stdin=pipe, stdout=pipe, stderr=log)


def _start_proxy(
    peer: Peer, words: dict[str, Any], place: Place, work: Path, stack: contextlib.ExitStack
) -> subprocess.Popen[str]:
    (work / "config").write_text(peer.config.format(**words))
    command = [word.format(**words) for word in peer.command]
    log = stack.enter_context((work / "proxy.log").open("wb"))
    data = {DATA_DIR_VARIABLE: str(place.certificates)}
    return _start(command, place.at(place.proxy_cpu), stack, data, stdout=log, stderr=log)


def _start(
    command: list[str],
    place: Callable[[], None],
    stack: contextlib.ExitStack,
    variables: dict[str, str] | None = None,
    **streams: Any,
) -> subprocess.Popen[str]:
    """Start a process that ends with the stack at the latest."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    process = subprocess.Popen(
        command,
        text=True,
        preexec_fn=place,  # noqa: PLW1509 - there is one thread
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, **(variables or {})},
        **streams,
    )
    stack.enter_context(process)
    stack.callback(process.kill)
    return process


def _last_words(work: Path) -> str:
    """Return the last line of each log that has one."""
    said = []
    for log in sorted(work.glob("*.log")):
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        said += [f"{log.stem}: {line}" for line in lines[-1:]]
    return "; ".join(said)


def _port() -> int:
    """Return a port to listen on: of those that the system gives to nobody else meanwhile."""
    while True:
        port = random.randrange(*PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
