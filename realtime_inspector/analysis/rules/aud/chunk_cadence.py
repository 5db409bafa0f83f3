"""Audio in pieces that are too long or too short."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

CHUNKS = 20

_ON = '< {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}\n'
_CHUNK = '+{0}ms > {{"type": "input_audio_buffer.append", "audio": "<{0}ms>"}}{1}\n'


class ChunkCadence(Rule):
    """The user's audio comes in pieces of more than half a second, or of less than 10 ms.

    Why: voice detection learns of speech a piece late, so interruptions and answers are late by as much; tiny pieces cost
        more in JSON than in sound.
    Fix: append 20 to 100 ms at a time.
    Limits: the average of the first 20 appends, while voice detection is on. Information.
    Source: Realtime guide, "Voice activity detection" (read 2026-11-22).
    """

    id = "AUD007"
    name = "chunk-cadence"
    severity = Severity.INFO
    on = ("input_audio_buffer.append",)
    needs = frozenset({left_out.INPUT_AUDIO})
    longest_ms = Threshold(500.0, "ms", "the longest chunk that is not too long")
    shortest_ms = Threshold(10.0, "ms", "the shortest that is not too short")
    good = (
        _ON + _CHUNK.format(20, "") * (CHUNKS + 5),
        # without voice detection nothing waits for a piece
        _CHUNK.format(1000, "") * (CHUNKS + 5),
    )
    bad = (
        _ON + _CHUNK.format(800, "") * (CHUNKS - 1) + _CHUNK.format(800, "  # AUD007"),
        _ON + _CHUNK.format(5, "") * (CHUNKS - 1) + _CHUNK.format(5, "  # AUD007"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the average once."""
        audio = before.input_audio
        if audio.appends != CHUNKS - 1 or before.turn_detection is None or before.config_at is None:
            return
        average_ms = (audio.total_ms + audio.format.duration_ms(event.audio_bytes)) / CHUNKS
        if average_ms > self.longest_ms:
            yield self.finding(
                event,
                f"the user's audio comes in pieces of {average_ms:.0f} ms: voice detection hears each of them that much "
                "late; append 20 to 100 ms at a time",
            )
        elif 0 < average_ms < self.shortest_ms:
            yield self.finding(
                event,
                f"the user's audio comes in pieces of {average_ms:.1f} ms: the messages cost more than the sound; append 20 "
                "to 100 ms at a time",
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest after the first appends."""
        return FOREVER if after.input_audio.appends >= CHUNKS else None
