"""Waits and costs of two sessions side by side, and which of them is beyond a tolerance.

Two runs never take the same time, so a wait is a difference only where a tolerance is given: the second session may be
so much slower, or dearer, than the first. Being faster or cheaper is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.cost import cost
from realtime_inspector.analysis.differences.difference import Aspect, Difference, Place
from realtime_inspector.analysis.differences.told import Told
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.protocol.realtime.models import Table

_UNITS = {"%": "percent", "ms": "ms", "s": "s", "$": "$"}
_AMOUNT = re.compile(r"(\$)?(\d+(?:\.\d+)?)(%|ms|s)?")

WAITS: Mapping[str, Callable[[Turn], float | None]] = {
    "answer_ms": metrics.answer_ms,
    "voice_to_voice_ms": metrics.voice_to_voice_ms,
}
"""The waits of a turn."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much more the second may take than the first: the larger of two amounts."""

    percent: float = 0.0
    amount: float = 0.0
    """Milliseconds, or dollars."""

    def allows(self, a: float, b: float) -> bool:
        """Tell whether `b` is not too much after `a`."""
        return b <= a + max(self.amount, a * self.percent / 100) + 1e-9

    @classmethod
    def read(cls, text: str, *, money: bool = False) -> Tolerance:
        """Read `20%`, `200ms`, `$0.01`, or two of them with a comma: the larger counts.

        Raises:
            ValueError: If it is none, with what it may be.
        """
        percent = amount = 0.0
        for part in text.replace(" ", "").split(","):
            found = _AMOUNT.fullmatch(part)
            unit = (found[1] or found[3] or "") if found is not None else ""
            if found is None or (found[1] and found[3]) or unit not in ({"%", "$"} if money else {"%", "ms", "s"}):
                raise ValueError(f"{text!r} is no tolerance; write {'5%, $0.01' if money else '20%, 200ms'} or both")
            value = float(found[2])
            if unit == "%":
                percent = max(percent, value)
            else:
                amount = max(amount, value * (1000 if unit == "s" else 1))
        return cls(percent, amount)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both sessions; None where it is not known."""

    name: str
    a: float | None
    b: float | None

    @property
    def change(self) -> float | None:
        """How much more the second is, in percent."""
        if self.a is None or self.b is None or self.a == 0:
            return None
        return (self.b - self.a) / self.a * 100

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"name": self.name, "a": self.a, "b": self.b, "change_percent": self.change}


def rows(a: Told, b: Told, table: Table | None = None) -> list[Row]:
    """Return the figures of both: medians of waits in milliseconds, length, tokens, cost in dollars."""
    figures = [_figures(told, table) for told in (a, b)]
    return [Row(name, figures[0][name], figures[1][name]) for name in figures[0]]


def slower(one: Turn, other: Turn, tolerance: Tolerance) -> Iterator[Difference]:
    """Yield the waits of a turn that took longer than is allowed."""
    place = Place(one.number, other.number, one.start.n, other.start.n)
    for name, measure in WAITS.items():
        mine, its = measure(one), measure(other)
        if mine is not None and its is not None and not tolerance.allows(mine, its):
            yield Difference(Aspect.LATENCY, name, mine, its, place)


def dearer(figures: list[Row], tolerance: Tolerance) -> Iterator[Difference]:
    """Yield the cost if it is more than allowed; tokens, where the price is not known."""
    by_name = {row.name: row for row in figures}
    row = by_name["cost_usd"]
    if row.a is None or row.b is None:
        row, tolerance = by_name["tokens"], Tolerance(tolerance.percent)
    if row.a is not None and row.b is not None and not tolerance.allows(row.a, row.b):
        yield Difference(Aspect.COST, row.name, row.a, row.b)


def _figures(told: Told, table: Table | None) -> dict[str, float | None]:
    session = told.session
    calls = [metrics.tool_round_trip_ms(call) for call in session.calls.values()]
    responses = list(session.responses.values())
    return {
        **{name: metrics.median(map(measure, told.turns)) for name, measure in WAITS.items()},
        "generation_ms": metrics.median(map(metrics.generation_ms, responses)),
        "tool_round_trip_ms": metrics.median(calls),
        "length_s": round(metrics.length_s(session), 3),
        "tokens": float(metrics.tokens(session).total),
        "cost_usd": cost(session, table).whole.total,
    }
