"""Asked at every event of the client."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import speaks_realtime
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES, SERVER_TYPES
from realtime_inspector.protocol.realtime.session import Session


class WrongDirection(Rule):
    """The client sends an event that only a server sends.

    Why: the server answers with an error; a client that sends what it received may do so in a loop.
    Fix: send the request, not its answer: input_audio_buffer.commit, not …committed. In a relay, do not send back
        what came from the server.
    Limits: none known.
    Source: Realtime API reference, client and server events (read 2026-11-22).
    """

    id = "ENV004"
    name = "wrong-direction"
    severity = Severity.ERROR
    on = ("*",)
    good = (
        """
        > {"type": "input_audio_buffer.commit"}
        < {"type": "input_audio_buffer.committed", "item_id": "i1"}
        """,
        """
        < {"type": "error", "error": {"message": "no"}}
        > {"type": "response.cancel"}
        """,
    )
    bad = (
        """
        > {"type": "input_audio_buffer.committed"}  # ENV004
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.created", "response": {"id": "r1"}}  # ENV004
        > {"type": "response.audio.delta", "delta": ""}  # ENV004
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Tell the two catalogues apart."""
        if not event.from_client or event.type not in SERVER_TYPES or event.type in CLIENT_TYPES:
            return
        if speaks_realtime(before):
            yield self.finding(event, f"{event.type} is an event of the server: a client cannot send it, leave it out")

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest about what the client may send."""
        return FOREVER if event.from_server or event.type in CLIENT_TYPES else None
