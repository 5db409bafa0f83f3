"""Speech that stutters because its audio comes too late."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class Underrun(Rule):
    """The assistant's audio has played to its end before more of it comes.

    Why: the user hears a gap in the middle of a word.
    Fix: it is not the client's fault: look at the network to the server and at its load; a player that begins 200 ms late
        hides short gaps.
    Limits: the earliest possible playback, from the first delta on: a player with a buffer hears less of it. 200 ms at
        least, inside one item, said once a session.
    Source: Realtime guide, "Handling audio" (read 2026-11-22); the arithmetic of the recording.
    """

    id = "OUT001"
    name = "underrun"
    severity = Severity.WARNING
    on = ("response.output_audio.delta",)
    needs = frozenset({left_out.OUTPUT_AUDIO, left_out.WIRE})
    once = True
    stall_ms = Threshold(200.0, "ms", "how long the audio may stop")
    least_ms = Threshold(300.0, "ms", "how long all stops of an item together may be")
    good = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<500ms>"}
        +400ms < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<500ms>"}
        +500ms < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<500ms>"}
        """,
        """
        # between two items there may be a pause
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<500ms>"}
        +2s < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a2", "delta": "<500ms>"}
        """,
    )
    bad = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<500ms>"}
        +900ms < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<500ms>"}  # OUT001
        +900ms < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<500ms>"}
        """,
        """
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<400ms>"}
        +400ms < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<400ms>"}
        +700ms < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<400ms>"}  # OUT001
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Ask the model of playback."""
        playback = before.playback.get(text(event.body.get("item_id")))
        if (
            playback is None
            or playback.ms < self.least_ms
            or playback.cut_ms is not None
            or "wire.gap" in before.counts
        ):
            return
        late_ms = playback.late_ms(event.t)
        if late_ms > self.stall_ms:
            yield self.finding(
                event,
                f"the audio of {playback.item_id} ran dry for {late_ms:.0f} ms after {playback.ms:.0f} ms of it: the user hears a "
                "gap; the next piece came that late from the server: begin to play some 200 ms after the first one",
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest while audio comes in time."""
        return Rest(late_ms=self.stall_ms)
