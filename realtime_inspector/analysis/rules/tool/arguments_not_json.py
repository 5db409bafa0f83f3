"""Arguments of a call that the tool cannot read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import is_masked, mapping, text

_SHOWN = 60


class ArgumentsNotJson(Rule):
    """The model completed a function call whose arguments are not a JSON object.

    Why: a client that parses them raises, the call is never answered, and the assistant waits in silence.
    Fix: catch the parse error and answer the call with an output that says so, then send {"type": "response.create"};
        simplify the tool's parameters.
    Limits: empty arguments give a warning only, for many clients take them as none; incomplete calls, and arguments of
        which something was taken out ([redacted], ***), are left out.
    Source: Realtime API reference, `response.function_call_arguments.done` (read 2026-11-22).
    """

    id = "TOOL008"
    name = "arguments-not-json"
    severity = Severity.ERROR
    on = ("response.output_item.done",)
    good = (
        """
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c1", "name": "f", "status": "completed", "arguments": "{\\"city\\": \\"Rome\\"}"}}
        """,
        """
        # interrupted: the arguments are cut off, and nobody should act on them
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c1", "name": "f", "status": "incomplete", "arguments": "{\\"ci"}}
        < {"type": "response.output_item.done", "item": {"type": "message", "role": "assistant", "status": "completed"}}
        """,
        """
        # nobody knows what they were
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c1", "name": "f", "status": "completed", "arguments": "[redacted:arguments]"}}
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c2", "name": "f", "status": "completed", "arguments": "***"}}
        """,
    )
    bad = (
        """
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c1", "name": "f", "status": "completed", "arguments": "{\\"ci"}}  # TOOL008
        """,
        """
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c1", "name": "f", "status": "completed", "arguments": "[1]"}}  # TOOL008
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c2", "name": "f", "status": "completed", "arguments": ""}}  # TOOL008
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Read the arguments as the client has to."""
        item = mapping(event.body.get("item"))
        arguments = item.get("arguments")
        if item.get("type") != "function_call" or text(item.get("status")) not in {"completed", ""}:
            return
        if not isinstance(arguments, str) or is_masked(arguments):
            return
        problem = _problem(arguments)
        if not problem:
            return
        yield self.finding(
            event,
            f"the arguments of {text(item.get('name')) or 'the tool'} ({text(item.get('call_id'))}) {problem}: "
            "answer the call with an output that says so instead of raising",
            severity=Severity.ERROR if arguments else Severity.WARNING,
        )


def _problem(arguments: str) -> str:
    if not arguments:
        return "are empty, not even {}"
    shown = arguments if len(arguments) <= _SHOWN else arguments[:_SHOWN] + "…"
    try:
        value: Any = json.loads(arguments)
    except (ValueError, RecursionError):
        return f"are not JSON: {shown!r}"
    return "" if isinstance(value, dict) else f"are no JSON object: {shown!r}"
