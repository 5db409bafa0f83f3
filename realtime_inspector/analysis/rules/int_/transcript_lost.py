"""What the model no longer knows it said."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class TranscriptLost(Rule):
    """A truncation took the transcript of an item whose words the client has.

    Why: the server drops the whole transcript of a truncated item and sends no shorter one: what the client shows of this
        answer is not what the model remembers of it.
    Fix: mark the answer as cut off where you show or store it; retrieve the item if you need the server's view.
    Limits: information, said once a session: it is how every interruption ends.
    Source: Realtime API reference, `conversation.item.truncated` (read 2026-11-22).
    """

    id = "INT011"
    name = "transcript-lost"
    severity = Severity.INFO
    on = ("conversation.item.truncated",)
    once = True
    good = (
        """
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<4000ms>"}
        < {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 900}
        """,
        """
        < {"type": "response.output_audio_transcript.delta", "response_id": "r1", "item_id": "a1", "delta": "Hello there."}
        < {"type": "conversation.item.truncated", "item_id": "a2", "content_index": 0, "audio_end_ms": 900}
        """,
    )
    bad = (
        """
        < {"type": "response.output_audio_transcript.delta", "response_id": "r1", "item_id": "a1", "delta": "Hello there."}
        < {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 900}  # INT011
        """,
        """
        < {"type": "response.output_audio_transcript.done", "response_id": "r1", "item_id": "a1", "transcript": "Hello there."}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 900}
        < {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 900}  # INT011
        < {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 800}
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for words of it."""
        item = before.items.get(text(event.body.get("item_id")))
        if item is not None and item.transcript:
            yield self.finding(
                event,
                f"the server drops the transcript of {item.id} ({len(item.transcript)} characters) with the audio that was not "
                "heard: the model does not remember all that you show; mark the answer as cut off",
                cause=item.first,
            )
