"""A response that begins and does not end."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class NeverDone(Rule):
    """A response began, brings nothing for 15 seconds, and does not end.

    Why: the server takes no other response for the conversation meanwhile; the assistant is stuck.
    Fix: after a timeout send response.cancel, then ask again; if that does not help, open a new session.
    Limits: counts from the last delta; a model that reasons may be silent for long. Not while the server itself calls an
        MCP tool. Only GA sessions: other servers end responses without a word.
    Source: Realtime API reference, `response.done` (read 2026-11-22); github.com/2FastLabs/agent-squad/issues/573.
    """

    id = "RSP004"
    name = "never-done"
    severity = Severity.ERROR
    on = ("response.created",)
    needs = frozenset({left_out.DELTAS, "response.done"})
    dialects = frozenset({"ga", ""})
    wait_s = Threshold(15.0, "s", "how long a response may be silent", least=0.1)
    good = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        +10s < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a1", "delta": "Hi"}
        +10s < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +30s .
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        +10s x
        """,
        """
        # a tool of an MCP server takes its time
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "m1", "type": "mcp_call", "name": "f"}}
        +40s < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "m1", "type": "mcp_call", "name": "f"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +30s .
        """,
    )
    bad = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}  # RSP004
        +16s .
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}  # RSP004
        +5s < {"type": "response.output_text.delta", "response_id": "r1", "item_id": "a1", "delta": "Hi"}
        +16s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the end."""
        response_id = text(event.get("response.id"))
        if response_id in after.active:
            yield Deadline(event.t + self.wait_s, event, response_id)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding | Deadline]:
        """Ask whether it came, or anything else of it."""
        response = session.active.get(deadline.subject)
        if response is None:
            return
        since = response.last_delta.t if response.last_delta is not None else response.created.t
        since = deadline.at if _runs_a_tool(session, response) else since
        if since + self.wait_s > deadline.at:
            yield deadline.again(since + self.wait_s)
            return
        yield self.finding(
            deadline.event,
            f"response {response.id} has brought nothing for {self.wait_s:g} s and has not ended: no other response can begin; "
            "send response.cancel and ask again",
            t=deadline.at,
        )


def _runs_a_tool(session: Session, response: Response) -> bool:
    """Tell whether the server waits for an MCP tool."""
    items = (session.items.get(item_id) for item_id in response.item_ids)
    return any(item is not None and item.type == "mcp_call" and item.done is None for item in items)
