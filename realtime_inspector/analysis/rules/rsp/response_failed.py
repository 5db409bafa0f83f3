"""A response that the server could not make."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

_ADVICE = {
    "insufficient_quota": "the account has no credit left: do not retry",
    "billing_hard_limit_reached": "the account's spending limit is reached: do not retry",
    "model_not_found": "check the model's name and the project's access to it",
    "server_error": "ask again after a moment",
}


class ResponseFailed(Rule):
    """A response ended with the status failed.

    Why: no error event comes with it; a client that only listens for errors goes silent without a trace.
    Fix: look at status and status_details of every response.done; retry what is transient, report the rest.
    Limits: one that failed because of a rate limit is told by RAT002.
    Source: Realtime API reference, `response.done` (read 2026-11-22); github.com/livekit/agents/issues/2967.
    """

    id = "RSP005"
    name = "response-failed"
    severity = Severity.ERROR
    on = ("response.done",)
    good = (
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "client_cancelled"}}}
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "failed", "status_details": {"type": "failed", "error": {"code": "rate_limit_exceeded"}}}}
        """,
    )
    bad = (
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "failed", "status_details": {"type": "failed", "error": {"type": "server_error", "code": "server_error", "message": "The server had an error while processing your request"}}}}  # RSP005
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "failed", "status_details": "server_error"}}  # RSP005
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the status."""
        body = mapping(event.body.get("response"))
        if body.get("status") != "failed":
            return
        details = body.get("status_details")
        error = mapping(mapping(details).get("error"))
        code = text(error.get("code")) or text(error.get("type")) or text(details)
        if "rate_limit" in code:
            return
        message = text(error.get("message")).rstrip(".")
        response_id = text(body.get("id"))
        begun = before.responses.get(response_id)
        said = f"{code}: {message}" if code and message else code or message or "no reason is given"
        yield self.finding(
            event,
            f"response {response_id} failed ({said}), and no error event comes with that: "
            f"{_ADVICE.get(code, 'look at status_details, and ask again where it can help')}",
            cause=(begun.request.at if begun.request is not None else begun.created) if begun is not None else None,
        )
