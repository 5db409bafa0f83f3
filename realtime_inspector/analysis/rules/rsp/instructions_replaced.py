"""Instructions of one response in place of the session's."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text


class InstructionsReplaced(Rule):
    """A response.create has instructions of its own, which replace the session's for this response.

    Why: they are not added to the session's instructions: the persona and its rules are gone for this response.
    Fix: repeat what must hold in the response's instructions, or put the wish into the conversation as an item.
    Limits: information; only where the session's instructions are known and not part of the new ones. Responses outside the
        conversation are left out.
    Source: Realtime API reference, `response.create` (read 2026-11-22); github.com/livekit/agents/issues/5394.
    """

    id = "RSP012"
    name = "instructions-replaced"
    severity = Severity.INFO
    on = ("response.create",)
    good = (
        """
        < {"type": "session.updated", "session": {"instructions": "Be kind."}}
        > {"type": "response.create"}
        > {"type": "response.create", "response": {"instructions": "Be kind. Greet the user."}}
        > {"type": "response.create", "response": {"instructions": "Sum up.", "conversation": "none"}}
        """,
        """
        < {"type": "session.updated", "session": {"instructions": ""}}
        > {"type": "response.create", "response": {"instructions": "Greet the user."}}
        """,
    )
    bad = (
        """
        < {"type": "session.updated", "session": {"instructions": "Be kind."}}
        > {"type": "response.create", "response": {"instructions": "Greet the user."}}  # RSP012
        """,
        """
        < {"type": "session.created", "session": {"instructions": "You are a bank's assistant."}}
        > {"type": "response.create", "response": {"instructions": "Apologise."}}  # RSP012
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the two instructions."""
        request = mapping(event.body.get("response"))
        own, sessions = text(request.get("instructions")), text(before.config.get("instructions"))
        if own and sessions and sessions not in own and request.get("conversation") != "none":
            yield self.finding(
                event,
                f"the instructions of this response ({len(own)} characters) replace the session's ({len(sessions)} characters) "
                "for this response: repeat what must still hold there",
                cause=before.config_at,
            )
