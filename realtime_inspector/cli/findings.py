"""Recordings with what was found in them, ready to be written in one format or another."""

from __future__ import annotations

import gc
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from realtime_inspector.analysis.finding import Finding, Severity, by_entry
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.sweep import ask
from realtime_inspector.formats import Readable
from realtime_inspector.protocol.event import WIRE_BINARY, WIRE_MALFORMED, WIRE_PREFIX, WIRE_UNTYPED
from realtime_inspector.protocol.realtime.catalogue import SERVER_TYPES

UNREADABLE = frozenset({WIRE_BINARY, WIRE_MALFORMED, WIRE_UNTYPED})
"""Messages that are no events, of either side."""


class Step(NamedTuple):
    """An entry as a finding points to it."""

    n: int
    line: int
    t: float
    type: str


class Trail:
    """Every entry of a recording as a `Step`, in a few bytes each: any of them may turn out to be a cause."""

    def __init__(self) -> None:
        self._t = array("d")
        self._type: list[str] = []
        self._runs: list[tuple[int, int, int]] = []
        """Where numbers and lines begin to go up one by one: place, number, line."""
        self._next = (0, 0)

    def __len__(self) -> int:
        return len(self._t)

    def add(self, n: int, line: int, times: Sequence[float], types: Sequence[str]) -> None:
        """Remember events that follow each other, from the first one's number and line on."""
        if self._next != (n, line):
            self._runs.append((len(self._t), n, line))
        self._next = (n + len(times), line + len(times))
        self._t.extend(times)
        self._type.extend(types)

    def step(self, n: int | None) -> Step | None:
        """Return the entry of that number."""
        run = bisect_right(self._runs, n, key=lambda each: each[1]) - 1 if n is not None else -1
        if run < 0 or n is None:
            return None
        place, first_n, line = self._runs[run]
        at = place + n - first_n
        end = self._runs[run + 1][0] if run + 1 < len(self._runs) else len(self._t)
        return Step(n, line + n - first_n, self._t[at], self._type[at]) if at < end else None

    def is_clients(self, n: int) -> bool:
        """Tell whether an entry looks like a message of the client: its name is none of the server's."""
        step = self.step(n)
        if step is None or step.type in SERVER_TYPES:
            return False
        return not step.type.startswith(WIRE_PREFIX) or step.type in UNREADABLE


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that somebody accepts: it is kept, and not told."""

    finding: Finding
    reason: str = ""
    """Why it is suppressed; empty where the baseline has it."""


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
    dialect: str = ""
    """Whose server it is, a name of `protocol/realtime/dialects.py`; empty if nothing shows it."""
    dialect_sign: str = ""
    """What shows it."""
    troubles: Sequence[str] = ()
    """What is to be told of rules of the user's own, a line each."""
    accepted: Sequence[Accepted] = ()
    """Findings that stand apart from the others: suppressed, or in the baseline."""


def lint(recording: Readable, rules: Sequence[Rule], dialect: str = "") -> Linted:
    """Read a recording from end to end and return what the rules find; `dialect` is what it is said to speak."""
    linter, trail = Linter(rules, header=recording.header, dialect=dialect), Trail()
    with _rarely_collecting():
        (found,) = ask(recording, linter, note=trail.add)
    added = linter.session.is_cut_off  # the end that the reader adds is no entry of the file
    return Linted(
        path=str(recording.path),
        id=recording.header.id,
        events=len(trail) - added,
        findings=sorted(found, key=by_entry),
        trail=trail,
        model=linter.session.model,
        length_s=linter.session.now,
        started=recording.header.started,
        asked=tuple(rules),
        dialect=linter.session.dialect_name,
        dialect_sign=linter.session.dialect_sign,
        troubles=tuple(linter.troubles),
    )


@contextmanager
def _rarely_collecting() -> Iterator[None]:
    """Let garbage be collected less often: a session only grows, and walking it again and again finds none."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def in_words(counts: dict[Severity, int]) -> str:
    """Return counts as people write them: `1 error, 3 warnings`; `no findings` if there are none."""
    words = [
        f"{number} {severity.value}{'s' if number > 1 and severity is not Severity.INFO else ''}"
        for severity, number in counts.items()
        if number
    ]
    return ", ".join(words) or "no findings"
