"""What is printed: a table for each scenario, and the relay's figures over the others'."""

from __future__ import annotations

from collections.abc import Mapping, Set
from math import isnan, nan
from statistics import median

Figures = dict[str, float]
"""Name of a figure → its value. A run may lack some: where no message came in time, none has a latency."""

_ORDER = ("p50 us", "p99 us", "p99.9 us", "msgs/s", "CPU us/msg", "CPU %", "load CPU %", "memory MB", "grew MB")
_LOAD_LIMIT = 92.0
"""A load that uses so much of its core may be what limits the figures: in real time it cannot have all of it."""
_RATIOS = ("p50 us", "p99 us", "CPU us/msg", "msgs/s")


def medians(runs: Mapping[str, list[Figures]]) -> dict[str, Figures]:
    """Return each proxy's median of each figure, over the runs that have it; no proxy without a run."""
    return {name: _medians(each) for name, each in runs.items() if each}


def table(runs: Mapping[str, list[Figures]], marks: Mapping[str, Set[str]]) -> str:
    """Return a scenario's medians as Markdown, one line for each proxy, and the ratios."""
    by_name = medians(runs)
    known = {column for figures in by_name.values() for column in figures}
    columns = [*(column for column in _ORDER if column in known), *sorted(known.difference(_ORDER))]
    lines = [row(["proxy", "runs", *columns, ""]), "|---|" + "---:|" * (len(columns) + 1) + "---|"]
    for name, each in runs.items():
        cells = [name, str(len(each)), *(_number(by_name.get(name, {}).get(column, nan)) for column in columns)]
        limit = {"the load is the limit"} if by_name.get(name, {}).get("load CPU %", 0) > _LOAD_LIMIT else set()
        lines.append(row([*cells, ", ".join(sorted(marks.get(name, set()) | limit))]))
    return "\n".join([*lines, *_ratios(by_name)])


def row(cells: list[str]) -> str:
    """Return a line of a table."""
    return "| " + " | ".join(cells) + " |"


def _ratios(by_name: Mapping[str, Figures]) -> list[str]:
    ours = by_name.get("relay", {})
    lines = []
    for name, theirs in by_name.items():
        pairs = [(column, ours[column], theirs[column]) for column in _RATIOS if column in ours and column in theirs]
        shown = [f"{column} {mine / other:.3g}" for column, mine, other in pairs if other and name != "relay"]
        if shown:
            lines.append(f"- relay / {name}: " + ", ".join(shown))
    return ["", *lines] if lines else []


def _medians(runs: list[Figures]) -> Figures:
    names = {name for run in runs for name in run}
    return {name: median(run[name] for run in runs if name in run) for name in names}


def _number(value: float) -> str:
    if isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
