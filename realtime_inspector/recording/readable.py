"""What can be read like a recording: one, or another tool's file that was opened. Which it is does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.lines import Problem


class Readable(Protocol):
    """What was opened. Iterate it for its entries."""

    path: Path
    header: Header

    @property
    def problems(self) -> list[Problem]:
        """What could not be read; complete once it was iterated."""

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries in order."""
