"""An `error` event, and the client event that caused it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.err.codes import BENIGN, FATAL, NEXT, REPLAY
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import blame
from realtime_inspector.protocol.realtime.changes.failing import cause_of
from realtime_inspector.protocol.realtime.conversation import Pending
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text


class ServerError(Rule):
    """The server sent an error event.

    Why: what the client asked for did not happen, and most clients only write the error to a log.
    Fix: mend the client event it answers; give your events an event_id, so that the server can name it.
    Limits: without an event_id the client event is found by code, parameter and words, and called likely. Errors of the
        ordinary course of a conversation are ERR003, those of the account ERR004, those of a replay REC004.
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
        code = blame.code(error)
        known = cause is not None or code not in _NEEDS_CAUSE
        if (code in BENIGN and known) or code in FATAL or code == REPLAY or (blame.is_already_active(error) and known):
            return
        said = text(error.get("message")).strip().removesuffix(".")
        quoted = f'"{said}"' if said else "no message"
        figures = ", ".join(_figures(error, said))
        advice = f"; {NEXT[code]}" if code in NEXT else ""
        yield self.finding(
            event,
            f"{_refused(cause, confidence)}: {quoted}"
            + (f" ({figures})" if figures else "")
            + (_unknown(error) if cause is None else "")
            + advice,
            cause=cause.at if cause is not None else None,
        )


def _refused(cause: Pending | None, confidence: str) -> str:
    if cause is None:
        return "the server reports an error"
    likely = "" if confidence == "certain" else "a client event, most likely "
    return f"the server refuses {likely}entry {cause.at.n} ({cause.type})"


def _unknown(error: Mapping[str, Any]) -> str:
    named = text(error.get("event_id"))
    if named:
        return f"; it answers the client's event {named!r}, which is not in the recording"
    return "; which client event it answers is not known"


def _figures(error: Mapping[str, Any], said: str) -> Iterator[str]:
    """Yield the code, and the parameter unless the message names it."""
    yield from filter(None, [text(error.get("code")) or text(error.get("type"))])
    param = text(error.get("param"))
    if param and param not in said:
        yield f"param {param}"


_NEEDS_CAUSE = {"conversation_already_has_active_response"}
"""Benign only where the wish that was refused is there to be looked at."""
