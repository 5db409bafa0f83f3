"""The user's words could not be transcribed."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text


class TranscriptionFailed(Rule):
    """The transcription of what the user said failed.

    Why: the user's words are missing from the transcript; the assistant itself heard the audio and is not hurt.
    Fix: show the turn as not transcribed; check the transcription model's name and the project's access to it.
    Limits: none known.
    Source: Realtime API reference, `conversation.item.input_audio_transcription.failed` (read 2026-11-22).
    """

    id = "TRN002"
    name = "transcription-failed"
    severity = Severity.WARNING
    on = ("conversation.item.input_audio_transcription.failed",)
    good = (
        """
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "Hi"}
        """,
        """
        < {"type": "conversation.item.input_audio_transcription.delta", "item_id": "u1", "delta": "Hi"}
        """,
    )
    bad = (
        """
        < {"type": "conversation.item.input_audio_transcription.failed", "item_id": "u1", "error": {"code": "audio_unintelligible", "message": "The audio could not be transcribed."}}  # TRN002
        """,
        """
        < {"type": "conversation.item.input_audio_transcription.failed", "item_id": "u1"}  # TRN002
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Say what the server says."""
        error = mapping(event.body.get("error"))
        said = ": ".join(part for part in (text(error.get("code")), text(error.get("message"))) if part)
        yield self.finding(
            event,
            f"what the user said in {text(event.body.get('item_id')) or 'a turn'} could not be transcribed"
            + (f" ({said})" if said else "")
            + "; the assistant heard the audio all the same: show the turn without words, and look at the model and its access if it "
            "stays so",
        )
