"""What every machine does: a client's messages and the time in, the server's events out.

`machine`, `translation` and `live` say what the events hold. No socket, no clock; what a client sends never raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from realtime_inspector.simulator import envelope
from realtime_inspector.simulator.errors import Refusal
from realtime_inspector.simulator.ids import Ids
from realtime_inspector.simulator.schedule import Close, Process, Schedule, Send

CLOSED = 1000
"""The close code of a session that its client ended."""

Handler = Callable[[Mapping[str, Any]], None]


class Exchange:
    """One connection."""

    def __init__(self, seed: str) -> None:
        """Begin a connection; `seed` is what the ids are made from."""
        self._ids = Ids(seed)
        self._schedule = Schedule(self._ids)
        self.is_closed = False
        """The server has ended the connection: it listens no more."""

    @property
    def next_due(self) -> float | None:
        """When `poll` has something to send if the client says nothing before; None once the connection is closed."""
        return self._schedule.next_due

    def poll(self, now: float) -> list[Send | Close]:
        """Return what goes out up to `now`, each with the moment it was due."""
        self._schedule.run(now)
        return self._schedule.take()

    def receive(self, message: str | bytes, now: float, *, binary: bool = False) -> None:
        """Take one message of the client in, received at `now`, as text or not."""
        self._schedule.run(now)
        if self.is_closed:
            return
        event_id: str | None = None
        try:
            event = envelope.read(message, binary=binary)
            named = event.get("event_id")
            event_id = named if isinstance(named, str) else None
            handlers = self._handlers()
            envelope.check(event, handlers)
            handlers[event["type"]](event)
        except Refusal as refusal:
            self._refuse(refusal, event_id)

    def _handlers(self) -> Mapping[str, Handler]:
        """Return what takes each event that a client may send."""
        raise NotImplementedError

    def _refuse(self, refusal: Refusal, event_id: str | None) -> None:
        self._schedule.emit("error", error=refusal.body(event_id))

    def _expire(self) -> Process:
        """End the session at its longest."""
        self._expired()
        return
        yield 0.0

    def _expired(self) -> None:
        raise NotImplementedError

    def _close(self, code: int, reason: str = "") -> None:
        """End the connection behind what was said."""
        self._schedule.close(code, reason)
        self.is_closed = True
