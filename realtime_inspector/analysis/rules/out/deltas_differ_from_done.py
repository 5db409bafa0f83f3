"""Pieces that do not make up the whole."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import index, text


class DeltasDifferFromDone(Rule):
    """The pieces of a text or transcript do not add up to what its done event says.

    Why: pieces were lost or came twice on the way; a client that joins them shows something else than was said.
    Fix: check what stands between client and server; take the done event's text where there is one.
    Limits: only GA sessions, where the recording has at least one piece and the session from its start.
    Source: Realtime API reference, `response.output_text.done` (read 2026-11-22).
    """

    id = "OUT004"
    name = "deltas-differ-from-done"
    severity = Severity.WARNING
    on = ("response.output_text.done", "response.output_audio_transcript.done")
    needs = frozenset({left_out.WIRE})
    dialects = frozenset({"ga"})
    good = (
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_text.delta", "item_id": "a1", "content_index": 0, "delta": "Hel"}
        < {"type": "response.output_text.delta", "item_id": "a1", "content_index": 0, "delta": "lo"}
        < {"type": "response.output_text.done", "item_id": "a1", "content_index": 0, "text": "Hello"}
        """,
        """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_audio_transcript.done", "item_id": "a1", "content_index": 0, "transcript": "Hello"}
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
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the two."""
        item = before.items.get(text(event.body.get("item_id")))
        if item is None or not before.is_whole:
            return
        written = event.type == "response.output_text.done"
        whole = event.body.get("text" if written else "transcript")
        joined = (item.written if written else item.spoken).part(index(event.body.get("content_index")))
        if joined and isinstance(whole, str) and joined != whole:
            yield self.finding(
                event,
                f"the pieces of {item.id} make {len(joined)} characters, the whole has {len(whole)}: pieces were lost or came "
                "twice between server and client",
                cause=item.first,
            )
