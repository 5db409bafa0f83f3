"""Runs the comparison; see the package's docstring."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import benchmarks.tui
from benchmarks.tui.calls import write
from benchmarks.tui.measuring import Figures, measure, warm
from benchmarks.tui.report import report
from benchmarks.tui.viewers import DONE, viewers
from realtime_inspector.recording import zst

_AGE_S = 3600.0
"""What was written just now counts as still being written, and its end is followed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and return the exit code."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmark-tui-", dir=options.folder) as folder:
        path = options.recording or _written(Path(folder), options.events, packed=options.zst)
        passing, entries = _count(path)
        compared = [viewer for viewer in viewers(entries) if viewer.name in options.viewers and viewer.can_open(path)]
        runs: dict[str, list[Figures]] = {viewer.name: [] for viewer in compared}
        for viewer in compared:
            warm(viewer, path, Path(folder))
        for repetition in range(options.repetitions):
            for viewer in compared:
                print(f"{viewer.name}, {repetition + 1} of {options.repetitions}", file=sys.stderr)
                measured = measure(viewer, path, entries, passing, Path(folder), whole=options.whole)
                runs[viewer.name].append(measured)
        text = report(path.stat().st_size, entries, runs)
    print(text, end="")
    if options.output is not None:
        options.output.write_text(text, encoding="utf-8")
    return 0


def _written(folder: Path, events: int, *, packed: bool) -> Path:
    path = folder / ("call.jsonl.zst" if packed else "call.jsonl")
    print(f"writing {events:,} events", file=sys.stderr)
    write(path, events)
    os.utime(path, (time.time() - _AGE_S,) * 2)
    return path


def _count(path: Path) -> tuple[int, int]:
    """Return how many lines a filter by type lets through, and how many entries there are; fills the page cache."""
    passing, entries, wanted = 0, -1, DONE.encode()
    with zst.open_bytes(path) as lines:
        for line in lines:
            entries += 1
            passing += wanted in line[:200]
    return passing, entries


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tui",
        description=benchmarks.tui.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [viewer.name for viewer in viewers(1)]
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--zst", action="store_true", help="a compressed recording")
    parser.add_argument("--recording", type=Path, help="one that is there already")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--viewers", type=lambda text: text.split(","), default=names, help=f"of {','.join(names)}")
    parser.add_argument("--whole", action="store_true", help="wait until all rules have seen everything, too")
    parser.add_argument("--folder", type=Path, help="where the recording is made")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    options = parser.parse_args(arguments)
    unknown = set(options.viewers) - set(names)
    if unknown:
        parser.error(f"unknown viewer {min(unknown)!r}; known are {', '.join(names)}")
    if find_spec("pyte") is None:
        parser.error("pyte is not installed; run it by `uv run --with pyte python -m benchmarks.tui`")
    return options


if __name__ == "__main__":
    sys.exit(main())
