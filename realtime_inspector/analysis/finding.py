"""What a rule found: where, how bad, what it means, what to do, and which event began it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad it is. Compare with `rank`: text order is not it."""

    ERROR = "error"
    """The API refuses it, or the session is hurt."""
    WARNING = "warning"
    """It works and is most likely wrong."""
    INFO = "info"
    """Worth knowing."""

    @property
    def rank(self) -> int:
        """0 for an error, 1 for a warning, 2 for information."""
        return _RANKS[self]


_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule has to say about one entry."""

    rule: str
    """The rule's id, such as `TOOL003`."""
    name: str
    """The rule's name, such as `missing-call-id`."""
    severity: Severity
    entry: int
    """`n` of the entry it is about; for something that never came, of the entry it should have followed."""
    line: int
    """That entry's line in the file; 0 where there is no file."""
    t: float
    """When it was certain, in seconds: for something that never came, the end of the wait."""
    message: str
    """What is wrong with the thing, by its id, and what to do. One line."""
    fix: str
    cause: int | None = None
    """`n` of the entry that began it, if that is another one."""
    related: tuple[int, ...] = ()
    corrected: Mapping[str, Any] | None = None
    """The event as the API would have accepted it, where that is known."""


def count(findings: Iterable[Finding]) -> dict[Severity, int]:
    """Return how many findings there are of each severity, worst first."""
    counted = Counter(finding.severity for finding in findings)
    return {severity: counted[severity] for severity in Severity}


def by_entry(finding: Finding) -> tuple[int, float, int, str]:
    """Return the key that sorts findings by entry; of one entry, the earlier and the worse first."""
    return finding.entry, finding.t, finding.severity.rank, finding.rule
