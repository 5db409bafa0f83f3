"""A truncation of something that has no audio of the assistant."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import Item
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mappings, text


class TruncateWrongItem(Rule):
    """The client truncates an item that is no audio message of the assistant, or a part that is not its audio.

    Why: the server refuses it ("Only model output audio messages can be truncated"); the item that was playing is kept
        whole.
    Fix: truncate the assistant's message item whose audio is playing, with content_index 0.
    Limits: an item of which the recording does not show what it is gives nothing.
    Source: Realtime API reference, `conversation.item.truncate` (read 2026-11-22); github.com/livekit/agents/issues/6157.
    """

    id = "INT004"
    name = "truncate-wrong-item"
    severity = Severity.ERROR
    on = ("conversation.item.truncate",)
    good = (
        """
        < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "a1", "type": "message", "role": "assistant"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<400ms>"}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 100}
        """,
        """
        # nothing is known of it
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 100}
        """,
    )
    bad = (
        """
        < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "f1", "type": "function_call", "call_id": "c1"}}
        > {"type": "conversation.item.truncate", "item_id": "u1", "content_index": 0, "audio_end_ms": 100}  # INT004
        > {"type": "conversation.item.truncate", "item_id": "f1", "content_index": 0, "audio_end_ms": 100}  # INT004
        """,
        """
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello."}]}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a2", "delta": "<400ms>"}
        > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 100}  # INT004
        > {"type": "conversation.item.truncate", "item_id": "a2", "content_index": 1, "audio_end_ms": 100}  # INT004
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the item up."""
        item = before.items.get(text(event.body.get("item_id")))
        if item is None:
            return
        what = _instead(item)
        playing = next(reversed(before.playback), "")
        if what:
            right = f"; the audio sent last is of {playing}" if playing and playing != item.id else ""
            yield self.finding(
                event,
                f"{item.id} is {what}, and only the assistant's audio messages can be truncated: take the "
                f"item_id of the audio that plays{right}",
                cause=item.first,
            )
        elif item.audio_ms > 0 and event.body.get("content_index") not in (0, None):
            yield self.finding(
                event,
                f"content_index {event.body.get('content_index')!r} of {item.id}: its audio is part 0",
                corrected={**event.body, "content_index": 0},
            )


def _instead(item: Item) -> str:
    """Return what an item is if it is no audio message of the assistant; empty where it is one, or not known to be none."""
    if item.type and item.type != "message":
        return f"a {item.type} item"
    if item.role in {"user", "system"}:
        return f"a message of the {item.role}"
    kinds = [text(part.get("type")) for part in mappings(item.body.get("content"))]
    if item.audio_ms == 0 and kinds and all(kind in {"text", "output_text"} for kind in kinds):
        return "a text message"
    return ""
