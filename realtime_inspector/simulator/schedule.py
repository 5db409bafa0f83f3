"""Time as data: what is due when, and what goes out at which moment. No clock: the caller says what time it is.

A *process* is a generator that does something and yields how many seconds to wait before it goes on. It can be stopped
between two steps, which is how a response is cancelled.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from realtime_inspector.simulator.ids import Ids

Process = Iterator[float]
"""Yields seconds to wait."""


@dataclass(frozen=True, slots=True)
class Send:
    """An event for the client."""

    due: float
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Close:
    """The end of the connection, by the server."""

    due: float
    code: int
    reason: str


class Schedule:
    """What the server does over time."""

    def __init__(self, ids: Ids) -> None:
        self.now = 0.0
        """Seconds on the caller's clock."""
        self._ids = ids
        self._order = count()
        self._waiting: list[tuple[float, int, Process]] = []
        self._out: list[Send | Close] = []

    @property
    def next_due(self) -> float | None:
        """When the next process goes on; None if none waits."""
        return self._waiting[0][0] if self._waiting else None

    def emit(self, event_type: str, **members: Any) -> None:
        """Send an event now."""
        self.emit_without_id({"type": event_type, "event_id": self._ids.make("event"), **members})

    def emit_without_id(self, event: dict[str, Any]) -> None:
        """Send an event now, as it is."""
        self._out.append(Send(self.now, event))

    def close(self, code: int, reason: str) -> None:
        """End the connection after what was sent, and forget what was planned."""
        self._waiting.clear()
        self._out.append(Close(self.now, code, reason))

    def start(self, process: Process, after_s: float = 0.0) -> None:
        """Begin a process, now or later. A process due now does its first step at the next `run`."""
        heapq.heappush(self._waiting, (self.now + after_s, next(self._order), process))

    def stop(self, process: Process) -> None:
        """End a process between two of its steps; one that has ended already stays so."""
        self._waiting = [waiting for waiting in self._waiting if waiting[2] is not process]
        heapq.heapify(self._waiting)

    def run(self, now: float) -> None:
        """Let time pass up to `now`: every process due takes its steps, in the order of time."""
        while self._waiting and self._waiting[0][0] <= now:
            due, _, process = heapq.heappop(self._waiting)
            self.now = max(self.now, due)
            wait_s = next(process, None)
            if wait_s is not None:
                heapq.heappush(self._waiting, (self.now + wait_s, next(self._order), process))
        self.now = max(self.now, now)

    def take(self) -> list[Send | Close]:
        """Return what goes out, and forget it."""
        out, self._out = self._out, []
        return out
