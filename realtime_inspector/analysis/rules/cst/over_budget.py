"""A session that costs more than it may."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import cost
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import At, Response
from realtime_inspector.protocol.realtime.models import Table, builtin
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, text

MANY = 50
"""With more responses than these, the sum is made at every tenth."""
_CREATED = '< {"type": "session.created", "session": {"model": "gpt-realtime", "audio": {}}}\n'
_DONE = '+5s < {{"type": "response.done", "response": {{"id": "r{0}", "status": "completed", "usage": {{"input_tokens": {1}, "output_tokens": 0, "input_token_details": {{"text_tokens": {1}}}}}}}}}{2}\n'


class OverBudget(Rule):
    """The responses of the session have cost more than the budget.

    Why: every response is billed for the whole conversation so far; a call that is left open runs up a bill.
    Fix: end calls that idle, delete or summarise old items, choose a smaller model; or raise the budget (lint --budget USD).
    Limits: the budget is 25 US dollars a session unless you set one; by the table's prices (lint --prices FILE), and what
        has no price is not counted. Said once.
    Source: OpenAI's guide on managing costs of Realtime; the models' pages (read 2026-11-22).
    """

    id = "CST005"
    name = "over-budget"
    severity = Severity.WARNING
    on = ("response.done",)
    once = True
    budget_usd = Threshold(25.0, "USD", "what a session may cost")
    good = (
        _CREATED + _DONE.format(1, 25000, ""),
        # nothing is known of what it costs
        _CREATED.replace("gpt-realtime", "my-model") + _DONE.format(1, 90000000, ""),
    )
    bad = (
        _CREATED + _DONE.format(1, 9000000, "  # CST005") + _DONE.format(2, 9000000, ""),
        _CREATED + _DONE.format(1, 4000000, "") + _DONE.format(2, 3000000, "  # CST005"),
    )

    def __init__(self, prices: Table | None = None) -> None:
        self.prices = prices

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Add up."""
        done = before.counts.get("response.done", 0)
        if done > MANY and done % 10:
            return
        prices = self.prices if self.prices is not None else builtin()
        body = mapping(event.body.get("response"))
        at = At(event.n, event.t)
        this = Response("", at, status=text(body.get("status")), usage=mapping(body.get("usage")), done=at)
        spent = cost.cost(before, prices).whole + cost.of_response(this, before.model, prices)
        if spent.usd > self.budget_usd:
            unknown = f", and {spent.unpriced} more have no price" if spent.unpriced else ""
            yield self.finding(
                event,
                f"the session has cost {'' if spent.exact else 'about '}${spent.usd:.2f} so far, more than the budget of "
                f"${self.budget_usd:.2f} (prices of {prices.read}{unknown}): end calls that idle, or shorten the history",
            )
