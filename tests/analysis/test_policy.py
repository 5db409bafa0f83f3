"""What a project wants of the rules, and what is said where it is misspelt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.analysis import policy as policies
from realtime_inspector.analysis import project
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.rule import Deadline, Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.analysis.wishes import Wishes
from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from tests.analysis.sessions import events
from tests.analysis.test_user_rules import GREETING


class Late(Rule):
    """An answer that is late."""

    id, name, severity, on = "TST001", "late-answer", Severity.ERROR, ("*",)
    wait_s = Threshold(5.0, "s", "how long", least=0.1)


class Odd(Rule):
    """Something odd."""

    id, name, severity, on = "TST012", "odd", Severity.WARNING, ("*",)


class Loud(Rule):
    """One that listens."""

    id, name, severity, on = "AUD001", "loud", Severity.INFO, ("*",)
    acoustic = True


RULES = (Loud(), Late(), Odd())


def policy(text: str, folder: Path, **options: Any) -> Policy:
    (folder / project.FILE).write_text(text)
    found = project.find(folder)
    return policies.of(found, **options)


def ids(wanted: Policy, path: str | Path = "") -> list[str]:
    return [rule.id for rule in wanted.rules_for(path)]


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(policies, "all_rules", lambda: RULES)
    monkeypatch.chdir(tmp_path)


def test_without_wishes_the_usual_rules_are_asked_as_they_are(tmp_path: Path) -> None:
    assert Policy().rules_for("call.jsonl") == [RULES[1], RULES[2]]
    assert ids(policies.of(None)) == ["TST001", "TST012"]
    assert ids(policies.of(None, acoustic=True)) == ["AUD001", "TST001", "TST012"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ('select = ["TST"]', ["TST001", "TST012"]),
        ('select = "TST01, loud"', ["AUD001", "TST012"]),
        ('ignore = ["TST01"]', ["TST001"]),
        ('ignore = ["late-answer"]', ["TST012"]),
    ],
)
def test_rules_are_chosen_by_id_by_how_it_begins_and_by_name(text: str, asked: list[str], tmp_path: Path) -> None:
    assert ids(policy(f"[lint]\n{text}", tmp_path)) == asked


def test_the_narrower_word_gives_the_severity(tmp_path: Path) -> None:
    wanted = policy('[lint.severity]\nTST001 = "warning"\nTST = "info"\nTST01 = "error"', tmp_path)
    assert {rule.id: rule.wanted for rule in wanted.rules_for()} == {
        "TST001": Severity.WARNING,
        "TST012": Severity.ERROR,
    }
    named = policy('[lint.severity]\nlate-answer = "info"\nTST0 = "error"', tmp_path)
    assert named.rules_for()[0].wanted is Severity.INFO


@pytest.mark.parametrize("key", ["TST001", "tst001", "late-answer"])
def test_a_threshold_is_set_by_id_or_name(key: str, tmp_path: Path) -> None:
    late, _ = policy(f"[lint.thresholds.{key}]\nwait-s = 8", tmp_path).rules_for()
    assert isinstance(late, Late)
    assert late.wait_s == 8.0
    assert RULES[1].wait_s == 5.0


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("calls/*.jsonl", "calls/a.jsonl", True),
        ("calls/*.jsonl", "calls/old/a.jsonl", False),
        ("calls/**", "calls/old/a.jsonl", True),
        ("**/old/*", "calls/old/a.jsonl", True),
        ("**/old/*", "old/a.jsonl", True),
        ("./calls/?.jsonl", "calls/a.jsonl", True),
        ("slow-*", "calls/slow-1.jsonl", True),
        ("slow-*", "slow-calls/1.jsonl", False),
        ("calls/[1].jsonl", "calls/1.jsonl", False),
        ("-", "-", True),
    ],
)
def test_a_recording_is_matched_by_its_path_from_the_file_s_folder(
    pattern: str, path: str, fits: bool, tmp_path: Path
) -> None:
    wanted = policy(f'[lint.per-path."{pattern}"]\nignore = ["TST001"]', tmp_path)
    assert ids(wanted, path) == (["TST012"] if fits else ["TST001", "TST012"])
    if path != "-":
        assert ids(wanted, tmp_path / path) == ids(wanted, path)


def test_what_is_for_some_recordings_is_put_over_what_is_for_all(tmp_path: Path) -> None:
    text = """
        [lint]
        ignore = ["TST012"]
        thresholds.TST001.wait_s = 6
        [lint.per-path."old/**"]
        dialect = "beta"
        severity.TST = "info"
        [lint.per-path."old/slow*"]
        thresholds.TST001.wait_s = 60
    """
    wanted = policy(text, tmp_path)
    found = {path: wanted.rules_for(path)[0] for path in ("a.jsonl", "old/a.jsonl", "old/slow.jsonl")}
    assert [(vars(rule)["wait_s"], rule.wanted) for rule in found.values()] == [
        (6.0, None), (6.0, Severity.INFO), (60.0, Severity.INFO)]  # fmt: skip
    assert [wanted.dialect_for(path) for path in found] == ["", "beta", "beta"]
    assert wanted.linter("old/a.jsonl").session.dialect == "beta"
    assert wanted.rules_for("old/b.jsonl") is wanted.rules_for("old/c.jsonl")


def test_a_later_wish_goes_before_an_earlier_one() -> None:
    wanted = Policy(wishes=[Wishes(severity={"TST001": "info"}), Wishes(severity={"TST": "warning"})])
    assert wanted.rules_for()[0].wanted is Severity.WARNING


def test_rules_of_the_project_are_loaded_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/greeting.py").write_text(GREETING)
    wanted = policy('[lint]\nrules = ["rules"]\nignore = ["TST"]\nseverity.MY = "error"', tmp_path)
    (rule,) = wanted.rules_for()
    assert (rule.id, rule.wanted, rule.origin) == ("MY001", Severity.ERROR, str(tmp_path / "rules/greeting.py"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('select = ["TST1"]', "lint: no rule 'TST1'; did you mean 'TST001'?"),
        ("ignore = 5", "lint.ignore = 5 is no list of texts"),
        ('severity.TST002 = "info"', "lint.severity.TST002: no rule 'TST002'; did you mean 'TST012'?"),
        ('severity.TST = "fatal"', "lint.severity.TST: 'fatal' is no severity; known are error, warning, info"),
        ("severity = 5", "lint.severity = 5 is no table"),
        ("thresholds.TST001.wait = 5", "lint.thresholds.TST001: no threshold 'wait'; did you mean 'wait_s'?"),
        ("thresholds.TST012.wait_s = 5", "lint.thresholds.TST012: no threshold 'wait_s'; TST012 has none"),
        (
            "thresholds.TST001.wait_s = 0",
            "lint.thresholds.TST001: wait_s = 0 is out of range; it is how long:",
        ),
        ("thresholds.TST001 = 5", "lint.thresholds.TST001 = 5 is no table"),
        ("thresholds.TST.wait_s = 5", "lint.thresholds.TST: a group of rules has no thresholds; name one of them"),
        ("thresholds.NO.wait_s = 5", "lint.thresholds.NO: no rule 'NO'; groups are AUD, TST"),
        ('dialect = "xia"', "lint.dialect: no dialect 'xia'; did you mean 'xai'?"),
        ("dialect = 5", "lint.dialect = 5 is no text"),
        ('per-path."a*".ignor = []', "lint.per-path.\"a*\": no key 'ignor'; did you mean 'ignore'?"),
        ('per-path."a*".severity.NO = "info"', "lint.per-path.\"a*\".severity.NO: no rule 'NO'"),
        ('per-path."a*" = 5', "lint.per-path.a* = 5 is no table"),
        ("rules = 5", "lint.rules = 5 is no list of texts"),
    ],
)
def test_what_is_misspelt_is_told_with_file_key_and_the_nearest(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        policy(f"[lint]\n{text}", tmp_path)
    assert str(raised.value).startswith(f"{tmp_path / project.FILE}: {problem}")
    assert "\n" not in str(raised.value)


class Spoken(Rule):
    """Every event."""

    id, name, severity, on = "TST020", "spoken", Severity.INFO, ("*",)

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        yield self.finding(event, "spoken")

    def wait(self, event: Event, after: Session) -> Iterator[Deadline]:
        yield Deadline(event.t + 1, event)

    def due(self, deadline: Deadline, session: Session) -> Iterator[Finding]:
        yield self.finding(deadline.event, "late", t=deadline.at)


def test_what_is_suppressed_beside_a_recording_is_not_told_also_while_it_grows(tmp_path: Path) -> None:
    Path("call.jsonl.suppress.toml").write_text('[[suppress]]\nrule = "TST020"\nentry = 1\nreason = "meant so"\n')
    wanted = Policy([Spoken()])
    first, second = events('> {"type": "response.create"}\n> {"type": "response.create"}')[:2]
    linter = wanted.linter(tmp_path / "call.jsonl")
    assert [linter.feed(first), [each.entry for each in linter.feed(second)]] == [[], [2]]
    assert [each.entry for each in linter.advance(9.0)] == [2]
    assert [each.entry for each in wanted.linter("other.jsonl").feed(first)] == [1]
    Path("call.jsonl.suppress.toml").write_text('[[suppress]]\nrule = "TST020"\n')
    with pytest.raises(UsageError, match="has no reason"):
        wanted.linter("call.jsonl")
