"""Asked wherever the client says how tools are chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule
from realtime_inspector.analysis.settings import tool_names
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.session import Session


class ToolChoice(GaRule):
    """The tool_choice names no tool there is, or is written as chat completions have it.

    Why: the server refuses the complete event (missing_required_parameter: tool_choice.name), or never calls a tool.
    Fix: write {"type": "function", "name": "…"} with the name of a tool that the session or the response has.
    Limits: a tool of an update that is still on its way counts. Tools of an MCP server are not looked at.
    Source: Realtime API reference, `session.tool_choice` (read 2026-11-22).
    """

    id = "SES011"
    name = "tool-choice"
    severity = Severity.ERROR
    on = ("session.update", "response.create")
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "tools": []}}
        > {"type": "session.update", "session": {"tools": [{"type": "function", "name": "a"}]}}
        > {"type": "response.create", "response": {"tool_choice": {"type": "function", "name": "a"}}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"tools": [{"type": "mcp", "server_label": "b"}]}}
        > {"type": "response.create", "response": {"tool_choice": {"type": "function", "name": "a"}}}
        > {"type": "session.update", "session": {"tool_choice": "auto"}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"tool_choice": {"function": {"name": "a"}}}}  # SES011
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "tools": [{"name": "b"}]}}
        > {"type": "response.create", "response": {"tool_choice": {"type": "function", "name": "a"}}}  # SES011
        > {"type": "response.create", "response": {"tool_choice": "required", "tools": []}}  # SES011
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Compare the choice with the tools."""
        member = "session" if event.type == "session.update" else "response"
        choice = event.get(f"{member}.tool_choice")
        if isinstance(choice, Mapping) and isinstance(choice.get("function"), Mapping):
            message = f"{member}.tool_choice nests its function as chat completions do: put the name beside the type"
            yield self.finding(event, message, corrected=beta.event_to_ga(event.body))
            return
        tools = _tools(event, member, session)
        if event.get(f"{member}.prompt") is not None:  # a stored prompt brings tools of its own
            return
        if any(isinstance(tool, Mapping) and tool.get("type") == "mcp" for tool in tools):
            return
        if choice == "required" and not tools:
            yield self.finding(
                event, f"{member}.tool_choice is required, and there are no tools: give some, or write auto"
            )
        named = choice.get("name") if isinstance(choice, Mapping) and choice.get("type") == "function" else None
        if isinstance(named, str) and named not in tool_names(tools):
            known = ", ".join(sorted(tool_names(tools)))
            advice = f"is {known}: name one of these, or add it to tools" if known else "are none: add it to tools"
            yield self.finding(event, f"{member}.tool_choice names the tool {named}, and there {advice}")


def _tools(event: Event, member: str, session: Session) -> list[Any]:
    """Return the tools that hold for the event: its own, else those in force or on their way."""
    own = event.get(f"{member}.tools")
    if isinstance(own, list):
        return own
    lists = [session.config.get("tools"), *(update.session.get("tools") for update in session.pending_updates)]
    return [tool for tools in lists if isinstance(tools, list) for tool in tools]
