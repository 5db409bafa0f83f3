"""The recordings of a folder with their figures, gathered little by little.

A header and a last line are quick to read and come first; turns and findings need the whole recording and come in
slices, the newest recording first. A recording that grows is read on from where it was left.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.folding import Told
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.summary import Summary, of_session
from realtime_inspector.errors import NotAnEntry, RecordingError
from realtime_inspector.recording import files, jsonl, zst
from realtime_inspector.recording.entry import Entry, Header, Kind
from realtime_inspector.recording.parts import all_of
from realtime_inspector.tui import groups
from realtime_inspector.tui.notes import Notes
from realtime_inspector.tui.study import LIVE_S, Study

if TYPE_CHECKING:
    from realtime_inspector.analysis.why import Why

EXPLAINED = 50_000
"""Why the assistant was silent is found out unasked in a recording of at most so many entries."""
_TAIL_BYTES = 64 << 10


@dataclass(slots=True)
class Listed:
    """One recording of the list, as far as it is known."""

    path: Path
    size: int = 0
    changed: float = 0.0
    """When the file grew last, by the wall clock."""
    header: Header | None = None
    summary: Summary | None = None
    """None until the recording was read through."""
    problem: str = ""
    """Why it cannot be read."""
    last: Entry | None = None
    """The last entry, read before the rest is; None if it is not known."""
    live: bool = False
    """It has no end, and grew lately."""
    torn: bool = False
    """Its last line is not whole, or what is compressed breaks off."""
    unreadable: int = 0
    """How many lines are no entries."""
    tags: tuple[str, ...] = ()
    """What the user noted beside it."""
    study: Study | None = None
    """The recording while it is being read, and while it grows."""
    read_size: int = -1
    """How large it was when it was last read through."""

    worst: Told | None = None
    """The worst mistake."""
    reason: Why | None = None
    """The last silence in which somebody waited in vain or for long; None too while nobody has looked."""
    explained: bool = False
    """Whether somebody has looked for one, or nobody will."""
    found: Sequence[Finding] = ()
    """What was found, until somebody has looked."""
    dialect: str = ""
    """Whose server the project says it is."""

    @property
    def started(self) -> str:
        """When it began, as its header says."""
        return self.header.started if self.header is not None else ""

    @property
    def length_s(self) -> float | None:
        """How long it is, as far as is known."""
        if self.summary is not None:
            return self.summary.length_s
        return self.last.t if self.last is not None else None

    @property
    def ended(self) -> bool:
        """Whether it has an end."""
        return self.last is not None and self.last.kind is Kind.END


class Shelf:
    """The recordings at some paths: folders, files or both."""

    def __init__(
        self,
        paths: Sequence[Path],
        rules: Sequence[Rule] | Policy | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.paths = paths
        self.problem = ""
        """Why a folder could not be listed."""
        self.listed: dict[Path, Listed] = {}
        self.version = 0
        """Grows with every change."""
        self._rules = rules
        self._clock = clock

    @property
    def waiting(self) -> int:
        """How many recordings have no figures yet."""
        return sum(one.summary is None and not one.problem for one in self.listed.values())

    def look(self) -> None:
        """See which recordings there are by now, and which have grown."""
        self.problem = ""
        found = dict.fromkeys(self._find())
        for path in [path for path in self.listed if path not in found]:
            self._put_away(self.listed.pop(path))
            self.version += 1
        for path in found:
            with suppress(OSError):
                self._look_at(path)

    def note(self, one: Listed) -> None:
        """See what was noted beside a recording by now."""
        one.tags = Notes(one.path).tags
        self.version += 1

    def step(self, more: Callable[[], bool]) -> bool:
        """Read on while `more` says so; tell whether there is anything left to read."""
        for one in sorted(self.listed.values(), key=lambda one: (one.live, one.changed), reverse=True):
            while self._is_due(one):
                self._read(one, more)
                if not more():
                    return True
        return False

    def unexplained(self) -> Listed | None:
        """Return the newest recording of which nobody has looked yet why the assistant was silent in it."""
        waiting = (one for one in list(self.listed.values()) if one.summary is not None and not one.explained)
        return max((one for one in waiting if not one.live), key=lambda one: one.changed, default=None)

    def close(self) -> None:
        """Let all files go."""
        for one in self.listed.values():
            self._put_away(one)

    def _find(self) -> Iterator[Path]:
        for path in self.paths:
            if not path.is_dir():
                yield path
                continue
            try:
                yield from files.find(path)
            except RecordingError as error:
                self.problem = str(error)

    def _look_at(self, path: Path) -> None:
        parts = all_of(path)
        size, changed = sum(part.stat().st_size for part in parts), parts[-1].stat().st_mtime
        one = self.listed.get(path)
        if one is None:
            one = self.listed[path] = Listed(path)
            self._read_header(one)
            one.tags = Notes(path).tags
        if one.size != size:
            one.last = _last(parts[-1])
        live = not one.ended and not one.problem and self._clock() - changed < LIVE_S
        if (one.size, one.live) != (size, live):
            self.version += 1
        one.size, one.changed, one.live = size, changed, live

    def _read_header(self, one: Listed) -> None:
        try:
            one.header = files.open_recording(one.path).header
        except RecordingError as error:
            one.problem = str(error)

    def _is_due(self, one: Listed) -> bool:
        return not one.problem and one.read_size != one.size

    def _read(self, one: Listed, more: Callable[[], bool]) -> None:
        """Read on in one recording, and gather its figures where it ends."""
        try:
            study = one.study = one.study or Study(one.path, self._rules, self._clock)
            through = study.read_on(more)
            if study.analyse(more) and through:
                study.let_time_pass()
                one.summary, one.read_size = of_session(study.session, study.counts), one.size
                one.torn, one.unreadable = bool(study.index.problem or study.index.torn_bytes), study.unreadable
                _judge(one, study)
                self.version += 1
                if not study.live:
                    self._put_away(one)
        except RecordingError as error:
            one.problem = str(error)
            self.version += 1
            self._put_away(one)

    def _put_away(self, one: Listed) -> None:
        if one.study is not None:
            one.study.close()
            one.study = None


def _judge(one: Listed, study: Study) -> None:
    """Note what is worst in it; why it was silent is found out later."""
    one.worst = next(iter(groups.told(study.findings, study.is_clients)), None)
    one.reason, one.explained = None, len(study.index) > EXPLAINED
    one.found, one.dialect = () if one.explained else tuple(study.findings), study.session.dialect_asked


def _last(path: Path) -> Entry | None:
    """Return the last entry of a file that is not compressed, without reading the rest."""
    with path.open("rb") as file:
        if file.read(len(zst.MAGIC)) == zst.MAGIC:
            return None
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        lines = file.read().splitlines()
    for line in reversed(lines[1:]):
        with suppress(NotAnEntry):
            return jsonl.parse(line)
    return None
