"""The numbers of a rule that its user may set."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_inspector.analysis import threshold
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.analysis.rules.rsp.create_unanswered import CreateUnanswered
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.recording import transcript


class Patient(Rule):
    """Has numbers."""

    id, name, severity, on = "TST001", "patient", Severity.INFO, ("*",)
    wait_s = Threshold(2.5, "s", "how long", least=0.1, most=60)
    often = Threshold(3, "times", "how often", least=1)


class MorePatient(Patient):
    """Has another default, and its parent's other number."""

    id = "TST002"
    wait_s = Threshold(5.0, "s", "how long")


def test_a_rule_reads_a_threshold_as_a_number() -> None:
    assert (Patient().wait_s, Patient().often, MorePatient().wait_s) == (2.5, 3, 5.0)


def test_a_rule_that_was_set_up_is_a_copy() -> None:
    rule = Patient()
    changed = rule.set_up({"wait_s": 4, "often": 7.0}, Severity.ERROR)
    assert (changed.wait_s, changed.often, changed.wanted) == (4.0, 7, Severity.ERROR)
    assert isinstance(changed.wait_s, float)
    assert isinstance(changed.often, int)
    assert (rule.wait_s, rule.often, rule.wanted) == (2.5, 3, None)
    assert changed.set_up({"often": 8}).wait_s == 4.0


def test_what_a_rule_lets_its_user_set_is_known_by_name() -> None:
    found = threshold.of(MorePatient)
    assert {name: each.default for name, each in found.items()} == {"wait_s": 5.0, "often": 3}
    assert threshold.of(MorePatient()) == found


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("wait_s", "4", "= '4' is no number; it is how long: from 0.1 to 60, in s (default 2.5)"),
        ("wait_s", True, "= True is no number"),
        ("wait_s", float("nan"), "= nan is no number"),
        ("wait_s", 61, "= 61 is out of range"),
        ("often", 0, "= 0 is out of range; it is how often: from 1, in times (default 3)"),
        ("often", 1.5, "= 1.5 is no whole number"),
    ],
)
def test_a_value_that_is_none_is_refused_with_what_it_should_be(name: str, value: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem[:12]}") as raised:
        Patient().set_up({name: value})
    assert str(raised.value).startswith(problem)


def test_a_rule_waits_as_long_as_its_user_says() -> None:
    entries = transcript.entries('> {"type": "response.create"}\n+7s < {"type": "session.updated"}')
    assert [found.rule for found in lint(entries, [CreateUnanswered()])] == ["RSP003"]
    assert lint(entries, [CreateUnanswered().set_up({"wait_s": 8})]) == []


def test_every_threshold_says_what_it_is_and_takes_its_own_default() -> None:
    found = [(rule.id, each) for rule in all_rules() for each in threshold.of(rule).values()]
    assert len(found) > 70
    for rule_id, each in found:
        assert each.read(each.default) == each.default, rule_id
        assert each.about, rule_id
        assert each.unit, rule_id
        assert not each.name.endswith("_s") or each.unit == "s", rule_id
        assert not each.name.endswith("_ms") or each.unit == "ms", rule_id


def test_every_rule_still_runs_at_the_ends_of_its_thresholds() -> None:
    for rule in all_rules():
        numbers = threshold.of(rule)
        for ends in ({n: t.least for n, t in numbers.items()}, {n: min(t.most, 1e6) for n, t in numbers.items()}):
            changed = rule.set_up(ends)
            for text in (*rule.good[:1], *rule.bad[:1]) if ends else ():
                found = lint(transcript.entries(text), [changed])
                assert not any("itself is broken" in each.message for each in found), (rule.id, found)
