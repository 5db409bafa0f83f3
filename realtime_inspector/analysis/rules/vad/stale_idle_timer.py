"""An idle timer that runs out as soon as it is switched on."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session


class StaleIdleTimer(Rule):
    """The idle timer fires within a second after voice detection was switched on again.

    Why: the time before counted: the assistant asks whether anybody is there while the user is about to speak.
    Fix: send input_audio_buffer.clear before you switch voice detection on again, or leave idle_timeout_ms out of that
        update.
    Limits: only where voice detection was off before, in the same session.
    Source: github.com/openai/openai-agents-js/issues/1208 (read 2026-11-22).
    """

    id = "VAD004"
    name = "stale-idle-timer"
    severity = Severity.WARNING
    on = ("input_audio_buffer.timeout_triggered",)
    within_s = Threshold(1.0, "s", "how soon after voice detection was switched on the timer is stale")
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        < {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 6000}}}}}
        +6s < {"type": "input_audio_buffer.timeout_triggered", "item_id": "u1", "audio_start_ms": 0, "audio_end_ms": 6000}
        """,
        """
        # it was on all the time
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 6000}}}}}
        < {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 6000}}}}}
        < {"type": "input_audio_buffer.timeout_triggered", "item_id": "u1", "audio_start_ms": 0, "audio_end_ms": 6000}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        < {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 6000}}}}}
        +50ms < {"type": "input_audio_buffer.timeout_triggered", "item_id": "u1", "audio_start_ms": 0, "audio_end_ms": 6000}  # VAD004
        """,
        """
        < {"type": "session.updated", "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}}
        +9s < {"type": "session.updated", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        +900ms < {"type": "input_audio_buffer.timeout_triggered", "item_id": "u1", "audio_start_ms": 0, "audio_end_ms": 6000}  # VAD004
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look when voice detection was switched on."""
        on = before.detection_on
        if on is not None and event.t > 0 and event.t - on.t < self.within_s:
            yield self.finding(
                event,
                f"the idle timer fires {1000 * (event.t - on.t):.0f} ms after voice detection was switched on: the time before "
                "it counted; send input_audio_buffer.clear before that update",
                cause=on,
            )
