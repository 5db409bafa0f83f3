"""A turn that is transcribed twice."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import index, text


class DuplicateTranscription(Rule):
    """A second complete transcript came for the same part of the same item.

    Why: a client that appends transcripts shows the user's words twice.
    Fix: keep transcripts by item_id and content_index, the latest one counts; look for what sends events twice.
    Limits: a server that tells a growing transcript as complete again and again (its text begins with the one before, or
        its status is in_progress) is not flagged.
    Source: Realtime API reference, `conversation.item.input_audio_transcription.completed` (read 2026-11-22).
    """

    id = "TRN004"
    name = "duplicate-transcription"
    severity = Severity.WARNING
    on = ("conversation.item.input_audio_transcription.completed",)
    needs = frozenset({left_out.WIRE})
    good = (
        """
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0, "transcript": "Hi"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u2", "content_index": 0, "transcript": "Hi"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u2", "content_index": 1, "transcript": "Hi"}
        """,
        """
        # a transcript that grows
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0, "transcript": "What"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0, "transcript": "What is"}
        """,
    )
    bad = (
        """
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0, "transcript": "Hi"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0, "transcript": "Hi"}  # TRN004
        """,
        """
        < {"type": "conversation.item.input_audio_transcription.delta", "item_id": "u1", "content_index": 0, "delta": "One"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0, "transcript": "One"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0, "transcript": "Won"}  # TRN004
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for the first one."""
        item = before.items.get(text(event.body.get("item_id")))
        earlier = item.transcribed.get(index(event.body.get("content_index"))) if item is not None else None
        if item is None or earlier is None or event.body.get("status") == "in_progress":
            return
        said, known = text(event.body.get("transcript")), item.transcript
        if said != known and said.startswith(known):
            return
        yield self.finding(
            event,
            f"{item.id} was transcribed already (entry {earlier.n}): keep transcripts by item_id and content_index, or the user's "
            "words appear twice",
            cause=earlier,
        )
