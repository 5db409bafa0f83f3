"""Asked when the upgrade succeeds, and at the server's first event."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import speaks_realtime
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import WIRE_RESPONSE, Event
from realtime_inspector.protocol.realtime.session import Session


class NoSessionCreated(Rule):
    """The connection was accepted, and for seconds the server says nothing.

    Why: a session begins with session.created; without it there is none, and whatever is sent goes nowhere.
    Fix: check the URL: the path, the model, the query. Something else may have accepted the WebSocket.
    Limits: sockets that join a call and other APIs are left out. A server that begins with another event is not
        blamed, for some do.
    Source: Realtime API, `session.created` is the first event of a connection (read 2026-11-22).
    """

    id = "CON004"
    name = "no-session-created"
    severity = Severity.ERROR
    on = (WIRE_RESPONSE,)
    wait_s = Threshold(5.0, "s", "how long the server's first event may take", least=0.1)
    good = (
        """
        > GET /v1/realtime?model=gpt-realtime
        < 101
        +4s < {"type": "session.created", "session": {"id": "s1"}}
        +6s .
        """,
        """
        > GET /v1/realtime?call_id=rtc_1
        < 101
        +10s .
        """,
        """
        > GET /v1/realtime?model=a
        < 101
        < {"type": "conversation.created", "conversation": {"id": "c1"}}
        +10s .
        """,
    )
    bad = (
        """
        > GET /v1/realtime?model=gpt-realtime
        < 101  # CON004
        > {"type": "response.create"}
        +6s > {"type": "response.create"}
        """,
        """
        < 101  # CON004
        +8s x> 1000
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the first event."""
        if event.body.get("status") == 101 and not after.is_sideband and speaks_realtime(after):
            yield Deadline(event.t + self.wait_s, event)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Say how long nothing came."""
        if session.first_server is None and session.close is None and not session.counts.get("wire.gap"):
            where = session.target or "the URL"
            message = (
                f"no session.created within {self.wait_s:g} s after the upgrade: check path and model of {where}, and what "
                "stands before the server"
            )
            yield self.finding(deadline.event, message, t=deadline.at)
