"""What the user is saying, thrown away."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session


class ClearDuringSpeech(Rule):
    """The client clears the input buffer while the user speaks.

    Why: what was said up to there is gone, and often the end of the speech too: the turn is never answered.
    Fix: clear before the user begins, or after the commit; to stop the assistant, truncate and let the user speak on.
    Limits: information where speech had begun less than 150 ms before, or the assistant can still be heard: a client
        that guards against its own echo clears on purpose.
    Source: Realtime API reference, `input_audio_buffer.clear` (read 2026-11-22).
    """

    id = "AUD016"
    name = "clear-during-speech"
    severity = Severity.WARNING
    on = ("input_audio_buffer.clear",)
    needs = frozenset({left_out.ORDER})
    race_s = Threshold(0.15, "s", "how long after the speech began it may still be news to the client")
    good = (
        """
        > {"type": "input_audio_buffer.clear"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300}
        """,
        """
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300}
        +2s < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 2300}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        > {"type": "input_audio_buffer.clear"}
        """,
    )
    bad = (
        """
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300}
        +1s > {"type": "input_audio_buffer.clear"}  # AUD016
        < {"type": "input_audio_buffer.cleared"}
        """,
        """
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 300}
        +20ms > {"type": "input_audio_buffer.clear"}  # AUD016
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for speech that goes on."""
        speech = before.input_audio.active_speech
        if speech is None or event.t <= 0:
            return
        since = event.t - speech.started_t
        on_purpose = since < self.race_s or before.playing(event.t) is not None
        yield self.finding(
            event,
            f"the user has been speaking for {since:.1f} s ({speech.item_id or 'an item without an id'}), and the client "
            "clears the buffer: what was said is lost; clear before speech or after the commit",
            cause=speech.started_n,
            severity=Severity.INFO if on_purpose else Severity.WARNING,
        )
