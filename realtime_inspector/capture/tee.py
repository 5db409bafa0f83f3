"""The copy of the traffic on its way to the recorder: looked at later, in slices between the loop's other work.

The bytes were forwarded before they come here. When more is waiting than the limit, whoever sends it is paused until
there is less: memory stays bounded under a flood.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

DELAY_S = 0.015
"""How long bytes wait, so that several are looked at in one go."""
SOON_BYTES = 288 * 1024
"""When so much is waiting, it is looked at without delay."""
SLICE_S = 50e-6
"""After so long the loop gets its turn."""
FLOOD_BYTES = 1024 * 1024
"""When so much is waiting, no call is in time any more: what counts is to get done."""
FLOOD_SLICE_S = 500e-6
LIMIT_BYTES = 16 * 1024 * 1024
"""So much may wait, here and behind here."""
ITEM_BYTES = 256
"""What a piece takes besides its bytes: of a byte at a time, far more than these."""
POLL_S = 0.001
"""How often it is asked whether there is room again, while nothing but the disk is behind."""
WAIT_S = 0.1
"""How long everybody waits for the disk, at most, before the next bytes are looked at."""

_DONE = object()


class Valve(Protocol):
    """What can be shut for a reason, and opened again."""

    def shut(self, reason: str) -> None:
        """Stop reading."""

    def open(self, reason: str) -> None:
        """Go on reading, unless there is another reason not to."""


class Tee:
    """Work that is put off, in order, with its weight in bytes."""

    REASON = "backlog"

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limit_bytes: int = LIMIT_BYTES,
        behind: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Put work off in a loop.

        Args:
            loop: Where the work is done.
            limit_bytes: When more is waiting, whoever sends it is paused until it is half of that.
            behind: Tells how many bytes wait to be written, in so far as the traffic is to wait for them.
            clock: Measures slices.
        """
        self._loop = loop
        self._limit = limit_bytes
        self._behind = behind
        self._clock = clock
        self._queue: deque[tuple[int, Callable[..., object], tuple[object, ...]]] = deque()
        self._steps: Iterator[object] | None = None
        """What is left of the call under way."""
        self._bytes = 0
        self._room = limit_bytes
        """What of the limit is left for the queue."""
        self._handle: asyncio.Handle | None = None
        self._soon = False
        self._shut: set[Valve] = set()

    def put(self, valve: Valve | None, weight: int, call: Callable[..., object], *args: object) -> None:
        """Put a call off; `valve` is shut while too much is waiting.

        A call that returns an iterator has done nothing yet, or a part: the rest is done in so many steps.
        """
        self._queue.append((weight, call, args))
        self._bytes += weight
        if self._handle is None:
            self._handle = self._loop.call_later(DELAY_S, self._tick)
        elif self._bytes > SOON_BYTES and not self._soon:
            self._handle.cancel()
            self._again()
        if self._bytes > self._room and valve is not None:
            valve.shut(self.REASON)
            self._shut.add(valve)

    def drain(self) -> None:
        """Do everything now, and let everybody go on: the one who waits for this has nobody else to wait for."""
        while self._queue or self._steps is not None:
            self._next()
        self._open()

    def catch_up(self) -> None:
        """Do everything now, and wait for what is behind: it holds a flood back where no socket can be paused.

        Nobody is served meanwhile, so it does not wait for long at a time, nor for a disk that does not keep up.
        """
        self.drain()
        until = self._clock() + WAIT_S
        while self._behind() > self._limit and self._clock() < until:
            time.sleep(POLL_S)
        self._room = self._limit - self._behind()

    def _again(self) -> None:
        self._soon = True
        self._handle = self._loop.call_soon(self._tick)

    def _tick(self) -> None:
        self._handle = None
        self._soon = False
        until = self._clock() + (SLICE_S if self._bytes < FLOOD_BYTES else FLOOD_SLICE_S)
        try:
            while self._queue or self._steps is not None:
                self._next()
                if self._clock() >= until:
                    break
        finally:
            self._room = self._limit - self._behind()
            if self._shut and self._bytes < self._room - self._limit // 2:
                self._open()
            if self._queue or self._steps is not None:
                self._again()
            elif self._shut:
                self._handle = self._loop.call_later(POLL_S, self._tick)

    def _next(self) -> None:
        if self._steps is None:
            weight, call, args = self._queue.popleft()
            self._bytes -= weight
            steps = call(*args)
            if steps is not None and isinstance(steps, Iterator):
                self._steps = steps
        elif next(self._steps, _DONE) is _DONE:
            self._steps = None

    def _open(self) -> None:
        shut, self._shut = self._shut, set()
        for valve in shut:
            valve.open(self.REASON)
