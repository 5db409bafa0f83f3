"""Asked at every event of the client but its audio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule, speaks_realtime
from realtime_inspector.analysis.rule import Deadline
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import schema
from realtime_inspector.protocol.realtime.catalogue import GA_CLIENT_TYPES
from realtime_inspector.protocol.realtime.schema import Kind, Problem
from realtime_inspector.protocol.realtime.session import Session

_SAID_ELSEWHERE = ("session.type", "item.call_id", "item_id")
_ELSEWHERE_BELOW = ("session.tools[", "response.tools[", "session.tool_choice", "response.tool_choice")


class MissingRequired(GaRule):
    """A client event lacks a field that the API requires.

    Why: the server refuses the whole event (missing_required_parameter); nothing of it takes effect.
    Fix: add the field that the message names.
    Limits: a missing session.type, call_id, item_id, audio rate or part of a tool is the matter of a rule of its own.
    Source: Realtime API reference, client events, by the types of the openai package (read 2026-11-22).
    """

    id = "ENV005"
    name = "missing-required"
    severity = Severity.ERROR
    on = tuple(sorted(GA_CLIENT_TYPES - {"input_audio_buffer.append"}))
    dialects = frozenset({"ga", "beta", ""})
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be kind."}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": ""}}
        > {"type": "conversation.item.truncate", "item_id": "i1", "content_index": 0, "audio_end_ms": 100}
        > {"type": "response.create"}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"]}}
        > {"type": "session.update", "session": {"instructions": "Be kind."}}
        """,
        """
        > {"type": "session.update", "model": "a-model-of-another-server"}
        < {"type": "session.created", "id": "s1"}
        +1s > {"type": "input_audio_buffer.commit", "final": true}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user"}}  # ENV005
        > {"type": "conversation.item.truncate", "item_id": "i1", "audio_end_ms": 100}  # ENV005
        """,
        """
        > {"type": "session.update", "instructions": "Be kind."}  # ENV005
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        +500ms < {"type": "error", "error": {"code": "missing_required_parameter", "param": "session"}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"]}}
        > {"type": "conversation.item.create"}  # ENV005
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Name every missing path."""
        missing = [problem for problem in schema.problems(event.type, event.body) if _ours(problem, event)]
        if missing:
            paths = ", ".join(problem.path for problem in missing)
            yield self.finding(event, f"{event.type} has no {paths}: the server refuses it, add what is missing")

    def check(self, event: Event, before: Session) -> Iterable[Finding]:
        """Judge at once what every dialect requires, and a configuration where the dialect is known."""
        if event.type == "session.update" and before.dialect != "beta":
            return super().check(event, before)
        return self.judge(event, before) if speaks_realtime(before) else ()

    def wait(self, event: Event, after: Session) -> Iterable[Deadline]:
        """Leave open only what the dialects differ in."""
        return super().wait(event, after) if event.type == "session.update" else ()


def _ours(problem: Problem, event: Event) -> bool:
    if problem.kind is not Kind.MISSING or problem.path in _SAID_ELSEWHERE:
        return False
    return not problem.path.startswith(_ELSEWHERE_BELOW) and not problem.path.endswith(".format.rate")
