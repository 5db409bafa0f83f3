"""The proxy in a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

START_S = 60.0
END_S = 30.0
ROOT = Path(__file__).resolve().parents[2]


class Proxy:
    """A proxy that runs. Use it as a context manager."""

    def __init__(self, upstream: int, folder: Path, work: Path, *, faulty: bool = False, files: int = 0) -> None:
        """Start it.

        Args:
            upstream: Port of the server.
            folder: Where its recordings go.
            work: Where what it says goes.
            faulty: Have it obey `tell`.
            files: So many descriptors it may have, if not 0.
        """
        self._said = work / f"said-{time.monotonic_ns()}"
        ready = self._said.with_suffix(".ready")
        program = ["benchmarks.endurance.faulty" if faulty else "realtime_inspector"]
        arguments = ["proxy", "--listen", "127.0.0.1:0", "--upstream", f"ws://127.0.0.1:{upstream}"]
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *program, *arguments, "--dir", str(folder), "--ready-file", str(ready)],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                cwd=ROOT,
                preexec_fn=limit,  # noqa: PLW1509 - there is one thread
            )
        self.pid = self._process.pid
        self.port = self._ready(ready)

    def _ready(self, file: Path) -> int:
        until = time.monotonic() + START_S
        while not file.exists():
            if time.monotonic() > until or self._process.poll() is not None:
                raise SystemExit(f"the proxy does not start: {self.said()}")
            time.sleep(0.01)
        return int(json.loads(file.read_text())["port"])

    def __enter__(self) -> Proxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def tell(self, order: str) -> None:
        """Give a faulty one an order; see `faulty`."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n".encode())
        self._process.stdin.flush()

    def end(self) -> None:
        """End it in good order, by force if it does not."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()

    def kill(self) -> None:
        """End it with no chance to do anything."""
        self._process.kill()
        self._process.wait()

    @property
    def runs(self) -> bool:
        """Whether it is still there."""
        return self._process.poll() is None

    def said(self, words: str = "") -> list[str]:
        """Return the lines it printed so far, those with these words."""
        return [line for line in self._said.read_text(errors="replace").splitlines() if words in line]

    def memory_mb(self) -> float:
        """Return the memory that is its own."""
        found = re.search(r"(?m)^RssAnon:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0

    def descriptors(self) -> int:
        """Return how many it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))  # noqa: PTH208 - names that are gone the next moment

    def waited_s(self) -> float:
        """Return for how long its threads had wanted a processor and got none."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(path.read_text().split()[1]) for path in tasks) / 1e9
