"""The recording of a connection that may be anything: its Realtime part."""

from __future__ import annotations

from collections.abc import Callable

from realtime_inspector.capture.intercept.scope import Scope
from realtime_inspector.capture.policy import Policy, Unrecorded
from realtime_inspector.capture.recorder import Recorder, Source, Track
from realtime_inspector.recording.entry import Entry, Kind, Side

_SWITCHED = 101


def realtime_track(policy: Policy, recorder: Recorder, source: Source, opened: Callable[[Track], None]) -> Track:
    """Begin the recording of a connection's Realtime part, or of nothing."""
    if policy.passes_over():
        return Unrecorded(recorder, source, opened)
    return RealtimeTrack(recorder, source, opened, policy)


class RealtimeTrack(Track):
    """A track that leaves out what is not of the Realtime API, or not chosen."""

    def __init__(
        self, recorder: Recorder, source: Source, opened: Callable[[Track], None], policy: Policy | None = None
    ) -> None:
        policy = policy if policy is not None else Policy()
        super().__init__(recorder, source, opened, self._choose, policy.shape)
        self._scope = Scope(policy.fits)
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
