"""What is done in a thread beside the screen, entry by entry, so that keys have their turn in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import sleep
from typing import Generic, Protocol, TypeVar

_T = TypeVar("_T")

_BREATH_ENTRIES = 64
_BREATH_S = 0.002
_MOST_BREATHS = 250
"""It goes on at last, however much else there is."""


class Attended(Protocol):
    """Somebody's place at a screen."""

    @property
    def is_left(self) -> bool:
        """Whether nobody looks any more."""

    @property
    def is_busy(self) -> bool:
        """Whether the user does something, or waits for something."""


class LeftError(Exception):
    """The screen was left before the end."""


class Slowly(Generic[_T]):
    """Entries, or what else is made one after another, as long as somebody looks at it.

    Raises:
        LeftError: While it is iterated, if nobody does any more.
    """

    def __init__(self, entries: Iterable[_T], place: Attended, pause: Callable[[float], object] = sleep) -> None:
        self._entries = entries
        self._place = place
        self._pause = pause
        self.seen = 0
        """How many were yielded."""

    def __iter__(self) -> Iterator[_T]:
        """Yield them."""
        for entry in self._entries:
            if self.seen % _BREATH_ENTRIES == 0:
                self._give_way()
            self.seen += 1
            yield entry

    def _give_way(self) -> None:
        """Wait while the user does something, or waits for something."""
        for _ in range(_MOST_BREATHS):
            if self._place.is_left:
                raise LeftError
            if not self._place.is_busy:
                return
            self._pause(_BREATH_S)
