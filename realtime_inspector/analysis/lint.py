"""Runs the rules over a session, in one pass, in the order of time."""

from __future__ import annotations

import heapq
import math
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from types import UnionType
from typing import TypeVar

from realtime_inspector.analysis.dialect_rules import holds
from realtime_inspector.analysis.finding import Finding, Severity, by_entry
from realtime_inspector.analysis.rule import Deadline, Rule, all_rules
from realtime_inspector.analysis.selection import usual
from realtime_inspector.analysis.watch import Watch
from realtime_inspector.protocol.event import WIRE_END, Event, read
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import CUT_OFF, Entry, Header, Kind, Side

_S = TypeVar("_S")


class Linter:
    """The rules, and the session they look at. Feed it events in order; it returns what they find.

    Without a choice of rules it asks the usual ones, but those that do not hold for the dialect that is spoken;
    `dialect` names it where it is not to be taken from what is seen. A rule that raises does not cost the others'
    findings: it is reported once, under its own id, and not asked again. That of a user is no finding, but one of the
    `troubles`.
    """

    def __init__(
        self,
        rules: Sequence[Rule] | None = None,
        session: Session | None = None,
        header: Header | None = None,
        dialect: str = "",
    ) -> None:
        self.session = session if session is not None else Session()
        if dialect:
            self.session.speak(dialect)
        if header is not None:
            self.session.begin(header)
        self.failed: dict[str, BaseException] = {}
        """Rule's id → what it raised."""
        self.troubles: list[str] = []
        """What is to be told of the user's own rules that raised, a line each."""
        self._deadlines: list[tuple[float, int, Rule, Deadline]] = []
        self._order = count()
        self._out: set[str] = set()
        """Rules that failed, and those of which once is enough, and it was."""
        asked = usual(all_rules()) if rules is None else rules
        self.session.listening = self.session.listening or any(rule.acoustic for rule in asked)
        self.watch = Watch(asked, self.session, self._may)
        """Who is asked about what."""

    def feed(self, event: Event) -> list[Finding]:
        """Take one event in and return what the rules say about it, and about the time that passed before it."""
        session = self.session
        findings = self.advance(event.t) if self._deadlines and self._deadlines[0][0] < event.t else []
        watchers = self.watch.over(event)
        self._ask(watchers.checking, event, event, findings, Finding)
        running = session.ended is None
        session.apply(event)
        self._ask(watchers.waiting, event, event, findings, Deadline)
        self.watch.settle(event, watchers)
        if running and event.type == WIRE_END:
            findings += self._end()
        return findings

    @property
    def due_t(self) -> float:
        """When a rule wants to be asked next, in seconds; infinity if none does."""
        return self._deadlines[0][0] if self._deadlines else math.inf

    def advance(self, now: float) -> list[Finding]:
        """Let time pass up to `now` (seconds in the recording) and return what never came.

        A live view must have fed every event up to that time: what is still on its way counts as absent.
        """
        findings: list[Finding] = []
        while self._deadlines and self._deadlines[0][0] < now and self.session.ended is None:
            _, _, rule, deadline = heapq.heappop(self._deadlines)
            self._due(rule, deadline, findings)
        return findings

    def _end(self) -> list[Finding]:
        """Ask for the last time what was asked for at the end."""
        findings: list[Finding] = []
        waiting, self._deadlines = sorted(self._deadlines, key=lambda each: each[:2]), []
        for _, _, rule, deadline in waiting:
            if deadline.at_end:
                self._due(rule, deadline, findings)
        self._deadlines.clear()
        return findings

    def _due(self, rule: Rule, deadline: Deadline, findings: list[Finding]) -> None:
        if holds(rule, self.session):
            self._ask(((rule, rule.due),), deadline, deadline.event, findings, Finding | Deadline)

    def _ask(
        self,
        asked: Iterable[tuple[Rule, Callable[[_S, Session], Iterable[object]]]],
        about: _S,
        event: Event,
        findings: list[Finding],
        wanted: type | UnionType,
    ) -> None:
        """Ask rules, each its question, and keep what they answer; what goes wrong is a finding too."""
        session, out = self.session, self._out
        answers: list[object] = []
        for rule, question in asked:
            if rule.id in out:
                continue
            try:
                for answer in question(about, session):
                    _check(answer, wanted)
                    answers.append(answer)
                    if rule.once and isinstance(answer, Finding):
                        self._leave_out(rule)
                        break
            except (Exception, SystemExit) as error:  # broad: a rule's bug must not cost the findings of the others
                self._fail(rule, event, error, findings)
            if answers:
                findings += [answer for answer in answers if isinstance(answer, Finding)]
                for answer in answers:
                    if isinstance(answer, Deadline):
                        heapq.heappush(self._deadlines, (answer.at, next(self._order), rule, answer))
                answers.clear()

    def _fail(self, rule: Rule, event: Event, error: BaseException, findings: list[Finding]) -> None:
        self.failed[rule.id] = error
        self._leave_out(rule)
        if rule.origin:
            self.troubles.append(_trouble(rule, event, error))
        else:
            findings.append(_failure(rule, event, error))

    def _leave_out(self, rule: Rule) -> None:
        """Ask a rule no more."""
        self._out.add(rule.id)
        self.watch.forget()

    def _may(self, rule: Rule) -> bool:
        """Tell whether a rule is to be asked about this session, and as long as nothing of it changes."""
        session = self.session
        return holds(rule, session) and rule.needs.isdisjoint(session.left_out) and rule.id not in self._out


def _check(answer: object, wanted: type | UnionType) -> None:
    """Refuse what a rule should not have answered, before it is taken for a finding."""
    if not isinstance(answer, wanted):
        raise TypeError(f"{answer!r:.60} is not what it is asked for")
    if isinstance(answer, Finding) and not (isinstance(answer.severity, Severity) and isinstance(answer.message, str)):
        raise TypeError(f"a finding's severity and message are {answer.severity!r:.40} and {answer.message!r:.40}")


def _trouble(rule: Rule, event: Event, error: BaseException) -> str:
    place, problem = _place(error)
    return (
        f"{rule.origin}: the rule {rule.id} {rule.name} is broken ({problem}, {place}) at entry {event.n}, "
        f"{event.type}; it is left out from there on"
    )


def _place(error: BaseException) -> tuple[str, str]:
    """Return where something was raised, and what."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next((frame for frame in reversed(frames) if Path(frame.filename) != Path(__file__)), frames[-1])
    problem = f"{type(error).__name__}: {error}".replace("\n", " ").rstrip(": ")
    return f"{Path(last.filename).name}:{last.lineno}", problem


def _failure(rule: Rule, event: Event, error: BaseException) -> Finding:
    place, problem = _place(error)
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=Severity.WARNING,
        entry=event.n,
        line=event.entry.line,
        t=event.t,
        message=f"the rule {rule.id} itself is broken ({problem}, {place}); it is left out from here on",
        fix=f"report it with this recording's event, or leave the rule out with --ignore {rule.id}",
    )


def events(entries: Iterable[Entry]) -> Iterator[Event]:
    """Read entries as events, and close a recording that was cut off: the end is an event too."""
    last: Entry | None = None
    ended = False
    for entry in entries:
        last, ended = entry, ended or entry.kind is Kind.END
        yield read(entry)
    if last is not None and not ended:
        yield closing(last.n, last.t, last.line)


def closing(n: int, t: float, line: int) -> Event:
    """Return the end of a recording that stops before the connection did; number, time and line of its last entry."""
    return read(Entry(n + 1, t, Side.PROXY, Kind.END, members={"how": CUT_OFF}, line=line))


def lint(entries: Iterable[Entry], rules: Sequence[Rule] | None = None, header: Header | None = None) -> list[Finding]:
    """Return every finding of a whole recording, by entry."""
    linter = Linter(rules, header=header)
    return sorted((finding for event in events(entries) for finding in linter.feed(event)), key=by_entry)
