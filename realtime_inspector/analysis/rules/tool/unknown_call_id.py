"""A tool's output for a call that the model never made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Item
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text


class UnknownCallId(Rule):
    """A tool's output names a call that this session never had.

    Why: the server refuses the output (invalid_tool_call_id), the call stays unanswered, and the assistant is silent.
    Fix: use the call_id of the function call itself: not the item's id, not the response's id, not one of an earlier
        connection; a call from an earlier connection must be put into the conversation first.
    Limits: only where the recording has the session from its start and without a gap.
    Source: Realtime API reference, `conversation.item.create` (read 2026-11-22); github.com/livekit/agents/issues/3344.
    """

    id = "TOOL004"
    name = "unknown-call-id"
    severity = Severity.ERROR
    on = ("conversation.item.create",)
    needs = frozenset({left_out.ORDER})
    good = (
        """
        < {"type": "session.created", "session": {}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        """,
        """
        # a call of an earlier connection, given again with its output
        < {"type": "session.created", "session": {}}
        > {"type": "conversation.item.create", "item": {"type": "function_call", "call_id": "c0", "name": "f"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c0", "output": ""}}
        """,
        """
        # the recording begins in the middle: the call may have come before
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c0", "output": ""}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c9"}}  # TOOL004
        """,
        """
        # the id of the item, not of the call
        < {"type": "session.created", "session": {}}
        < {"type": "response.output_item.done", "item": {"id": "i1", "type": "function_call", "call_id": "c1"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "i1"}}  # TOOL004
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look the call up."""
        item = mapping(event.body.get("item"))
        call_id = text(item.get("call_id"))
        if item.get("type") != "function_call_output" or not call_id or call_id in before.calls or not before.is_whole:
            return
        named = before.items.get(call_id)
        if named is not None and named.type.startswith("mcp_"):  # MCP006 has more to say
            return
        wrong, right, cause = _explain(before, call_id)
        use = f"; use its call_id {right!r}" if right else "; use the call_id that came with the function call"
        yield self.finding(
            event,
            f"no function call of this session has the call_id {call_id!r}{wrong}: the server refuses the output{use}",
            cause=cause,
            corrected=_corrected(event.body, item, right) if right else None,
        )


def _explain(before: Session, call_id: str) -> tuple[str, str, int | None]:
    """Return what the id is instead, the call's id that was meant, and the entry that shows it."""
    item = before.items.get(call_id)
    if item is not None:
        return _explain_item(item)
    response = before.responses.get(call_id)
    if response is not None:
        calls = before.calls_of(call_id)
        meant = calls[0].call_id if len(calls) == 1 else ""
        return " (it is the id of the response)", meant, response.created.n
    return "", "", None


def _explain_item(item: Item) -> tuple[str, str, int | None]:
    first = item.first.n if item.first else None
    return f" (it is the {item.type or 'item'} item's id)", text(item.body.get("call_id")), first


def _corrected(body: Mapping[str, Any], item: Mapping[str, Any], call_id: str) -> Mapping[str, Any]:
    return {**body, "item": {**item, "call_id": call_id}}
