"""One recording under study: its index, its rows, what is found in it and its session at any moment.

Works in slices and holds no loop, no thread and no screen: whoever shows it calls `step` between two frames. The clock
is only asked how late it is in a recording that is still being written.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter, closing
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.strides import Stride, Strides
from realtime_inspector.errors import NotAnEntry, UsageError
from realtime_inspector.protocol.event import AUDIO_FIELDS, Event, read
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.index import Index
from realtime_inspector.recording.parts import all_of
from realtime_inspector.tui import rows
from realtime_inspector.tui.detail import Known
from realtime_inspector.tui.folding import Folding, Row
from realtime_inspector.tui.notes import Notes
from realtime_inspector.tui.picked import Picked
from realtime_inspector.tui.rows import Cells, Formats, Stream
from realtime_inspector.tui.travel import Travel

LIVE_S = 120.0
"""A recording without an end whose file has not grown for so long was cut off, not just quiet."""
LAG_S = 1.0
"""How far behind the wall clock silence is judged: what was sent may not be in the file yet."""

_PREVIEW = 24
_BLOCK_LINES = 256
_SLICE_BYTES = 256 << 10
_LARGE_BYTES = 1 << 20


class Study:
    """One recording, read on and on.

    Raises:
        RecordingError: If the file cannot be opened.
    """

    def __init__(
        self, path: Path, rules: Sequence[Rule] | Policy | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.path = path
        self.index = Index(path)
        self.folding = Folding(self.index)
        self.view: Folding | Picked = self.folding
        """The rows that are shown: all, or those that a filter lets through."""
        self.notes = Notes(path)
        """What the user noted beside it."""
        self._noted: tuple[int, int, list[int]] = (-1, -1, [])
        """The notes' version and the number of entries it was made for, and the positions that have a note."""
        self.view_number = 0
        """Another one with every other view."""
        self.analysed = 0
        """Lines that the rules have seen."""
        self.closed = False
        self.read_through = False
        """Whether all that is in the file by now was indexed."""
        self.caught_up = False
        """Whether that was so once: before, nobody knows whether it has an end."""
        self.found = 0
        """How often findings came: a view that shows another number is out of date."""
        self.is_touched: Callable[[], bool] = lambda: False
        """Tells whether the user is doing something."""
        self.rules = rules
        """What it is checked with: all rules if None. Looked at when that begins."""
        self._clock = clock
        self._started: float | None = None
        self._last_n = (-1, 0)
        """The position asked for last, and its entry's number."""
        self._begin_analysis()

    def _begin_analysis(self) -> None:
        self._linter: Linter | None = None
        self._nothing = Session()
        self._strides: Strides | None = None
        self._under_way: Iterator[Stride] | None = None
        """The block that the rules see."""
        self._copying: Iterator[None] | None = None
        """The copy for time travel that is made; until it is, the rules see nothing more."""
        self.travel = Travel(self.index)
        self.findings: list[Finding] = []
        self._by_position: dict[int, list[Finding]] = {}
        self._positions: list[int] = []
        self._worst: dict[int, Severity] = {}
        self.counts = dict.fromkeys(Severity, 0)
        """Severity → how many findings."""
        self.analysed = 0
        self._finished = False
        self.found += 1

    def close(self) -> None:
        """Let the file go."""
        self.closed = True
        self.index.close()

    # reading on

    @property
    def live(self) -> bool:
        """Whether it has no end and its file grew lately."""
        if self.index.ended:
            return False
        try:
            return self._clock() - all_of(self.path)[-1].stat().st_mtime < LIVE_S
        except OSError:
            return False

    @property
    def session(self) -> Session:
        """The session as far as it was analysed."""
        return self._linter.session if self._linter is not None else self._nothing

    @property
    def unreadable(self) -> int:
        """How many of the lines that the rules were to see are no entries."""
        return self._strides.unreadable if self._strides is not None else 0

    @property
    def length_s(self) -> float:
        """The time of the last entry."""
        return self.index.times[-1] if len(self.index) else 0.0

    @property
    def now_s(self) -> float | None:
        """How late it is in the recording by the wall clock; None if its header does not say when it began."""
        if self._started is None and self.index.header is not None:
            try:
                self._started = datetime.fromisoformat(self.index.header.started).timestamp()
            except ValueError:
                self._started = float("nan")
        return None if self._started is None else self._clock() - self._started

    def show(self, view: Folding | Picked) -> None:
        """Show other rows."""
        if view is not self.view:
            self.view = view
            self.view_number += 1

    def read_on(self, more: Callable[[], bool] = lambda: False) -> bool:
        """Index a slice, and more while `more` says so; tell whether all that is in the file by now was seen.

        Raises:
            RecordingError: If the file is no recording, or another one by now.
        """
        self.read_through = self.index.advance(_SLICE_BYTES)
        while not self.read_through and more():
            self.read_through = self.index.advance(_SLICE_BYTES)
        self.caught_up = self.caught_up or self.read_through
        self.folding.grow()
        return self.read_through

    def new_linter(self) -> Linter:
        """Return what asks the rules about it as they are wanted, from its beginning on."""
        if not isinstance(self.rules, Policy):
            return Linter(self.rules, header=self.index.header)
        with suppress(UsageError):  # suppressions that cannot be read suppress nothing; `lint` tells why
            return self.rules.linter(self.path, self.index.header)
        return Linter(self.rules.rules_for(self.path), header=self.index.header)

    def analyse(self, more: Callable[[], bool]) -> bool:
        """Let the rules see what was indexed, while `more` says so; tell whether they have seen all of it."""
        if self._linter is None:
            self._linter = self.new_linter()
        if self._finished and self.analysed < len(self.index):
            self._begin_analysis()  # it was held for cut off, and grows again
            self._linter = self.new_linter()
        if self._strides is None:
            self._strides = Strides(self._linter)
            self.travel.begin(self._linter.session)
        if not self._copy_on(more):
            return False
        while self.analysed < len(self.index):
            if self._under_way is None:
                stop = min(self.analysed + _BLOCK_LINES, len(self.index))
                self._under_way = self._strides.take(self.index.block(self.analysed, stop)[0])
            for _, findings in self._under_way:
                self._take(findings, self._strides.done)
                if not self._copy_on(more):
                    return False
                if not more():
                    return self.analysed == len(self.index)
            self._under_way, self.analysed = None, self._strides.done
            if not more():
                return self.analysed == len(self.index)
        return True

    def let_time_pass(self) -> None:
        """Judge silence at the end: of a live recording by the clock, of one that was cut off as ended."""
        if self._linter is None or self._finished or self.index.ended or not len(self.index):
            return
        if self.live:
            now = self.now_s
            if now is not None and now - LAG_S > self.length_s:
                self._keep(self._linter.advance(now - LAG_S))
            return
        self._finished = True
        last = self._last_entry()
        if last is not None:
            self._keep(self._linter.feed(closing(last.n, last.t, last.line)))

    def _take(self, findings: Sequence[Finding], done: int) -> None:
        self._keep(findings)
        self.analysed = done
        if self._linter is not None and not self.is_touched():  # a copy takes time that a key would wait
            self._copying = self.travel.offer(done, self._linter.session)

    def _copy_on(self, more: Callable[[], bool]) -> bool:
        """Go on with a copy for time travel, but not before a key is answered; tell whether none is to be made."""
        if self._copying is not None and not self.is_touched() and all(more() for _ in self._copying):
            self._copying = None
        return self._copying is None

    def _last_entry(self) -> Entry | None:
        for position in range(len(self.index) - 1, -1, -1):
            try:
                return self.index.entry(position)
            except NotAnEntry:
                continue
        return None

    def _keep(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            position = min(max(0, finding.line - 2), len(self.index) - 1)
            self.findings.append(finding)
            self.counts[finding.severity] += 1
            if position not in self._by_position:
                insort(self._positions, position)
            self._by_position.setdefault(position, []).append(finding)
            fold = self.folding.fold_of(position)
            worst = self._worst.get(fold)
            if worst is None or finding.severity.rank < worst.rank:
                self._worst[fold] = finding.severity
            self.found += 1

    # looking at it

    def event(self, position: int) -> Event:
        """Read one entry as an event.

        Raises:
            NotAnEntry: If the line is unreadable.
        """
        return read(*jsonl.parse_both(self.index.line(position), position + 2))

    def findings_at(self, position: int) -> Sequence[Finding]:
        """Return what was found about one entry."""
        return self._by_position.get(position, ())

    def findings_of(self, row: Row) -> Sequence[Finding]:
        """Return what was found about a row: its entry, or the entries folded into it."""
        if row.member or not row.folded:
            return self.findings_at(row.position)
        return [finding for position in self._found_in(row) for finding in self.findings_at(position)]

    def is_clients(self, n: int) -> bool:
        """Tell whether the entry of a number is a message of the client."""
        whole = self.n_at(len(self.index) - 1) == len(self.index)
        label = self.index.label(min(max(0, n - 1), len(self.index) - 1) if whole else self.position_of(n))
        return label.side is Side.CLIENT and label.kind is Kind.MESSAGE

    def next_finding(self, position: int, step: int) -> int | None:
        """Return the nearest position after (`step` 1) or before (-1) this one that has a finding."""
        if step > 0:
            at = bisect_right(self._positions, position)
            return self._positions[at] if at < len(self._positions) else None
        at = bisect_left(self._positions, position) - 1
        return self._positions[at] if at >= 0 else None

    def n_at(self, position: int) -> int:
        """Return the number of the entry at a position; of a line that is none, the one it should have."""
        if position != self._last_n[0]:
            self._last_n = (position, self._n(position))
        return self._last_n[1]

    def position_of(self, n: int) -> int:
        """Return where the entry of a number stands: a recording that was edited may have holes."""
        guess = min(max(0, n - 1), len(self.index) - 1)
        if self._n(guess) == n:
            return guess
        low, high = 0, len(self.index) - 1
        while low < high:
            middle = (low + high) // 2
            if self._n(middle) < n:
                low = middle + 1
            else:
                high = middle
        return low

    def formats(self) -> Formats:
        """Return what audio is, as far as it is known by now."""
        session = self.session
        return Formats(session.input_audio.format, session.output_format)

    def cells(self, row: Row) -> Cells:
        """Return what a row of the event list says."""
        position = row.position
        label, t, size = self.index.label(position), self.index.times[position], self.index.sizes[position]
        worst = self.worst(row)
        if size > _LARGE_BYTES:
            return rows.of_large(position, t, label, size, worst)
        try:
            if row.folded:
                cells = rows.of_stream(self.stream(row), worst, self.formats())
            else:
                cells = rows.of_event(self.event(position), worst, self.formats(), member=row.member)
            return replace(cells, noted=True) if self._is_noted(row) else cells
        except NotAnEntry:
            return rows.of_unreadable(position + 2, t, size)

    def noted(self) -> Sequence[int]:
        """Return the positions of the entries that have a note, ascending."""
        now = (self.notes.version, len(self.index))
        if self._noted[:2] != now:
            found = ((n, self.position_of(n)) for n in (self.notes.entries if now[1] else ()))
            self._noted = (*now, [position for n, position in found if self._n(position) == n])
        return self._noted[2]

    def _is_noted(self, row: Row) -> bool:
        noted = self.noted()
        at = bisect_left(noted, row.position)
        if row.member or not row.folded:
            return at < len(noted) and noted[at] == row.position
        label_ids = self.index.label_ids
        last = bisect_right(noted, row.last)
        return any(label_ids[position] == label_ids[row.position] for position in noted[at:last])

    def worst(self, row: Row) -> Severity | None:
        """Return the worst finding about a row: its entry's, or that of any entry folded into it."""
        if row.member or not row.folded:
            return rows.worst_of(finding.severity for finding in self.findings_at(row.position))
        if self.view is self.folding:
            return self._worst.get(row.fold)
        return rows.worst_of(
            finding.severity for position in self._found_in(row) for finding in self.findings_at(position)
        )

    def _found_in(self, row: Row) -> Iterator[int]:
        """Yield the positions of a fold about which something was found."""
        label_ids = self.index.label_ids
        first, last = bisect_left(self._positions, row.position), bisect_right(self._positions, row.last)
        for position in self._positions[first:last]:
            if label_ids[position] == label_ids[row.position] and self.view.has(position):
                yield position

    def stream(self, row: Row) -> Stream:
        """Return what a folded row stands for.

        Raises:
            NotAnEntry: If its first line is unreadable.
        """
        payload_bytes, audio_bytes = self.view.bytes(row.fold)
        seconds = self.index.times[row.last] - self.index.times[row.position]
        first = self.event(row.position)
        is_audio = first.type in AUDIO_FIELDS  # what it says is how long it is
        more = () if is_audio else self.view.members(row.fold, _PREVIEW)[1:]
        pieces = (first, *map(self.event, more))
        return Stream(row.count, payload_bytes, audio_bytes, seconds, pieces, open=row.open)

    def known(self, event: Event, position: int) -> Known:
        """Return what the rest of the recording says of an event."""
        session = self.session
        update = error = None
        if event.type.endswith("session.updated"):
            update = next((u for u in session.updates if u.answer is not None and u.answer.n == event.n), None)
        if event.type == "error":
            error = next((e for e in session.errors if e.at.n == event.n), None)
        links = partial(self._link, here=event.n)
        return Known(self.findings_at(position), update, error, self.formats(), links, self.notes[event.n])

    def _link(self, name: str, here: int) -> int | None:
        """Return the number of the entry that an id names, unless that is this entry."""
        session = self.session
        at = None
        if name in session.items:
            at = session.items[name].first
        elif name in session.responses:
            at = session.responses[name].created
        elif name in session.calls:
            at = session.calls[name].named
        elif name in session.named:
            at = session.named[name].at
        return at.n if at is not None and at.n != here else None

    def _n(self, position: int) -> int:
        try:
            return self.index.entry(position).n
        except NotAnEntry:
            return position + 1
