"""A turn whose transcription never comes."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class TranscriptionMissing(Rule):
    """Transcription is on, the user's turn was committed, and neither a transcript nor a failure of it came.

    Why: the turn is missing from what you show, store or moderate; the assistant itself heard it.
    Fix: go on without it after a time-out of your own; check the transcription model's name and the project's access to it.
    Limits: counts 15 s from the commit, longer while pieces still come; a turn of the idle timer has nothing to transcribe.
    Source: Realtime API reference, `conversation.item.input_audio_transcription.completed` (read 2026-11-22).
    """

    id = "TRN001"
    name = "transcription-missing"
    severity = Severity.WARNING
    on = ("input_audio_buffer.committed",)
    needs = frozenset({left_out.WIRE})
    wait_s = Threshold(15.0, "s", "how long a transcript may take", least=0.1)
    good = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +3s < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0, "transcript": ""}
        +60s .
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"transcription": null}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +60s .
        """,
        """
        # the idle timer made the turn, of silence
        < {"type": "session.created", "session": {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}}
        < {"type": "input_audio_buffer.timeout_triggered", "item_id": "u1", "audio_start_ms": 0, "audio_end_ms": 6000}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        +60s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}  # TRN001
        +20s .
        """,
        """
        < {"type": "session.created", "session": {"input_audio_transcription": {"model": "whisper-1"}}}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}  # TRN001
        +1s < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u2", "content_index": 0, "transcript": "Hi"}
        +20s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the transcript."""
        item_id = text(event.body.get("item_id"))
        if item_id and after.transcription is not None and not after.input_audio.timeouts and not after.is_sideband:
            yield Deadline(event.t + self.wait_s, event, item_id)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding | Deadline]:
        """Ask whether it came."""
        item = session.items.get(deadline.subject)
        if (
            item is None
            or item.transcribed
            or item.deleted
            or session.transcription is None
            or session.ended is not None
        ):
            return
        if item.transcript and deadline.step == 0:
            yield deadline.again(deadline.at + self.wait_s)
            return
        if "wire.gap" in session.counts or session.close is not None:
            return
        yield self.finding(
            deadline.event,
            f"{item.id} was committed {deadline.at - deadline.event.t:.0f} s ago and is still not transcribed, though "
            f"transcription is on ({text(session.transcription.get('model')) or 'no model named'}): go on without its words; "
            "check the model's name and your access to it",
            t=deadline.at,
        )
