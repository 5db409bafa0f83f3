"""A conversation that nearly fills the model's context."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.cst.responses import most_input, told
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping

_CREATED = '< {"type": "session.created", "session": {"model": "gpt-realtime", "audio": {}}}\n'
_DONE = '< {{"type": "response.created", "response": {{"id": "{0}"}}}}\n< {{"type": "response.done", "response": {{"id": "{0}", "status": "completed", "usage": {{"input_tokens": {1}, "output_tokens": 9}}}}}}{2}\n'


class ContextNearLimit(Rule):
    """The input of a response is more than 85 % of what fits into the model.

    Why: soon the server drops the oldest items without a word, or refuses, where truncation is off: the model forgets how
        the conversation began.
    Fix: delete or summarise old items, or set truncation with a retention ratio, so that it happens at a place you choose.
    Limits: models whose context is known, or truncation.token_limits; said once a session.
    Source: OpenAI's guide on managing costs of Realtime; the models' pages (read 2026-11-22).
    """

    id = "CST001"
    name = "context-near-limit"
    severity = Severity.WARNING
    on = ("response.done",)
    once = True
    near = Threshold(0.85, "of 1", "from which part of the context on it is nearly full", most=1)
    good = (
        _CREATED + _DONE.format("r1", 20000, ""),
        # a model nothing is known of
        _CREATED.replace("gpt-realtime", "my-model") + _DONE.format("r1", 900000, ""),
        # a response outside the conversation
        _CREATED
        + '> {"type": "response.create", "response": {"conversation": "none", "metadata": {"a": "b"}}}\n'
        + _DONE.format("r1", 27000, "").replace('"id": "r1"}}', '"id": "r1", "metadata": {"a": "b"}}}', 1),
    )
    bad = (
        _CREATED
        + _DONE.format("r1", 20000, "")
        + _DONE.format("r2", 26000, "  # CST001")
        + _DONE.format("r3", 27000, ""),
        _CREATED.replace(
            '"audio": {}',
            '"audio": {}, "truncation": {"type": "retention_ratio", "token_limits": {"post_instructions": 8000}}',
        )
        + _DONE.format("r1", 7000, "  # CST001"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare the input with what fits."""
        took, most = told(event, before), most_input(before)
        if took is None or most is None or took.input <= self.near * most:
            return
        off = before.config.get("truncation") == "disabled"
        then = "the server refuses the next response" if off else "the server drops the oldest items without a word"
        yield self.finding(
            event,
            f"the input of response {mapping(event.body.get('response')).get('id')} is {took.input} tokens, "
            f"{took.input / most:.0%} of the {most} that fit: soon {then}; delete or summarise old items",
        )
