"""An answer in several messages."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, text


class SeveralMessages(Rule):
    """A response has more than one message.

    Why: models that reason say something before they answer. A client that plays or shows the first message only, or
        truncates it instead of the one that is playing, loses the rest.
    Fix: key audio and text by item_id and play one item after the other.
    Limits: information, said once a session; whether the client copes is not on the wire.
    Source: Realtime API reference, `response.done` (read 2026-11-22); github.com/livekit/agents/issues/5684.
    """

    id = "RSP021"
    name = "several-messages"
    severity = Severity.INFO
    on = ("response.done",)
    once = True
    good = (
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message"}, {"id": "f1", "type": "function_call"}]}}
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message"}]}}
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": []}}
        """,
    )
    bad = (
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message"}, {"id": "a2", "type": "message"}]}}  # RSP021
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "a1", "type": "message", "phase": "commentary"}, {"id": "f1", "type": "function_call"}, {"id": "a2", "type": "message", "phase": "final_answer"}]}}  # RSP021
        < {"type": "response.done", "response": {"id": "r2", "status": "completed", "output": [{"id": "a3", "type": "message"}, {"id": "a4", "type": "message"}]}}
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count its messages."""
        body = mapping(event.body.get("response"))
        messages = [text(item.get("id")) for item in mappings(body.get("output")) if item.get("type") == "message"]
        if len(messages) > 1:
            response = before.responses.get(text(body.get("id")))
            yield self.finding(
                event,
                f"response {text(body.get('id'))} has {len(messages)} messages ({', '.join(messages)}): play each of them, and "
                "truncate the one that is playing",
                cause=response.created if response is not None else None,
            )
