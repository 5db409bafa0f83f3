"""Command lines as processes of their own, each a fork of one Python that has read everything: a start costs 10 ms.

Run as a program it is that Python: a line of JSON in says what to do, a line out what came of it. A process has pid,
signals, streams and exit code of its own, as if a shell had started it; only what it imports is there already.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.cli import commands

PORTS = "FREE_PORTS"
"""The variable that has ports of the pages, and the free ones that stand for them."""
BASE = [
    "realtime_inspector.cli.main", "realtime_inspector.replay.faults.sockets", "realtime_inspector.replay.server",
    "realtime_inspector.replay.client", "realtime_inspector.replay.driver", "realtime_inspector.simulator.server",
    "cryptography.x509", "cryptography.hazmat.primitives.serialization", "encodings.idna", "jsonschema_rs",
    "websockets.sync.client", *["uvloop"] * bool(find_spec("uvloop")),
]  # fmt: skip


@dataclass(slots=True)
class Process:
    """A command line that runs."""

    pid: int
    folder: Path
    mill: Mill
    code: int | None = None

    def read(self, stream: str = "err") -> str:
        """Return what it has written so far."""
        return (self.folder / stream).read_text(encoding="utf-8")

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send it a signal, and return its exit code."""
        os.kill(self.pid, number)
        return self.wait()

    def ended(self) -> bool:
        """Tell whether it has ended by itself."""
        if self.code is None and (code := self.mill.ask({"do": "poll", "pid": self.pid}).strip()):
            self.code = int(code)
        return self.code is not None

    def wait(self) -> int:
        """Return its exit code, once it has ended."""
        if self.code is None:
            self.code = int(self.mill.ask({"do": "wait", "pid": self.pid}))
        return self.code


@dataclass(slots=True)
class Mill:
    """The Python that forks."""

    into: IO[str]
    out: IO[str]
    started: list[Process] = field(default_factory=list)

    def ask(self, job: dict[str, Any]) -> str:
        """Have something done; return what came of it."""
        self.into.write(json.dumps(job) + "\n")
        self.into.flush()
        return self.out.readline()

    def load(self, *modules: str) -> None:
        """Import modules that several of the processes to come need."""
        self.ask({"do": "import", "modules": modules})

    def start(
        self,
        argv: list[str],
        folder: Path,
        environment: dict[str, str],
        *,
        streams: Path,
        stdin: str = os.devnull,
        terminal: str | None = None,
    ) -> Process:
        """Start a command line.

        Args:
            argv: Its words; the first is our program, or a Python file.
            folder: Where it stands.
            environment: Its variables.
            streams: The folder of what it writes, `out` and `err`.
            stdin: What it reads.
            terminal: What it has instead of all three.
        """
        streams.mkdir(parents=True, exist_ok=True)
        (streams / "out").touch()
        (streams / "err").touch()
        outputs = [streams / "out", streams / "err"] if terminal is None else [terminal] * 2
        paths = [str(path) for path in (terminal or stdin, *outputs)]
        job = {"do": "start", "argv": argv, "cwd": str(folder), "environment": environment, "streams": paths}
        process = Process(int(self.ask(job)), streams, self)
        self.started.append(process)
        return process

    def end(self) -> None:
        """Kill what still runs."""
        while self.started:
            process = self.started.pop()
            if process.code is None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def milling() -> Iterator[Mill]:
    """Run the Python that forks."""
    root = str(Path(__file__).parent.parent.parent)
    command = [sys.executable, "-m", "tests.docs.forking"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as python:
        assert python.stdin is not None
        assert python.stdout is not None
        mill = Mill(python.stdin, python.stdout)
        try:
            yield mill
        finally:
            mill.end()
            python.stdin.close()


def _serve() -> None:
    for name in BASE:
        import_module(name)
    for listed in commands.table():
        commands.load(listed.name)
    all_rules()
    jobs = sys.stdin
    for line in iter(jobs.readline, ""):
        job = json.loads(line)
        if job["do"] == "start":
            gc.freeze()
            pid = os.fork()
            if not pid:
                _become(job)
            _say(pid)
        elif job["do"] == "import":
            _say(*map(import_module, job["modules"]))
        else:
            pid, status = os.waitpid(job["pid"], os.WNOHANG if job["do"] == "poll" else 0)
            _say(*[os.waitstatus_to_exitcode(status)] * bool(pid))


def _say(*told: object) -> None:
    sys.stdout.write(" ".join(map(str, told)) + "\n")
    sys.stdout.flush()


def _become(job: dict[str, Any]) -> None:
    """Be the process of a command line."""
    from realtime_inspector.cli.main import main

    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["cwd"])
    for number, path in enumerate(job["streams"]):
        opened = os.open(path, (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_TRUNC] * 2)[number], 0o600)
        os.dup2(opened, number)
        os.close(opened)
        _renew(number)
    _lead(json.loads(os.environ.get(PORTS, "{}")))
    sys.argv = job["argv"]
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    sys.exit(main(sys.argv[1:]))


_OLD: list[IO[str]] = []
"""Streams of ours: were they gone, what now has their numbers would be closed."""


def _renew(number: int) -> None:
    """Make the Python object for a stream anew."""
    name = ("stdin", "stdout", "stderr")[number]
    _OLD.append(getattr(sys, name))
    stream = open(number, "r" if number == 0 else "w", buffering=1 if number == 2 else -1, encoding="utf-8")  # noqa: SIM115
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def _lead(ports: dict[str, int]) -> None:
    """Connect to a port of this machine where another one stands for it."""
    connect = socket.socket.connect

    def led(self: socket.socket, address: Any) -> None:
        connect(self, (address[0], ports.get(str(address[1]), address[1])) if address[0] == "127.0.0.1" else address)

    if ports:
        setattr(socket.socket, "connect", led)  # noqa: B010 - a method is not to be assigned to, mypy says


if __name__ == "__main__":
    _serve()
