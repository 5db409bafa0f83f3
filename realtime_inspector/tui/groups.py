"""The Findings pane: one mistake with what follows from it, the worst first. Pure: findings in, rows out."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from realtime_inspector.analysis import folding
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.folding import Told
from realtime_inspector.tui import text
from realtime_inspector.tui.rows import MARKS
from realtime_inspector.tui.text import Line, Span

SHOWN = 3
"""How many findings of a mistake are shown before it is opened, and how many kinds of what follows from it."""
MANY = 5_000
"""Of more findings than this nobody can see what follows from what while keys wait: they stand by their rules."""

Key = tuple[str, int]
"""What a mistake is known by: its rule, and its first entry."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One row of the pane: a mistake, one of its findings, or how many more there are."""

    key: Key
    line: Line
    finding: Finding | None = None
    more: bool = False


def told(findings: Sequence[Finding], by_client: Callable[[int], bool]) -> list[Told]:
    """Return findings as mistakes, each with what follows from it."""
    if len(findings) > MANY:
        return [Told(same, []) for same in folding.by_rule(findings)]
    return folding.told(findings, by_client)


def nothing(*, checked: bool) -> list[Line]:
    """Return what to show where nothing was found."""
    if not checked:
        return [text.plain("checking …", "dim")]
    return [
        text.plain("nothing found", "dim"),
        Line(),
        text.plain("8 says why the assistant was silent, 7 how long the user waited, 5 what was heard", "dim"),
    ]


def rows(mistakes: Iterable[Told], opened: Container[Key], closed: Container[Key]) -> list[GroupRow]:
    """Return the rows: every mistake with its findings, the first few unless it is opened, none if it is closed."""
    found: list[GroupRow] = []
    for mistake in mistakes:
        key = key_of(mistake)
        found.append(_head(key, mistake, closed=key in closed))
        if key not in closed:
            found += _opened(key, mistake) if key in opened else _first_few(key, mistake)
    return found


def key_of(mistake: Told) -> Key:
    """Return what a mistake is known by while more is found."""
    first = mistake.same[0]
    return first.rule, first.entry


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


def _first_few(key: Key, mistake: Told) -> Iterator[GroupRow]:
    for finding in mistake.same[:SHOWN]:
        yield GroupRow(key, _finding(finding), finding)
    for same in mistake.follow[:SHOWN]:
        yield GroupRow(key, _followed(same[0], len(same)), same[0])
    if left := len(mistake.same[SHOWN:]) + sum(map(len, mistake.follow[SHOWN:])):
        yield GroupRow(key, text.plain(f"    … {left:,} more (enter)", "dim"), more=True)


def _opened(key: Key, mistake: Told) -> Iterator[GroupRow]:
    for finding in mistake.same:
        yield GroupRow(key, _finding(finding), finding)
    for finding in (finding for same in mistake.follow for finding in same):
        yield GroupRow(key, _followed(finding, 1), finding)


def _head(key: Key, mistake: Told, *, closed: bool) -> GroupRow:
    first, number = mistake.same[0], len(mistake.same)
    times = f" x{number:,}" if number > 1 else ""
    mark = Span(f"{MARKS[first.severity]} ", first.severity.value)
    folded = (Span(" … (enter unfolds)", "dim"),) if closed else ()
    return GroupRow(key, Line((mark, Span(f"{first.rule} {first.name}{times}", "title"), *folded)))


def _finding(finding: Finding) -> Line:
    cause = f" (cause: #{finding.cause})" if finding.cause is not None else ""
    return _line(finding, Span(text.safe(finding.message)), Span(cause, "dim"))


def _followed(finding: Finding, number: int) -> Line:
    """Return the row of what follows from a mistake: what it is, for it stands beneath another one's name."""
    mark = Span(f"{MARKS[finding.severity]} ", finding.severity.value)
    times = f" x{number:,}" if number > 1 else ""
    name = Span(f"{finding.rule} {finding.name}{times}: ", "key")
    return _line(finding, Span("then ", "dim"), mark, name, Span(text.safe(finding.message)))


def _line(finding: Finding, *said: Span) -> Line:
    number, clock = f"  #{finding.entry:<5} ", f"{text.clock(finding.t)} "
    return Line((Span(number, "link"), Span(clock, "dim"), *said), finding.entry, indent=len(number) + len(clock))
