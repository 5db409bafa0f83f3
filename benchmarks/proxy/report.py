"""What is printed: a table for each scenario, and the relay's figures over the others'."""

from __future__ import annotations

from math import isnan, nan
from statistics import median

Figures = dict[str, float]
"""Name of a figure → its value. A run may lack some: where no message came in time, none has a latency."""

_ORDER = ("p50 us", "p99 us", "p99.9 us", "msgs/s", "CPU us/msg", "load CPU %", "memory MB", "grew MB")

_RATIOS = ("p50 us", "p99 us", "CPU us/msg", "msgs/s")


def table(scenario: str, runs: dict[str, list[Figures]], marks: dict[str, set[str]]) -> str:
    """Return a scenario's medians as Markdown, one line for each proxy."""
    medians = {name: _medians(each) for name, each in runs.items() if each}
    if not medians:
        return f"\n### {scenario}\n\nno run succeeded"
    known = {column for figures in medians.values() for column in figures}
    columns = [*(column for column in _ORDER if column in known), *sorted(known.difference(_ORDER))]
    lines = [
        f"\n### {scenario}\n",
        _row(["proxy", "runs", *columns, ""]),
        "|---|" + "---:|" * (len(columns) + 1) + "---|",
    ]
    for name, figures in medians.items():
        cells = [name, str(len(runs[name])), *(_number(figures.get(column, nan)) for column in columns)]
        lines.append(_row([*cells, ", ".join(sorted(marks.get(name, ())))]))
    return "\n".join([*lines, *_ratios(medians)])


def _ratios(medians: dict[str, Figures]) -> list[str]:
    ours = medians.get("relay")
    if ours is None:
        return []
    lines = []
    for name, theirs in medians.items():
        pairs = [(column, ours[column], theirs[column]) for column in _RATIOS if column in ours and column in theirs]
        shown = [f"{column} {mine / other:.2f}" for column, mine, other in pairs if other and name != "relay"]
        if shown:
            lines.append(f"relay / {name}: " + ", ".join(shown))
    return ["", *lines]


def _medians(runs: list[Figures]) -> Figures:
    """Return the median of each figure over the runs that have it."""
    names = {name for run in runs for name in run}
    return {name: median(run[name] for run in runs if name in run) for name in names}


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _number(value: float) -> str:
    if isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
