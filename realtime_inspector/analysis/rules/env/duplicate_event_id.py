"""Asked at every event of the client that has an `event_id`."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session


class DuplicateEventId(Rule):
    """Two events of the client have the same event_id.

    Why: an error names the event it answers by this id; with two of them nobody can tell which one failed.
    Fix: make a new id for every event, or send none.
    Limits: the newest thousand ids are looked at.
    Source: Realtime API reference, `error.event_id` (read 2026-11-22).
    """

    id = "ENV008"
    name = "duplicate-event-id"
    severity = Severity.WARNING
    on = ("*",)
    good = (
        """
        > {"type": "response.create", "event_id": "e1"}
        > {"type": "response.cancel", "event_id": "e2"}
        < {"type": "response.created", "event_id": "e1", "response": {"id": "r1"}}
        """,
        """
        > {"type": "input_audio_buffer.clear", "event_id": ""}
        > {"type": "input_audio_buffer.clear", "event_id": ""}
        """,
    )
    bad = (
        """
        > {"type": "response.create", "event_id": "e1"}
        > {"type": "response.cancel", "event_id": "e1"}  # ENV008
        """,
        """
        > {"type": "input_audio_buffer.append", "event_id": "e1", "audio": "<20ms>"}
        > {"type": "input_audio_buffer.append", "event_id": "e2", "audio": "<20ms>"}
        > {"type": "input_audio_buffer.append", "event_id": "e1", "audio": "<20ms>"}  # ENV008
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the id up."""
        if not event.from_client or event.is_wire:
            return
        event_id = event.body.get("event_id")
        known = before.named.get(event_id) if isinstance(event_id, str) else None
        if known is not None:
            message = (
                f"event_id {event_id!r} is that of the {known.type} of entry {known.at.n}: give each event its own"
            )
            yield self.finding(event, message, cause=known.at)

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest about new ids of a usual length, and events without one."""
        return FOREVER if event.from_server else Rest(new_id=True)
