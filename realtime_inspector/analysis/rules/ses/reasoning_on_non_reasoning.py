"""Asked where the client configures a session or a response."""

from __future__ import annotations

import re
from collections.abc import Iterator

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session

_PLACES = {"session.update": "session", "response.create": "response"}
_KEYS = ("reasoning", "parallel_tool_calls")
_WITHOUT = re.compile(
    r"gpt-realtime(-mini|-1\.5)?(-\d{4}-\d\d-\d\d)?\Z"  # not gpt-realtime-2, which begins like a date
    r"|gpt-4o(-mini)?-realtime-preview(-\d{4}-\d\d-\d\d)?\Z"
)


class ReasoningOnNonReasoning(GaRule):
    """A setting of reasoning models is asked of a model that does not reason.

    Why: only gpt-realtime-2 and newer have it: the server refuses the event, or the setting does nothing.
    Fix: leave reasoning and parallel_tool_calls out, or connect with gpt-realtime-2.1.
    Limits: looked at for models that are known not to reason; an unknown name says nothing. A server that shows the
        setting in its own session has it.
    Source: Realtime API reference, `session.reasoning` and `session.parallel_tool_calls` (read 2026-11-22).
    """

    id = "SES023"
    name = "reasoning-on-non-reasoning"
    severity = Severity.WARNING
    on = tuple(_PLACES)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "model": "gpt-realtime-2.1-mini", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "reasoning": {"effort": "low"}}}
        > {"type": "response.create", "response": {"parallel_tool_calls": false}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "model": "gpt-realtime", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "reasoning": null, "parallel_tool_calls": true}}
        """,
        """
        < {"type": "session.created", "session": {"model": "gpt-realtime", "audio": {}, "parallel_tool_calls": true}}
        > {"type": "session.update", "session": {"type": "realtime", "parallel_tool_calls": false}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "model": "gpt-realtime-2025-08-28", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "reasoning": {"effort": "low"}}}  # SES023
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "model": "gpt-realtime-mini", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "parallel_tool_calls": false}}  # SES023
        > {"type": "response.create", "response": {"reasoning": {"effort": "high"}}}  # SES023
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Look for the settings, and at the model."""
        member = _PLACES[event.type]
        wanted = {name: event.get(f"{member}.{name}") for name in _KEYS if session.config.get(name) is None}
        asked = [name for name, value in wanted.items() if value is not None and value is not True]
        if asked and _WITHOUT.match(session.model):
            named = " and ".join(f"{member}.{name}" for name in asked)
            message = f"{session.model} does not reason, {named} does nothing for it: leave it out"
            corrected = mend.without(event.body, *(f"{member}.{name}" for name in asked))
            yield self.finding(event, message, corrected=corrected)
