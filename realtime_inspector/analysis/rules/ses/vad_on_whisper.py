"""Asked at every update of the session."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session

_MODELS = ("gpt-realtime-whisper", "gpt-live-transcribe")


class VadOnWhisper(GaRule):
    """Voice detection is asked of a transcription model that has none.

    Why: the server refuses the update (turn detection is not supported for this transcription model).
    Fix: set audio.input.turn_detection to null and send input_audio_buffer.commit where an utterance ends.
    Limits: only an update that names both is looked at.
    Source: Realtime API reference, `session.audio.input.turn_detection` (read 2026-11-22).
    """

    id = "SES013"
    name = "vad-on-whisper"
    severity = Severity.ERROR
    on = ("session.update",)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "transcription", "audio": {}}}
        > {"type": "session.update", "session": {"type": "transcription", "audio": {"input": {"turn_detection": null}}}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "realtime", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": {}}}}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "transcription", "audio": {}}}
        > {"type": "session.update", "session": {"type": "transcription", "audio": {"input":
        """.rstrip()
        + """ {"turn_detection": {"threshold": 1}, "transcription": {"model": "gpt-realtime-whisper"}}}}}  # SES013
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "type": "transcription", "audio": {}}}
        > {"type": "session.update", "session": {"type": "transcription", "audio": {"input":
        """.rstrip()
        + """ {"turn_detection": {"eagerness": "low"}, "transcription": {"model": "gpt-live-transcribe"}}}}}  # SES013
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Look for the two in one update."""
        model = event.get("session.audio.input.transcription.model")
        detection = event.get("session.audio.input.turn_detection")
        if event.get("session.type") == "transcription" and model in _MODELS and detection:
            message = f"{model} takes no turn_detection: set session.audio.input.turn_detection to null and commit"
            corrected = mend.put(event.body, "session.audio.input.turn_detection", None)
            yield self.finding(event, message, corrected=corrected)
