"""A rate limit that is nearly used up."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.metrics import total_of
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.rat.limits import Bucket, bucket, buckets
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

SOON_S = 1.0


class NearLimit(Rule):
    """Less than a tenth of a rate limit is left, or less than the last response took.

    Why: the next response can fail with a rate limit, and the user hears silence.
    Fix: shorten the history (delete items, truncation with a retention ratio), spread calls, or ask for a higher limit.
    Limits: said when the line is crossed, for each limit; one that is full again within a second is left out.
    Source: Realtime API reference, `rate_limits.updated` (read 2026-11-22).
    """

    id = "RAT001"
    name = "near-limit"
    severity = Severity.WARNING
    on = ("rate_limits.updated",)
    near = Threshold(0.1, "of 1", "which part of a limit should be left", most=1)
    good = (
        """
        < {"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "limit": 40000, "remaining": 20000, "reset_seconds": 30}]}
        """,
        """
        # full again in a moment
        < {"type": "rate_limits.updated", "rate_limits": [{"name": "requests", "limit": 10, "remaining": 0.5, "reset_seconds": 0.1}]}
        """,
    )
    bad = (
        """
        < {"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "limit": 40000, "remaining": 20000, "reset_seconds": 30}]}
        < {"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "limit": 40000, "remaining": 3000, "reset_seconds": 55}]}  # RAT001
        < {"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "limit": 40000, "remaining": 2000, "reset_seconds": 57}]}
        """,
        """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "usage": {"input_tokens": 9000, "output_tokens": 500}}}
        < {"type": "rate_limits.updated", "rate_limits": [{"name": "tokens", "limit": 40000, "remaining": 8000, "reset_seconds": 48}]}  # RAT001
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare what is left with the limit, and with the last response."""
        last = next((r for r in reversed(before.responses.values()) if r.done is not None and r.usage), None)
        needed = total_of(last) if last is not None else 0
        for told in buckets(event):
            known = bucket(mapping(before.rate_limits.get(told.name)))
            if (
                told.remaining <= 0
                or not self._is_near(told, needed)
                or (known is not None and self._is_near(known, needed))
            ):
                continue
            compared = f", less than the {needed} the last response took" if told.part >= self.near else ""
            until = f"; full again in {told.reset_s:.0f} s" if told.reset_s is not None else ""
            yield self.finding(
                event,
                f"{told.remaining:.0f} of {told.limit:.0f} {told.name} are left{compared}{until}: the next response can fail; "
                "shorten the history, or slow down",
                cause=last.done if last is not None and compared else None,
            )

    def _is_near(self, told: Bucket, needed: int) -> bool:
        soon = told.reset_s is not None and told.reset_s < SOON_S
        return not soon and (told.part < self.near or (told.name == "tokens" and told.remaining < needed))
