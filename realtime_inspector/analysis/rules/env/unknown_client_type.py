"""Asked at every event of the client."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import speaks_ga, speaks_realtime
from realtime_inspector.analysis.rest import FOREVER, Rest
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES, SERVER_TYPES, STREAM_CLIENT_TYPES
from realtime_inspector.protocol.realtime.session import Session

_OF_OTHERS = ("session.avatar.", "input_image_buffer.", "session.input_audio_buffer.", "session.close")
"""What the clients of compatible servers send as well."""
_TWILIO = frozenset({"connected", "start", "media", "mark", "stop", "dtmf", "clear"})
"""What Twilio's Media Streams send and take; they have it in `event`, and it is often passed on as it comes."""
_LIKE = 0.75


class UnknownClientType(Rule):
    """The client sends an event whose type the API does not know.

    Why: the server answers with an error (invalid_value, param type) and does nothing; what was meant never happens.
    Fix: use the name that the message suggests, or look the event up in the reference.
    Limits: an event that is newer than this release's catalogue is unknown to it; without a like name on another
        server it is a warning.
    Source: Realtime API reference, client events (read 2026-11-22).
    """

    id = "ENV001"
    name = "unknown-client-type"
    severity = Severity.ERROR
    on = ("*",)
    good = (
        """
        > {"type": "session.update", "session": {"type": "realtime"}}
        > {"type": "transcription_session.update", "session": {}}
        < {"type": "response.something_new"}
        """,
        """
        > GET /v1/realtime/translations?model=gpt-realtime-translate
        < 101
        > {"type": "session.input_audio_buffer.append", "audio": "AAAA"}
        > {"type": "session.close"}
        """,
        """
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "session.started", "session": {"id": "live_1"}}
        """,
        """
        > not json
        > {"event": "response.create"}
        > {"type": "input_audio_buffer.committed", "item_id": "i1"}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "response.crate"}  # ENV001
        """,
        """
        > GET /v1/realtime?model=gpt-realtime
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}  # ENV001
        """,
        """
        > {"type": "input_audio_buffer.flush"}  # ENV001
        > {"type": "conversation.item.created.now"}  # ENV001
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Suggest the nearest name there is."""
        if not event.from_client or event.is_wire or event.type in CLIENT_TYPES or event.type in SERVER_TYPES:
            return
        if not speaks_realtime(before) or event.type.startswith(_OF_OTHERS):
            return
        if event.type in STREAM_CLIENT_TYPES and not before.target and not speaks_ga(before):
            return
        near = get_close_matches(event.type, sorted(CLIENT_TYPES), n=1, cutoff=_LIKE)
        advice = f"did you mean {near[0]!r}?" if near else "see the reference's client events"
        if event.type in _TWILIO:
            advice = "it is of Twilio's Media Streams: send its media.payload as the audio of input_audio_buffer.append"
        certain = bool(near) or speaks_ga(before)
        message = f"{event.type!r} is no event of a client: {advice}"
        corrected = {**event.body, "type": near[0]} if near else None
        severity = Severity.ERROR if certain else Severity.WARNING
        yield self.finding(event, message, severity=severity, corrected=corrected)

    def rest(self, event: Event, after: Session) -> Rest | None:
        """Rest about what is known."""
        return FOREVER if event.from_server or event.type in CLIENT_TYPES or event.type in SERVER_TYPES else None
