"""A server that never tells its rate limits."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

RESPONSES = 5
_ANSWER = '< {{"type": "response.done", "response": {{"id": "r{0}", "status": "completed"}}}}{1}\n'
_CREATED = '< {"type": "session.created", "session": {"id": "s1"}}\n'
_LIMITS = '< {"type": "rate_limits.updated", "rate_limits": []}\n'


class NoVisibility(Rule):
    """Five responses are done, and the server has sent no rate limits.

    Why: nothing can warn you before a limit is reached: a response will fail out of the blue.
    Fix: count requests and tokens yourself (response.done has the usage), or look at the provider's own page.
    Limits: information, said once; only where the recording has the session from its start.
    Source: Realtime API reference, `rate_limits.updated` (read 2026-11-22).
    """

    id = "RAT003"
    name = "no-visibility"
    severity = Severity.INFO
    on = ("response.done",)
    needs = frozenset({left_out.WIRE})
    once = True
    responses = Threshold(RESPONSES, "responses", "how many may be done before the limits were told", least=1)
    good = (
        _CREATED + _LIMITS + "".join(_ANSWER.format(n, "") for n in range(9)),
        _CREATED + "".join(_ANSWER.format(n, "") for n in range(RESPONSES - 1)),
    )
    bad = (
        _CREATED + "".join(_ANSWER.format(n, "  # RAT003" if n == RESPONSES else "") for n in range(RESPONSES + 2)),
        _CREATED
        + "".join(_ANSWER.format(n, "") for n in range(RESPONSES))
        + '+1s < {"type": "response.done", "response": {"id": "r9", "status": "failed"}}  # RAT003\n',
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Count: the limits may come after response.done, so one more response must have ended."""
        if before.counts.get("response.done", 0) == self.responses and before.is_whole and not before.rate_limits:
            if "rate_limits.updated" in before.counts:
                return
            yield self.finding(
                event,
                f"{self.responses} responses are done, and this server has sent no rate limits: count requests and tokens yourself",
            )
