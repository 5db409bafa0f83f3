"""A line of the table, and what a run was asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for."""

    folder: Path | None = None
    """Where recordings are made for the time of a part; by default the system's folder for such things."""
    full: bool = False
    """Wait as long as people would."""
    share: float = 1.0
    """Do so much of everything: less than 1 is a rehearsal."""

    def times(self, count: int) -> int:
        """Return how often to do what is done so many times."""
        return max(1, round(count * self.share))

    @contextlib.contextmanager
    def work(self) -> Iterator[Path]:
        """Make a folder for a while."""
        with TemporaryDirectory(prefix="endurance-", dir=self.folder) as made:
            yield Path(made)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one trial."""

    part: str
    done: str
    seen: str
    held: bool


def table(outcomes: list[Outcome]) -> str:
    """Return outcomes as Markdown."""
    lines = ["| part | done | seen | held |", "|---|---|---|---|"]
    lines += [f"| {each.part} | {each.done} | {each.seen} | {'yes' if each.held else '**no**'} |" for each in outcomes]
    return "\n".join(lines)
