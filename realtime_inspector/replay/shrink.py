"""The smallest recording that still fails: whole turns are left out first, then what belongs together, then events.

The time in which nothing is left goes last: a failure may be that nothing happened for so long.

What is tried is a recording in any case: handshake and end stay, what names a response, an item or a call stays only
with the entry that names it first, and where an item stood behind one that is gone it stands behind the one before it.
No socket, no clock, no file: whether a piece fails is asked of the caller.

The search is delta debugging: halves, then quarters, until no single part can go (Zeller and Hildebrandt 2002).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from realtime_inspector.protocol.event import Event, read
from realtime_inspector.recording.entry import Entry, Header, Kind
from realtime_inspector.replay.belonging import belonging
from realtime_inspector.replay.cut import Piece, Whole, compose

_T = TypeVar("_T")
_ALWAYS = frozenset({Kind.REQUEST, Kind.RESPONSE, Kind.END})
_IDS = frozenset({"id", "item_id", "response_id", "call_id", "approval_request_id"})
_NOT_LOOKED_INTO = frozenset({"session", "metadata", "error", "usage"})


class Search:
    """The search for the smallest piece of one recording."""

    def __init__(self, entries: Sequence[Entry], header: Header, new_id: str) -> None:
        """Prepare a recording; `new_id` is the pieces' own id."""
        self.entries = [entry if entry.n == n else replace(entry, n=n) for n, entry in enumerate(entries, 1)]
        self.tried = 0
        """How many pieces were asked about."""
        self.best: Piece | None = None
        """The smallest that fails, so far."""
        self._new_id = new_id
        self._whole = Whole(header, len(self.entries), {entry.n: entry for entry in self.entries})
        self._events = {entry.n: read(entry) for entry in self.entries}
        self._names = {n: frozenset(_ids(event)) for n, event in self._events.items()}
        self._first: dict[str, int] = {}
        for n, names in self._names.items():
            for name in names:
                self._first.setdefault(name, n)
        self._frame = frozenset(entry.n for entry in self.entries if entry.kind in _ALWAYS)
        self._known: dict[frozenset[int], bool] = {}

    def run(self, fails: Callable[[Piece], bool], told: Callable[[str], object] = lambda text: None) -> Piece:
        """Return the smallest piece that fails; `told` hears how it goes.

        Args:
            fails: Whether a piece still fails. The recording as a whole is held to.
            told: Is told after each level what is left.
        """
        kept = frozenset(self._events)
        self.best = self._piece(kept)
        for what, parts in (("turns", self._turns), ("what belongs together", self._groups), ("events", self._single)):
            kept = self._level(kept, parts(kept), fails)
            tries = "try" if self.tried == 1 else "tries"
            told(f"without {what}: {len(kept)} of {len(self.entries)} entries, {self.tried} {tries}")
        return self._without_time(kept, fails)

    def _without_time(self, kept: frozenset[int], fails: Callable[[Piece], bool]) -> Piece:
        """Leave out the time that the failure does not need, wherever nothing is left of it."""
        best = self._piece(kept)

        def still(chosen: Sequence[int]) -> bool:
            nonlocal best
            piece = compose(self._whole, kept, self._new_id, frozenset(chosen))
            self.tried += 1
            if fails(piece):
                self.best = best = piece
                return True
            return False

        smallest([n for n in sorted(kept) if n - 1 not in kept], still)
        return best

    def _level(
        self, kept: frozenset[int], parts: list[frozenset[int]], fails: Callable[[Piece], bool]
    ) -> frozenset[int]:
        rest = kept - frozenset().union(*parts)

        def still(chosen: Sequence[frozenset[int]]) -> bool:
            return self._still(self._valid(rest.union(*chosen)), fails)

        return self._valid(rest.union(*smallest(parts, still)))

    def _still(self, kept: frozenset[int], fails: Callable[[Piece], bool]) -> bool:
        if kept not in self._known:
            piece = self._piece(kept)
            self.tried += 1
            self._known[kept] = fails(piece)
            if self._known[kept] and (self.best is None or len(piece.entries) <= len(self.best.entries)):
                self.best = piece
        return self._known[kept]

    def _piece(self, kept: frozenset[int]) -> Piece:
        return compose(self._whole, kept, self._new_id, self._events)

    def _valid(self, kept: frozenset[int]) -> frozenset[int]:
        """Return what is left when all is gone that names something whose beginning is gone."""
        while True:
            stays = frozenset(n for n in kept if all(self._first[name] in kept for name in self._names[n]))
            if stays == kept:
                return kept
            kept = stays

    # what is left out as one

    def _turns(self, kept: frozenset[int]) -> list[frozenset[int]]:
        known = belonging(self.entries)
        parts: dict[int, set[int]] = defaultdict(set)
        for n, begin in known.begins.items():
            turn = sum(start <= begin for start in known.turns)
            if turn and n in kept and n not in known.settings | known.frame | self._frame:
                parts[turn].add(n)
        return [frozenset(part) for _, part in sorted(parts.items())]

    def _groups(self, kept: frozenset[int]) -> list[frozenset[int]]:
        begins = belonging(self.entries).begins
        parts: dict[int, set[int]] = defaultdict(set)
        for n in kept - self._frame:
            parts[begins.get(n, n)].add(n)
        return [frozenset(part) for _, part in sorted(parts.items())]

    def _single(self, kept: frozenset[int]) -> list[frozenset[int]]:
        return [frozenset({n}) for n in sorted(kept - self._frame)]


def smallest(parts: list[_T], fails: Callable[[list[_T]], bool]) -> list[_T]:
    """Return parts of which none can be left out without the failure going away.

    Args:
        parts: Parts that fail together.
        fails: Whether some of them, in their order, still fail.
    """
    if not parts or fails([]):
        return []
    pieces = 2
    while len(parts) > 1:
        size = -(-len(parts) // pieces)
        chunks = [parts[at : at + size] for at in range(0, len(parts), size)]
        for index, chunk in enumerate(chunks):
            others = [part for other, rest in enumerate(chunks) for part in rest if other != index]
            if len(chunks) > 2 and fails(chunk):
                parts, pieces = chunk, 2
                break
            if fails(others):
                parts, pieces = others, max(2, pieces - 1)
                break
        else:
            if size == 1:
                break
            pieces = min(len(parts), pieces * 2)
    return parts


def _ids(event: Event) -> Iterator[str]:
    """Yield the ids of responses, items and calls that an event names; not that of the item before."""
    if not event.is_wire:
        yield from _within(event.body)


def _within(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _within(part)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if name in _IDS and isinstance(part, str) and part:
                yield part
            elif name not in _NOT_LOOKED_INTO:
                yield from _within(part)
