"""History that the server dropped."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.metrics import input_of
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.cst.responses import earlier, most_input, told
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

NEAR = 0.7
_CREATED = '< {"type": "session.created", "session": {"model": "gpt-realtime", "audio": {}}}\n'
_DONE = '< {{"type": "response.created", "response": {{"id": "{0}"}}}}\n< {{"type": "response.done", "response": {{"id": "{0}", "status": "completed", "usage": {{"input_tokens": {1}, "output_tokens": 9}}}}}}{2}\n'


class SilentTruncation(Rule):
    """The input of a response is smaller than that of the one before, though the client took nothing out.

    Why: the server dropped the oldest items because the context was full: the model no longer knows how the conversation
        began, and nothing told the client.
    Fix: delete or summarise items yourself before the context is full, or set truncation to what you want kept.
    Limits: a drop of more than a tenth; a warning where the input before it was near what fits, else information. After
        a delete, a truncate or a session.update, and for a response with an input of its own, nothing is said.
    Source: Realtime API reference, `session.truncation` (read 2026-11-22).
    """

    id = "CST003"
    name = "silent-truncation"
    severity = Severity.WARNING
    on = ("response.done",)
    needs = frozenset({left_out.WIRE})
    less = Threshold(0.9, "of 1", "an input that shrinks below this part of the one before was cut", most=1)
    least_tokens = Threshold(2000, "tokens", "an input of fewer is not worth a word")
    good = (
        _CREATED + _DONE.format("r1", 20000, "") + _DONE.format("r2", 20500, ""),
        _CREATED
        + _DONE.format("r1", 20000, "")
        + '< {"type": "conversation.item.deleted", "item_id": "u1"}\n'
        + _DONE.format("r2", 12000, ""),
        # its own input
        _CREATED
        + _DONE.format("r1", 20000, "")
        + '> {"type": "response.create", "response": {"input": []}}\n'
        + _DONE.format("r2", 100, ""),
    )
    bad = (
        _CREATED + _DONE.format("r1", 28000, "") + _DONE.format("r2", 22000, "  # CST003"),
        _CREATED.replace("gpt-realtime", "my-model")
        + _DONE.format("r1", 9000, "")
        + _DONE.format("r2", 4000, "  # CST003"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare with the response before."""
        took, last = told(event, before), next(earlier(before), None)
        if took is None or last is None or last.done is None or not before.is_whole or not took.input:
            return
        known = input_of(last)
        cut = before.context_cut is not None and before.context_cut.n > last.created.n
        whole = last.status == "completed" and mapping(event.body.get("response")).get("status") == "completed"
        if known < self.least_tokens or took.input > self.less * known or cut or not whole:
            return
        most = most_input(before)
        near = most is not None and known >= NEAR * most
        yield self.finding(
            event,
            f"the input fell from {known} to {took.input} tokens, and the client took nothing out: the server dropped the oldest "
            "items; delete or summarise them yourself, or set truncation",
            cause=last.done,
            severity=Severity.WARNING if near else Severity.INFO,
        )
