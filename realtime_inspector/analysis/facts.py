"""What is known of an event besides itself: its turn, what was found about it, how long it let others wait.

These come from the whole session, so they are gathered in one pass and looked up by entry number afterwards.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.turns import Turn, turns
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.recording.entry import Header


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one event."""

    turn: int | None = None
    """The number of the turn it stands in; None before the first."""
    findings: tuple[Finding, ...] = ()
    latency_ms: float | None = None
    """How long after the event it answers it came; None if it answers none."""


NOTHING = Facts()


class Index:
    """The facts of a session by entry number."""

    def __init__(self, session: State, findings: Iterable[Finding]) -> None:
        self.turns: list[Turn] = turns(session)
        self._starts = [turn.start.n for turn in self.turns]
        self._latencies = latencies(session, self.turns)
        self._findings: dict[int, list[Finding]] = defaultdict(list)
        for finding in findings:
            self._findings[finding.entry].append(finding)

    def __getitem__(self, n: int) -> Facts:
        """Return what is known of an entry."""
        at = bisect_right(self._starts, n)
        return Facts(
            turn=self.turns[at - 1].number if at else None,
            findings=tuple(self._findings.get(n, ())),
            latency_ms=self._latencies.get(n),
        )


def gather(events: Iterable[Event], linter: Linter | None = None, header: Header | None = None) -> Index:
    """Return the facts of a whole recording, in one pass; `events` come from `lint.events`."""
    linter = linter if linter is not None else Linter(header=header)
    findings = [finding for event in events for finding in linter.feed(event)]
    return Index(linter.session, findings)


def latencies(session: State, turns: Iterable[Turn]) -> Mapping[int, float]:
    """Return how long after the event it answers each event came, in milliseconds, by entry number.

    `response.created` answers `response.create` or the commit, a response's first output and its end answer
    `response.created`, a tool's output answers the complete arguments, an answered update or error what it is about.
    """
    pairs = [*_of_responses(session), *_of_turns(turns), *_of_calls(session), *_of_answers(session)]
    return {answer.n: round((answer.t - asked) * 1000, 3) for asked, answer in pairs}


_Pair = tuple[float, At]


def _of_responses(session: State) -> Iterator[_Pair]:
    for response in session.responses.values():
        if response.request is not None:
            yield response.request.at.t, response.created
        for answer in (response.done, response.first_output):
            if answer is not None and answer.n != response.created.n:
                yield response.created.t, answer


def _of_turns(turns: Iterable[Turn]) -> Iterator[_Pair]:
    for turn in turns:
        first = turn.responses[0] if turn.responses else None
        if first is not None and first.request is None and turn.committed_t is not None:
            yield turn.committed_t, first.created


def _of_calls(session: State) -> Iterator[_Pair]:
    for call in session.calls.values():
        if call.done is not None and call.outputs:
            yield call.done.t, call.outputs[0]


def _of_answers(session: State) -> Iterator[_Pair]:
    for update in session.updates:
        if update.answer is not None:
            yield update.at.t, update.answer
    for error in session.errors:
        if error.cause is not None:
            yield error.cause.t, error.at
