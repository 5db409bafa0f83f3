"""What is measured, done once in a process of its own: `python -m benchmarks.lint.work METHOD FILE`.

It prints one line of JSON: seconds, peak memory, events, and findings.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson


def lint(path: Path) -> dict[str, Any]:
    """Lint a recording with every rule that does not listen."""
    from realtime_inspector.analysis.rule import all_rules
    from realtime_inspector.analysis.selection import usual
    from realtime_inspector.cli.findings import lint as read_and_lint
    from realtime_inspector.recording.files import open_recording

    rules = usual(all_rules())
    began = time.perf_counter()
    linted = read_and_lint(open_recording(path), rules)
    seconds = time.perf_counter() - began
    return {"s": seconds, "events": linted.events, "findings": len(linted.findings)}


def loads(path: Path) -> dict[str, Any]:
    """Parse every line."""
    began = time.perf_counter()
    count = 0
    with path.open("rb", buffering=1 << 20) as stream:
        for line in stream:
            orjson.loads(line)
            count += 1
    return {"s": time.perf_counter() - began, "events": count - 1}


def command(*words: str) -> Callable[[Path], dict[str, Any]]:
    """Return what runs a program over the file."""

    def run(path: Path) -> dict[str, Any]:
        began = time.perf_counter()
        subprocess.run([*words, str(path)], check=True, stdout=subprocess.DEVNULL)
        return {"s": time.perf_counter() - began}

    return run


METHODS: Mapping[str, Callable[[Path], dict[str, Any]]] = {
    "lint": lint,
    "orjson.loads": loads,
    "wc -l": command("wc", "-l"),
    "jq -c .": command("jq", "-c", "."),
}
"""By the names in the tables."""


def _peak_mb() -> float:
    """Return the most memory this program has held; what was there before it began does not count."""
    peak = re.search(r"(?m)^VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(peak[1]) * 1024 / 1e6 if peak is not None else 0.0


def main() -> int:
    """Measure once."""
    method, path = sys.argv[1], Path(sys.argv[2])
    found = METHODS[method](path)
    if method in {"lint", "orjson.loads"}:
        found["memory_mb"] = _peak_mb()
    print(orjson.dumps(found).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
