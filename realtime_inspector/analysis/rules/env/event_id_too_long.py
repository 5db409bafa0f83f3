"""Asked at every event of the client that has an `event_id`."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rest import FOREVER, MOST_ID_CHARS, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session


class EventIdTooLong(Rule):
    """An event_id of the client is longer than the API takes.

    Why: the server refuses the event for its id alone.
    Fix: use an id of at most 512 characters; a counter or a UUID will do.
    Limits: none known.
    Source: OpenAPI description of the Realtime API, `event_id` has maxLength 512 (read 2026-11-22).
    """

    id = "ENV010"
    name = "event-id-too-long"
    severity = Severity.ERROR
    on = ("*",)
    good = (
        """
        > {"type": "response.create", "event_id": "e1"}
        """,
        f"""
        > {{"type": "response.create", "event_id": "{"e" * MOST_ID_CHARS}"}}
        """,
    )
    bad = (
        f"""
        > {{"type": "response.create", "event_id": "{"e" * (MOST_ID_CHARS + 1)}"}}  # ENV010
        """,
        f"""
        > {{"type": "input_audio_buffer.commit", "event_id": "{"id-" * MOST_ID_CHARS}"}}  # ENV010
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Measure the id."""
        event_id = event.body.get("event_id") if event.from_client and not event.is_wire else None
        if isinstance(event_id, str) and len(event_id) > MOST_ID_CHARS:
            message = f"event_id has {len(event_id)} characters, the API takes {MOST_ID_CHARS}: make it shorter"
            mended = {**event.body, "event_id": event_id[:MOST_ID_CHARS]}
            yield self.finding(event, message, corrected=None if event.audio_bytes else mended)

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest about new ids of a usual length, and events without one."""
        return FOREVER if event.from_server else Rest(new_id=True)
