"""An MCP call that failed."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

WAIT_S = 2.0


class CallFailed(Rule):
    """An MCP call failed.

    Why: the model answers without the result, or tells the user of an error you never see.
    Fix: look at the error's type: protocol_error and http_error are the connection's, tool_execution_error the tool's own.
    Limits: where the item with its error follows, that one is flagged.
    Source: Realtime API reference, `response.mcp_call.failed` (read 2026-11-22).
    """

    id = "MCP004"
    name = "call-failed"
    severity = Severity.WARNING
    on = ("response.mcp_call.failed", "response.output_item.done")
    good = (
        """
        < {"type": "response.mcp_call.completed", "item_id": "m1"}
        """,
        """
        < {"type": "response.output_item.done", "item": {"id": "m1", "type": "mcp_call", "name": "search", "output": "…", "error": null}}
        """,
    )
    bad = (
        """
        < {"type": "response.mcp_call.failed", "item_id": "m1"}
        < {"type": "response.output_item.done", "item": {"id": "m1", "type": "mcp_call", "name": "search", "server_label": "docs", "error": {"type": "http_error", "code": 502, "message": "Bad gateway"}}}  # MCP004
        """,
        """
        < {"type": "response.mcp_call.failed", "item_id": "m1"}  # MCP004
        +3s .
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Say what the item says."""
        item = mapping(event.body.get("item"))
        error = mapping(item.get("error"))
        if item.get("type") != "mcp_call" or not error:
            return
        parts = (text(error.get("type")), str(error.get("code") or ""), text(error.get("message")))
        yield self.finding(
            event,
            f"the MCP call {text(item.get('name'))} of {text(item.get('server_label')) or 'its server'} failed: "
            + " ".join(part for part in parts if part)
            + "; the model knows it: ask that server's operator, or say in the instructions what to do then",
        )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the item that shows the error."""
        if event.type == "response.mcp_call.failed":
            yield Deadline(event.t + WAIT_S, event, text(event.body.get("item_id")), at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        """Flag the failure itself, where none came."""
        item = session.items.get(deadline.subject)
        if item is None or not mapping(item.body.get("error")):
            yield self.finding(
                deadline.event,
                f"the MCP call {deadline.subject} failed, and no error says why: look at what its server logged",
                t=deadline.moment(session),
            )
