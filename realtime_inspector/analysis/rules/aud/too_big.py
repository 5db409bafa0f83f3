"""An append that is larger than the API takes."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session

MOST_BYTES = 15 * 1024 * 1024


class TooBig(Rule):
    """One append holds more than 15 MiB of audio.

    Why: the server refuses it; all of that audio is lost.
    Fix: append pieces: 20 to 100 ms each for live audio, a few seconds each for a file.
    Limits: counts the decoded bytes.
    Source: Realtime API reference, `input_audio_buffer.append` (read 2026-11-22).
    """

    id = "AUD006"
    name = "too-big"
    severity = Severity.ERROR
    on = ("input_audio_buffer.append",)
    good = (
        """
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        """,
        """
        > {"type": "input_audio_buffer.append", "audio": "<60000ms>"}
        > {"type": "input_audio_buffer.append", "audio": ""}
        """,
    )
    bad = (
        """
        > {"type": "input_audio_buffer.append", "audio": "<327700ms>"}  # AUD006
        """,
        """
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        > {"type": "input_audio_buffer.append", "audio": "<330000ms>"}  # AUD006
        < {"type": "error", "error": {"type": "invalid_request_error", "code": "invalid_value", "message": "Too large."}}
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count."""
        if event.audio_bytes > MOST_BYTES:
            yield self.finding(
                event,
                f"this append holds {event.audio_bytes / 1024 / 1024:.1f} MiB of audio, and the server takes 15 at most: "
                "append it in pieces",
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest about messages that cannot hold so much."""
        return Rest(most_bytes=MOST_BYTES * 4 // 3)
