"""Which entries pass a filter, found in slices.

An entry is read only where the filter asks for what is in it. Type, sender, size and time stand in the index, so a
filter by these goes through a million entries in about a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from realtime_inspector.analysis import facts
from realtime_inspector.analysis.facts import Facts
from realtime_inspector.analysis.filter import Filter
from realtime_inspector.errors import NotAnEntry
from realtime_inspector.protocol.event import WIRE_PREFIX, Event, read
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.recording.index import Index, Label
from realtime_inspector.tui.picked import Picked

_OF_LABEL = frozenset({"type", "from", "kind"})
_UNREAD = _OF_LABEL | {"n", "t", "bytes", "turn", "latency", "severity", "rule"}
"""What can be asked without reading the entry."""
_BLOCK = 1 << 14
"""By labels: less than a millisecond."""
_FEW = 32


class Sieve:
    """One filter over an index, growing with it."""

    def __init__(self, index: Index, chosen: Filter) -> None:
        self.filter = chosen
        self.picked = Picked(index)
        self.done = 0
        """Entries that were looked at."""
        self._index = index
        self._facts: facts.Index | None = None
        self._sure: set[int] = set()
        """Labels whose entries pass."""
        self._unsure: set[int] = set()
        """Labels whose entries have to be read."""
        self._learned = 0
        """So many labels were looked at."""
        self._alike: dict[tuple[object, ...], bool | None] = {}
        """What a filter by labels sees of one → whether it passes; None if its entries have to be read."""
        self._dense: bool | None = None

    @property
    def progress(self) -> float:
        """How much was looked at, between 0 and 1."""
        return self.done / max(1, len(self._index))

    def know(self, known: facts.Index) -> None:
        """Take in what is known of the entries besides themselves; a filter by findings or turns needs it."""
        self._facts = known

    def step(self, more: Callable[[], bool]) -> bool:
        """Look on while `more` says so; tell whether all that was indexed was looked at."""
        stop = len(self._index)
        if self.filter.needs_facts and self._facts is None:
            return False
        while self.done < stop:
            if self.filter.fields <= _OF_LABEL:
                self._by_labels(min(stop, self.done + _BLOCK))
            elif self.filter.fields <= _UNREAD and self._is_dense():
                self._by_index(min(stop, self.done + _FEW))
            else:
                self._by_reading(min(stop, self.done + _FEW), more)
            if not more():
                break
        self.picked.grow()
        return self.done == stop

    def _by_labels(self, stop: int) -> None:
        self._learn()
        sure, unsure = self._sure, self._unsure
        wanted = sure | unsure
        label_ids = self._index.label_ids
        for position, label_id in enumerate(label_ids[self.done : stop], self.done):
            if label_id in wanted and (label_id in sure or self._passes(position)):
                self.picked.add(position)
        self.done = stop

    def _learn(self) -> None:
        """Find out of which labels the entries pass: every stream has one of its own, and most of them are alike."""
        labels = self._index.labels
        for label_id in range(self._learned, len(labels)):
            label = labels[label_id]
            alike = (label.side, label.kind, label.type)
            if alike not in self._alike:
                sketch = _sketch(label)
                self._alike[alike] = self.filter(sketch) if sketch is not None else None
            passes = self._alike[alike]
            if passes is not False:
                (self._unsure if passes is None else self._sure).add(label_id)
        self._learned = len(labels)

    def _by_index(self, stop: int) -> None:
        index = self._index
        for position in range(self.done, stop):
            sketch = _sketch(index.label(position))
            if sketch is None:
                passes = self._passes(position)
            else:
                payload = bytes(index.sizes[position]) if "bytes" in self.filter.fields else b""
                entry = replace(sketch.entry, n=position + 1, t=index.times[position], payload=payload)
                passes = self.filter(replace(sketch, entry=entry), self._known(position + 1))
            if passes:
                self.picked.add(position)
        self.done = stop

    def _by_reading(self, stop: int, more: Callable[[], bool]) -> None:
        for line in self._index.lines(self.done, stop):
            if self._reads_on(line, self.done):
                self.picked.add(self.done)
            self.done += 1
            if not more():
                return

    def _passes(self, position: int) -> bool:
        return self._reads_on(self._index.line(position), position)

    def _reads_on(self, line: bytes, position: int) -> bool:
        try:
            event = read(jsonl.parse(line, position + 2))
        except NotAnEntry:
            return False
        return self.filter(event, self._known(event.n))

    def _known(self, n: int) -> Facts:
        return self._facts[n] if self._facts is not None else facts.NOTHING

    def _is_dense(self) -> bool:
        """Tell whether entries are numbered as they stand: a recording that was edited may have holes."""
        if self._dense is None:
            last = len(self._index) - 1
            try:
                self._dense = self._index.entry(last).n == last + 1
            except NotAnEntry:
                self._dense = False
        return self._dense


def _sketch(label: Label) -> Event | None:
    """Return an event that has what a label says of it; None if the label does not say enough."""
    if label.side is None or label.kind is None:
        return None
    if label.kind is Kind.MESSAGE and (not label.type or label.type.startswith(WIRE_PREFIX)):
        return None
    return _event(label.side, label.kind, label.type)


def _event(side: Side, kind: Kind, event_type: str) -> Event:
    empty = read(Entry(1, 0.0, side, kind))
    return replace(empty, type=event_type) if kind is Kind.MESSAGE else empty
