"""Asked about every event of the client but its audio, once the server has had the time to take it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule, may_be_openai, speaks_ga, speaks_realtime
from realtime_inspector.analysis.mend import mended, put
from realtime_inspector.analysis.rule import Deadline
from realtime_inspector.analysis.rules.itm.content_role_mismatch import WRONG
from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime import beta, schema
from realtime_inspector.protocol.realtime.catalogue import GA_CLIENT_TYPES
from realtime_inspector.protocol.realtime.conversation import ServerError
from realtime_inspector.protocol.realtime.schema import Kind, Problem
from realtime_inspector.protocol.realtime.session import Session

_WAIT_S = 2.0
_LAST_S = 20.0
_SAID_ELSEWHERE = frozenset({"item_id", "item.output", "item.call_id"})
"""Paths of which another rule says what is wrong."""
_OF_A_ROLE = frozenset().union(*WRONG.values())
"""Types of content that somebody's messages can have."""


class UnfitValue(GaRule):
    """A setting has a type or a value that the API does not take.

    Why: the server refuses the whole event (invalid_type, invalid_value); none of its other settings takes effect.
    Fix: write the value that the message names: an object where one is wanted, a number without quotes, a known name.
    Limits: what the server took is right, whatever the reference says. Of what it has not answered, only a mistake
        that no newer API can make right is an error; a name that the reference does not know is information. Numbers
        out of range, tools, truncations and roles have rules of their own.
    Source: Realtime API reference, client events, by the types of the openai package (read 2026-11-22).
    """

    id = "ENV012"
    name = "unfit-value"
    severity = Severity.ERROR
    on = tuple(sorted(GA_CLIENT_TYPES - {"input_audio_buffer.append", "conversation.item.truncate"}))
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "max_output_tokens": "inf", "truncation": "auto"}}
        > {"type": "response.create", "response": {"output_modalities": ["text"], "metadata": {"for": "titles"}}}
        > {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": null}}}}
        +5s .
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "reasoning": {"effort": "none"}}}
        +300ms < {"type": "session.updated", "session": {"id": "s1", "audio": {}, "reasoning": {"effort": "none"}}}
        +5s .
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "modalities": ["text"]}}
        > {"type": "session.update", "session": {"tool_choice": "any", "max_output_tokens": "many"}}
        +5s .
        """,
        """
        > {"type": "session.update", "session": {"type": "realtime", "tool_choice": "any"}}
        +5s .
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type":"session.update","session":{"type":"realtime","audio":{"input":{"noise_reduction":"near_field"}}}}  # ENV012
        +100ms < {"type": "error", "error": {"code": "invalid_type", "param": "session.audio.input.noise_reduction"}}
        """,
        """
        > {"type": "session.update", "session": {"type": "realtime", "tool_choice": "any"}}  # ENV012
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        +100ms < {"type": "error", "error": {"code": "invalid_value", "param": "session.tool_choice"}}
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "tool", "content": [{"type": "input_text", "text": "9"}]}}  # ENV012
        < {"type": "error", "error": {"code": "invalid_value", "message": "Invalid value: 'tool'.", "param": "item.role"}}
        +3s .
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"audio": {"output": {"format": {"type": "pcm16"}}}}}  # ENV012
        > {"type": "conversation.item.create", "item": {"type": "function_call", "arguments": {"a": 1}}}  # ENV012
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "conversation.item.create", "event_id": "e1", "item": {"type": "message", "role": "user", "content": [{"type": "text", "text": "Hi"}]}}  # ENV012
        < {"type": "error", "error": {"code": "invalid_value", "message": "Invalid value: 'text'.", "param": "item.content[0].type", "event_id": "e1"}}
        +3s .
        """,
    )

    def check(self, event: Event, before: Session) -> Iterable[Finding]:
        """Say nothing yet: the server may take it."""
        return ()

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        """Wait for the answer, and for the dialect, only if there is something to judge."""
        if event.from_client and after.dialect != "beta" and speaks_realtime(after) and _problems(event):
            yield Deadline(event.t + _WAIT_S, event, at_end=True)

    def due(self, deadline: Deadline, session: Session) -> Iterable[Finding | Deadline]:
        """Judge the event by its answer; without one, by what is certain."""
        event = deadline.event
        found = _problems(event)
        refusal = _refusal(event, found, session)
        pending = any(waiting.at.n == event.n for waiting in session.unanswered)
        if refusal is None and not pending and speaks_ga(session):
            return
        if refusal is None and session.ended is None and deadline.at - event.t < _LAST_S:
            yield deadline.again(deadline.at + _WAIT_S)
        elif speaks_ga(session):
            yield self._judged(event, found, refusal, deadline.moment(session), session)

    def _judged(
        self, event: Event, found: list[Problem], refusal: ServerError | None, t: float, session: Session
    ) -> Finding:
        sure = any(mended(problem).certain for problem in found)
        named = refusal is not None and any(_is_about(refusal, problem) for problem in found)
        severity = _severity(refused=refusal is not None, named=named, sure=sure and may_be_openai(session))
        dated = "" if named or sure else f" (by the reference of {schema.source()})"
        message = f"{'; '.join(_advice(problem) for problem in found)}{dated}"
        related = [refusal.at.n] if refusal is not None else []
        return self.finding(event, message, severity=severity, related=related, t=t, corrected=_corrected(event, found))


def _severity(*, refused: bool, named: bool, sure: bool) -> Severity:
    if named or sure:
        return Severity.ERROR
    return Severity.WARNING if refused else Severity.INFO


def _problems(event: Event) -> list[Problem]:
    found = schema.problems(event.type, event.body)
    return [problem for problem in found if problem.kind in {Kind.TYPE, Kind.VALUE} and _ours(problem, event)]


def _ours(problem: Problem, event: Event) -> bool:
    path = problem.path
    if path in _SAID_ELSEWHERE or path.endswith(".format.rate"):
        return False
    if path.startswith("item.content[") and path.endswith("].type") and problem.value in _OF_A_ROLE:
        return False  # a matter of whose message it is
    head, bracket, rest = path.partition(".tools[")
    if bracket:
        tools, place = event.get(f"{head}.tools"), rest.partition("]")[0]
        tool = tools[int(place)] if isinstance(tools, list) else None
        return dig(tool, "type") not in {None, "function"}
    return True


def _refusal(event: Event, found: list[Problem], session: Session) -> ServerError | None:
    """Return the error that answers the event, or one of unknown cause that speaks of what is wrong with it."""
    for error in reversed(session.errors):
        if error.cause is not None and error.cause.n == event.n:
            return error
        if error.cause is None and error.at.n > event.n and any(_is_about(error, problem) for problem in found):
            return error
    return None


def _corrected(event: Event, found: list[Problem]) -> dict[str, Any] | None:
    """Return the event with every value mended; None if what belongs in one place is not known."""
    body: dict[str, Any] | None = dict(event.body)
    for problem in found:
        better = mended(problem)
        body = put(body, problem.path, better.value) if body is not None and better.known else None
    return beta.event_to_ga(body) if body is not None else None


def _is_about(error: ServerError, problem: Problem) -> bool:
    param = error.param
    return "." in param and (f"{problem.path}.".startswith(f"{param}.") or f"{param}.".startswith(f"{problem.path}."))


_OF_TOOLS = frozenset({"tool", "function"})
"""Roles that messages of chat completions have."""


def _advice(problem: Problem) -> str:
    if problem.path == "item.role" and problem.value in _OF_TOOLS:
        return (
            f"{problem.message}: a tool's result is no message; send an item of type "
            '"function_call_output" with the call\'s "call_id" and "output"'
        )
    better = mended(problem)
    return f"{problem.message}: {better.words}" if better.known else problem.message
