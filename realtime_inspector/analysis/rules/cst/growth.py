"""A conversation whose every turn costs more than the one before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise

from realtime_inspector.analysis import cost
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.metrics import input_of
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.cst.responses import earlier, told
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.protocol.realtime.models import builtin
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

RESPONSES = 8
_CREATED = '< {"type": "session.created", "session": {"model": "gpt-realtime", "audio": {}}}\n'
_DONE = '< {{"type": "response.created", "response": {{"id": "r{0}"}}}}\n+5s < {{"type": "response.done", "response": {{"id": "r{0}", "status": "completed", "usage": {{"input_tokens": {1}, "output_tokens": 0, "input_token_details": {{"text_tokens": {1}}}}}}}}}{2}\n'


def _turns(inputs: list[int], last: str = "") -> str:
    lines = [_DONE.format(n, tokens, last if n == len(inputs) - 1 else "") for n, tokens in enumerate(inputs)]
    return _CREATED + "".join(lines)


class Growth(Rule):
    """Over eight responses the input has grown with each, to three times what it was.

    Why: every response is billed for the whole conversation so far: the cost of a minute rises with the length of the call.
    Fix: delete or summarise old items, above all audio; set truncation with a retention ratio; keep what comes first
        unchanged, so that it is read from the cache.
    Limits: information, said once a session, from 3000 tokens on.
    Source: OpenAI's guide on managing costs of Realtime (read 2026-11-22).
    """

    id = "CST002"
    name = "growth"
    severity = Severity.INFO
    on = ("response.done",)
    once = True
    times = Threshold(3.0, "times", "how much larger the input may become", least=1)
    least_tokens = Threshold(3000, "tokens", "an input of fewer is not worth a word")
    good = (
        _turns([1000, 1400, 1800, 2000, 2200, 2400, 2600, 2800]),
        _turns([4000, 5000, 6000, 7000, 3000, 8000, 9000, 12500]),
    )
    bad = (
        _turns([1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500], "  # CST002"),
        _turns([2000, 2100, 3000, 4000, 5000, 6000, 7000, 8000], "  # CST002"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the latest inputs."""
        took = told(event, before)
        if took is None or took.input < self.least_tokens:
            return
        latest = list(islice(earlier(before), RESPONSES - 1))
        inputs = [took.input, *map(input_of, latest)]
        if len(inputs) < RESPONSES or any(later <= sooner for later, sooner in pairwise(inputs)):
            return
        if inputs[0] < self.times * max(1, inputs[-1]):
            return
        first, last = latest[-1], Response("", latest[0].created, usage=mapping(event.get("response.usage")))
        yield self.finding(
            event,
            f"the input has grown with each of the last {RESPONSES} responses, from {inputs[-1]} to {inputs[0]} tokens"
            f"{_cost(before, first, last, event.t)}: delete or summarise old items, or set truncation with a retention ratio",
            cause=first.done,
        )


def _cost(session: Session, first: Response, last: Response, t: float) -> str:
    """Say what the first and the last of them cost, and what a minute does at that rate; nothing where it is not known."""
    last.done = first.done
    bills = [cost.of_response(response, session.model, builtin()) for response in (first, last)]
    lasted_s = t - first.created.t
    if any(bill.total is None or not bill.priced for bill in bills) or lasted_s <= 0:
        return ""
    a_minute = bills[1].usd * RESPONSES / lasted_s * 60
    return f" (${bills[0].usd:.4f} then, ${bills[1].usd:.4f} now: about ${a_minute:.2f} a minute)"
