"""A tool's output where its call is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import ToolCall
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text


class ToolOutputInInput(Rule):
    """The input of a response.create has a function_call_output, and not the call it belongs to.

    Why: an input stands for the whole conversation of that response, so the server does not find the call ("Tool call ID …
        not found in conversation"), and no response begins.
    Fix: send the output with conversation.item.create, then {"type": "response.create"} without input; or put the
        function_call before its output into the input.
    Limits: a reference to an item whose kind the recording does not show may be to the call, and is taken so.
    Source: Realtime API reference, `response.create` (read 2026-11-22); community.openai.com/t/1302944.
    """

    id = "RSP016"
    name = "tool-output-in-input"
    severity = Severity.ERROR
    on = ("response.create",)
    good = (
        """
        > {"type": "response.create", "response": {"conversation": "none", "input": [{"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}, {"type": "function_call_output", "call_id": "c1", "output": "1"}]}}
        """,
        """
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}}
        > {"type": "response.create", "response": {"conversation": "none", "input": [{"type": "item_reference", "id": "f1"}, {"type": "function_call_output", "call_id": "c1", "output": "1"}]}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "response.create"}
        """,
    )
    bad = (
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        > {"type": "response.create", "response": {"input": [{"type": "function_call_output", "call_id": "c1", "output": "1"}]}}  # RSP016
        """,
        """
        < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user"}}
        > {"type": "response.create", "response": {"conversation": "none", "input": [{"type": "item_reference", "id": "u1"}, {"type": "function_call_output", "call_id": "c9", "output": "1"}]}}  # RSP016
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for the call of each output."""
        request = mapping(event.body.get("response"))
        given = mappings(request.get("input"))
        there = {text(part.get("call_id")) for part in given if part.get("type") == "function_call"}
        there |= {call_id for part in given if (call_id := _referred(part, before))}
        lonely = [
            text(part.get("call_id"))
            for part in given
            if part.get("type") == "function_call_output" and text(part.get("call_id"))
        ]
        lonely = [call_id for call_id in lonely if call_id not in there]
        if not lonely or "?" in there:
            return
        calls = [before.calls[call_id] for call_id in lonely if call_id in before.calls]
        known = len(calls) == len(lonely)
        yield self.finding(
            event,
            f"the input has the output of {', '.join(lonely)} and not the call: the server does not look for it in the "
            "conversation and refuses the request; send the output with conversation.item.create, then response.create "
            "without input",
            cause=calls[0].named if calls else None,
            corrected={**event.body, "response": {**request, "input": _with_calls(given, calls)}} if known else None,
        )


def _referred(part: Mapping[str, Any], before: Session) -> str:
    """Return the call that a part refers to; `?` where that is not known."""
    item = before.items.get(text(part.get("id")))
    if part.get("type") != "item_reference":
        return ""
    if item is None or not item.type:
        return "?"
    return text(item.body.get("call_id")) if item.type == "function_call" else ""


def _with_calls(given: list[Mapping[str, Any]], calls: list[ToolCall]) -> list[Mapping[str, Any]]:
    added = [
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments or "{}"}
        for call in {call.call_id: call for call in calls}.values()
    ]
    first = next(place for place, part in enumerate(given) if part.get("type") == "function_call_output")
    return [*given[:first], *added, *given[first:]]
