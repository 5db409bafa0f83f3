"""Asked at every event of the client but its audio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule
from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime import beta, schema
from realtime_inspector.protocol.realtime.catalogue import GA_CLIENT_TYPES
from realtime_inspector.protocol.realtime.schema import Kind, Problem
from realtime_inspector.protocol.realtime.session import Session

_FLAT = frozenset(
    [f"session.{name}" for name in (*beta.SESSION_PATHS, *beta.REMOVED)]
    + [f"response.{name}" for name in (*beta.RESPONSE_PATHS, *beta.REMOVED)]
)
_MISPLACED_CALL_IDS = frozenset({"call_id", "tool_call_id", "callId", "item.tool_call_id", "item.callId"})
_TOOLS = ("session.tools[", "response.tools[", "session.tool_choice", "response.tool_choice")


class UnknownClientField(GaRule):
    """A client event has a field that the API's reference does not know.

    Why: GA refuses the complete event (unknown_parameter): one unknown key in session and none of its settings is
        taken.
    Fix: use the name that the message suggests, or leave the field out.
    Limits: a field that is newer than the reference is unknown to it, so without a like name it is a warning. The
        beta's keys and the shape of tools have rules of their own.
    Source: Realtime API reference, client events, by the types of the openai package (read 2026-11-22).
    """

    id = "ENV006"
    name = "unknown-client-field"
    severity = Severity.ERROR
    on = tuple(sorted(GA_CLIENT_TYPES - {"input_audio_buffer.append"}))
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "event_id": "e1", "session": {"type": "realtime", "tracing": "auto"}}
        > {"type": "session.update", "session": {"type": "realtime", "voice": "alloy", "tools": [{"strict": true}]}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"]}}
        > {"type": "session.update", "session": {"instuctions": "Be kind."}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}, "resumption": {"enabled": false}}}
        > {"type": "session.update", "session": {"type": "realtime", "resumption": {"enabled": true}}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "instuctions": "Be kind."}}  # ENV006
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"voice": "marin"}}}  # ENV006
        """,
        """
        > {"type": "session.update", "session": {"type": "realtime", "id": "s1", "expires_at": 1}}  # ENV006
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        +500ms > {"type": "response.create", "respons": {}}  # ENV006
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Name every unknown path, with the one it was probably meant to be."""
        unknown = [problem for problem in schema.problems(event.type, event.body) if _ours(problem, session)]
        if not unknown:
            return
        certain = any(_certain(problem) for problem in unknown)
        named = "; ".join(_advice(problem) for problem in unknown)
        message = f"{named}{'' if certain else f', by the reference of {schema.source()}'}"
        yield self.finding(
            event, message, severity=Severity.ERROR if certain else Severity.WARNING, corrected=_mended(event, unknown)
        )


def _mended(event: Event, unknown: Iterable[Problem]) -> dict[str, Any]:
    """Return the event with each value where it was meant to be, if nothing stands there, and without the others."""
    body = dict(event.body)
    for problem in unknown:
        body = mend.without(body, problem.path)
        if problem.nearest and event.get(problem.nearest) is None:
            body = mend.place(body, problem.nearest, problem.value)
    return body


def _ours(problem: Problem, session: Session) -> bool:
    path = problem.path
    if problem.kind is not Kind.UNKNOWN or path in _FLAT or path in _MISPLACED_CALL_IDS or path.startswith(_TOOLS):
        return False
    within, _, rest = path.partition(".")
    return within != "session" or path in _SERVER_MADE or dig(session.config, rest) is None


_SERVER_MADE = frozenset(f"session.{name}" for name in beta.SERVER_MADE)


def _certain(problem: Problem) -> bool:
    """Tell whether the field is wrong for certain: it is mistyped or misplaced, or only the server writes it."""
    return bool(problem.nearest) or problem.path in _SERVER_MADE


def _advice(problem: Problem) -> str:
    if problem.path in _SERVER_MADE:
        return f"{problem.path} is the server's own: leave it out"
    if problem.nearest:
        return f"{problem.message}: did you mean {problem.nearest}?"
    return f"{problem.message}: leave it out"
