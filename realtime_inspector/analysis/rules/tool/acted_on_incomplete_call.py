"""An output for a call that was never complete."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class ActedOnIncompleteCall(Rule):
    """The client answers a function call that was cut off before it was complete.

    Why: its arguments are a fragment, and the tool ran on them; the events that end a call also come when a response is
        interrupted.
    Fix: act on a call only where the item's status is completed (response.output_item.done).
    Limits: known by the item's status incomplete; the output may be meant to tell the model of it.
    Source: Realtime API reference, `response.output_item.done` (read 2026-11-22); github.com/livekit/agents/issues/7230.
    """

    id = "TOOL009"
    name = "acted-on-incomplete-call"
    severity = Severity.ERROR
    on = ("conversation.item.create",)
    good = (
        """
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c1", "name": "f", "status": "completed"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        """,
        """
        # the response was interrupted after the call was complete
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"type": "function_call", "call_id": "c1", "status": "completed"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        """,
    )
    bad = (
        """
        < {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c1", "name": "f", "status": "incomplete", "arguments": "{\\"ci"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}  # TOOL009
        """,
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{"}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "output": [{"id": "f1", "type": "function_call", "call_id": "c1", "status": "incomplete"}]}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}  # TOOL009
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the call's status."""
        call = before.calls.get(text(event.get("item.call_id")))
        if call is None or call.status != "incomplete" or event.get("item.type") != "function_call_output":
            return
        yield self.finding(
            event,
            f"{call.name or 'the tool call'} ({call.call_id}) is incomplete, its arguments are a fragment: act on a call only "
            "where its item's status is completed",
            cause=call.done or call.named,
        )
