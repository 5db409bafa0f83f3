"""Asked wherever the client lists tools."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text

_NAME = re.compile(r"^[a-zA-Z0-9_-]+$")
_OTHERS = re.compile(r"[^a-zA-Z0-9_-]")
_LENGTHS = {"name": 64, "description": 1024}
"""Part of a tool → the most characters that servers were seen to take."""


class ToolSchema(Rule):
    """What a tool says of itself or of its parameters cannot be right.

    Why: the server may refuse the update, or the model calls the tool with arguments nobody expects, or not at all.
    Fix: use a name of letters, digits, _ and -, once; describe the parameters as a JSON Schema object, and require
        only what it has as properties.
    Limits: the schema is not judged beyond that. A tool without parameters is fine. A long name or description is
        information: limits of 64 and of 1024 characters were seen, and whether they still hold is not known.
    Source: Realtime API reference, `session.tools` (read 2026-11-22).
    """

    id = "SES010"
    name = "tool-schema"
    severity = Severity.WARNING
    on = ("session.update", "response.create")
    good = (
        """
        > {"type": "session.update", "session": {"tools": [{"type": "function", "name": "a", "parameters": {}}]}}
        > {"type": "session.update", "session": {"tools": [{"type": "mcp", "server_label": "a b"}]}}
        """,
        """
        > {"type": "response.create", "response": {"tools": [{"type": "function", "name": "add", "parameters": {
        """.rstrip()
        + """"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}}]}}
        """,
    )
    bad = (
        """
        > {"type": "session.update", "session": {"tools": [{"type": "function", "name": "my tool"}]}}  # SES010
        > {"type": "session.update", "session": {"tools": [{"name": "a"}, {"name": "a"}]}}  # SES010
        """,
        """
        > {"type": "response.create", "response": {"tools": [{"name": "a", "parameters": {"type": "x"}}]}}  # SES010
        > {"type": "response.create", "response": {"tools": [{"name": "a", "parameters": {"required": [1]}}]}}  # SES010
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Say of every tool what is wrong with it."""
        member = "session" if event.type == "session.update" else "response"
        tools = [tool for tool in mappings(event.get(f"{member}.tools")) if tool.get("type", "function") == "function"]
        names = Counter(text(tool.get("name")) for tool in tools)
        wrong = [problem for tool in tools for problem in _problems(tool)]
        wrong += [
            f"{count} tools are called {name}: give each a name of its own"
            for name, count in names.items()
            if name and count > 1
        ]
        if wrong:
            yield self.finding(event, "; ".join(wrong), corrected=_mended(event, member))
        long = [problem for tool in tools for problem in _lengths(tool)]
        if long:
            yield self.finding(event, f"{'; '.join(long)}: a server may refuse it", severity=Severity.INFO)


def _mended(event: Event, member: str) -> dict[str, Any] | None:
    """Return the event with names and schemas as a server takes them; None where two tools have one name."""
    settings = mapping(event.body.get(member))
    tools = [_with_schema(tool) for tool in mappings(settings["tools"])]
    names = [tool["name"] for tool in tools if "name" in tool]
    return {**event.body, member: {**settings, "tools": tools}} if len(set(names)) == len(names) else None


def _with_schema(tool: Mapping[str, Any]) -> dict[str, Any]:
    if tool.get("type", "function") != "function":
        return dict(tool)
    mended = {**tool, "name": _OTHERS.sub("_", text(tool.get("name")))} if "name" in tool else dict(tool)
    parameters = tool.get("parameters")
    if parameters is None:
        return mended
    schema = {**mapping(parameters), "type": "object"}
    if isinstance(schema.get("required"), list) and "$ref" not in schema and "allOf" not in schema:
        known = mapping(schema.get("properties"))
        schema["required"] = [part for part in schema["required"] if isinstance(part, str) and part in known]
    return {**mended, "parameters": schema}


def _lengths(tool: Mapping[str, Any]) -> Iterator[str]:
    name = text(tool.get("name"))
    shown = name if len(name) <= _LENGTHS["name"] else f"{name[: _LENGTHS['name']]}…"
    for part, most in _LENGTHS.items():
        length = len(text(tool.get(part)))
        if length > most:
            yield f"the {part} of {shown} has {length} characters, servers were seen to take {most}"


def _problems(tool: Mapping[str, Any]) -> Iterator[str]:
    name = text(tool.get("name"))
    if name and not _NAME.match(name):
        yield f"the name {name!r} has other characters than letters, digits, _ and -: rename it"
    parameters = tool.get("parameters")
    if parameters is not None and not isinstance(parameters, Mapping):
        yield f"the parameters of {name} are no object: write a JSON Schema"
    schema = mapping(parameters)
    kind = schema.get("type", "object")
    if kind != "object":
        yield f"the parameters of {name} are of type {kind!r}: make it object"
    required = schema.get("required")
    properties = mapping(schema.get("properties"))
    named = required if isinstance(required, list) else []
    unknown = [str(part) for part in named if not isinstance(part, str) or part not in properties]
    if unknown and "$ref" not in schema and "allOf" not in schema:
        yield f"{name} requires {', '.join(unknown)}, which its properties do not have: describe it there, or require it not"
