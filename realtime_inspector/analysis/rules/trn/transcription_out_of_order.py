"""A transcript that comes after the next turn has begun."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Item
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

_LOOK_BACK = 20


class TranscriptionOutOfOrder(Rule):
    """The transcript of a turn comes after a later turn was committed.

    Why: transcription runs beside the conversation, in no order. A client that gives each transcript to the latest turn
        shows words under the wrong turn.
    Fix: find the turn by the event's item_id; order turns by previous_item_id, not by arrival.
    Limits: information, said once a session.
    Source: Realtime API reference, `conversation.item.input_audio_transcription.completed` (read 2026-11-22);
        github.com/livekit/agents/issues/6579.
    """

    id = "TRN003"
    name = "transcription-out-of-order"
    severity = Severity.INFO
    on = ("conversation.item.input_audio_transcription.completed",)
    needs = frozenset({left_out.ORDER})
    once = True
    good = (
        """
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "Hi"}
        < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u2", "transcript": "Bye"}
        """,
        """
        # after the response it asked for: as it often is
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "Hi"}
        """,
    )
    bad = (
        """
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "Hi"}  # TRN003
        """,
        """
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u2", "transcript": "Bye"}
        < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": "Hi"}  # TRN003
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for a turn that was committed after this one."""
        item = before.items.get(text(event.body.get("item_id")))
        later = _committed_after(before, item) if item is not None else None
        if item is not None and later is not None:
            yield self.finding(
                event,
                f"the transcript of {item.id} comes after {later.id} was committed: transcripts come in no order; find the turn "
                "by item_id",
                cause=item.committed,
            )


def _committed_after(session: Session, item: Item) -> Item | None:
    if item.committed is None or item.transcribed:
        return None
    for other, _ in zip(reversed(session.items.values()), range(_LOOK_BACK), strict=False):
        if other.committed is not None and other.committed.n > item.committed.n:
            return other
    return None
