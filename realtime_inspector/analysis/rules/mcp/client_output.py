"""An output for a call that the server makes by itself."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class ClientOutput(Rule):
    """The client sends a function_call_output for an MCP call.

    Why: the server makes MCP calls by itself and already has the result; it refuses the output, for no function call has
        that id.
    Fix: answer only items of type function_call, by their call_id; of MCP, answer only mcp_approval_request, with an
        mcp_approval_response.
    Limits: only where the recording shows what the item is.
    Source: Realtime guide, "MCP servers" (read 2026-11-22).
    """

    id = "MCP006"
    name = "client-output"
    severity = Severity.ERROR
    on = ("conversation.item.create",)
    good = (
        """
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "m1", "type": "mcp_call", "name": "search", "output": "1"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "f"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        """,
        """
        < {"type": "conversation.item.added", "item": {"id": "p1", "type": "mcp_approval_request", "server_label": "docs", "name": "search"}}
        > {"type": "conversation.item.create", "item": {"type": "mcp_approval_response", "approval_request_id": "p1", "approve": true}}
        """,
    )
    bad = (
        """
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "m1", "type": "mcp_call", "name": "search", "output": "1"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "m1", "output": "1"}}  # MCP006
        """,
        """
        < {"type": "conversation.item.added", "item": {"id": "p1", "type": "mcp_approval_request", "server_label": "docs", "name": "search"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "p1", "output": "ok"}}  # MCP006
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look up what the id is of."""
        call_id = text(event.get("item.call_id"))
        item = before.items.get(call_id)
        if event.get("item.type") != "function_call_output" or item is None or not item.type.startswith("mcp_"):
            return
        approval = item.type == "mcp_approval_request"
        yield self.finding(
            event,
            f"{call_id} is the {item.type} of {text(item.body.get('name')) or 'an MCP server'}, not a function call: "
            + (
                "answer it with an mcp_approval_response"
                if approval
                else "the server makes it by itself and refuses the output; send nothing"
            ),
            cause=item.first,
        )
