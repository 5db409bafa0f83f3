"""What is printed: a table for each recording, and which targets are held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from statistics import median

Run = Mapping[str, float]
"""What one measurement gave."""

KEPT_MB = 150.0
RATIOS = {"audio": 1.2, "audio left out": 8.0, "text": 8.0}
"""Kind of recording → how many times as long as `orjson.loads` the linter may take."""
SPEED_UP = 0.8
"""How much of a core each further process is to bring."""


@dataclass(frozen=True)
class Measured:
    """The runs over one recording."""

    kind: str
    size: int
    runs: Mapping[str, Sequence[Run]]
    """By method."""

    def median(self, method: str, figure: str = "s") -> float:
        """Return the median of a figure; not a number where there is none."""
        values = [run[figure] for run in self.runs.get(method, ()) if figure in run]
        return median(values) if values else nan

    def table(self) -> str:
        """Return the table."""
        events = self.median("lint", "events")
        lines = [
            f"### {self.kind}: {self.size / 1e6:.0f} MB, {events:,.0f} events, {self.size / events:,.0f} bytes each",
            "",
            "| | runs | s | MB/s | events/s | µs an event | memory MB | lint over it |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
        ]
        for method, runs in self.runs.items():
            took = self.median(method)
            cells = [f"{self.size / took / 1e6:,.0f}", f"{events / took:,.0f}", f"{took / events * 1e6:.2f}"]
            memory, times = self.median(method, "memory_mb"), self.median("lint") / took
            cells += ["" if memory != memory else f"{memory:.0f}", "" if method == "lint" else f"{times:.2f}"]
            lines.append(row([method, str(len(runs)), f"{took:.3f}", *cells]))
        return "\n".join(lines)

    def targets(self) -> list[str]:
        """Return the targets as lines of a table."""
        ratio, limit = self.median("lint") / self.median("orjson.loads"), RATIOS[self.kind]
        memory = self.median("lint", "memory_mb")
        return [
            row([self.kind, "time of lint / orjson.loads", f"{ratio:.2f}", f"≤ {limit:g}", _held(ratio <= limit)]),
            row([self.kind, "peak memory, MB", f"{memory:.0f}", f"≤ {KEPT_MB:g}", _held(memory <= KEPT_MB)]),
        ]


def several(jobs: int, files: int, alone_s: float, together_s: float) -> str:
    """Return what several processes brought, as a line of the table of targets."""
    reached, least = alone_s / together_s, SPEED_UP * min(jobs, files)
    name = f"{files} files, {jobs} processes: times as fast as one"
    return row(["several files", name, f"{reached:.2f}", f"≥ {least:g}", _held(reached >= least)])


def judged(lines: Sequence[str]) -> str:
    """Return the table of targets."""
    return "\n".join(
        ["### Targets", "", "| recording | figure | reached | target | |", "|---|---|---:|---:|---|", *lines]
    )


def row(cells: Sequence[str]) -> str:
    """Return a line of a table."""
    return "| " + " | ".join(cells) + " |"


def _held(holds: bool) -> str:
    return "held" if holds else "**not held**"
