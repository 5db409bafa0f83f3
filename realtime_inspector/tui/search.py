"""Plain text looked for in what was sent, in slices, from the cursor on and once around.

A text is found as it was typed, also where the JSON has it escaped. Lower case finds both cases; a capital letter makes
it exact. Audio is left out: three letters are in any base64.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from realtime_inspector.protocol.event import AUDIO_FIELDS
from realtime_inspector.recording.index import Index

_AUDIO = re.compile(rb'"(?:audio|delta)"\s*:\s*"[A-Za-z0-9+/=]*"')
_BLOCK_LINES = 512


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a search ended."""

    position: int | None
    """Of the entry found; None if the text is nowhere."""
    wrapped: bool = False
    """It went past the end (or the beginning) and around."""


class Search:
    """One search under way. Call `step` until it gives an outcome."""

    def __init__(
        self, index: Index, needle: str, start: int, *, forward: bool = True, shown: Callable[[int], bool] | None = None
    ) -> None:
        """Search from a place on; `shown` tells which lines are looked at, all without it."""
        self.needle = needle
        self.looked_at = 0
        """Lines so far."""
        self._index = index
        self._start = start
        self._shown = shown
        self._pattern = _pattern(needle)
        self._places = self._forward() if forward else self._backward()

    @property
    def progress(self) -> float:
        """How much was looked through, between 0 and 1."""
        return self.looked_at / max(1, len(self._index))

    def step(self, more: Callable[[], bool]) -> Outcome | None:
        """Look on while `more` says so; return the outcome once there is one."""
        for position, wrapped, line in self._places:
            self.looked_at += 1
            if self._matches(position, line):
                return Outcome(position, wrapped)
            if not more():
                return None
        return Outcome(None)

    def _matches(self, position: int, line: bytes) -> bool:
        if self._pattern.search(line) is None or (self._shown is not None and not self._shown(position)):
            return False
        if self._index.label(position).type in AUDIO_FIELDS:
            return self._pattern.search(_AUDIO.sub(b'""', line, count=1)) is not None
        return True

    def _forward(self) -> Iterator[tuple[int, bool, bytes]]:
        stop = len(self._index)
        for wrapped, first, last in ((False, self._start + 1, stop), (True, 0, min(self._start + 1, stop))):
            for position, line in enumerate(self._index.lines(first, last), first):
                yield position, wrapped, line

    def _backward(self) -> Iterator[tuple[int, bool, bytes]]:
        stop = len(self._index)
        for wrapped, first, last in ((False, 0, min(self._start, stop)), (True, self._start, stop)):
            for high in range(last, first, -_BLOCK_LINES):
                low = max(first, high - _BLOCK_LINES)
                block = list(enumerate(self._index.lines(low, high), low))
                for position, line in reversed(block):
                    yield position, wrapped, line


def _pattern(needle: str) -> re.Pattern[bytes]:
    written = needle.encode(errors="surrogatepass")
    escaped = json.dumps(needle, ensure_ascii=False)[1:-1].encode(errors="surrogatepass")
    ascii_only = json.dumps(needle)[1:-1].encode()
    forms = dict.fromkeys((written, escaped, ascii_only))
    flags = re.IGNORECASE if needle == needle.lower() else re.NOFLAG
    return re.compile(b"|".join(map(re.escape, forms)), flags)
