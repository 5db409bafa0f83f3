"""Input that is read anew, though it was read before."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.metrics import input_of
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.cst.responses import earlier, told
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import number

_DONE = '< {{"type": "response.created", "response": {{"id": "r{0}"}}}}\n+5s < {{"type": "response.done", "response": {{"id": "r{0}", "status": "completed", "usage": {{"input_tokens": {1}, "output_tokens": 9, "input_token_details": {{"cached_tokens": {2}}}}}}}}}{3}\n'


class CacheMiss(Rule):
    """Less than a fifth of a response's input came from the cache, though most of it was read before.

    Why: cached input costs a tenth of new input, or less, and is read faster.
    Fix: leave instructions, tools and the first items as they are: a change at the front makes all that follows new; do not
        wait for minutes between turns.
    Limits: information, said once a session, from the third response and 2048 tokens on; only where the server tells of a
        cache.
    Source: OpenAI's guide on managing costs of Realtime (read 2026-11-22).
    """

    id = "CST004"
    name = "cache-miss"
    severity = Severity.INFO
    on = ("response.done",)
    once = True
    from_response = Threshold(3, "responses", "the first that should find the cache", least=2)
    least_tokens = Threshold(2048, "tokens", "an input of fewer is not worth a word")
    cached = Threshold(0.2, "of 1", "how much of the input should come from the cache", most=1)
    good = (
        _DONE.format(1, 3000, 0, "") + _DONE.format(2, 3300, 2900, "") + _DONE.format(3, 3600, 3200, ""),
        # too little to be cached
        _DONE.format(1, 300, 0, "") + _DONE.format(2, 600, 0, "") + _DONE.format(3, 900, 0, ""),
    )
    bad = (
        _DONE.format(1, 3000, 0, "") + _DONE.format(2, 3300, 0, "") + _DONE.format(3, 3600, 64, "  # CST004"),
        _DONE.format(1, 1000, 0, "")
        + _DONE.format(2, 2300, 900, "")
        + _DONE.format(3, 9600, 8800, "")
        + _DONE.format(4, 9900, 0, "  # CST004"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare cached with whole input."""
        took = told(event, before)
        if took is None or number(event.get("response.usage.input_token_details.cached_tokens")) is None:
            return
        sooner = [input_of(response) for response, _ in zip(earlier(before), range(self.from_response), strict=False)]
        if (
            len(sooner) < self.from_response - 1
            or min(sooner[0], took.input) < self.least_tokens
            or took.cached >= self.cached * took.input
        ):
            return
        yield self.finding(
            event,
            f"{took.cached} of {took.input} input tokens came from the cache, though the response before read {sooner[0]}: leave "
            "instructions, tools and the first items as they are",
            cause=before.context_cut,
        )
