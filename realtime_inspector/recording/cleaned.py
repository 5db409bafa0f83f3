"""A recording that is looked through for secrets once more while it is read.

It was written without; but a log that was pasted may have any, and this environment others than the one it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.lines import Problem
from realtime_inspector.recording.redact import Redactor


@dataclass(slots=True)
class Cleaned:
    """A recording without secrets; its header has been looked through already."""

    path: Path
    header: Header
    origin: Iterable[Entry]
    redactor: Redactor
    problems: list[Problem] = field(default_factory=list)

    def __iter__(self) -> Iterator[Entry]:
        """Yield its entries."""
        yield from map(self.redactor.entry, self.origin)
