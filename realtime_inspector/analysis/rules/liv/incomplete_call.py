"""Asked at every item that a client of the Live API creates."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import dialects
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class IncompleteCall(Rule):
    """A client of the Live API answers a call whose item was not completed.

    Why: its arguments are a fragment, and the tool ran on them; a call that was cut off is reported by the same event.
    Fix: act on a response.output_item.done within a response.event only where its item's status is completed.
    Limits: known by the status of the call's item as it came last.
    Source: Live API, `response.event`, by the types of `openai` 3.54.0; github.com/livekit/agents/issues/7230 (read
        2026-11-24).
    """

    id = "LIV007"
    name = "incomplete-call"
    severity = Severity.ERROR
    on = ("response.item.create",)
    dialects = frozenset({dialects.LIVE})
    good = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "response.event", "event": {"type": "response.output_item.done", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}", "status": "completed"}}}
        > {"type": "response.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        """,
        """
        # of a call that is not in the recording
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "response.item.create", "item": {"type": "function_call_output", "call_id": "c9", "output": "1"}}
        """,
    )
    bad = (
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "response.event", "event": {"type": "response.output_item.done", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": "{", "status": "incomplete"}}}
        > {"type": "response.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}  # LIV007
        """,
        """
        > GET /v1/live/sessions {"Host": "api.openai.com"}
        < 101
        > {"type": "session.start", "session": {"model": "gpt-live-1"}}
        < {"type": "response.event", "event": {"type": "response.output_item.done", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": "{\\"a\\"", "status": "in_progress"}}}
        > {"type": "response.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}  # LIV007
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the call that it answers."""
        call = before.calls.get(text(event.get("item.call_id")))
        if not event.from_client or event.get("item.type") != "function_call_output" or call is None:
            return
        if call.done is not None:
            return
        yield self.finding(
            event,
            f"the call {call.call_id} of {call.name or 'a tool'} was never completed, so its arguments are a fragment: act on a "
            "call only where its item's status is completed",
            cause=call.named,
        )
