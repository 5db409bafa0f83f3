"""Findings that are alike, told as one: the same rule, saying the same of another id or at another time."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.fingerprint import shape

ANY_ERROR = "ERR001"
"""Finds every error event: a rule that knows this one says more, and stands before it."""

_shape = lru_cache(maxsize=1024)(shape)


def folded(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return findings that are alike together, by entry; the worst and then the earliest of them first."""
    alike: dict[tuple[int, str, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.severity.rank, finding.rule, _shape(finding.message)), []).append(finding)
    return sorted(alike.values(), key=_place)


def by_rule(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return findings of one rule and severity together, the worst and then the earliest of them first."""
    same: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        same.setdefault((finding.severity.rank, finding.rule), []).append(finding)
    return sorted(same.values(), key=_place)


def _place(same: list[Finding]) -> tuple[int, int, bool, str]:
    first = same[0]
    return first.severity.rank, first.entry, first.rule == ANY_ERROR, first.rule
