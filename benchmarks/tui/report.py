"""The tables of a comparison, and which targets are held."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from statistics import median

from benchmarks.tui.measuring import Figures

Runs = Mapping[str, Sequence[Figures]]

OURS = "realtime-inspector"


def report(size: int, entries: int, runs: Runs) -> str:
    """Return all of it as Markdown."""
    machine = f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
    recording = f"{entries:,} entries, {size / 1e6:,.0f} MB"
    repetitions = max(map(len, runs.values()), default=0)
    head = f"{recording}; {machine}; medians of {repetitions}, times in milliseconds."
    return "\n\n".join([head, _table(runs), *([_targets(runs[OURS])] if OURS in runs else [])]) + "\n"


def _table(runs: Runs) -> str:
    rows = [f"| | {' | '.join(runs)} |", f"|---|{'---:|' * len(runs)}"]
    for name, figure in _ROWS.items():
        rows.append(f"| {name} | {' | '.join(_told(figure(measured)) for measured in runs.values())} |")
    return "\n".join(rows)


def _told(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}"


def _ms(name: str) -> Callable[[Sequence[Figures]], float | None]:
    def figure(runs: Sequence[Figures]) -> float | None:
        found = [value for run in runs if (value := getattr(run, name)) is not None]
        return median(found) * 1000 if found else None

    return figure


def _of_keys(name: str, pick: Callable[[Sequence[float]], float]) -> Callable[[Sequence[Figures]], float | None]:
    def figure(runs: Sequence[Figures]) -> float | None:
        found = list(chain.from_iterable(getattr(run, name) for run in runs))
        return pick(found) * 1000 if found else None

    return figure


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _mb(name: str) -> Callable[[Sequence[Figures]], float | None]:
    return lambda runs: median(getattr(run, name) for run in runs)


_ROWS: Mapping[str, Callable[[Sequence[Figures]], float | None]] = {
    "first rows drawn": _ms("first"),
    "first key answered, after that": _ms("first_key"),
    "whole recording known": _ms("ready"),
    "longest without a word of how far it is": _ms("told"),
    "all rules have seen it": _ms("through"),
    "a key meanwhile, median": _of_keys("early", median),
    "a key meanwhile, worst": _of_keys("early", max),
    "a key, median": _of_keys("keys", median),
    "a key, 95 of 100": _of_keys("keys", _p95),
    "a key, worst": _of_keys("keys", max),
    "another pane, median": _of_keys("panes", median),
    "another pane, worst": _of_keys("panes", max),
    "a key of a filter, median": _of_keys("typed", median),
    "a key of a filter, worst": _of_keys("typed", max),
    "to the end": _ms("end"),
    "filter by type": _ms("filter"),
    "memory, most (MB)": _mb("memory_mb"),
    "memory that is no file's (MB)": _mb("anon_mb"),
}


def _targets(runs: Sequence[Figures]) -> str:
    rows = ["| target | reached | meant | |", "|---|---:|---:|---|"]
    for name, most in (
        ("first rows drawn", 500),
        ("first key answered, after that", 50),
        ("a key meanwhile, worst", 50),
        ("a key, worst", 50),
        ("another pane, worst", 50),
        ("to the end", 300),
        ("filter by type", 1000),
        ("memory, most (MB)", 300),
    ):
        reached = _ROWS[name](runs)
        held = reached is not None and reached <= most
        rows.append(f"| {name} | {_told(reached)} | ≤ {most} | {'held' if held else '**not held**'} |")
    return "\n".join(rows)
