"""Arguments that the tool's own schema does not allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import is_masked, mapping, mappings, text

_SHOWN = 3
_WORDS = 160
_LARGEST_CHARS = 65_536
_REFERENCES = ("$ref", "$dynamicRef", "$id")
_DEEPEST = 64


class ArgumentsAgainstSchema(Rule):
    """The arguments of a completed function call do not fit the parameters that the tool declares.

    Why: a client that unpacks them raises or does the wrong thing, and the call often goes unanswered.
    Fix: check the arguments, and answer a call that does not fit with an output that says what is wrong: the model
        corrects itself. Describe the parameters, and keep them few and flat.
    Limits: only where the tool in force is known and did not change during the response. A schema that is none, or that
        refers to another document, is left out; formats are not checked.
    Source: Realtime API reference, `session.tools` (read 2026-11-22); JSON Schema 2020-12.
    """

    id = "TOOL010"
    name = "arguments-against-schema"
    severity = Severity.WARNING
    on = ("response.output_item.done",)
    good = (
        """
        < {"type": "session.updated", "session": {"tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "i1", "type": "function_call", "call_id": "c1", "name": "f", "status": "completed", "arguments": "{\\"city\\": \\"Rome\\"}"}}
        """,
        """
        # interrupted, no JSON, no schema, or one of another document
        < {"type": "session.updated", "session": {"tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "required": ["city"]}}, {"type": "function", "name": "g"}, {"type": "function", "name": "h", "parameters": {"$ref": "https://example.com/h.json"}}, {"type": "function", "name": "i", "parameters": {"type": "nothing"}}]}}
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c1", "name": "f", "status": "incomplete", "arguments": "{}"}}
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c2", "name": "f", "status": "completed", "arguments": "{"}}
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c3", "name": "g", "status": "completed", "arguments": "{}"}}
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c4", "name": "h", "status": "completed", "arguments": "{}"}}
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c5", "name": "i", "status": "completed", "arguments": "{}"}}
        """,
        """
        # the tool was another one when the response began
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "session.updated", "session": {"tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "required": ["city"]}}]}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "i1", "type": "function_call", "call_id": "c1", "name": "f", "status": "completed", "arguments": "{}"}}
        """,
    )
    bad = (
        """
        < {"type": "session.updated", "session": {"tools": [{"type": "function", "name": "f", "parameters": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "i1", "type": "function_call", "call_id": "c1", "name": "f", "status": "completed", "arguments": "{}"}}  # TOOL010
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "i2", "type": "function_call", "call_id": "c2", "name": "f", "status": "completed", "arguments": "{\\"city\\": 7}"}}  # TOOL010
        """,
        """
        # declared for this response
        > {"type": "response.create", "response": {"tools": [{"type": "function", "name": "set", "parameters": {"type": "object", "properties": {"to": {"enum": ["on", "off"]}}}}]}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "i1", "type": "function_call", "call_id": "c1", "name": "set", "status": "completed", "arguments": "{\\"to\\": \\"dim\\"}"}}  # TOOL010
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Hold the arguments against the schema."""
        item = mapping(event.body.get("item"))
        name, arguments = text(item.get("name")), text(item.get("arguments"))
        if item.get("type") != "function_call" or (text(item.get("status")) or "completed") != "completed":
            return
        schema = _schema(name, text(event.body.get("response_id")), before)
        if not schema or not arguments or len(arguments) > _LARGEST_CHARS or is_masked(arguments):
            return
        problems = _problems(schema, arguments)
        if problems:
            more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
            yield self.finding(
                event,
                f"the arguments of {name} ({text(item.get('call_id'))}) do not fit its parameters: "
                f"{'; '.join(problems[:_SHOWN])}{more}; answer the call with an output that says so",
                cause=before.config_at,
            )


def _schema(name: str, response_id: str, before: Session) -> Mapping[str, Any]:
    """Return the parameters a tool declared for that response; empty where they are not certain."""
    response = before.responses.get(response_id)
    asked = (
        mappings(response.request.body.get("tools")) if response is not None and response.request is not None else []
    )
    changed = response is not None and before.config_at is not None and before.config_at.n > response.created.n
    known = [] if changed or before.pending_updates else mappings(before.config.get("tools"))
    found = [tool for tool in (asked or known) if tool.get("name") == name]
    schema = mapping(found[0].get("parameters")) if len(found) == 1 else {}
    return {} if _refers_outside(schema) else schema


def _refers_outside(part: Any, depth: int = 0) -> bool:
    """Tell whether a schema leads to another document, which is not to be fetched, or is too deep to tell."""
    if isinstance(part, Mapping):
        outside = any(not text(part.get(key, "#")).startswith("#") for key in _REFERENCES)
        return outside or depth > _DEEPEST or any(_refers_outside(value, depth + 1) for value in part.values())
    return isinstance(part, list) and (depth > _DEEPEST or any(_refers_outside(value, depth + 1) for value in part))


def _problems(schema: Mapping[str, Any], arguments: str) -> list[str]:
    """Return what does not fit; nothing where the schema is none, or the arguments are no object."""
    try:
        value = orjson.loads(arguments)
        validator = _validator(orjson.dumps({key: part for key, part in schema.items() if key != "$schema"}))
        found = list(validator.iter_errors(value)) if isinstance(value, dict) else []
    except ValueError:
        return []
    return [_words(error.message, error.instance_path) for error in found]


@lru_cache(maxsize=64)
def _validator(schema: bytes) -> Any:
    import jsonschema_rs  # takes a while

    return jsonschema_rs.Draft202012Validator(orjson.loads(schema))


def _words(message: str, path: list[Any]) -> str:
    short = message if len(message) <= _WORDS else f"{message[:_WORDS]}…"
    place = ".".join(map(str, path))
    return f"{place}: {short}" if place else short
