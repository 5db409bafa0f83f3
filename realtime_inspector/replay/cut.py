"""A piece of a recording that is a recording: what began in a span of it, with what sets the session up.

What began before the span is left out as a whole, what began in it is kept as a whole, so that nothing in the piece
names what is not there. Where something still would (the item before the first one, an offset into the user's audio),
it is changed; the header holds what it was and which entries were kept, so that `concat` can put pieces together again.
No socket, no clock.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import orjson

from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.event import APPENDS, read
from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.json_strings import Found
from realtime_inspector.recording.splicing import Change, splice
from realtime_inspector.replay.belonging import belonging

MEMBER = "cut"
"""The header's member that says what a piece is of."""
_LEAD_S = 0.25
"""So much time stays where entries were left out."""
_OFFSETS = ("audio_start_ms", "audio_end_ms")
_RANGES_NAMED = 8


@dataclass(frozen=True, slots=True)
class Span:
    """From an entry on, up to but not including another."""

    first: int
    end: int
    others: frozenset[int] = frozenset()
    """What begins in it and is not of it: an answer to the turn before, into which the user began to speak."""
    also: frozenset[int] = frozenset()
    """What is of it and begins elsewhere."""

    def __contains__(self, begin: int) -> bool:
        """Tell whether what begins with an entry is of the span."""
        return begin in self.also or (self.first <= begin < self.end and begin not in self.others)


@dataclass(frozen=True, slots=True)
class Piece:
    """What came of a cut."""

    header: Header
    entries: list[Entry]
    said: str
    """What was left out, in a sentence."""


@dataclass(slots=True)
class Whole:
    """As much of one recording as is known, its entries as they were."""

    header: Header
    total: int
    """How many entries it has, or had."""
    entries: dict[int, Entry] = field(default_factory=dict)
    """By number."""


def cut(entries: Sequence[Entry], header: Header, span: Span, new_id: str) -> Piece:
    """Return what began in a span.

    Args:
        entries: The whole recording.
        header: Its header.
        span: Which entries; see `by_time` and `by_turns`.
        new_id: The piece's own id.
    """
    numbered = _numbered(entries)
    known = belonging(numbered)
    kept = {n for n, begin in known.begins.items() if begin in span} | known.frame
    kept |= {n for n in known.settings if n < span.end}
    whole = Whole(header, len(numbered), {entry.n: entry for entry in numbered})
    return compose(whole, kept, new_id)


def by_time(entries: Sequence[Entry], from_s: float | None, to_s: float | None) -> Span:
    """Return the span between two moments of a recording.

    Raises:
        UsageError: If there is nothing between them.
    """
    numbered = _numbered(entries)
    start = from_s if from_s is not None else 0.0
    first = next((entry.n for entry in numbered if entry.t >= start), len(numbered) + 1)
    end = len(numbered) + 1
    if to_s is not None:
        end = next((entry.n for entry in numbered if entry.t >= to_s), end)
    if first >= end:
        last = f"{numbered[-1].t:.1f} s" if numbered else "nothing"
        raise UsageError(f"nothing happens in that time; the recording is {last} long")
    return Span(1 if from_s is None else first, end)


def by_turns(entries: Sequence[Entry], first: int, last: int) -> Span:
    """Return the span of some turns, counted from 1.

    Raises:
        UsageError: If there are no such turns.
    """
    known = belonging(_numbered(entries))
    number = len(known.turns)
    if not 1 <= first <= last or first > number:
        wanted = f"is no turn {first}" if first == last else f"are no turns {first} to {last}"
        raise UsageError(f"there {wanted}; the recording has {number}")
    start = known.turns[first - 1] if first > 1 else 1
    end = max(start, known.turns[last] if last < number else len(entries) + 1)
    mine = {begin for begin, turn in known.of_turn.items() if first <= turn <= last}
    others = frozenset(begin for begin in known.of_turn if start <= begin < end) - mine
    return Span(start, end, others, frozenset(mine))


def compose(whole: Whole, kept: Iterable[int], new_id: str, stays: Container[int] = ()) -> Piece:
    """Return a piece that holds some of a recording's entries.

    Args:
        whole: The recording.
        kept: The numbers of its entries that stay.
        new_id: The piece's own.
        stays: Numbers of entries before which the time stays too, though others were left out there.
    """
    numbers = sorted(set(kept) & set(whole.entries))
    originals = [whole.entries[n] for n in numbers]
    if len(originals) == whole.total:
        extra = {name: value for name, value in whole.header.extra.items() if name != MEMBER}
        return Piece(replace(whole.header, extra=extra), originals, "nothing is left out")
    fitted = _Fitting(whole, numbers)
    made, was = fitted.entries(originals)
    removed = _removed(originals, stays)
    said = _said(whole, numbers, removed)
    at = next((place for place, (n, m) in enumerate(pairwise([0, *numbers])) if m > n + 1), len(made))
    t = round(max(0.0, originals[at - 1].t - removed[at - 1]), 6) if at else 0.0
    note = Entry(0, t, Side.PROXY, Kind.NOTE, members={"text": said})
    shifted = [replace(entry, t=round(entry.t - by, 6)) for entry, by in zip(made, removed, strict=True)]
    entries = [replace(entry, n=n) for n, entry in enumerate([*shifted[:at], note, *shifted[at:]], 1)]
    told = {
        "of": whole.header.id,
        "entries": whole.total,
        "kept": _runs(numbers, removed),
        "note": at + 1,
        "was": was,
    }
    extra = {name: value for name, value in whole.header.extra.items() if name not in {"part", "first"}}
    return Piece(replace(whole.header, id=new_id, extra={**extra, MEMBER: told}), entries, said)


def restore(entries: Sequence[Entry], header: Header) -> Whole | None:
    """Return what a piece was cut of, as far as it holds it; None if it is no piece, or was edited since."""
    told = header.extra.get(MEMBER)
    if not isinstance(told, Mapping):
        return None
    try:
        return _restored(list(entries), header, told)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _restored(entries: list[Entry], header: Header, told: Mapping[str, Any]) -> Whole | None:
    places = [(n, float(removed)) for first, last, removed in told["kept"] for n in range(first, last + 1)]
    del entries[told["note"] - 1]
    if len(entries) != len(places):
        return None
    was: dict[int, dict[str, str]] = {}
    for n, path, before in told["was"]:
        was.setdefault(int(n), {})[str(path)] = str(before)
    whole = Whole(replace(header, id=str(told["of"])), int(told["entries"]))
    for entry, (n, removed) in zip(entries, places, strict=True):
        payload, _ = splice(entry.payload, _putting(was[n])) if n in was else (entry.payload, [])
        whole.entries[n] = replace(entry, n=n, t=round(entry.t + removed, 6), payload=payload)
    return whole


def _putting(values: Mapping[str, str]) -> Any:
    return lambda found, raw: values.get(found.name)


class _Fitting:
    """Makes entries fit a recording in which others are missing."""

    def __init__(self, whole: Whole, numbers: Sequence[int]) -> None:
        self.kept = frozenset(numbers)
        self.before: dict[str, str | None] = {}
        """Item → the item before it, for every item that is known."""
        self.there: set[str] = set()
        """Items that are named by an entry that was kept."""
        self.introduced: list[tuple[int, str]] = []
        """The same, with the entry that named each first."""
        self.is_whole = len(whole.entries) == whole.total
        self.lost_ms = self._lost_ms(whole)
        self._items(whole)

    def entries(self, originals: Sequence[Entry]) -> tuple[list[Entry], list[list[Any]]]:
        """Return the entries that fit, and what was changed: number, path, value before."""
        made: list[Entry] = []
        was: list[list[Any]] = []
        for entry in originals:
            payload, changes = self._fit(entry)
            made.append(replace(entry, payload=payload) if changes else entry)
            was += [[entry.n, change.path, change.before] for change in changes]
        return made, was

    def _fit(self, entry: Entry) -> tuple[bytes, list[Change]]:
        names = b"previous_item_id" in entry.payload or b"input_audio_buffer.speech_" in entry.payload
        if entry.kind is not Kind.MESSAGE or entry.binary or not names:
            return entry.payload, []
        speech = read(entry).type.startswith("input_audio_buffer.speech_")
        return splice(entry.payload, lambda found, raw: self._changed(found, entry.n, speech=speech))

    def _changed(self, found: Found, n: int, *, speech: bool) -> str | None:
        if found.path == ("previous_item_id",) and not found.number and found.value != "root":
            return orjson.dumps(self._behind(found.value, n)).decode()
        if speech and found.number and found.name in _OFFSETS and found.value.isdecimal():
            return str(max(0, int(found.value) - round(self.lost_ms.get(n, 0.0))))
        return None

    def _behind(self, item: str | None, n: int) -> str | None:
        """Return the nearest item that is there, from one on backwards."""
        if item not in self.before and item not in self.there:  # nobody knows where it stood
            known = [name for at, name in self.introduced if at < n]
            return item if self.is_whole else (known[-1] if known else None)
        while item is not None and item not in self.there:
            item = self.before.get(item)
        return item

    def _items(self, whole: Whole) -> None:
        for n, entry in sorted(whole.entries.items()):
            if entry.kind is not Kind.MESSAGE or b"item" not in entry.payload:
                continue
            event = read(entry)
            item_id = event.get("item.id") or (event.get("item_id") if "input_audio_buffer" in event.type else None)
            if not isinstance(item_id, str):
                continue
            before = event.get("previous_item_id")
            self.before.setdefault(item_id, None)
            if isinstance(before, str) and before != item_id and not self._leads(before, item_id):
                self.before[item_id] = before
            if n in self.kept and item_id not in self.there:
                self.there.add(item_id)
                self.introduced.append((n, item_id))

    def _leads(self, item: str | None, to: str) -> bool:
        """Tell whether an item stands behind another: what a peer sends may go in circles."""
        for _ in range(len(self.before) + 1):
            if item is None or item == to:
                return item == to
            item = self.before.get(item)
        return True

    def _lost_ms(self, whole: Whole) -> dict[int, float]:
        """Return how much of the user's audio before an entry was left out, in milliseconds."""
        form, lost, found = AudioFormat(), 0.0, {}
        for n, entry in sorted(whole.entries.items()):
            if entry.kind is Kind.MESSAGE and not entry.binary:
                event = read(entry)
                if event.type in {"session.created", "session.updated"}:
                    said = event.get("session.audio.input.format", event.get("session.input_audio_format"))
                    form = AudioFormat.read(said) or form
                elif event.type in APPENDS and n not in self.kept:
                    lost += form.duration_ms(event.audio_bytes)
            found[n] = lost
        return found


def _numbered(entries: Sequence[Entry]) -> list[Entry]:
    return [entry if entry.n == n else replace(entry, n=n) for n, entry in enumerate(entries, 1)]


def _removed(entries: Sequence[Entry], stays: Container[int]) -> list[float]:
    """Return for each entry how much time was taken out before it."""
    removed = 0.0
    found = []
    before: Entry | None = None
    for entry in entries:
        left_out = entry.n - (before.n if before is not None else 0) > 1
        gap = entry.t - (before.t if before is not None else 0.0)
        if left_out and gap > _LEAD_S and entry.n not in stays:
            removed = round(removed + gap - _LEAD_S, 6)
        found.append(removed)
        before = entry
    return found


def _runs(numbers: Sequence[int], removed: Sequence[float]) -> list[list[float]]:
    """Return the entries that were kept as runs: first, last, and the time taken out before."""
    runs: list[list[float]] = []
    for n, by in zip(numbers, removed, strict=True):
        if runs and runs[-1][1] == n - 1 and runs[-1][2] == by:
            runs[-1][1] = n
        else:
            runs.append([n, n, by])
    return runs


def _said(whole: Whole, numbers: Sequence[int], removed: Sequence[float]) -> str:
    gaps = [(one + 1, other - 1) for one, other in pairwise([0, *numbers, whole.total + 1]) if other > one + 1]
    named = ", ".join(f"{first} to {last}" if last > first else str(first) for first, last in gaps[:_RANGES_NAMED])
    more = f" and {len(gaps) - _RANGES_NAMED} more runs" if len(gaps) > _RANGES_NAMED else ""
    time = f", {removed[-1]:.1f} s" if removed and removed[-1] else ""
    missing = whole.total - len(numbers)
    return f"cut from {whole.header.id}: {missing} of {whole.total} entries are left out ({named}{more}){time}"
