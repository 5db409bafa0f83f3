"""The end of another speech than the one that began."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class VadItemMismatch(Rule):
    """speech_stopped names another item than the speech_started before it.

    Why: a client that keys its turn by item_id loses it, or mixes two turns.
    Fix: check that nothing between client and server drops or reorders events.
    Limits: a commit in between begins a new item, which is right and not flagged.
    Source: Realtime API reference, `input_audio_buffer.speech_stopped` (read 2026-11-22).
    """

    id = "VAD006"
    name = "vad-item-mismatch"
    severity = Severity.WARNING
    on = ("input_audio_buffer.speech_stopped",)
    good = (
        """
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 9}
        """,
        """
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u2", "audio_end_ms": 9}
        """,
    )
    bad = (
        """
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u2", "audio_end_ms": 9}  # VAD006
        """,
        """
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 9}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u2", "audio_start_ms": 10}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 19}  # VAD006
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the two items."""
        speech, item_id = before.input_audio.active_speech, text(event.body.get("item_id"))
        if speech is not None and speech.item_id and item_id and speech.item_id != item_id:
            yield self.finding(
                event,
                f"the speech that began was item {speech.item_id}, the one that stopped is {item_id}: events were lost or "
                "reordered between client and server; look for what stands there",
                cause=speech.started_n,
            )
