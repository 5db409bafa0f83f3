"""Audio of the assistant that is cut in the middle of a sample."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class OddOutputChunk(Rule):
    """A piece of the assistant's PCM audio has an odd number of bytes, though a sample has two.

    Why: a player that reads each piece by itself drops the odd byte, and all that follows is noise.
    Fix: keep the odd byte back and put it before the next piece.
    Limits: information, said once a session; only where the session says that its output is PCM.
    Source: Realtime guide, "Audio formats": 16-bit little-endian PCM (read 2026-11-22).
    """

    id = "OUT006"
    name = "odd-output-chunk"
    severity = Severity.INFO
    on = ("response.output_audio.delta",)
    needs = frozenset({left_out.OUTPUT_AUDIO})
    once = True
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}}}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "AAAA/w=="}
        """,
        """
        < {"type": "session.created", "session": {"audio": {"output": {"format": {"type": "audio/pcmu"}}}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "AAAA"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}}}}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "AAAA"}  # OUT006
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "AAAA"}
        """,
        """
        < {"type": "session.created", "session": {"output_audio_format": "pcm16"}}
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "a1", "delta": "AAAA/+8="}  # OUT006
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count bytes, where the format is certain."""
        response = before.responses.get(text(event.body.get("response_id")))
        wanted = (response.audio_format if response is not None else None) or before.output_format
        if event.audio_bytes % 2 and wanted.name == PCM and before.config_at is not None:
            yield self.finding(
                event,
                f"this piece has {event.audio_bytes} bytes, an odd number, but a PCM sample has two: keep the last byte back and put "
                "it before the next piece",
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest until a piece is odd."""
        return Rest(even=True)
