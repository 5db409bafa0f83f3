"""Asked wherever the client lists tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import beta, left_out, schema
from realtime_inspector.protocol.realtime.session import Session

_FIELDS = frozenset({"type", "name", "description", "parameters"})
_LEFTOVERS = frozenset({"strict", "function"})
"""Keys of a tool as chat completions have it."""


class ToolShape(GaRule):
    """A tool is not written as the Realtime API wants it.

    Why: the server refuses the complete update for one such tool, or takes it and shows the model no tool at all.
    Fix: write it flat: {"type": "function", "name": …, "description": …, "parameters": {…}}, without "function" and
        "strict".
    Limits: a key that the reference does not know is a warning, for it may be newer. Other kinds of tools (mcp, a
        server's own) are not looked at.
    Source: Realtime API reference, `session.tools` (read 2026-11-22).
    """

    id = "SES009"
    name = "tool-shape"
    severity = Severity.ERROR
    on = ("session.update", "response.create")
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"tools": [{"type": "function", "name": "a", "parameters": {}}]}}
        > {"type": "session.update", "session": {"type": "realtime", "tools": []}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"tools": [{"type": "mcp"}]}}
        > {"type": "response.create", "response": {"tools": [{"type": "function", "name": "add"}]}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"tools": [{"type": "function", "function": {"name": "a"}}]}}  # SES009
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"tools": [{"name": "a"}, {"type": "function"}]}}  # SES009
        > {"type": "response.create", "response": {"tools": [{"type": "function", "name": "a", "x": 1}]}}  # SES009
        """,
        """
        > {"type": "session.update", "session": {"type": "realtime", "tools": ["add"]}}  # SES009
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        +1s < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Say of every tool what is wrong with it."""
        member = "session" if event.type == "session.update" else "response"
        tools = event.get(f"{member}.tools")
        if not isinstance(tools, list):
            return
        blank = left_out.WIRE in session.left_out  # a logger writes [Object] for what it leaves out
        shown = [(place, tool) for place, tool in enumerate(tools) if tool is not None or not blank]
        wrong = [(place, *found) for place, tool in shown if (found := _wrong(tool)) is not None]
        if not wrong:
            return
        message = "; ".join(f"{member}.tools[{place}]{words}" for place, words, _ in wrong)
        severity = Severity.ERROR if any(certain for _, _, certain in wrong) else Severity.WARNING
        yield self.finding(event, message, severity=severity, corrected=_mended(event, member))


def _mended(event: Event, member: str) -> dict[str, Any] | None:
    """Return the event with its tools in the flat shape; None where one of them has no name to be called by."""
    body = beta.event_to_ga(event.body)
    tools = body[member]["tools"]
    named = all(isinstance(tool, Mapping) and (tool.get("type") != "function" or tool.get("name")) for tool in tools)
    return body if named else None


def _wrong(tool: Any) -> tuple[str, bool] | None:
    """Return what is wrong with a tool, and whether that is certain."""
    if not isinstance(tool, Mapping):
        return " is no object: write each tool as an object", True
    name = tool.get("name")
    inner = tool.get("function")
    if isinstance(inner, Mapping):
        return f' ({inner.get("name")}) nests its function as chat completions do: take it out of "function"', True
    if tool.get("type") is None:
        return f' ({name}) has no type: add "type": "function"', True
    if tool.get("type") != "function":
        return None
    if not isinstance(name, str) or not name:
        return " has no name: the model cannot call it", True
    unknown = sorted(tool.keys() - _FIELDS)
    if not unknown:
        return None
    certain = not _LEFTOVERS.isdisjoint(unknown)
    dated = "" if certain else f" (by the reference of {schema.source()})"
    return f" ({name}) has {', '.join(unknown)}, which a function has not{dated}: leave it out", certain
