"""A recording read in a thread beside the screen, so that keys have their turn in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import sleep

from realtime_inspector.recording.entry import Entry
from realtime_inspector.tui.desk import Desk

_BREATH_ENTRIES = 64
_BREATH_S = 0.002


class LeftError(Exception):
    """The screen was left before the end."""


class Slowly:
    """A recording's entries, as long as somebody looks at it.

    Raises:
        LeftError: While it is iterated, if nobody does any more.
    """

    def __init__(self, entries: Iterable[Entry], desk: Desk) -> None:
        self._entries = entries
        self._desk = desk
        self.seen = 0
        """How many were yielded."""

    def __iter__(self) -> Iterator[Entry]:
        """Yield them."""
        for entry in self._entries:
            if self.seen % _BREATH_ENTRIES == 0:
                if self._desk.study.closed:
                    raise LeftError
                if self._desk.is_touched():
                    sleep(_BREATH_S)
            self.seen += 1
            yield entry
