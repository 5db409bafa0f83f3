"""The same call twice in one answer."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import ToolCall
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class DuplicateModelCall(Rule):
    """The model makes the same function call, with the same arguments, twice in one response.

    Why: a client that runs each call does everything twice: two bookings, two messages.
    Fix: make the tool idempotent, or run equal calls of a response once and give the result to each call_id; each of them
        must be answered.
    Limits: information: two equal calls may be meant.
    Source: the arithmetic of the recording; github.com/livekit/agents/issues/7230 (read 2026-11-22).
    """

    id = "TOOL006"
    name = "duplicate-model-call"
    severity = Severity.INFO
    on = ("response.done",)
    good = (
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{\\"n\\": 1}"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c2", "name": "f", "arguments": "{\\"n\\": 2}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        """,
        """
        # one after the other, in two responses
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r2", "call_id": "c2", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed"}}
        """,
    )
    bad = (
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c2", "name": "f", "arguments": "{}"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}  # TOOL006
        """,
        """
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": "{\\"to\\": \\"Ann\\"}"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "f2", "type": "function_call", "call_id": "c2", "name": "g", "arguments": "{}"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "f3", "type": "function_call", "call_id": "c3", "name": "f", "arguments": "{\\"to\\": \\"Ann\\"}"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}  # TOOL006
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the response's calls with each other."""
        response_id = text(event.get("response.id"))
        first: dict[tuple[str, str], ToolCall] = {}
        for call in before.calls_of(response_id):
            if not call.name or call.done is None or call.status == "incomplete":
                continue
            earlier = first.setdefault((call.name, call.arguments), call)
            if earlier is not call:
                yield self.finding(
                    event,
                    f"response {response_id} calls {call.name} twice with the same arguments ({earlier.call_id} and "
                    f"{call.call_id}): run it once, and answer both",
                    cause=call.done,
                )
                return
