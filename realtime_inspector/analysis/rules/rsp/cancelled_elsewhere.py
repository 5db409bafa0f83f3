"""A response that somebody else cancelled."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text


class CancelledElsewhere(Rule):
    """A response ended as cancelled by the client, and the client on this connection cancelled none.

    Why: somebody else controls the same session: a sideband socket, a browser over WebRTC, a gateway that sends events of its
        own. Two that steer cancel each other's answers.
    Fix: find out who else holds the session, and let one of them decide.
    Limits: information; only where the recording has the session from its start, without a gap, and no cancel is on its way.
    Source: Realtime API reference, `response.done` (read 2026-11-22).
    """

    id = "RSP009"
    name = "cancelled-elsewhere"
    severity = Severity.INFO
    on = ("response.done",)
    needs = frozenset({left_out.CLIENT, left_out.ORDER, left_out.WIRE})
    good = (
        """
        < {"type": "session.created", "session": {}}
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.cancel"}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "client_cancelled"}}}
        """,
        """
        # cancelled before it began, and by voice detection
        < {"type": "session.created", "session": {}}
        > {"type": "response.create"}
        > {"type": "response.cancel"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "client_cancelled"}}}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "cancelled", "status_details": {"reason": "turn_detected"}}}
        """,
        """
        # a part of a session
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "client_cancelled"}}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "client_cancelled"}}}  # RSP009
        """,
        """
        # the cancel was of the response before
        < {"type": "session.created", "session": {}}
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "response.cancel", "response_id": "r1"}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "client_cancelled"}}}
        < {"type": "response.created", "response": {"id": "r2"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "cancelled", "status_details": {"type": "cancelled", "reason": "client_cancelled"}}}  # RSP009
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for a cancel of this client."""
        body = mapping(event.body.get("response"))
        response = before.responses.get(text(body.get("id")))
        reason = text(mapping(body.get("status_details")).get("reason"))
        if body.get("status") != "cancelled" or reason != "client_cancelled" or response is None or not before.is_whole:
            return
        on_its_way = any(pending.type == "response.cancel" for pending in before.unanswered)
        if response.cancel is None and not on_its_way:
            yield self.finding(
                event,
                f"response {response.id} was cancelled by a client, and not by the one on this connection: somebody else (a "
                "sideband socket, a browser, a gateway) controls the same session: let one of them decide",
                cause=response.created,
            )
