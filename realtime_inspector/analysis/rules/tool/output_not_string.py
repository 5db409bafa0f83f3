"""A tool's output that is no string."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

_NAMES: dict[type, str] = {dict: "an object", list: "an array", bool: "a boolean", type(None): "null"}


class OutputNotString(Rule):
    """A tool's output is an object, a number, null or missing, where the API takes a string only.

    Why: the server refuses the item, the call stays unanswered, and the assistant is silent.
    Fix: send structured results as JSON in a string; a tool without a result sends the empty string.
    Limits: none known.
    Source: Realtime API reference, `conversation.item.create`, function_call_output item (read 2026-11-22).
    """

    id = "TOOL007"
    name = "output-not-string"
    severity = Severity.ERROR
    on = ("conversation.item.create",)
    good = (
        """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c", "output": "{}"}}
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c", "output": ""}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}
        """,
    )
    bad = (
        """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": {"a": 1}}}  # TOOL007
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": 21.5}}  # TOOL007
        """,
        """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": null}}  # TOOL007
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c"}}  # TOOL007
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the output's type."""
        item = mapping(event.body.get("item"))
        output = item.get("output")
        if item.get("type") != "function_call_output" or isinstance(output, str):
            return
        meant = "" if output is None else _as_text(output)
        what = f"is {_NAMES.get(type(output), 'a number')}" if "output" in item else "is missing"
        yield self.finding(
            event,
            f"the output for {item.get('call_id') or 'a tool call'} {what}, and the server takes a string only: "
            + ('send "" where there is nothing to say' if not meant else "send it as JSON in a string"),
            corrected={**event.body, "item": {**item, "output": meant}},
        )


def _as_text(output: Any) -> str:
    return orjson.dumps(output).decode()
