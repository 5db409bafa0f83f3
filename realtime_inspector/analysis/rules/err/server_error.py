"""An `error` event, and the client event that caused it."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.err.codes import BENIGN, FATAL, NEXT
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import blame
from realtime_inspector.protocol.realtime.changes.failing import cause_of
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text


class ServerError(Rule):
    """The server sent an error event.

    Why: what the client asked for did not happen, and most clients only write the error to a log.
    Fix: mend the client event it answers; give your events an event_id, so that the server can name it.
    Limits: without an event_id the client event is found by code, parameter and words, and called likely. Errors of the
        ordinary course of a conversation are ERR003, those of the account ERR004.
    Source: Realtime API reference, `error` (read 2026-11-22).
    """

    id = "ERR001"
    name = "server-error"
    severity = Severity.ERROR
    on = ("error",)
    good = (
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        """,
        """
        > {"type": "response.cancel"}
        < {"type": "error", "error": {"type": "invalid_request_error", "code": "response_cancel_not_active", "message": "Cancellation failed: no active response found"}}
        """,
    )
    bad = (
        """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": ""}}
        < {"type": "error", "error": {"type": "invalid_request_error", "code": "missing_required_parameter", "param": "item.call_id", "message": "Missing required parameter: 'item.call_id'."}}  # ERR001
        """,
        """
        < {"type": "error", "error": {"type": "server_error", "message": "The server had an error while processing your request."}}  # ERR001
        < {"type": "error"}  # ERR001
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Say what the server says, and of which event."""
        error = mapping(event.body.get("error"))
        cause, confidence = cause_of(before, error)
        code = text(error.get("code"))
        known = cause is not None or code not in _NEEDS_CAUSE
        if (code in BENIGN and known) or code in FATAL or (blame.is_already_active(error) and known):
            return
        figures = ", ".join(figure for figure in (code or text(error.get("type")), _param(error)) if figure)
        said = text(error.get("message")) or "an error without a message"
        if cause is None:
            who = "the client event it answers is not known"
            named = text(error.get("event_id"))
            who = f"it answers the client's {named!r}, which is not in the recording" if named else who
        else:
            sure = "" if confidence == "certain" else ", likely"
            who = f"it refuses entry {cause.at.n}{sure} ({cause.type})"
        advice = f"; {NEXT[code]}" if code in NEXT else ""
        yield self.finding(
            event,
            f"the server says: {said.strip()}" + (f" ({figures})" if figures else "") + f"; {who}{advice}",
            cause=cause.at if cause is not None else None,
        )


_NEEDS_CAUSE = {"conversation_already_has_active_response"}
"""Benign only where the wish that was refused is there to be looked at."""


def _param(error: object) -> str:
    param = text(mapping(error).get("param"))
    return f"param {param}" if param else ""
