"""Time travel: the session as it was after any entry, by folding from the nearest checkpoint.

Checkpoints are copies of the session made while the recording is read anyway. How many there are, and how large they
may be together, is limited: when there are too many, every second one goes and the distance between them doubles. A
copy leaves out what is long over, so that it costs the same however long the session is. Where an event behind it
names something of that after all, the session is folded from its beginning.
"""

from __future__ import annotations

import copy
import io
import pickle
import zlib
from bisect import bisect_right
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.strides import Stride, Strides
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.pieces import STREAMS
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.index import Index
from realtime_inspector.tui.state import MAX_ITEMS

SPACING = 4000
"""Entries between two checkpoints, at first."""
MAX_CHECKPOINTS = 256
MAX_BYTES = 64 << 20
KEPT_ITEMS = MAX_ITEMS + 50
KEPT = 64
"""Of what else grows: responses, calls with an output, speech."""
LOOKED_AT = 1000
"""As far back as the session itself looks for a request or an output that is answered."""

_BLOCK_LINES = 256
_PART = 20
"""So many things are copied in one go: a few milliseconds."""
_LEVEL = 1
"""Of compression: a fifth is left, for a sixth of the time that the copy takes."""
_NAMES = frozenset({"id", "item_id", "response_id", "call_id"})
_DEEP = 4

_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class _Copy:
    """A session after the lines before a position."""

    data: bytes
    earlier: int = 0
    """How many items of the conversation it leaves out."""


class Travel:
    """The session at any position of an index."""

    def __init__(self, index: Index, spacing: int = SPACING) -> None:
        self._index = index
        self._spacing = spacing
        self._begin = _Copy(_packed(Session()))
        self._places: list[int] = []
        """A checkpoint at p is the session after the lines before p."""
        self._copies: list[_Copy] = []
        self._gone: dict[str, int] = {}
        """What copies leave out, by id → the place of the first that does."""
        self._passed = 0
        """So many items were looked at for that."""
        self._target = self._done = self._stop = 0
        self._strides: Strides
        self._under_way: Iterator[Stride] | None = None
        """The block that is folded, which ends at `_stop`."""
        self._load(0, self._begin)

    @property
    def checkpoints(self) -> int:
        """How many there are."""
        return len(self._places)

    @property
    def earlier(self) -> int:
        """How many items of the conversation the session that `step` returned does not hold any more."""
        return self._from.earlier

    def begin(self, session: Session) -> None:
        """Take the session as it is before the first line."""
        self._begin = _Copy(_packed(session))
        self._load(0, self._begin)

    def offer(self, position: int, session: Session) -> Iterator[None]:
        """Take a copy of the session as it is after the lines before `position`, if one is due.

        Yields between its parts, of a few milliseconds each. Until the last, the session has to stay as it is.
        """
        last = self._places[-1] if self._places else 0
        if position - last < self._spacing:
            return
        self._copies.append((yield from self._copy(session, position)))
        self._places.append(position)
        while len(self._places) > MAX_CHECKPOINTS or (self._places[1:] and self._bytes() > MAX_BYTES):
            self._spacing *= 2
            del self._places[::2], self._copies[::2]

    def aim(self, position: int) -> None:
        """Set where to go: the session after the entry at `position`."""
        self._target = position + 1
        nearest = bisect_right(self._places, self._target) - 1
        start = self._places[nearest] if nearest >= 0 else 0
        if self._stop <= self._target and self._done >= start:
            return
        self._load(start, self._copies[nearest] if nearest >= 0 else self._begin)

    def step(self, more: Callable[[], bool]) -> Session | None:
        """Fold towards the target while `more` says so; return the session once it is there.

        The session returned is for reading, until the next call.
        """
        while self._done < self._target:
            if self._under_way is None:
                self._stop = min(self._done + _BLOCK_LINES, self._target)
                block, self._stop = self._index.block(self._done, self._stop)
                self._under_way = self._strides.take(block)
            for _ in self._under_way:
                if not more():
                    return None
            self._under_way, self._done = None, self._stop
            if self._is_lost():
                self._load(0, self._begin)
            if self._done < self._target and not more():
                return None
        return self._session

    def _is_lost(self) -> bool:
        """Tell whether something that the copy leaves out has changed, or would have to be shown."""
        if not self._from.earlier:
            return self._guard.met
        return self._guard.met or len(self._session.conversation) < MAX_ITEMS

    def _load(self, place: int, begin: _Copy) -> None:
        self._session = _unpacked(begin.data)
        self._from, self._done, self._stop = begin, place, place
        gone = self._gone if place else {}
        self._guard = _Guard(lambda name: gone.get(name, place + 1) <= place)
        self._strides = Strides(Linter([self._guard], self._session), place)
        self._under_way = None

    def _bytes(self) -> int:
        return sum(len(each.data) for each in self._copies)

    def _copy(self, session: Session, place: int) -> Generator[None, None, _Copy]:
        """Return a session as bytes, without what is long over."""
        lean = copy.copy(session)
        first = _first_kept(session)
        over = list(islice(session.items, first))
        self._leave_out(over[self._passed :], place)
        self._passed = max(self._passed, first)
        lean.items = {name: session.items[name] for name in islice(session.items, first, None)}
        lean.responses = self._latest(session.responses, place, lambda response: response.id in session.active)
        lean.calls = self._latest(session.calls, place, lambda call: not call.outputs or call.acknowledged is None)
        lean.playback = self._latest(session.playback, place, lambda playback: playback.item_id in lean.items)
        lean.calls_by_response = {
            name: calls for name, calls in session.calls_by_response.items() if name in lean.responses
        }
        lean.requests, lean.outputs = session.requests[-LOOKED_AT:], session.outputs[-LOOKED_AT:]
        lean.updates, lean.errors = session.updates[-KEPT:], session.errors[-KEPT:]
        lean.input_audio = copy.copy(session.input_audio)
        lean.input_audio.speech = session.input_audio.speech[-KEPT:]
        earlier = sum(1 for name in over if _is_said(session.items[name]))
        yield
        return _Copy((yield from _packing(lean)), earlier)

    def _latest(self, members: Mapping[str, _V], place: int, wanted: Callable[[_V], bool]) -> dict[str, _V]:
        first = max(0, len(members) - KEPT)
        kept = {name: each for at, (name, each) in enumerate(members.items()) if at >= first or wanted(each)}
        if len(kept) < len(members):
            self._leave_out((name for name in members if name not in kept), place)
        return kept

    def _leave_out(self, names: Iterator[str] | list[str], place: int) -> None:
        for name in names:
            self._gone.setdefault(name, place)


def _is_said(item: Any) -> bool:
    return item.added is not None and not item.deleted


def _first_kept(session: Session) -> int:
    """Return how many items stand before those that a copy keeps."""
    left, said = len(session.items), 0
    for item in reversed(session.items.values()):
        if said >= KEPT_ITEMS:
            return left
        said += _is_said(item)
        left -= 1
    return 0


def _packed(session: Session) -> bytes:
    """Return a session as bytes, in one go."""
    packing = _packing(session)
    while True:
        try:
            next(packing)
        except StopIteration as over:
            return bytes(over.value)


def _packing(session: Session) -> Generator[None, None, bytes]:
    """Return a session as bytes, without what rules keep in it for themselves: nobody asks rules about a copy.

    One pickle after another: what was in one is only named in the next, and the last is the session.
    """
    lean = copy.copy(session)
    lean.worked_out = {}
    data = io.BytesIO()
    pickler = pickle.Pickler(data, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {At: _as_call}
    many: tuple[Collection[object], ...] = (lean.items.values(), lean.responses.values(), lean.requests, lean.outputs)
    for each in many:
        members = list(each)
        for at in range(0, len(members), _PART):
            pickler.dump(members[at : at + _PART])
            yield
    pickler.dump(lean)
    yield
    return zlib.compress(data.getbuffer(), _LEVEL)


def _unpacked(data: bytes) -> Session:
    """Return the session of a copy that was made here, in this process: nothing from a file is unpickled."""
    pickles = zlib.decompress(data)
    stream = io.BytesIO(pickles)
    unpickler = pickle.Unpickler(stream)  # noqa: S301
    found: Any = None
    while stream.tell() < len(pickles):
        found = unpickler.load()
    session: Session = found
    return session


def _as_call(at: At) -> tuple[type[At], tuple[int, float]]:
    """Return what makes a moment: half of the time goes into these where a dataclass tells its fields by itself."""
    return At, (at.n, at.t)


class _Guard(Rule):
    """Notes whether an event names something that is gone; pieces of streams name what their first one does."""

    id = "-"
    on = ("*",)

    def __init__(self, is_gone: Callable[[str], bool]) -> None:
        self.met = False
        self._is_gone = is_gone

    def check(self, event: Event, before: Session) -> tuple[Finding, ...]:
        """Look at the names in an event."""
        self.met = self.met or any(self._is_gone(name) for name in _names(event.body, _DEEP))
        return ()

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Let streams pass."""
        return FOREVER if event.type in STREAMS else None


def _names(value: object, deep: int) -> Iterator[str]:
    """Yield the ids in a payload, those that say after what an item comes left out."""
    if not deep:
        return
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name in _NAMES and isinstance(member, str):
                yield member
            elif isinstance(member, Mapping | list):
                yield from _names(member, deep - 1)
    elif isinstance(value, list):
        for member in value:
            yield from _names(member, deep - 1)
