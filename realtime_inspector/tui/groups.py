"""The Findings pane: what was found, by rule, the worst first. Pure: findings in, rows out."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.tui import text
from realtime_inspector.tui.rows import MARKS
from realtime_inspector.tui.text import Line, Span

SHOWN = 3
"""How many findings of a group are shown before it is opened."""

_ANY_ERROR = "ERR001"
"""Finds every error event: a rule that knows this one says more, and stands before it."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One row of the pane: a rule, one of its findings, or how many more there are."""

    rule: str
    line: Line
    finding: Finding | None = None
    more: bool = False


def rows(findings: Iterable[Finding], opened: Container[str], closed: Container[str]) -> list[GroupRow]:
    """Return the rows: every rule with its findings, the first few unless the rule is opened, none if it is closed."""
    found: list[GroupRow] = []
    for rule, group in _grouped(findings).items():
        found.append(_head(rule, group, closed=rule in closed))
        if rule in closed:
            continue
        shown = group if rule in opened else group[:SHOWN]
        found += [GroupRow(rule, _finding(finding), finding) for finding in shown]
        if len(group) > len(shown):
            left = Line((Span(f"    … {len(group) - len(shown):,} more (enter)", "dim"),))
            found.append(GroupRow(rule, left, more=True))
    return found


def tally(counts: Mapping[Severity, int]) -> tuple[Span, ...]:
    """Return how many findings of each severity there are, as `E2 W1 i0`."""
    spans = []
    for severity, mark in MARKS.items():
        number = counts.get(severity, 0)
        spans.append(Span(f"{mark}{number} ", severity.value if number else "dim"))
    return tuple(spans)


def count(findings: Iterable[Finding]) -> dict[Severity, int]:
    """Return how many findings of each severity there are."""
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts


def _grouped(findings: Iterable[Finding]) -> dict[str, Sequence[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.rule, []).append(finding)
    for group in groups.values():
        group.sort(key=lambda finding: (finding.entry, finding.t))
    order = sorted(groups, key=lambda rule: (_worst(groups[rule]), rule == _ANY_ERROR, groups[rule][0].entry, rule))
    return {rule: groups[rule] for rule in order}


def _head(rule: str, group: Sequence[Finding], *, closed: bool) -> GroupRow:
    first = min(group, key=lambda finding: finding.severity.rank)
    times = f" x{len(group):,}" if len(group) > 1 else ""
    mark = Span(f"{MARKS[first.severity]} ", first.severity.value)
    folded = (Span(" … (enter unfolds)", "dim"),) if closed else ()
    return GroupRow(rule, Line((mark, Span(f"{rule} {first.name}{times}", "title"), *folded)))


def _finding(finding: Finding) -> Line:
    number, clock = f"  #{finding.entry:<5} ", f"{text.clock(finding.t)} "
    cause = f" (cause: #{finding.cause})" if finding.cause is not None else ""
    spans = (Span(number, "link"), Span(clock, "dim"), Span(text.safe(finding.message)), Span(cause, "dim"))
    return Line(spans, finding.entry, indent=len(number) + len(clock))


def _worst(group: Sequence[Finding]) -> int:
    return min(finding.severity.rank for finding in group)
