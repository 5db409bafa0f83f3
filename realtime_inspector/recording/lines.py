"""The lines of a recording made entries, part by part, with what is wrong with them. Touches no file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realtime_inspector.errors import NotAnEntry
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.parts import Part
from realtime_inspector.recording.printable import shell_word


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that could not be read, or is not as it was written."""

    line: int
    message: str
    torn: bool = False
    """The file was cut off here, as after a crash: `repair` mends it."""


class Reader:
    """Turns lines into entries, and keeps what is wrong with them.

    Lines are counted twice: in their file, for messages, and as if all parts were one file, for entries.
    """

    def __init__(self, part: int = 0, n: int = 0, t: float = 0.0) -> None:
        """Begin behind an entry of a part; by default before the first part."""
        self.problems: list[Problem] = []
        self.unreadable = 0
        """How many whole lines were no entries."""
        self.part_end: jsonl.PartEnd | None = None
        """The part behind this one, once its last line was read."""
        self.body: dict[str, Any] | None = None
        """The payload of the last entry, parsed, where that was done to see whether it is an event."""
        self._path = Path()
        self._part = part
        self._row = 1
        """The header's."""
        self._line = 1
        self._n = n
        self._t = t
        self._unread = 0
        """Lines since the last entry that were not entries."""
        self._torn = False

    @property
    def expects_part(self) -> bool:
        """Whether another part must be there, or was."""
        return self.part_end is not None or self._part > 1

    def begin(self, part: Part) -> list[Entry]:
        """Go on with a part; return what stands for those before it that are missing."""
        missing = part.header.part - self._part - 1
        self._path, self._line, self._torn, self.part_end = part.path, 1, False, None
        before, self._part = self._part, part.header.part
        return [self._pass_over(part, before)] if missing > 0 else []

    def finish(self) -> list[Entry]:
        """Return what stands for a part that was announced and is not there."""
        if self.part_end is None:
            return []
        self.miss()
        part, first = self.part_end
        return [self._hole(first, 1, f"part {part} of the recording is missing; how much it held is not known")]

    def miss(self) -> None:
        """Say that the part that was announced is not there."""
        if self.part_end is not None:
            self._add(f"the recording goes on in part {self.part_end.part}, which is missing")

    def read(self, line: bytes) -> Entry | None:
        """Return the line's entry; None if it has none."""
        self._line += 1
        self._row += 1
        ended = line.endswith(b"\n")
        try:
            if not ended and len(line) >= jsonl.MAX_LINE_BYTES:
                raise NotAnEntry(f"not an entry: longer than {jsonl.MAX_LINE_BYTES} bytes")
            entry, self.body = jsonl.parse_both(line, self._row)
        except NotAnEntry as error:
            self.part_end = jsonl.part_end(line)
            if self.part_end is not None:
                self._row -= 1
                return None
            self._unread += 1
            if ended or len(line) >= jsonl.MAX_LINE_BYTES:
                self.unreadable += 1
                self._add(str(error))
            else:
                self._tear("the last line is cut off")
            return None
        self._check_n(entry.n)
        self._t = entry.t
        return entry

    @property
    def next_n(self) -> int:
        """The number of the entry that must follow; 0 where that is not certain."""
        return 0 if self._unread else self._n + 1

    @property
    def next_row(self) -> int:
        """The line it stands in, as `Entry.line` counts."""
        return self._row + 1

    def passed(self, lines: int, t: float) -> None:
        """Go on behind so many lines that were whole entries, numbered as they must be; `t` is the last one's time."""
        self._line += lines
        self._row += lines
        self._n += lines
        self._t = t

    def end(self, damage: str) -> None:
        """Say what is wrong with the end of a file, `damage` with its compression."""
        if damage and not self._torn:
            self._tear(damage)

    def _pass_over(self, part: Part, before: int) -> Entry:
        """Say which parts stand between one and the next that is there, and return what stands for them."""
        first, last = self._n + self._unread + 1, part.header.first - 1
        self._n, self._unread = max(self._n, last), 0
        entries = f"entries {first} to {last}" if last > first else f"entry {first}"
        start = part.first() if before == 0 else None
        if start is not None:
            parts, how = f"what is before part {part.header.part}", "was not read"
            self._add(f"this is part {part.header.part} of {start}: {entries} stand before it; read that for all of it")
        else:
            last_part = part.header.part - 1
            parts = f"part {last_part}" if last_part == before + 1 else f"parts {before + 1} to {last_part}"
            how = "is missing" if last_part == before + 1 else "are missing"
            self._add(f"{parts} of the recording, with {entries}, {how}")
        return self._hole(first, max(1, last - first + 1), f"{parts} of the recording {how}")

    def _hole(self, n: int, lost: int, why: str) -> Entry:
        self._row += 1
        return Entry(n, self._t, Side.PROXY, Kind.GAP, members={"lost": lost, "why": why}, line=self._row)

    def _check_n(self, n: int) -> None:
        expected = self._n + self._unread + 1
        if n > expected:
            missing = f"{self._n + 1} to {n - 1} are" if n - self._n > 2 else f"{n - 1} is"
            self._add(f"entry {n} follows {self._n}: {missing} missing, so the file was edited")
        elif n <= self._n:
            self._add(f"entry {n} follows {self._n}: the file was edited")
        self._n, self._unread = n, 0

    def _tear(self, what: str) -> None:
        self._torn = True
        self._add(f"{what}; run `realtime-inspector repair {shell_word(str(self._path))}`", torn=True)

    def _add(self, message: str, torn: bool = False) -> None:
        self.problems.append(Problem(self._line, f"{self._path}:{self._line}: {message}", torn))
