"""Budgets: what calls may take before a run fails.

    [tool.realtime-inspector.budget]        realtime-inspector stats --budget ttfa_p95=800ms --budget 'cost=$0.05'
    ttfa_p95 = "800ms"
    cost = "$0.05"
    findings = "warning"

`findings` is for `lint`: the least that fails. `cost` is for both: one session's, which `lint` tells as CST005. The
rest is for `stats`, which measures it. What could not be measured is told, and fails nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import click

from realtime_inspector.analysis.finding import Severity

FINDINGS, COST, COST_TOTAL, TOKENS = "findings", "cost", "cost_total", "tokens"
SHORT = {"ttfa": "time_to_first_audio", "v2v": "voice_to_voice"}
"""What people call some of the waits."""
WAITS = (
    "voice_to_voice",
    "speech_stop_to_audio",
    "answer",
    "time_to_first_audio",
    "time_to_sound",
    "create_to_output",
    "generation",
    "endpointing",
    "barge_in_detect",
    "server_stop",
    "client_stop",
    "transcription",
    "tool_round_trip",
    "tool_follow_up",
    "dead_air",
    "connect",
    "config",
)
"""The waits that `stats` measures in all recordings together, without their `_ms`."""
PERCENTS = {"median": 50, "p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s)")
_MONEY = re.compile(r"\$?\s*(\d*\.?\d+)(?:\s*USD)?", re.IGNORECASE)
_PRICES = frozenset({COST, COST_TOTAL})


@dataclass(frozen=True, slots=True)
class Budget:
    """One limit."""

    name: str
    """As it was written."""
    limit: float
    """Milliseconds, US dollars or tokens; of findings, the rank of the least severity that fails."""
    written: str
    """The limit for people."""

    @property
    def wait(self) -> tuple[str, int] | None:
        """The wait and the percentile that it limits, if it limits one."""
        wait, _, percent = self.name.rpartition("_")
        wait = SHORT.get(wait, wait)
        return (wait, PERCENTS[percent]) if wait in WAITS and percent in PERCENTS else None

    @property
    def unit(self) -> str:
        """What the limit counts."""
        return "USD" if self.name in _PRICES else {TOKENS: "tokens", FINDINGS: "rank"}.get(self.name, "ms")

    def show(self, value: float) -> str:
        """Return a measured value for people."""
        match self.unit:
            case "USD":
                return f"${value:.4f}"
            case "tokens":
                return f"{value:,.0f}"
            case _:
                return f"{value:.0f} ms"


def read(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[Budget, ...]:
    """Return the budgets that `NAME=LIMIT`s name; a sum of money alone is the cost of a session.

    Raises:
        click.BadParameter: If one of them is none.
    """
    try:
        return tuple(_read(str(value)) for value in values)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def _read(text: str) -> Budget:
    name, equals, limit = text.partition("=")
    return budget(name.strip(), limit.strip()) if equals else budget(COST, name.strip())


option = click.option(
    "--budget",
    "budgets",
    multiple=True,
    callback=read,
    metavar="NAME=LIMIT",
    help="what calls may take: ttfa_p95=800ms, cost=$0.05, findings=error; more than that is exit code 1",
)


def budget(name: str, limit: str) -> Budget:
    """Return the budget of a name and a limit as they were written.

    Raises:
        ValueError: If there is no such budget, or the limit is none of its kind.
    """
    name = name.replace("-", "_")
    if name == FINDINGS:
        return _of_findings(limit)
    if name in _PRICES:
        return _of_money(name, limit)
    if name == TOKENS:
        return _of_tokens(limit)
    made = Budget(name, 0.0, limit)
    if made.wait is None:
        raise ValueError(_no_such_budget(name))
    return _of_time(name, limit)


def named(budgets: Sequence[Budget], name: str) -> Budget | None:
    """Return the last budget of that name: a later one goes before an earlier one."""
    return next((one for one in reversed(budgets) if one.name == name), None)


def least(budgets: Sequence[Budget], fail_on: str | None) -> Severity:
    """Return the least severity that fails a run of `lint`: the option's, else the budget's, else a warning."""
    if fail_on is not None:
        return Severity(fail_on)
    found = named(budgets, FINDINGS)
    return Severity.WARNING if found is None else Severity(found.written)


def settings(budgets: Sequence[Budget]) -> Mapping[str, float]:
    """Return what the rule about the cost of a session (CST005) is set up with."""
    found = named(budgets, COST)
    return {} if found is None else {"budget_usd": found.limit}


def last(budgets: Sequence[Budget]) -> Iterator[Budget]:
    """Yield each budget once, as it was given last."""
    yield from {one.name: one for one in budgets}.values()


def _of_findings(limit: str) -> Budget:
    severities = [severity.value for severity in Severity]
    if limit not in severities:
        raise ValueError(f"findings = {limit!r} is no severity; it is one of {', '.join(severities)}")
    return Budget(FINDINGS, Severity(limit).rank, limit)


def _of_money(name: str, limit: str) -> Budget:
    found = _MONEY.fullmatch(limit)
    if found is None or float(found[1]) <= 0:
        raise ValueError(f"{name} = {limit!r} is no sum of US dollars, such as $0.05")
    return Budget(name, float(found[1]), f"${float(found[1]):g}")


def _of_tokens(limit: str) -> Budget:
    if not limit.isascii() or not limit.isdigit() or int(limit) == 0:
        raise ValueError(f"tokens = {limit!r} is no number of tokens, such as 20000")
    return Budget(TOKENS, int(limit), f"{int(limit):,}")


def _of_time(name: str, limit: str) -> Budget:
    found = _TIME.fullmatch(limit)
    if found is None:
        raise ValueError(f"{name} = {limit!r} is no time with its unit, such as 800ms or 1.5s")
    milliseconds = float(found[1]) * (1000 if found[2] == "s" else 1)
    return Budget(name, milliseconds, f"{milliseconds:g} ms")


def _no_such_budget(name: str) -> str:
    known = [
        FINDINGS,
        COST,
        COST_TOTAL,
        TOKENS,
        *(f"{wait}_{percent}" for wait in (*SHORT, *WAITS) for percent in PERCENTS),
    ]
    near = get_close_matches(name, known, n=1)
    hint = (
        f"did you mean {near[0]!r}?"
        if near
        else "known are findings, cost, cost_total, tokens and waits such as ttfa_p95"
    )
    return f"no budget {name!r}; {hint}"
