"""What was checked and what came of it: the one shape from which every format of this package is written.

A suite is a recording, a case is one check of it: a rule, a budget, that a client did what was recorded. A case without
a problem is told too, so that a report says what was looked at and not only what was found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from realtime_inspector.analysis.finding import Severity

_OWN_NAME = re.compile(r"[^/]*\d{8}T\d{6}\w*_\w+")
"""The name that the proxy gives a recording: time and id, other ones each time."""


@dataclass(frozen=True, slots=True)
class Check:
    """What is looked at."""

    id: str
    """Such as `TOOL003`, or `budget-cost`."""
    name: str
    """In kebab case."""
    severity: Severity
    """Of most of its problems."""
    what: str
    """What it flags, in a sentence."""
    page: Callable[[], str] | None = None
    """Gives what there is to read about it, in Markdown."""
    tags: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Id and name."""
        return f"{self.id} {self.name}" if self.name else self.id


@dataclass(frozen=True, slots=True)
class Step:
    """Another line of the recording that has to do with a problem."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong."""

    severity: Severity
    message: str
    fix: str = ""
    line: int = 0
    """Of the recording; 0 where there is none."""
    entry: int = 0
    about: str = ""
    """What stays the same when the session is recorded anew: the fingerprint of a finding, a field's path."""
    steps: tuple[Step, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    """What only programs read."""

    @property
    def fails(self) -> bool:
        """Whether it is more than worth knowing."""
        return self.severity is not Severity.INFO

    @property
    def words(self) -> str:
        """What is wrong, and what to do."""
        return f"{self.message}\nFix: {self.fix}" if self.fix else self.message


@dataclass(frozen=True, slots=True)
class Case:
    """One check of one recording."""

    check: Check
    problems: tuple[Problem, ...] = ()
    skipped: str = ""
    """Why it could not be told, if so."""

    @property
    def failed(self) -> bool:
        """Whether it found more than information."""
        return any(problem.fails for problem in self.problems)

    @property
    def worst(self) -> Problem:
        """The worst of its problems, and of those the first."""
        return min(self.problems, key=lambda problem: problem.severity.rank)


@dataclass(frozen=True, slots=True)
class Suite:
    """One recording, or whatever else was checked as a whole."""

    name: str
    """The path of the recording, as it was given."""
    cases: tuple[Case, ...]
    path: str = ""
    """The same path from the root of the repository; empty for what is no file."""
    started: str = ""
    """UTC, ISO 8601; empty where nothing says so."""
    length_s: float = 0.0

    @property
    def failures(self) -> int:
        """How many cases failed."""
        return sum(case.failed for case in self.cases)

    @property
    def skipped(self) -> int:
        """How many could not be told."""
        return sum(bool(case.skipped) for case in self.cases)

    @property
    def started_ms(self) -> int:
        """When it began, in milliseconds since 1970; 0 where nothing says so."""
        try:
            return round(datetime.fromisoformat(self.started).timestamp() * 1000)
        except (ValueError, OverflowError, OSError):  # a log may say anything
            return 0

    def place(self, problem: Problem) -> str:
        """Return `file:line` for people."""
        if problem.line:
            return f"{self.name}:{problem.line}"
        return f"{self.name}: entry {problem.entry}" if problem.entry else self.name


@dataclass(frozen=True, slots=True)
class Told:
    """A problem with its surroundings, and what tells it from all others."""

    suite: Suite
    check: Check
    problem: Problem
    fingerprint: str
    """The same for the same problem of the next recording of the same session."""
    occurrence: int
    """It is the n-th with this fingerprint, counted from 1."""

    @property
    def unique(self) -> str:
        """A fingerprint that no other problem of this run has."""
        return sha256(f"{self.fingerprint}:{self.occurrence}".encode()).hexdigest()


def problems(suites: Sequence[Suite]) -> Iterator[Told]:
    """Yield every problem, in the order of suites and lines."""
    seen: Counter[str] = Counter()
    for suite in suites:
        found = [(case.check, problem) for case in suite.cases for problem in case.problems]
        for check, problem in sorted(found, key=lambda pair: (pair[1].line, pair[1].severity.rank, pair[0].id)):
            same = fingerprint(suite, check, problem)
            seen[same] += 1
            yield Told(suite, check, problem, same, seen[same])


def fingerprint(suite: Suite, check: Check, problem: Problem) -> str:
    """Return what a problem keeps when the session is recorded anew: neither line nor time, no id and no number."""
    path = _OWN_NAME.sub("*", suite.path or suite.name)
    return sha256("\0".join((path, check.id, problem.about)).encode("utf-8", "backslashreplace")).hexdigest()[:32]
