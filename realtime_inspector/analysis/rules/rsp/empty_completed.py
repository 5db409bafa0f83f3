"""A response that is complete and empty."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text


class EmptyCompleted(Rule):
    """A response is completed but brought nothing: no text, no audio, no call.

    Why: the user hears silence, and nothing looks wrong to the client.
    Fix: ask again, once; if it stays so, look at the instructions, at tool_choice, and at empty text items in the history.
    Limits: only where the response shows its output and the recording shows no delta of it, nor begins in the middle of it; a
        model told to stay silent looks the same.
    Source: Realtime API reference, `response.done` (read 2026-11-22); github.com/livekit/agents/issues/5952.
    """

    id = "RSP010"
    name = "empty-completed"
    severity = Severity.WARNING
    on = ("response.done",)
    good = (
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}]}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"type": "function_call", "call_id": "c1"}]}}
        """,
        """
        # it does not show its output, or was cancelled
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        < {"type": "response.done", "response": {"id": "r2", "status": "cancelled", "output": []}}
        """,
        """
        # its words came, though the end does not show them
        < {"type": "session.created", "session": {"id": "s1"}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "a1", "type": "message"}}
        < {"type": "response.output_text.done", "response_id": "r1", "item_id": "a1", "text": "Hi"}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": []}}
        """,
        """
        # what it brought may have come before the recording began
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": []}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": []}}  # RSP010
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"type": "message", "role": "assistant", "content": []}]}}  # RSP010
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at what it brought."""
        body = mapping(event.body.get("response"))
        output = body.get("output")
        if body.get("status") != "completed" or not isinstance(output, list):
            return
        response = before.responses.get(text(body.get("id")))
        if not all(_is_empty(item) for item in output) or _begins_within(before):
            return
        if response is not None and (response.first_output is not None or _brought(before, response)):
            return
        if response is not None and response.item_ids and left_out.DELTAS in before.left_out:
            return  # an item was announced, and its pieces are what the log leaves out
        yield self.finding(
            event,
            f"response {text(body.get('id'))} is completed but empty: the user hears nothing; ask again once, and look at "
            "instructions, tool_choice and history if it stays so",
            cause=response.created if response is not None else None,
        )


def _begins_within(session: Session) -> bool:
    """Tell whether the recording begins in the middle of a call, before its first response.created."""
    unseen = session.created is None and "response.created" not in session.counts
    return unseen and left_out.WIRE not in session.left_out


def _brought(session: Session, response: Response) -> bool:
    """Tell whether the words of a response came as a whole, where no piece of them did."""
    items = (session.items[item_id] for item_id in response.item_ids if item_id in session.items)
    return any(item.text or item.transcript for item in items)


def _is_empty(item: object) -> bool:
    """Tell whether an item is shown to be a message of nothing; loggers write `[Object]` for what they leave out."""
    return mapping(item).get("type") == "message" and mapping(item).get("content", []) == []
