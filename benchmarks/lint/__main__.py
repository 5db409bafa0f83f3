"""Runs the comparison; see the package's docstring."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import orjson

import benchmarks.lint
from benchmarks.lint.calls import KINDS, write
from benchmarks.lint.report import Measured, judged, several
from benchmarks.lint.work import METHODS

_LEFT_OUT_SHARE = 0.2
"""How large a recording without audio is made, of one with it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and return the exit code."""
    options = _options(arguments)
    size = int(options.megabytes * 1e6)
    parts = [f"{platform.machine()}, {_cores()} cores, Python {platform.python_version()}, orjson {orjson.__version__}"]
    targets: list[str] = []
    same = True
    with tempfile.TemporaryDirectory(prefix="benchmark-lint-", dir=options.folder) as folder:
        for kind in options.kinds:
            path = Path(folder) / "call.jsonl"
            write(path, size if kind == "audio" else int(size * _LEFT_OUT_SHARE), kind)
            measured = measure(kind, path, options.repetitions)
            same = same and len({run["findings"] for run in measured.runs["lint"]}) == 1
            parts.append(measured.table())
            targets += measured.targets()
            if kind == "audio" and _cores() > 1 and not options.alone:
                targets.append(_several(path, options.repetitions))
    text = "\n\n".join([*parts, judged(targets)]) + "\n"
    print(text)
    if options.output is not None:
        options.output.write_text(text, encoding="utf-8")
    return 0 if same else 1


def measure(kind: str, path: Path, repetitions: int) -> Measured:
    """Measure all methods in turns, each run in a process of its own."""
    methods = [name for name in METHODS if name not in {"wc -l", "jq -c ."} or shutil.which(name.split()[0])]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in methods}
    path.read_bytes()  # into the page cache, for all alike
    for repetition in range(repetitions):
        for name in methods:
            command = [sys.executable, "-m", "benchmarks.lint.work", name, str(path)]
            done = subprocess.run(command, check=True, capture_output=True, cwd=_root())
            runs[name].append(orjson.loads(done.stdout))
        print(f"{kind}, {repetition + 1} of {repetitions}", file=sys.stderr)
    return Measured(kind, path.stat().st_size, runs)


def _several(path: Path, repetitions: int) -> str:
    jobs = _cores()
    copies = []
    for number in range(2 * jobs):
        copy = path.with_name(f"copy-{number}.jsonl")
        copy.hardlink_to(path)
        copies.append(str(copy))
    took: dict[int, list[float]] = {1: [], jobs: []}
    for _ in range(repetitions):
        for count, seconds in took.items():
            began = time.perf_counter()
            command = [sys.executable, "-m", "realtime_inspector", "lint", "--exit-zero", "--format", "concise"]
            subprocess.run([*command, "--jobs", str(count), *copies], check=True, capture_output=True, cwd=_root())
            seconds.append(time.perf_counter() - began)
    return several(jobs, len(copies), median(took[1]), median(took[jobs]))


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _root() -> Path:
    return Path(__file__).parents[2]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lint",
        description=benchmarks.lint.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--megabytes", type=float, default=100.0, help="of the call with audio; a fifth of the others")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=list(KINDS), help=f"of {','.join(KINDS)}")
    parser.add_argument("--alone", action="store_true", help="leave out several files at once")
    parser.add_argument("--folder", type=Path, help="where the recordings are made")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    options = parser.parse_args(arguments)
    unknown = [kind for kind in options.kinds if kind not in KINDS]
    if unknown:
        parser.error(f"unknown kind {unknown[0]!r}; known are {', '.join(KINDS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
