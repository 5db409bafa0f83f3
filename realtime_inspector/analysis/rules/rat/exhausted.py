"""A rate limit that is used up."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.rat.limits import buckets
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

SOON_S = 1.0


class Exhausted(Rule):
    """Nothing is left of a rate limit, or a response failed because of one.

    Why: responses fail until it is full again: the user hears silence, and no error event says why.
    Fix: wait until the limit is full again before the next response, and tell the user; then shorten the history, or ask
        for a higher limit.
    Limits: a limit that is full again within a second is left out. Daily limits are not told beforehand.
    Source: Realtime API reference, `rate_limits.updated` (read 2026-11-22);
        github.com/openai/openai-agents-js/issues/1022, github.com/livekit/agents/issues/2967.
    """

    id = "RAT002"
    name = "exhausted"
    severity = Severity.ERROR
    on = ("rate_limits.updated", "response.done")
    good = (
        """
        < {"type": "rate_limits.updated", "rate_limits": [{"name": "requests", "limit": 100, "remaining": 99, "reset_seconds": 0.6}]}
        < {"type": "response.done", "response": {"id": "r1", "status": "failed", "status_details": {"error": {"type": "server_error"}}}}
        """,
        """
        < {"type": "rate_limits.updated", "rate_limits": [{"name": "requests", "limit": 100, "remaining": 0, "reset_seconds": 0.6}]}
        < {"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "limit": 0, "remaining": 0}]}
        """,
    )
    bad = (
        """
        < {"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "limit": 40000, "remaining": 0, "reset_seconds": 60}]}  # RAT002
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "failed", "status_details": {"type": "failed", "error": {"type": "requests", "code": "rate_limit_exceeded", "message": "Rate limit reached."}}}}  # RAT002
        """,
        """
        < {"type": "response.done", "response": {"id": "r1", "status": "failed", "status_details": {"type": "failed", "error": {"code": "inference_rate_limit_exceeded"}}}}  # RAT002
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for nothing left, or for its code."""
        if event.type == "response.done":
            yield from self._failed(event)
            return
        for told in buckets(event):
            if told.remaining <= 0 and (told.reset_s is None or told.reset_s >= SOON_S):
                until = f" for {told.reset_s:.0f} s" if told.reset_s is not None else ""
                yield self.finding(
                    event,
                    f"none of {told.limit:.0f} {told.name} is left{until}: responses fail until then; wait, and tell the user",
                )

    def _failed(self, event: Event) -> Iterator[Finding]:
        response = mapping(event.body.get("response"))
        error = mapping(mapping(response.get("status_details")).get("error"))
        code = text(error.get("code")) or text(error.get("type"))
        if response.get("status") == "failed" and "rate_limit" in code:
            said = text(error.get("message")).strip().removesuffix(".")
            yield self.finding(
                event,
                f"response {text(response.get('id'))} failed because of a rate limit ({code}"
                + (f': "{said}"' if said else "")
                + "): wait before the next one, and tell the user",
            )
