"""Asked at an error that names no client event."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import cause_of
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

_SENT = ("session.update", "conversation.item.create", "response.create", "input_audio_buffer.append")
_SHOWN = 4


class NoClientEventIds(Rule):
    """An error names no client event, because the client gives its events no event_id.

    Why: which of the events the server refused can only be guessed from the error's code and words.
    Fix: give every event you send an event_id of its own; the error then has it in error.event_id.
    Limits: said once, and only where it cannot be told which event an error is about. An id is optional.
    Source: Realtime API reference, `error.event_id` (read 2026-11-22).
    """

    id = "ENV009"
    name = "no-client-event-ids"
    severity = Severity.INFO
    on = ("error",)
    needs = frozenset({left_out.CLIENT})
    once = True
    good = (
        """
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "session.update", "session": {"voice": "alloy"}}
        < {"type": "error", "error": {"code": "unknown_parameter", "param": "session.voice", "event_id": null}}
        """,
        """
        > {"type": "response.create", "event_id": "e1"}
        < {"type": "error", "error": {"code": "invalid_value", "param": "response.voice", "event_id": "e1"}}
        > {"type": "response.create"}
        < {"type": "error", "error": {"code": "server_error"}}
        """,
        """
        < {"type": "error", "error": {"type": "server_error", "message": "The server had an error."}}
        """,
    )
    bad = (
        """
        > {"type": "session.update", "session": {"voice": "alloy"}}
        > {"type": "session.update", "session": {"voice": "echo"}}
        < {"type": "error", "error": {"code": "unknown_parameter", "param": "session.voice", "event_id": null}}  # ENV009
        < {"type": "error", "error": {"code": "unknown_parameter", "param": "session.voice", "event_id": null}}
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}
        > {"type": "response.create"}
        < {"type": "error", "error": {"code": "invalid_value", "message": "Invalid value."}}  # ENV009
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """See whether an id could have been named."""
        if not event.from_server or event.get("error.event_id") or before.named or not before.unanswered:
            return
        if not any(before.counts.get(kind) for kind in _SENT):
            return
        cause = cause_of(event, before)
        like = [pending for pending in before.unanswered if cause is None or pending.type == cause.type]
        if len(like) > 1 or cause is None:
            shown = ", ".join(f"{pending.at.n} ({pending.type})" for pending in like[-_SHOWN:])
            message = f"the error may answer entry {shown}: no event of the client has an event_id to tell by; give each one its own"
            yield self.finding(event, message, related=[pending.at.n for pending in like[-_SHOWN:]])
