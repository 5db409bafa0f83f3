"""An `error` event that belongs to the ordinary course of a conversation."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.err.codes import BENIGN
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import blame
from realtime_inspector.protocol.realtime.changes.failing import cause_of
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

_ACTIVE = "conversation_already_has_active_response"


class BenignError(Rule):
    """An error event that only says that something was too late or not needed.

    Why: clients meet it in the ordinary course of a conversation; taking it for a failure ends healthy sessions.
    Fix: log it and go on. Where it comes often, look at the client event it answers.
    Limits: information. A refused response.create counts here only where it is in the recording: RSP001 and RSP002 look
        at it.
    Source: Realtime API reference, `error` (read 2026-11-22).
    """

    id = "ERR003"
    name = "benign-error"
    severity = Severity.INFO
    on = ("error",)
    good = (
        """
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "item.call_id"}}
        """,
        """
        # the response.create it refuses is not in the recording: what was lost cannot be told
        < {"type": "error", "error": {"code": "conversation_already_has_active_response"}}
        """,
    )
    bad = (
        """
        > {"type": "response.cancel"}
        < {"type": "error", "error": {"code": "response_cancel_not_active", "message": "Cancellation failed: no active response found"}}  # ERR003
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.create"}
        < {"type": "error", "error": {"code": "conversation_already_has_active_response"}}  # ERR003
        < {"type": "error", "error": {"code": "input_audio_buffer_commit_empty"}}  # ERR003
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the code up."""
        error = mapping(event.body.get("error"))
        cause, _ = cause_of(before, error)
        code = _ACTIVE if blame.is_already_active(error) else blame.code(error)
        if code not in BENIGN or (code == _ACTIVE and cause is None):
            return
        answered = f" (it answers entry {cause.at.n}, {cause.type})" if cause is not None else ""
        yield self.finding(event, f"{code}: {BENIGN[code]}{answered}", cause=cause.at if cause is not None else None)
