"""An MCP call that waits for its approval."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

LOOK_BACK = 200


class ApprovalPending(Rule):
    """An MCP call asks for approval and gets no answer, or an answer names a request that never was.

    Why: the call waits, and with it the user.
    Fix: send an item of type mcp_approval_response with the request's id as approval_request_id.
    Limits: counts ten seconds: a person may take longer. A wrong id is an error, where the recording has the session from its
        start.
    Source: Realtime API reference, `conversation.item.create` (read 2026-11-22).
    """

    id = "MCP003"
    name = "approval-pending"
    severity = Severity.WARNING
    on = (
        "conversation.item.added",
        "conversation.item.done",
        "response.output_item.added",
        "response.output_item.done",
        "conversation.item.create",
    )
    wait_s = Threshold(10.0, "s", "how long the approval may take", least=0.1)
    good = (
        """
        < {"type": "conversation.item.added", "item": {"id": "p1", "type": "mcp_approval_request", "server_label": "docs", "name": "search"}}
        +5s > {"type": "conversation.item.create", "item": {"type": "mcp_approval_response", "approval_request_id": "p1", "approve": true}}
        < {"type": "conversation.item.added", "item": {"id": "q1", "type": "mcp_approval_response", "approval_request_id": "p1", "approve": true}}
        +9s .
        """,
        """
        < {"type": "session.created", "session": {}}
        < {"type": "conversation.item.added", "item": {"id": "m1", "type": "message", "role": "user"}}
        +20s .
        """,
    )
    bad = (
        """
        < {"type": "conversation.item.added", "item": {"id": "p1", "type": "mcp_approval_request", "server_label": "docs", "name": "search"}}  # MCP003
        < {"type": "conversation.item.done", "item": {"id": "p1", "type": "mcp_approval_request", "server_label": "docs", "name": "search"}}
        +11s .
        """,
        """
        < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "p1", "type": "mcp_approval_request", "server_label": "docs", "name": "search"}}  # MCP003
        < {"type": "conversation.item.added", "item": {"id": "p1", "type": "mcp_approval_request", "server_label": "docs", "name": "search"}}
        +11s .
        """,
        """
        < {"type": "session.created", "session": {}}
        > {"type": "conversation.item.create", "item": {"type": "mcp_approval_response", "approval_request_id": "p9", "approve": true}}  # MCP003
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look up the request that an answer names."""
        body = mapping(event.body.get("item"))
        if body.get("type") != "mcp_approval_response" or not event.from_client or not before.is_whole:
            return
        request_id = text(body.get("approval_request_id"))
        if request_id not in before.items:
            yield self.finding(
                event,
                f"no mcp_approval_request of this session has the id {request_id!r}: send the id of the item that asks",
                severity=Severity.ERROR,
            )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the answer to a request."""
        item = after.items.get(text(mapping(event.body.get("item")).get("id")))
        if item is None or item.type != "mcp_approval_request" or not event.from_server:
            return
        if item.first is not None and item.first.n == event.n:
            yield Deadline(event.t + self.wait_s, event, item.id)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Ask whether it came."""
        sent = (mapping(each.body.get("item")) for each in session.unanswered)
        known = (item.body for item in reversed(session.items.values()))
        if any(
            text(body.get("approval_request_id")) == deadline.subject for body in chain(sent, islice(known, LOOK_BACK))
        ):
            return
        body = session.items[deadline.subject].body
        yield self.finding(
            deadline.event,
            f"the MCP call {text(body.get('name'))} of {text(body.get('server_label'))} has waited {self.wait_s:g} s for its "
            f"approval: send an mcp_approval_response with approval_request_id {deadline.subject!r}",
            t=deadline.at,
        )
