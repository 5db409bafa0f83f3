"""Asked at every event of the server."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import speaks_realtime
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import schema
from realtime_inspector.protocol.realtime.catalogue import SERVER_TYPES
from realtime_inspector.protocol.realtime.session import Session


class UnknownServerType(Rule):
    """The server sends an event that this release does not know.

    Why: it is recorded and passed on, but no other rule looks at it; a client that has no case for it should go on.
    Fix: nothing, as a rule: look at the event, and whether your client ignores it.
    Limits: said once of each type. Compatible servers have events of their own, and the API gets new ones.
    Source: Realtime API reference, server events, by the types of the openai package (read 2026-11-22).
    """

    id = "ENV007"
    name = "unknown-server-type"
    severity = Severity.INFO
    on = ("*",)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1"}}
        < {"type": "response.audio.delta", "response_id": "r1", "item_id": "i1", "delta": "<20ms>"}
        < {"type": "transcription_session.updated", "session": {"id": "s1"}}
        < {"kind": "odd"}
        """,
        """
        > GET /v1/realtime/translations?model=gpt-realtime-translate
        < 101
        < {"type": "session.output_audio.delta", "delta": "AAAA"}
        """,
        """
        > {"type": "response.something_new"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1"}}
        < {"type": "response.hologram.delta", "response_id": "r1"}  # ENV007
        < {"type": "response.hologram.delta", "response_id": "r1"}
        < {"type": "ping"}  # ENV007
        """,
        """
        < {"type": "response.smell.delta", "delta": "Hi"}  # ENV007
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the type up, the first time it comes."""
        if event.is_wire or not event.from_server or event.type in SERVER_TYPES or before.counts.get(event.type):
            return
        if speaks_realtime(before):
            shown = event.type if len(event.type) <= 80 else f"{event.type[:79]}…"
            message = (
                f"{shown!r} is an event of the server that the reference of {schema.source()} does not have: ignore it"
            )
            yield self.finding(event, message)

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest about a type that was seen."""
        return FOREVER
