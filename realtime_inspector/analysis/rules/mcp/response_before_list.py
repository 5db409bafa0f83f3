"""An answer before the tools are known."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text


class ResponseBeforeList(Rule):
    """A response begins while the tools of an MCP server are still being listed.

    Why: the model does not have these tools yet: it says that it cannot do what it could a moment later.
    Fix: wait for mcp_list_tools.completed before the first response; for voice, set create_response to true only then.
    Limits: said once a session. Information before the user has said anything: a greeting needs no tools.
    Source: Realtime guide, "MCP servers" (read 2026-11-22).
    """

    id = "MCP002"
    name = "response-before-list"
    severity = Severity.WARNING
    on = ("response.created",)
    needs = frozenset({left_out.WIRE, left_out.ORDER})
    once = True
    good = (
        """
        < {"type": "mcp_list_tools.in_progress", "item_id": "l1"}
        < {"type": "mcp_list_tools.completed", "item_id": "l1"}
        < {"type": "response.created", "response": {"id": "r1"}}
        """,
        """
        # listed, by its item; and outside the conversation
        < {"type": "mcp_list_tools.in_progress", "item_id": "l1"}
        < {"type": "response.created", "response": {"id": "r1", "conversation_id": null}}
        < {"type": "conversation.item.done", "item": {"id": "l1", "type": "mcp_list_tools", "server_label": "docs", "tools": []}}
        < {"type": "response.created", "response": {"id": "r2"}}
        """,
    )
    bad = (
        """
        < {"type": "conversation.item.added", "item": {"id": "l1", "type": "mcp_list_tools", "server_label": "docs"}}
        < {"type": "mcp_list_tools.in_progress", "item_id": "l1"}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "response.created", "response": {"id": "r1"}}  # MCP002
        < {"type": "response.created", "response": {"id": "r2"}}
        """,
        """
        # a greeting
        < {"type": "mcp_list_tools.in_progress", "item_id": "l1"}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}  # MCP002
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for lists that are not there yet."""
        body = mapping(event.body.get("response"))
        if not before.listing_tools or ("conversation_id" in body and body["conversation_id"] is None):
            return
        names = ", ".join(_label(before, item_id) for item_id in before.listing_tools)
        yield self.finding(
            event,
            f"response {text(body.get('id'))} begins while the tools of {names} are still being listed: the model does not have "
            "them yet; wait for mcp_list_tools.completed",
            cause=next(iter(before.listing_tools.values())),
            severity=Severity.WARNING if before.user_turns else Severity.INFO,
        )


def _label(before: Session, item_id: str) -> str:
    item = before.items.get(item_id)
    return (text(item.body.get("server_label")) if item is not None else "") or item_id
