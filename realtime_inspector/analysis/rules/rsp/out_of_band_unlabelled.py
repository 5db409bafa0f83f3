"""A response beside the conversation that nobody can tell apart."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.rsp.requests import is_out_of_band
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping


class OutOfBandUnlabelled(Rule):
    """The client asks for a response outside the conversation, without metadata, while others are under way.

    Why: the events of both come mixed, and nothing but the metadata says which request a response answers: what was meant
        for the program may be spoken to the user, or the other way round.
    Fix: give each such request its own metadata, such as {"metadata": {"purpose": "summary"}}, and sort by the response's
        id once response.created has given it back.
    Limits: a warning where another one outside the conversation is under way and has no metadata either; information where
        only the conversation's own is, which a conversation_id tells apart.
    Source: Realtime guide, "Create responses outside the default conversation" (read 2026-11-22).
    """

    id = "RSP013"
    name = "out-of-band-unlabelled"
    severity = Severity.WARNING
    on = ("response.create",)
    good = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.create", "response": {"conversation": "none", "metadata": {"purpose": "summary"}}}
        """,
        """
        # one at a time
        > {"type": "response.create", "response": {"conversation": "none"}}
        < {"type": "response.created", "response": {"id": "r1", "conversation_id": null}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "conversation_id": null}}
        > {"type": "response.create", "response": {"conversation": "none"}}
        """,
    )
    bad = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.create", "response": {"conversation": "none"}}  # RSP013
        """,
        """
        > {"type": "response.create", "response": {"conversation": "none"}}
        > {"type": "response.create", "response": {"conversation": "none", "metadata": {}}}  # RSP013
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for a label, and for what it would have to be told apart from."""
        request = mapping(event.body.get("response"))
        if not is_out_of_band(event) or request.get("metadata"):
            return
        asked = [each for each in before.pending_requests if each.out_of_band and not each.body.get("metadata")]
        begun = [each for each in before.active.values() if each.out_of_band and not each.metadata]
        running = before.active_response
        if not asked and not begun and running is None:
            return
        like = bool(asked or begun)
        place = asked[0].at if asked else begun[0].created if begun else running.created if running else None
        yield self.finding(
            event,
            "this response outside the conversation has no metadata, and "
            + ("another one without any" if like else f"response {running.id if running else ''}")
            + " is under way: nothing says which of them answers which request; give it metadata of its own",
            cause=place,
            severity=Severity.WARNING if like else Severity.INFO,
            corrected={**event.body, "response": {**request, "metadata": {"purpose": "out-of-band"}}},
        )
