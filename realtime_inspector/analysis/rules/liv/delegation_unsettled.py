"""Work that the assistant delegated to the client, which gave no result."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import dialects, left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class DelegationUnsettled(Rule):
    """The assistant of a Live session delegates work to the client, and gets no result.

    Why: the user was told to wait, or hears nothing: the assistant goes on only with what the client gives it.
    Fix: answer every delegation whose target is client by session.commentary.append or session.thinking.append with its
        delegation_id, also where the work failed.
    Limits: counts ten seconds; a session that ends sooner is left out.
    Source: Live API, `session.delegation.created`, by the types of `openai` 3.54.0 (read 2026-11-24).
    """

    id = "LIV004"
    name = "delegation-unsettled"
    severity = Severity.WARNING
    on = ("session.delegation.created",)
    dialects = frozenset({dialects.LIVE})
    needs = frozenset({left_out.CLIENT})
    wait_s = Threshold(10.0, "s", "how long the client may work on it", least=0.1)
    good = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "session.started", "session": {"id": "live_1"}}
        < {"type": "session.delegation.created", "delegation": {"id": "g1", "target": "client"}}
        +2s > {"type": "session.commentary.append", "delegation_id": "g1", "content": "It is sunny."}
        +30s .
        """,
        """
        # somebody else sees to it
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "session.delegation.created", "delegation": {"id": "g1", "target": "responses"}}
        +30s .
        """,
    )
    bad = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "session.started", "session": {"id": "live_1"}}
        < {"type": "session.delegation.created", "delegation": {"id": "g1", "target": "client"}}  # LIV004
        +30s .
        """,
        """
        # another one is answered
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "session.delegation.created", "delegation": {"id": "g1", "target": "client"}}  # LIV004
        < {"type": "session.delegation.created", "delegation": {"id": "g2", "target": "client"}}
        > {"type": "session.thinking.append", "delegation_id": "g2", "content": "Noted."}
        +30s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Leave the client some time."""
        delegation_id = text(event.get("delegation.id"))
        if event.from_server and delegation_id in after.delegations:
            yield Deadline(event.t + self.wait_s, event, delegation_id)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether it was answered."""
        if deadline.subject not in session.delegations or session.ended is not None or session.close is not None:
            return
        yield self.finding(
            deadline.event,
            f"the assistant delegated {deadline.subject} to the client {self.wait_s:g} s ago, and the client gave no result: "
            f'send session.commentary.append with "delegation_id": "{deadline.subject}", also if the work failed',
            t=deadline.at,
        )
