"""A call of a tool that is not in the session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text, tool_name

LOOK_BACK = 20
"""Tools of that many updates count as declared, also where the server does not show them."""


class UndeclaredTool(Rule):
    """The model calls a function that neither the session nor the request declares.

    Why: a client that looks it up finds nothing and often answers nothing: the assistant waits.
    Fix: answer it with an output that says there is no such tool; look at names in the instructions and in the history.
    Limits: only where the tools in force are known; a session with MCP tools is left out.
    Source: Realtime API reference, `session.update` (read 2026-11-22); github.com/openai/openai-agents-python/issues/3286.
    """

    id = "TOOL011"
    name = "undeclared-tool"
    severity = Severity.WARNING
    on = ("response.output_item.done",)
    good = (
        """
        < {"type": "session.updated", "session": {"tools": [{"type": "function", "name": "f"}]}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"type": "function_call", "call_id": "c1", "name": "f"}}
        """,
        """
        # declared for this response
        < {"type": "session.updated", "session": {"tools": []}}
        > {"type": "response.create", "response": {"tools": [{"type": "function", "name": "g"}]}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"type": "function_call", "call_id": "c1", "name": "g"}}
        """,
        """
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"type": "function_call", "call_id": "c1", "name": "f"}}
        """,
        """
        # declared in the nested form, as xAI reports it
        < {"type": "session.created", "session": {"tools": [{"type": "function", "function": {"name": "f"}}]}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"type": "function_call", "call_id": "c1", "name": "f"}}
        """,
    )
    bad = (
        """
        < {"type": "session.updated", "session": {"tools": [{"type": "function", "name": "f"}]}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"type": "function_call", "call_id": "c1", "name": "g"}}  # TOOL011
        """,
        """
        < {"type": "session.created", "session": {"tools": []}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"type": "function_call", "call_id": "c1", "name": "f"}}  # TOOL011
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the name up."""
        item = mapping(event.body.get("item"))
        name = text(item.get("name"))
        known = before.config.get("tools")
        if item.get("type") != "function_call" or not name or not isinstance(known, list) or before.pending_updates:
            return
        if not all(isinstance(tool, Mapping) for tool in known):  # a logger wrote [Object] in its place
            return
        response = before.responses.get(text(event.body.get("response_id")))
        asked = (
            mappings(response.request.body.get("tools"))
            if response is not None and response.request is not None
            else []
        )
        wished = [tool for update in before.updates[-LOOK_BACK:] for tool in mappings(update.session.get("tools"))]
        tools = [*mappings(known), *asked, *wished]
        if any(tool_name(tool) == name or tool.get("type") == "mcp" for tool in tools):
            return
        names = ", ".join(sorted({tool_name(tool) for tool in tools})) or "none"
        yield self.finding(
            event,
            f"the model calls {name} ({text(item.get('call_id'))}), which is not declared (declared: {names}): answer it with an "
            "output that says so",
            cause=before.config_at,
        )
