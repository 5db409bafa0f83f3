"""Asked when the first response begins."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Update
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

_HOW = {
    "pending": "is unanswered",
    "rejected": "was refused",
    "accepted": "was confirmed, yet the server shows its own",
}


class DefaultPersona(Rule):
    """The first response is made with the server's own instructions, though the client sent some.

    Why: the assistant introduces itself as somebody else and knows nothing of what it is for.
    Fix: see what became of the update with your instructions; send it again, and wait for session.updated.
    Limits: where every update was refused, or none is answered yet, rejected-defaults-active and work-before-config
        say so. A response with instructions of its own is left out.
    Source: Realtime API reference, `session.instructions` (read 2026-11-22).
    """

    id = "SES020"
    name = "default-persona"
    severity = Severity.WARNING
    on = ("response.created",)
    needs = frozenset({left_out.ORDER, "session.updated"})
    dialects = frozenset({"ga", "beta"})
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "instructions": "You are helpful."}}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}
        < {"type": "session.updated", "session": {"id": "s1", "audio": {}, "instructions": "Be brief."}}
        < {"type": "response.created", "response": {"id": "r1"}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "instructions": "You are helpful."}}
        > {"type": "session.update", "session": {"type": "realtime", "tools": []}}
        < {"type": "session.updated", "session": {"id": "s1", "audio": {}, "instructions": "You are helpful."}}
        < {"type": "response.created", "response": {"id": "r1"}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "instructions": "You are helpful."}}
        > {"type": "session.update", "session": {"type": "realtime", "tools": []}}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}
        > {"type": "response.create", "response": {"instructions": "Greet the user."}}
        < {"type": "session.updated", "session": {"id": "s1", "audio": {}, "instructions": "You are helpful."}}
        < {"type": "response.created", "response": {"id": "r1"}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "instructions": "You are helpful."}}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief.", "speed": 1}}
        > {"type": "session.update", "session": {"type": "realtime", "tools": []}}
        < {"type": "error", "error": {"code": "unknown_parameter", "param": "session.speed"}}
        < {"type": "session.updated", "session": {"id": "s1", "audio": {}, "instructions": "You are helpful."}}
        < {"type": "response.created", "response": {"id": "r1"}}  # SES020
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "instructions": "You are helpful."}}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}
        < {"type": "session.updated", "session": {"id": "s1", "audio": {}, "instructions": "You are helpful."}}
        < {"type": "response.created", "response": {"id": "r1"}}  # SES020
        < {"type": "response.created", "response": {"id": "r2"}}
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the instructions in force with the server's own."""
        own = text(before.default_config.get("instructions")).strip()
        if before.responses or not own or text(before.config.get("instructions")).strip() != own:
            return
        if any("instructions" in request.body or request.out_of_band for request in before.pending_requests):
            return
        asked = [
            update for update in before.updates if text(update.session.get("instructions")).strip() not in {"", own}
        ]
        if asked and not _said_elsewhere(before.updates):
            last = asked[-1]
            message = (
                f"the first response is made with the server's own instructions: the session.update of entry {last.at.n}"
                f" {_HOW.get(last.status, 'had no effect')}; send them again and wait for session.updated"
            )
            yield self.finding(event, message, cause=last.at)


def _said_elsewhere(updates: list[Update]) -> bool:
    return len({update.status for update in updates}) == 1 and updates[0].status != "accepted"
