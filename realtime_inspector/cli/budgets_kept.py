"""Whether budgets were kept: what was measured beside each, for `stats` and the formats of `ci/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.cost import Bill
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.cli import budgeting
from realtime_inspector.cli.budgeting import Budget
from realtime_inspector.cli.ci.checked import Case, Check, Problem, Suite

_NEVER = "it was never measured in these recordings"


@dataclass(frozen=True, slots=True)
class Spent:
    """What one session took."""

    path: str
    bill: Bill
    tokens: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A budget beside what was measured."""

    budget: Budget
    measured: float | None = None
    """None where it is not known."""
    unknown: str = ""
    """Why it is not known, or not all of it."""
    path: str = ""
    """The recording that took most, for what is counted by session."""

    @property
    def exceeded(self) -> bool:
        """Whether it took more: a part that is more than the budget decides it, whatever the rest is."""
        return self.measured is not None and self.measured > self.budget.limit

    @property
    def kept(self) -> bool | None:
        """Whether it took no more; None where nobody knows."""
        if self.exceeded:
            return False
        return None if self.unknown else True

    @property
    def words(self) -> str:
        """What was measured, and the limit, in a sentence."""
        name = self.budget.name
        if self.measured is None:
            return f"{name} is not known: {self.unknown}"
        measured = self.budget.show(self.measured) + (f" in {self.path}" if self.path else "")
        if self.kept is None:
            return f"{name} is not known: {measured} and more: {self.unknown}"
        return f"{name} is {measured}, {'more than' if self.exceeded else 'within'} the budget of {self.budget.written}"

    def members(self) -> dict[str, Any]:
        """Return it for other programs."""
        return {
            "name": self.budget.name,
            "limit": self.budget.limit,
            "unit": self.budget.unit,
            "measured": None if self.measured is None else round(self.measured, 9),
            "kept": self.kept,
            "path": self.path or None,
            "unknown": self.unknown or None,
        }


def check(budgets: Sequence[Budget], waits: Mapping[str, Sequence[float]], sessions: Sequence[Spent]) -> Iterator[Kept]:
    """Yield each budget that `stats` can tell of, beside what was measured.

    Args:
        budgets: As they were given.
        waits: Name of a wait with its `_ms` → every measurement of all recordings.
        sessions: What each session took.
    """
    for budget in budgeting.last(budgets):
        if budget.wait is not None:
            yield _wait(budget, waits)
        elif budget.name != budgeting.FINDINGS:
            yield _COUNTED[budget.name](budget, sessions)


def suite(kept: Sequence[Kept]) -> Suite:
    """Return budgets as a suite: a case a budget."""
    return Suite("budgets", tuple(Case(_check(one.budget), _problems(one), _skipped(one)) for one in kept))


def _wait(budget: Budget, waits: Mapping[str, Sequence[float]]) -> Kept:
    wait, percent = budget.wait or ("", 0)
    values = sorted(waits.get(f"{wait}_ms", ()))
    return Kept(budget, metrics.percentile(values, percent)) if values else Kept(budget, unknown=_NEVER)


def _cost(budget: Budget, sessions: Sequence[Spent]) -> Kept:
    dearest = max(sessions, key=lambda session: session.bill.usd)
    unpriced = _unpriced(session.bill for session in sessions)
    return Kept(budget, dearest.bill.usd, unpriced, dearest.path)


def _cost_total(budget: Budget, sessions: Sequence[Spent]) -> Kept:
    return Kept(budget, sum(session.bill.usd for session in sessions), _unpriced(each.bill for each in sessions))


def _tokens(budget: Budget, sessions: Sequence[Spent]) -> Kept:
    most = max(sessions, key=lambda session: session.tokens)
    return Kept(budget, most.tokens, path=most.path)


_COUNTED: dict[str, Callable[[Budget, Sequence[Spent]], Kept]] = {
    budgeting.COST: _cost,
    budgeting.COST_TOTAL: _cost_total,
    budgeting.TOKENS: _tokens,
}


def _unpriced(bills: Iterator[Bill]) -> str:
    without = {name or "a model" for bill in bills for name in bill.without_price}
    return f"there is no price, or no usage, of {', '.join(sorted(without))}" if without else ""


def _check(budget: Budget) -> Check:
    return Check(f"budget {budget.name}", "", Severity.ERROR, f"No more than {budget.written}.", tags=("budget",))


def _problems(kept: Kept) -> tuple[Problem, ...]:
    return (Problem(Severity.ERROR, kept.words, about=kept.budget.name),) if kept.exceeded else ()


def _skipped(kept: Kept) -> str:
    return kept.words if kept.kept is None else ""
