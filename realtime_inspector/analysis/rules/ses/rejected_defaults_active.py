"""Asked when the first response begins."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session


class RejectedDefaultsActive(Rule):
    """The configuration was refused, and the conversation begins with the server's defaults.

    Why: the model answers with another voice and persona, without the tools; it looks as if it ignored the prompt.
    Fix: mend what the error names and send the session.update again before the first response.
    Limits: reported once, at the first response, and only if no update was taken and none is on its way.
    Source: Realtime API reference, `error` and `session.update`; a refused update changes nothing (read 2026-11-22).
    """

    id = "SES005"
    name = "rejected-defaults-active"
    severity = Severity.ERROR
    on = ("response.created",)
    needs = frozenset({left_out.ORDER})
    good = (
        """
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be kind."}}
        < {"type": "session.updated", "session": {"type": "realtime", "instructions": "Be kind."}}
        < {"type": "response.created", "response": {"id": "r1"}}
        """,
        """
        > {"type": "session.update", "session": {"voice": "alloy"}}
        < {"type": "error", "error": {"code": "unknown_parameter", "param": "session.voice"}}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "alloy"}}}}
        < {"type": "response.created", "response": {"id": "r1"}}
        """,
        """
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        """,
    )
    bad = (
        """
        > {"type": "session.update", "session": {"voice": "alloy", "instructions": "Be kind."}}
        < {"type": "error", "error": {"code": "unknown_parameter", "param": "session.voice"}}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}  # SES005
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "response.created", "response": {"id": "r2"}}
        """,
        """
        > {"type": "session.update", "event_id": "e1", "session": {"instructions": "Be kind."}}
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "session.type", "event_id": "e1"}}
        < {"type": "input_audio_buffer.committed", "item_id": "i1"}
        < {"type": "response.created", "response": {"id": "r1"}}  # SES005
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look back at what became of the updates."""
        if before.responses or any(update.status != "rejected" for update in before.updates):
            return
        for update in before.updates[:1]:
            error = update.error or {}
            named = " ".join(str(error[part]) for part in ("code", "param") if error.get(part)) or error.get("message")
            lost = ", ".join(name for name in update.session if name != "type") or "settings"
            message = (
                f"the first response begins with the server's defaults: the session.update of entry {update.at.n}"
                f" was refused ({named}), so its {lost} are not in force; mend it and send it again"
            )
            yield self.finding(event, message, cause=update.at, related=[update.answer.n] if update.answer else [])
