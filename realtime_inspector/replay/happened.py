"""What has happened on a live connection, as a session.

What goes out as it was recorded is folded a few events at a time, or when somebody asks: one after the other, between
those of a thousand other connections, takes three times as long, for nothing of it is in the processor's caches then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Lock

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Side, message
from realtime_inspector.replay.script import Step

_MOST = 8
"""So many are put off, not more: whoever asks has the next events of a thousand others wait for it."""


class Happened:
    """Takes events in, in their order."""

    def __init__(self, observe: Callable[[Event], object] | None = None) -> None:
        """Begin.

        Args:
            observe: Gets every event as it happens; nothing is put off then.
        """
        self._session = Session()
        self._observe = observe
        self._later: list[tuple[Step, int, float]] = []
        self._folding = Lock()
        """A report may be asked for in another thread than the one that plays."""

    @property
    def session(self) -> Session:
        """All that has happened so far."""
        if self._later:
            with self._folding:
                later, self._later = self._later, []
                for step, n, t in later:
                    self._session.apply(_event(step, n, t))
        return self._session

    def take(self, event: Event) -> None:
        """Take an event in."""
        self.session.apply(event)
        if self._observe is not None:
            self._observe(event)

    def sent(self, step: Step, n: int, t: float) -> None:
        """Take in that a recorded event went out as it was."""
        if self._observe is not None:
            self.take(_event(step, n, t))
            return
        self._later.append((step, n, t))
        if len(self._later) >= _MOST:
            _ = self.session


def _event(step: Step, n: int, t: float) -> Event:
    """Return a recorded event as it happened here: read once, for all who are played it."""
    recorded = step.event
    live = message(n, t, Side.SERVER, recorded.entry.payload, 0)
    if recorded.entry.binary:
        live = replace(live, binary=True)
    return Event(live, recorded.type, recorded.body, recorded.audio_bytes)
