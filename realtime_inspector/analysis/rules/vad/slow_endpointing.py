"""The end of speech, found late."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import number, text

EAGERNESS_S = {"low": 8.0, "medium": 4.0, "auto": 4.0, "high": 2.0}
"""How long semantic_vad may wait."""


class SlowEndpointing(Rule):
    """Voice detection reports the end of speech more than a second after it was sent.

    Why: that second is part of the wait for an answer, and no faster model shortens it.
    Fix: look at the network between client and server, and at chunks that are long; lower silence_duration_ms or raise
        eagerness if it is voice detection that waits.
    Limits: information, said once a session. Counts from the append that held audio_end_ms; semantic_vad is allowed the
        wait of its eagerness.
    Source: Realtime API reference, `input_audio_buffer.speech_stopped` (read 2026-11-22).
    """

    id = "VAD005"
    name = "slow-endpointing"
    severity = Severity.INFO
    on = ("input_audio_buffer.speech_stopped",)
    needs = frozenset({left_out.INPUT_AUDIO, left_out.WIRE})
    once = True
    late_s = Threshold(1.0, "s", "how late the end of speech may be noticed")
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 500}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
        +300ms < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 1900}
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
        +8s < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 1900}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 500}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
        +1500ms < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 1900}  # VAD005
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "high"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        +5s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 1900}  # VAD005
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the event's time with that of the audio it speaks of."""
        detection, end_ms = before.turn_detection, number(event.body.get("audio_end_ms"))
        if detection is None or end_ms is None or before.is_sideband or event.t <= 0:
            return
        sent_t = before.input_audio.sent_t(end_ms)
        semantic = detection.get("type") == "semantic_vad"
        allowed_s = EAGERNESS_S.get(text(detection.get("eagerness")), 4.0) if semantic else 0.0
        if sent_t is not None and event.t - sent_t > allowed_s + self.late_s:
            yield self.finding(
                event,
                f"the end of speech was sent {event.t - sent_t:.1f} s before voice detection reported it"
                + (f" ({allowed_s:.0f} s of it its eagerness may wait)" if semantic else "")
                + ": that is part of every answer's wait; look at the network, the length of your chunks, and turn_detection",
            )
