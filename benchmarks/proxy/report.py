"""What is printed: a table for each scenario, and the relay's figures over the others'."""

from __future__ import annotations

from math import nan
from statistics import median

Figures = dict[str, float]
"""Name of a figure → its value; every run of a scenario has the same."""

_RATIOS = ("p50 us", "p99 us", "CPU us/msg", "msgs/s")


def table(scenario: str, runs: dict[str, list[Figures]], marks: dict[str, set[str]]) -> str:
    """Return a scenario's medians as Markdown, one line for each proxy."""
    medians = {name: _medians(each) for name, each in runs.items() if each}
    if not medians:
        return f"\n### {scenario}\n\nno run succeeded"
    columns = max((list(figures) for figures in medians.values()), key=len)
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
    return {name: median(run.get(name, nan) for run in runs) for name in max(runs, key=len)}


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
