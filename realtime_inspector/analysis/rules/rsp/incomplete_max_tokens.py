"""A response cut off by its token limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text

_LIMITS = ("max_output_tokens", "max_response_output_tokens")


class IncompleteMaxTokens(Rule):
    """A response stopped because it reached its limit of output tokens.

    Why: the assistant breaks off in the middle of a sentence, or a tool call in the middle of its arguments.
    Fix: raise max_output_tokens (an audio token is 50 ms), or ask for shorter answers in the instructions.
    Limits: the limit in force is named where the session or the request shows it.
    Source: Realtime API reference, `response.done` (read 2026-11-22); github.com/livekit/agents/issues/5808.
    """

    id = "RSP006"
    name = "incomplete-max-tokens"
    severity = Severity.WARNING
    on = ("response.done",)
    good = (
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "incomplete", "status_details": {"reason": "content_filter"}}}
        """,
    )
    bad = (
        """
        > {"type": "response.create", "response": {"max_output_tokens": 50}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "incomplete", "status_details": {"reason": "max_output_tokens"}, "usage": {"output_tokens": 50}}}  # RSP006
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "incomplete", "status_details": "max_output_tokens"}}  # RSP006
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look at the reason."""
        details = event.get("response.status_details")
        reason = text(details) or text(event.get("response.status_details.reason"))
        if event.get("response.status") != "incomplete" or reason != "max_output_tokens":
            return
        response_id = text(event.get("response.id"))
        limit, used = _limit(event, before, response_id), event.get("response.usage.output_tokens")
        figures = f" of {limit} output tokens" if limit is not None else " of output tokens"
        spent = f", {used} used" if used is not None else ""
        yield self.finding(
            event,
            f"response {response_id} was cut off at its limit{figures}{spent}: the assistant stops in the middle; "
            "raise max_output_tokens or ask for shorter answers",
        )


def _limit(event: Event, before: Session, response_id: str) -> Any:
    response = before.responses.get(response_id)
    asked = response.request.body if response is not None and response.request is not None else {}
    for source in (event.get("response", {}), asked, before.config):
        for name in _LIMITS:
            if isinstance(source, dict) and source.get(name) is not None:
                return source[name]
    return None
