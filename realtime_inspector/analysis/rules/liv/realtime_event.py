"""Asked at events of the Realtime API that a client sends to the Live API."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import dialects
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES
from realtime_inspector.protocol.realtime.session import Session

_SHARED = frozenset({"session.update", "response.create"})
_INSTEAD = {
    "input_audio_buffer.append": "send session.input_audio.append",
    "input_audio_buffer.commit": "leave it out: there are no turns, the model answers as it hears",
    "input_audio_buffer.clear": "leave it out, or send session.input_audio.mute",
    "conversation.item.create": "send session.instructions.append, or response.item.create for a tool's output",
    "conversation.item.truncate": "leave it out: the model knows by itself when it was interrupted",
    "response.cancel": "leave it out: the model stops by itself when the user speaks",
}


class RealtimeEvent(Rule):
    """A client of the Live API sends an event of the Realtime API.

    Why: the two are different protocols: the event is refused, and its audio or its words are lost.
    Fix: use the event that the message names; the Live API has no turns, no items and no truncation.
    Limits: the first of each type is told. session.update and response.create are events of both.
    Source: Live API, client events, by the types of `openai` 3.54.0 (read 2026-11-24).
    """

    id = "LIV002"
    name = "realtime-event"
    severity = Severity.ERROR
    on = tuple(sorted(CLIENT_TYPES - _SHARED))
    dialects = frozenset({dialects.LIVE})
    good = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        > {"type": "session.update", "session": {}}
        """,
        """
        > GET /v1/realtime?model=gpt-realtime {"Host": "api.openai.com"}
        < 101
        > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
        """,
    )
    bad = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        > {"type": "input_audio_buffer.append", "audio": "<200ms>"}  # LIV002
        > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
        > {"type": "input_audio_buffer.commit"}  # LIV002
        """,
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "session.started", "session": {"id": "live_1"}}
        > {"type": "conversation.item.delete", "item_id": "i1"}  # LIV002
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Name what the Live API has instead."""
        if not event.from_client or before.counts.get(event.type):
            return
        instead = _INSTEAD.get(event.type, "leave it out")
        yield self.finding(event, f"{event.type} is an event of the Realtime API, and this is the Live API: {instead}")
