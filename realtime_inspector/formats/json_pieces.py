"""Large JSON, a piece at a time: walks through objects and lists, and reads only the values that are asked for.

Where a value ends is found by its brackets and quotes; whether it is JSON is seen when it is read. A mapped file of a
gigabyte takes no more memory than its largest value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from realtime_inspector.formats.mapped import Data, Passed

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_NEXT_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|' + _STRING + rb")*+([{}\[\]])", re.DOTALL)
_SCALAR = re.compile(_STRING + rb"|[^\s,\"{}\[\]]++", re.DOTALL)
_NAME = re.compile(rb"[\s,]*+(" + _STRING + rb")\s*+:\s*+", re.DOTALL)
_GAP = re.compile(rb"[\s,]*+")
_OPENING = b"{["


class Walk:
    """A way through one JSON text. Every value that is come to is skipped, loaded or walked into."""

    def __init__(self, data: Data, at: int = 0) -> None:
        """Begin at a value, or before the space before it."""
        self.at = _GAP.match(data, at).end()  # type: ignore[union-attr]  # it matches nothing at all too
        self._data = data
        self._passed = Passed(data, at)

    def members(self) -> Iterator[str]:
        """Yield the names of the object here, each time with the walk at the value.

        Raises:
            ValueError: If there is no object here, or it is not whole.
        """
        self._enter(b"{")
        while not self._left(b"}"):
            found = _NAME.match(self._data, self.at)
            if found is None:
                raise self._broken("no name")
            self.at = found.end()
            yield str(orjson.loads(found[1]))

    def elements(self) -> Iterator[None]:
        """Yield for each element of the list here, with the walk at it.

        Raises:
            ValueError: If there is no list here, or it is not whole.
        """
        self._enter(b"[")
        while not self._left(b"]"):
            yield

    def skip(self) -> int:
        """Pass over the value here; return where it began.

        Raises:
            ValueError: If it is not whole.
        """
        began = self.at
        if self.sees(_OPENING):
            self._skip_brackets()
        else:
            found = _SCALAR.match(self._data, self.at)
            if found is None:
                raise self._broken("no value")
            self.at = found.end()
        self._passed.to(self.at)
        return began

    def load(self) -> Any:
        """Read the value here, and pass over it.

        Raises:
            ValueError: If it is not whole, or no JSON; in the second case the walk is behind it.
        """
        began = self.skip()
        return orjson.loads(self._data[began : self.at])

    def sees(self, opening: bytes) -> bool:
        """Tell whether a value of one of these kinds, by its first character, is here."""
        here = self._data[self.at : self.at + 1]
        return bool(here) and here in opening

    def _skip_brackets(self) -> None:
        depth = 0
        while True:
            found = _NEXT_BRACKET.match(self._data, self.at)
            if found is None:
                raise self._broken("the end is missing")
            self.at = found.end()
            depth += 1 if found[1] in _OPENING else -1
            if depth == 0:
                return
            self._passed.to(self.at)

    def _enter(self, opening: bytes) -> None:
        if not self.sees(opening):
            raise self._broken(f"no {opening.decode()}")
        self.at += 1

    def _left(self, closing: bytes) -> bool:
        """Go to the next value, or behind the end."""
        self.at = _GAP.match(self._data, self.at).end()  # type: ignore[union-attr]  # it matches nothing at all too
        if self.at >= len(self._data):
            raise self._broken("the end is missing")
        if self._data[self.at : self.at + 1] != closing:
            return False
        self.at += 1
        return True

    def _broken(self, what: str) -> ValueError:
        return ValueError(f"{what} at byte {self.at}")
