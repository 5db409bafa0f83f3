"""Pieces that do not make up the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.catalogue import ga_name
from realtime_inspector.protocol.realtime.conversation import Item, Words
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import index, is_masked, text

_WHOLE: Mapping[str, tuple[str, Callable[[Item], Words]]] = {
    "response.output_text.done": ("text", lambda item: item.written),
    "response.output_audio_transcript.done": ("transcript", lambda item: item.spoken),
    "response.function_call_arguments.done": ("arguments", lambda item: item.argued),
}
"""Event → its member that is the whole, and the item's pieces of it."""


class DeltasDifferFromDone(Rule):
    """The pieces of a text, a transcript or a call's arguments do not add up to what their done event says.

    Why: pieces were lost or came twice on the way; a client that joins them shows something else than was said.
    Fix: check what stands between client and server; take the done event's text where there is one.
    Limits: only GA sessions, where the recording has at least one piece and the session from its start; a text of which
        something was taken out ([redacted], ***) is left alone.
    Source: Realtime API reference, `response.output_text.done` (read 2026-11-22).
    """

    id = "OUT004"
    name = "deltas-differ-from-done"
    severity = Severity.WARNING
    on = tuple(_WHOLE)
    needs = frozenset({left_out.WIRE})
    dialects = frozenset({"ga"})
    good = (
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_text.delta", "item_id": "a1", "content_index": 0, "delta": "Hel"}
        < {"type": "response.output_text.delta", "item_id": "a1", "content_index": 0, "delta": "lo"}
        < {"type": "response.output_text.done", "item_id": "a1", "content_index": 0, "text": "Hello"}
        < {"type": "response.output_text.delta", "item_id": "a2", "content_index": 0, "delta": "***"}
        < {"type": "response.output_text.delta", "item_id": "a2", "content_index": 0, "delta": "***"}
        < {"type": "response.output_text.done", "item_id": "a2", "content_index": 0, "text": "***"}
        """,
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_audio_transcript.done", "item_id": "a1", "content_index": 0, "transcript": "Hello"}
        """,
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "f1", "type": "function_call", "call_id": "c1"}}
        < {"type": "response.function_call_arguments.delta", "response_id": "r1", "item_id": "f1", "call_id": "c1", "delta": "{"}
        < {"type": "response.function_call_arguments.delta", "response_id": "r1", "item_id": "f1", "call_id": "c1", "delta": "}"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "item_id": "f1", "call_id": "c1", "arguments": "{}"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_text.delta", "item_id": "a1", "content_index": 0, "delta": "Hel"}
        < {"type": "response.output_text.done", "item_id": "a1", "content_index": 0, "text": "Hello"}  # OUT004
        """,
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_audio_transcript.delta", "item_id": "a1", "content_index": 1, "delta": "No"}
        < {"type": "response.output_audio_transcript.delta", "item_id": "a1", "content_index": 1, "delta": "No"}
        < {"type": "response.output_audio_transcript.done", "item_id": "a1", "content_index": 1, "transcript": "No"}  # OUT004
        """,
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "f1", "type": "function_call", "call_id": "c1"}}
        < {"type": "response.function_call_arguments.delta", "response_id": "r1", "item_id": "f1", "call_id": "c1", "delta": "{"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "item_id": "f1", "call_id": "c1", "arguments": "{}"}  # OUT004
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the two."""
        item = before.items.get(text(event.body.get("item_id")))
        if item is None or not before.is_whole:
            return
        member, words = _WHOLE[ga_name(event.type)]
        whole = event.body.get(member)
        joined = words(item).part(index(event.body.get("content_index")))
        if joined and isinstance(whole, str) and joined != whole and not is_masked(whole):
            yield self.finding(
                event,
                f"the pieces of {item.id} make {len(joined)} characters, the whole has {len(whole)}: pieces were lost or came "
                "twice between server and client; show the whole",
                cause=item.first,
            )
