"""An MCP server whose tools could not be listed."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class ToolsNotListed(Rule):
    """The tools of an MCP server could not be listed.

    Why: the model has none of them, and the event gives no reason.
    Fix: check server_url, authorization and that the server can be reached from the API, not from your machine.
    Limits: none known.
    Source: Realtime API reference, `mcp_list_tools.failed` (read 2026-11-22); github.com/openai/openai-python/issues/3128.
    """

    id = "MCP001"
    name = "tools-not-listed"
    severity = Severity.ERROR
    on = ("mcp_list_tools.failed",)
    good = (
        """
        < {"type": "mcp_list_tools.completed", "item_id": "l1"}
        """,
        """
        < {"type": "mcp_list_tools.in_progress", "item_id": "l1"}
        """,
    )
    bad = (
        """
        < {"type": "conversation.item.added", "item": {"id": "l1", "type": "mcp_list_tools", "server_label": "docs"}}
        < {"type": "mcp_list_tools.failed", "item_id": "l1"}  # MCP001
        """,
        """
        < {"type": "mcp_list_tools.failed", "item_id": "l1"}  # MCP001
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Name the server."""
        item = before.items.get(text(event.body.get("item_id")))
        label = text(item.body.get("server_label")) if item is not None else ""
        yield self.finding(
            event,
            f"the tools of MCP server {label or text(event.body.get('item_id'))!r} could not be listed, so the model has none of "
            "them: check its URL, its authorization, and that the API can reach it",
            cause=item.first if item is not None else None,
        )
