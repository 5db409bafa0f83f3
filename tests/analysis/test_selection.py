"""Which rules are asked without more ado, and how often."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.selection import usual
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from tests.analysis.sessions import events


class Loud(Rule):
    """One that listens."""

    id, name, severity, on = "ZZZ001", "loud", Severity.INFO, ("response.create",)
    acoustic = True


class Wished(Rule):
    """One that not everybody wants."""

    id, name, severity, on = "ZZZ003", "wished", Severity.INFO, ("response.create",)
    optional = True


class Terse(Rule):
    """One that says everything once."""

    id, name, severity, on = "ZZZ002", "terse", Severity.INFO, ("response.create",)
    once = True
    asked = 0

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        self.asked += 1
        yield self.finding(event, "first")
        yield self.finding(event, "second")

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        yield Deadline(event.t, event)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        yield self.finding(deadline.event, "third")


def test_an_acoustic_rule_is_asked_only_if_its_id_or_name_is_chosen() -> None:
    rules = [Loud(), Terse()]
    assert [rule.id for rule in usual(rules)] == ["ZZZ002"]
    assert [rule.id for rule in usual(rules, ["ZZZ"])] == ["ZZZ002"]
    assert [rule.id for rule in usual(rules, ["zzz001"])] == ["ZZZ001", "ZZZ002"]
    assert [rule.id for rule in usual(rules, ["loud"])] == ["ZZZ001", "ZZZ002"]


def test_an_optional_rule_is_asked_only_if_its_id_or_name_is_chosen_acoustic_or_not() -> None:
    rules = [Wished(), Loud(), Terse()]
    assert [rule.id for rule in usual(rules, acoustic=True)] == ["ZZZ001", "ZZZ002"]
    assert [rule.id for rule in usual(rules, ["ZZZ003"])] == ["ZZZ003", "ZZZ002"]
    assert [rule.id for rule in usual(rules, ["wished"], acoustic=True)] == ["ZZZ003", "ZZZ001", "ZZZ002"]


def test_what_a_rule_says_once_it_says_once_and_is_not_asked_again() -> None:
    rule = Terse()
    linter = Linter([rule])
    sent = events('> {"type": "response.create"}\n' * 3)
    found = [finding for event in sent for finding in linter.feed(event)]
    assert ([finding.message for finding in found], rule.asked) == (["first"], 1)


def test_each_session_hears_it_anew() -> None:
    rule = Terse()
    (sent,) = events('> {"type": "response.create"}')
    assert [len(Linter([rule]).feed(sent)) for _ in range(2)] == [1, 1]
