"""A response refused because another one ran, and never asked for again."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.rules.rsp.requests import asked_since, request_at
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import blame
from realtime_inspector.protocol.realtime.conversation import ResponseRequest
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

MAX_STEPS = 30
_LOOK_BACK = 50


class RefusedResponseNotRetried(Rule):
    """A response was refused because another one was in progress, and the client did not ask again after it.

    Why: what the client had put into the conversation for it (a tool's output, a message) is never spoken about.
    Fix: on conversation_already_has_active_response wait for response.done and send {"type": "response.create"} again.
    Limits: only where an item was added after the running response began, so that this response cannot know of it;
        judged five seconds after that response is done.
    Source: github.com/livekit/agents/issues/6818; github.com/openai/openai-agents-python/issues/2971.
    """

    id = "RSP002"
    name = "refused-response-not-retried"
    severity = Severity.WARNING
    on = ("error",)
    wait_s = Threshold(5.0, "s", "how long the client may take to ask again", least=0.1)
    good = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "conversation.item.create", "item": {"id": "u1", "type": "message", "role": "user", "content": []}}
        > {"type": "response.create"}
        < {"type": "error", "error": {"code": "conversation_already_has_active_response"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        > {"type": "response.create"}
        +20s .
        """,
        """
        # asked for twice with nothing new: the response that runs answers it
        > {"type": "response.create"}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "error", "error": {"code": "conversation_already_has_active_response"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +20s .
        """,
    )
    bad = (
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f"}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        > {"type": "response.create"}
        < {"type": "error", "error": {"code": "conversation_already_has_active_response"}}  # RSP002
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +6s .
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "conversation.item.create", "item": {"id": "u1", "type": "message", "role": "user", "content": []}}
        < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user", "content": []}}
        > {"type": "response.create", "event_id": "e1"}
        < {"type": "error", "error": {"code": "conversation_already_has_active_response", "event_id": "e1"}}  # RSP002
        +4s < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +6s .
        """,
        """
        # written and asked for at once
        < {"type": "response.created", "response": {"id": "r1"}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}
        > {"type": "response.create"}
        < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user", "content": []}}
        < {"type": "error", "error": {"code": "conversation_already_has_active_response"}}  # RSP002
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        +6s .
        """,
    )

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for another try."""
        error = after.errors[-1] if after.errors else None
        if error is None or error.cause is None or error.at.n != event.n or error.cause_type != "response.create":
            return
        if blame.is_already_active(mapping(event.body.get("error"))):
            yield Deadline(event.t + self.wait_s, event, str(error.cause.n))

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding | Deadline]:
        """Ask whether it came."""
        request = request_at(session, int(deadline.subject))
        if request is None or asked_since(session, deadline.event.n):
            return
        running = session.active_response
        last = session.last_response
        since = last.done.t if last is not None and last.done is not None else deadline.event.t
        if running is not None or since + self.wait_s > deadline.at:
            if deadline.step < MAX_STEPS:
                yield deadline.again((deadline.at if running is not None else since) + self.wait_s)
            return
        lost = _put_before(session, request)
        if lost:
            yield self.finding(
                deadline.event,
                f"the response asked for in entry {request.at.n} was refused because another was in progress, and not asked "
                f"for again: {lost} is never spoken about; send response.create again after response.done",
                cause=request.at,
                t=deadline.at,
            )


def _put_before(session: Session, request: ResponseRequest) -> str:
    """Return what the client put into the conversation after the response that stood in the way began; empty if nothing."""
    blocking = next((r for r in reversed(session.responses.values()) if not r.out_of_band), None)
    if blocking is None:
        return ""
    span = range(blocking.created.n + 1, request.at.n)
    for output in session.outputs[: -_LOOK_BACK - 1 : -1]:
        if output.at.n in span and output.status != "rejected":
            return f"the output for {output.call_id} (entry {output.at.n})"
    for item in list(session.items.values())[: -_LOOK_BACK - 1 : -1]:
        put = item.asked or item.first
        if item.by_client and item.role == "user" and put is not None and put.n in span:
            return f"the message {item.id} (entry {put.n})"
    return ""
