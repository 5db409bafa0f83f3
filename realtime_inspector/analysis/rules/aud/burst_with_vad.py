"""Audio ahead of the clock, under voice detection."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

LOOK_BACK_S = 10.0
LONG_MS = 200.0
"""A shorter chunk is looked at now and then only."""


class BurstWithVad(Rule):
    """The client sends audio faster than anybody can speak, while voice detection is on.

    Why: voice detection counts the audio's own time: whole turns can pass in a moment, and latencies and interruptions of
        such a session say nothing.
    Fix: send live audio as it comes; pace a file at the speed of speech, or switch voice detection off and commit.
    Limits: information: tests and uploads do so on purpose. Audio must be two seconds ahead of the clock.
    Source: Realtime API reference, `input_audio_buffer.speech_started` (read 2026-11-22).
    """

    id = "AUD011"
    name = "burst-with-vad"
    severity = Severity.INFO
    on = ("input_audio_buffer.append",)
    needs = frozenset({left_out.INPUT_AUDIO, left_out.WIRE})
    once = True
    ahead_ms = Threshold(2000.0, "ms", "how far the audio may run ahead of the clock")
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        +1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        +1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        +1s > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        """,
        """
        # without voice detection a file may come at once
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": null}}}}
        > {"type": "input_audio_buffer.append", "audio": "<5000ms>"}
        > {"type": "input_audio_buffer.append", "audio": "<5000ms>"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<1500ms>"}
        > {"type": "input_audio_buffer.append", "audio": "<1500ms>"}
        > {"type": "input_audio_buffer.append", "audio": "<1500ms>"}  # AUD011
        > {"type": "input_audio_buffer.append", "audio": "<1500ms>"}
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}}}
        > {"type": "input_audio_buffer.append", "audio": "<20ms>"}
        +30s > {"type": "input_audio_buffer.append", "audio": "<4000ms>"}
        > {"type": "input_audio_buffer.append", "audio": "<4000ms>"}  # AUD011
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the latest appends with the clock."""
        audio = before.input_audio
        chunk_ms = audio.format.duration_ms(event.audio_bytes)
        if (
            before.turn_detection is None
            or not audio.recent
            or event.t <= 0
            or (audio.appends % 8 and chunk_ms < LONG_MS)
        ):
            return
        sent_ms, since = _lately(before, event.t)
        ahead_ms = audio.total_ms + chunk_ms - sent_ms - (event.t - since) * 1000
        if ahead_ms > self.ahead_ms:
            yield self.finding(
                event,
                f"the audio is {ahead_ms / 1000:.1f} s ahead of the clock, sent within {event.t - since:.1f} s, with voice "
                "detection on: it counts the audio's time, not the clock's; pace the audio, or switch voice detection off and "
                "commit",
            )

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest while the audio keeps its distance to the clock, whatever that is."""
        if after.turn_detection is None:
            return FOREVER
        lowest, _ = after.input_audio.leads_ms(event.t - LOOK_BACK_S)
        most = lowest + 0.7 * self.ahead_ms
        audio = after.input_audio
        # what is sent from here on may fall back a little, and count as the first of ten seconds then
        return Rest(lead_ms=(lowest - 0.25 * self.ahead_ms, most)) if audio.total_ms - 1000 * event.t < most else None


def _lately(before: Session, t: float) -> tuple[float, float]:
    """Return what had been sent at the first append of the last ten seconds, and when: a stall catches up in them."""
    earliest = before.input_audio.recent[-1]
    for each in reversed(before.input_audio.recent):
        if t - each[1] > LOOK_BACK_S:
            break
        earliest = each
    return earliest
