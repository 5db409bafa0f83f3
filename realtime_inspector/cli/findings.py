"""Recordings with what was found in them, ready to be written in one format or another."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.formats import Readable
from realtime_inspector.protocol.event import Event


class Step(NamedTuple):
    """An entry as a finding points to it."""

    n: int
    line: int
    t: float
    type: str


class Trail:
    """Every entry of a recording as a `Step`, in a few bytes each: any of them may turn out to be a cause."""

    def __init__(self) -> None:
        self._n, self._line, self._t = array("Q"), array("Q"), array("d")
        self._type: list[str] = []

    def __len__(self) -> int:
        return len(self._n)

    def add(self, event: Event) -> None:
        """Remember one event."""
        self._n.append(event.n)
        self._line.append(event.entry.line)
        self._t.append(event.t)
        self._type.append(event.type)

    def step(self, n: int | None) -> Step | None:
        """Return the entry of that number."""
        at = bisect_left(self._n, n) if n is not None else len(self._n)
        if at >= len(self._n) or self._n[at] != n:
            return None
        return Step(self._n[at], self._line[at], self._t[at], self._type[at])


@dataclass(frozen=True, slots=True)
class Linted:
    """A recording and its findings."""

    path: str
    id: str
    events: int
    """Its entries."""
    findings: Sequence[Finding]
    """By entry."""
    trail: Trail = field(default_factory=Trail)
    model: str = ""
    length_s: float = 0.0
    started: str = ""
    """As the header has it: UTC, ISO 8601; empty where nothing says so."""
    asked: Sequence[Rule] = ()
    """The rules that looked at it: a format that lists checks lists those that found nothing too."""


def lint(recording: Readable, rules: Sequence[Rule]) -> Linted:
    """Read a recording from end to end and return what the rules find."""
    linter, trail = Linter(rules, header=recording.header), Trail()
    found: list[Finding] = []
    added = 0
    for event in events(recording):
        found += linter.feed(event)
        if event.body.get("how") == "cut off" and event.is_wire:
            added = 1  # the end that the reader adds is no entry of the file
        trail.add(event)
    return Linted(
        path=str(recording.path),
        id=recording.header.id,
        events=len(trail) - added,
        findings=sorted(found, key=_by_entry),
        trail=trail,
        model=linter.session.model,
        length_s=linter.session.now,
        started=recording.header.started,
        asked=tuple(rules),
    )


def count(findings: Iterable[Finding]) -> dict[Severity, int]:
    """Return how many findings there are of each severity, worst first."""
    counted = Counter(finding.severity for finding in findings)
    return {severity: counted[severity] for severity in Severity}


def in_words(counts: dict[Severity, int]) -> str:
    """Return counts as people write them: `1 error, 3 warnings`; `no findings` if there are none."""
    words = [
        f"{number} {severity.value}{'s' if number > 1 and severity is not Severity.INFO else ''}"
        for severity, number in counts.items()
        if number
    ]
    return ", ".join(words) or "no findings"


def _by_entry(finding: Finding) -> tuple[int, float, int, str]:
    return finding.entry, finding.t, finding.severity.rank, finding.rule
