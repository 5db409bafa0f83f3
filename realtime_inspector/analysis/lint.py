"""Runs the rules over a session, in one pass, in the order of time."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.rule import Deadline, Rule, all_rules
from realtime_inspector.protocol.event import Event, read
from realtime_inspector.protocol.realtime.catalogue import ga_name
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Entry, Kind, Side


class Linter:
    """The rules, and the session they look at. Feed it events in order; it returns what they find."""

    def __init__(self, rules: Sequence[Rule] | None = None, session: Session | None = None) -> None:
        self.session = session if session is not None else Session()
        self._on: dict[str, list[Rule]] = defaultdict(list)
        self._deadlines: list[tuple[float, int, Rule, Deadline]] = []
        self._order = count()
        for rule in all_rules() if rules is None else rules:
            for event_type in rule.on:
                self._on[event_type].append(rule)

    def feed(self, event: Event) -> list[Finding]:
        """Take one event in and return what the rules say about it, and about the time that passed before it."""
        findings = self.advance(event.t)
        rules = self._rules(event)
        for rule in rules:
            findings.extend(rule.check(event, self.session))
        self.session.apply(event)
        for rule in rules:
            for deadline in rule.wait(event, self.session):
                self._push(rule, deadline)
        return findings

    def advance(self, now: float) -> list[Finding]:
        """Let time pass up to `now` (seconds in the recording) and return what never came."""
        findings: list[Finding] = []
        while self._deadlines and self._deadlines[0][0] < now and self.session.ended is None:
            _, _, rule, deadline = heapq.heappop(self._deadlines)
            if self.session.dialect not in rule.dialects:
                continue
            for outcome in rule.due(deadline, self.session):
                if isinstance(outcome, Deadline):
                    self._push(rule, outcome)
                else:
                    findings.append(outcome)
        return findings

    def _rules(self, event: Event) -> list[Rule]:
        name = ga_name(event.type) if event.from_server else event.type
        dialect = self.session.dialect
        return [rule for rule in (*self._on.get(name, ()), *self._on.get("*", ())) if dialect in rule.dialects]

    def _push(self, rule: Rule, deadline: Deadline) -> None:
        heapq.heappush(self._deadlines, (deadline.at, next(self._order), rule, deadline))


def events(entries: Iterable[Entry]) -> Iterator[Event]:
    """Read entries as events, and close a recording that was cut off: the end is an event too."""
    last: Entry | None = None
    ended = False
    for entry in entries:
        last, ended = entry, ended or entry.kind is Kind.END
        yield read(entry)
    if last is not None and not ended:
        end = Entry(last.n + 1, last.t, Side.PROXY, Kind.END, members={"how": "cut off"}, line=last.line)
        yield read(end)


def lint(entries: Iterable[Entry], rules: Sequence[Rule] | None = None) -> list[Finding]:
    """Return every finding of a whole recording, by entry."""
    linter = Linter(rules)
    findings = [finding for event in events(entries) for finding in linter.feed(event)]
    return sorted(findings, key=lambda finding: (finding.entry, finding.t, finding.severity.rank, finding.rule))
