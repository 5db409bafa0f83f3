"""The recording of a connection that may be anything: its Realtime part."""

from __future__ import annotations

from collections.abc import Callable

from realtime_inspector.capture.intercept.scope import Scope
from realtime_inspector.capture.recorder import Recorder, Source, Track
from realtime_inspector.recording.entry import Entry, Kind, Side

_SWITCHED = 101


class RealtimeTrack(Track):
    """A track that leaves out what is not of the Realtime API."""

    def __init__(self, recorder: Recorder, source: Source, opened: Callable[[Track], None]) -> None:
        super().__init__(recorder, source, opened, self._choose)
        self._scope = Scope()
        self._passed = False
        """It has become a WebSocket of something else: nothing of ours will follow."""

    def feed(self, side: Side, data: bytes, at: float) -> None:
        """Take in bytes as long as they may be wanted."""
        if not self._passed:
            super().feed(side, data, at)

    def _choose(self, entry: Entry) -> bool:
        chosen = self._scope(entry)
        if entry.kind is Kind.RESPONSE and entry.members.get("status") == _SWITCHED:
            self._passed = not chosen
            if chosen:
                self._wanted = None  # all that follows is
        return chosen
