"""Asked where the client says whether the model speaks or writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule
from realtime_inspector.analysis.rule import Deadline
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session


class Modalities(GaRule):
    """The modalities asked for are not a combination that the server takes.

    Why: the server refuses the complete event (invalid_value).
    Fix: ask GA for ["audio"], which comes with a transcript, or ["text"]; the beta for ["audio", "text"] or ["text"].
    Limits: looked at where the server's dialect is known.
    Source: Realtime API reference, `session.output_modalities` (read 2026-11-22).
    """

    id = "SES015"
    name = "modalities"
    severity = Severity.ERROR
    on = ("session.update", "response.create")
    dialects = frozenset({"ga", "beta", ""})
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["audio"]}}
        > {"type": "response.create", "response": {"output_modalities": ["text"]}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"]}}
        > {"type": "session.update", "session": {"modalities": ["text", "audio"]}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text", "audio"]}}  # SES015
        > {"type": "response.create", "response": {"output_modalities": []}}  # SES015
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"]}}
        > {"type": "session.update", "session": {"modalities": ["audio"]}}  # SES015
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Look for a list of other than one."""
        path = f"{_member(event)}.output_modalities"
        asked = event.get(path)
        if isinstance(asked, list) and len(asked) != 1:
            advice = 'ask for ["audio"], which comes with a transcript' if asked else 'ask for ["audio"] or ["text"]'
            corrected = mend.put(event.body, path, ["audio"])
            message = f"{path} is {_shown(asked)}, GA takes one: {advice}"
            yield self.finding(event, message, corrected=corrected)

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Look for the beta's own rule where it is spoken."""
        path = f"{_member(event)}.modalities"
        if before.dialect == "beta" and event.get(path) == ["audio"]:
            yield self.finding(
                event,
                f'{path} is ["audio"], the beta takes it only with "text" beside it: ask for ["text", "audio"]',
                corrected=mend.put(event.body, path, ["text", "audio"]),
            )
        yield from super().check(event, before)

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the dialect only if there is something to judge."""
        asked = event.get(f"{_member(event)}.output_modalities")
        yield from super().wait(event, after) if isinstance(asked, list) and len(asked) != 1 else ()


def _member(event: Event) -> str:
    return "session" if event.type == "session.update" else "response"


def _shown(asked: list[Any]) -> str:
    return f"[{', '.join(str(part) for part in asked)}]"
