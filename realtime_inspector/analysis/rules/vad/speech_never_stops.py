"""Speech that voice detection never finds the end of."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

FLOWING_S = 2.0
_LOOK_BACK = 20


class SpeechNeverStops(Rule):
    """Voice detection heard speech begin, and no end of it while audio goes on.

    Why: the turn is never committed and no response begins: the assistant never answers.
    Fix: check the input's format and rate (a wrong one sounds like endless noise), the microphone's noise and echo; raise
        threshold, switch noise_reduction on, or commit yourself.
    Limits: counts 15 s, with semantic_vad 30 s; a user who talks on without a pause looks the same, so this is a warning,
        and an error only after a minute without semantic_vad, when nobody speaks without a breath. Without audio flowing
        nothing is said.
    Source: Realtime guide, "Voice activity detection" (read 2026-11-22).
    """

    id = "VAD001"
    name = "speech-never-stops"
    severity = Severity.WARNING
    on = ("input_audio_buffer.speech_started",)
    wait_s = Threshold(15.0, "s", "how long a user may speak", least=0.1)
    semantic_wait_s = Threshold(30.0, "s", "how long he may with semantic voice detection", least=0.1)
    breath_s = Threshold(60.0, "s", "how long nobody speaks without a pause that voice detection hears", least=0.1)
    good = (
        """
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
        +8s > {"type": "input_audio_buffer.append", "audio": "<8000ms>"}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 9000}
        +20s > {"type": "input_audio_buffer.append", "audio": "<8000ms>"}
        """,
        """
        # the client stopped sending: no end can be heard
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
        +40s .
        """,
        """
        # the client committed the turn itself
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
        > {"type": "input_audio_buffer.commit"}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +14s > {"type": "input_audio_buffer.append", "audio": "<8000ms>"}
        +5s .
        """,
    )
    bad = (
        """
        > {"type": "input_audio_buffer.append", "audio": "<1000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}  # VAD001
        +14s > {"type": "input_audio_buffer.append", "audio": "<14000ms>"}
        +2s > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        +50s .
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}}}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}  # VAD001
        +29s > {"type": "input_audio_buffer.append", "audio": "<14000ms>"}
        +2s > {"type": "input_audio_buffer.append", "audio": "<2000ms>"}
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the end of the speech."""
        yield Deadline(event.t + (self.semantic_wait_s if _is_semantic(after) else self.wait_s), event)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding | Deadline]:
        """Ask whether it came, or cannot have come."""
        audio = session.input_audio
        speech = next((s for s in audio.speech[: -_LOOK_BACK - 1 : -1] if s.started_n == deadline.event.n), None)
        if speech is None or speech.ended_by or audio.active_speech is not speech:
            return
        if audio.last_append_t is None or audio.last_append_t < deadline.at - FLOWING_S:
            return
        if deadline.step == 0 and not _is_semantic(session):
            yield deadline.again(deadline.event.t + max(self.breath_s, self.wait_s))
        yield self.finding(
            deadline.event,
            f"speech began {deadline.at - deadline.event.t:.0f} s ago and voice detection has not found its end, though audio "
            f"goes on: the turn is never committed and the assistant never answers; is the input really {audio.format.name} "
            f"at {audio.format.rate} Hz, and quiet between words?",
            severity=Severity.ERROR if deadline.step else None,
            t=deadline.at,
        )


def _is_semantic(session: Session) -> bool:
    return "semantic_vad" in text((session.turn_detection or {}).get("type"))
