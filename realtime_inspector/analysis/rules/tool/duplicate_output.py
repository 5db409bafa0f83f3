"""A second output for the same call."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class DuplicateOutput(Rule):
    """The client sends a second output for a call that already has one.

    Why: the tool probably ran twice, usually because one handler listens to both response.function_call_arguments.done
        and response.output_item.done (or response.done); its side effects happen twice.
    Fix: act on one of these events only, and remember the call_ids already answered; give a late result as a message.
    Limits: an output that the server refused does not count; what the server does with a second one is not documented.
    Source: Realtime guide, "Function calling" (read 2026-11-22); github.com/livekit/agents/issues/7230.
    """

    id = "TOOL005"
    name = "duplicate-output"
    severity = Severity.WARNING
    on = ("conversation.item.create",)
    good = (
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c2", "name": "f"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c2", "output": "2"}}
        """,
        """
        # the first was refused
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        > {"type": "conversation.item.create", "event_id": "e1", "item": {"type": "function_call_output", "call_id": "c1", "output": {}}}
        < {"type": "error", "error": {"code": "invalid_type", "param": "item.output", "event_id": "e1"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "{}"}}
        """,
    )
    bad = (
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}  # TOOL005
        """,
        """
        < {"type": "response.output_item.done", "item": {"id": "i1", "type": "function_call", "call_id": "c1", "name": "f"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        > {"type": "response.create"}
        +5s > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "late"}}  # TOOL005
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for an earlier output of the call."""
        call = before.calls.get(text(event.get("item.call_id")))
        if call is None or not call.outputs or event.get("item.type") != "function_call_output":
            return
        yield self.finding(
            event,
            f"{call.name or 'the tool call'} ({call.call_id}) already has an output (entry {call.outputs[0].n}): "
            "answer a call once; a handler on two events of the same call runs the tool twice",
            cause=call.outputs[0],
        )
