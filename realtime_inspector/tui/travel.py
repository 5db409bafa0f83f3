"""Time travel: the session as it was after any entry, by folding from the nearest checkpoint.

Checkpoints are copies of the session made while the recording is read anyway. How many there are, and how large they
may be together, is limited: when there are too many, every second one goes and the distance between them doubles.
"""

from __future__ import annotations

import pickle
import zlib
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress

from realtime_inspector.errors import NotAnEntry
from realtime_inspector.protocol.event import read
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.index import Index
from realtime_inspector.recording.jsonl import parse

SPACING = 2000
"""Entries between two checkpoints, at first."""
MAX_CHECKPOINTS = 128
MAX_BYTES = 64 << 20

_BLOCK_LINES = 64
_LEVEL = 1
"""Of compression: a fifth is left, for a sixth of the time that the copy takes."""


class Travel:
    """The session at any position of an index."""

    def __init__(self, index: Index, spacing: int = SPACING) -> None:
        self._index = index
        self._spacing = spacing
        self._places: list[int] = []
        """A checkpoint at p is the session after the lines before p."""
        self._copies: list[bytes] = []
        self._session = Session()
        self._done = 0
        """`_session` is the session after so many lines."""
        self._target = 0

    @property
    def checkpoints(self) -> int:
        """How many there are."""
        return len(self._places)

    def offer(self, position: int, session: Session) -> None:
        """Take a copy of the session as it is after the lines before `position`, if one is due."""
        last = self._places[-1] if self._places else 0
        if position - last < self._spacing:
            return
        self._places.append(position)
        self._copies.append(zlib.compress(_copy(session), _LEVEL))
        while len(self._places) > MAX_CHECKPOINTS or (self._places[1:] and sum(map(len, self._copies)) > MAX_BYTES):
            self._spacing *= 2
            del self._places[::2], self._copies[::2]

    def aim(self, position: int) -> None:
        """Set where to go: the session after the entry at `position`."""
        self._target = position + 1
        nearest = bisect_right(self._places, self._target) - 1
        start = self._places[nearest] if nearest >= 0 else 0
        if self._done <= self._target and self._done >= start:
            return
        self._done = start
        # A copy made above, in this process: nothing from a file is unpickled.
        self._session = pickle.loads(zlib.decompress(self._copies[nearest])) if nearest >= 0 else Session()  # noqa: S301

    def step(self, more: Callable[[], bool]) -> Session | None:
        """Fold towards the target while `more` says so; return the session once it is there.

        The session returned is for reading, until the next call.
        """
        while self._done < self._target:
            for line in self._index.lines(self._done, min(self._done + _BLOCK_LINES, self._target)):
                with suppress(NotAnEntry):
                    self._session.apply(read(parse(line, self._done + 2)))
                self._done += 1
            if self._done < self._target and not more():
                return None
        return self._session


def _copy(session: Session) -> bytes:
    """Return a session as bytes, without what rules keep in it for themselves: nobody asks rules about a copy."""
    kept, session.worked_out = session.worked_out, {}
    try:
        return pickle.dumps(session, pickle.HIGHEST_PROTOCOL)
    finally:
        session.worked_out = kept
