"""The options that say which rules are asked, over what the project and the environment say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.analysis.rules.rsp.create_unanswered import CreateUnanswered
from realtime_inspector.cli import linting
from realtime_inspector.errors import UsageError
from tests.analysis.test_user_rules import GREETING
from tests.cli.helpers import CommandLine, write_recording

SLOW = '> {"type": "response.create"}\n+7s < {"type": "response.created", "response": {"id": "r1"}}\nx'
FILE = Path("realtime-inspector.toml")


@pytest.fixture(autouse=True)
def call(rti: CommandLine) -> Path:
    return write_recording(Path("recordings/call.jsonl"), SLOW)


def found(rti: CommandLine, *arguments: str) -> dict[str, str]:
    """Return rule and severity of what is found."""
    ran = rti("lint", "--format", "json", "--exit-zero", "--select", "RSP003,MY", *arguments)
    assert ran.code == 0, ran.err
    (recording,) = json.loads(ran.out)["recordings"]
    return {each["rule"]: each["severity"] for each in recording["findings"]}


@pytest.fixture(autouse=True)
def greeting(rti: CommandLine) -> None:
    Path("mine").mkdir()
    Path("mine/greeting.py").write_text(GREETING)
    FILE.write_text('[lint]\nrules = ["mine"]\n')


def test_options_say_what_a_project_may_say(rti: CommandLine) -> None:
    assert found(rti) == {"RSP003": "error", "MY001": "warning"}
    assert found(rti, "--severity", "RSP003=info,MY=error") == {"RSP003": "info", "MY001": "error"}
    assert found(rti, "--threshold", "RSP003.wait_s=8") == {"MY001": "warning"}
    assert found(rti, "--dialect", "live") == {"MY001": "warning"}


def test_the_command_line_goes_before_the_file(rti: CommandLine) -> None:
    FILE.write_text(
        '[lint]\nrules = ["mine"]\nignore = ["RSP003"]\ndialect = "live"\nseverity.MY001 = "info"\n'
        '[lint.thresholds.RSP003]\nwait_s = 60\n[lint.per-path."**"]\nseverity.MY001 = "error"\ndialect = "live"\n'
    )
    assert found(rti) == {"MY001": "error"}
    given = ("--ignore", "OUT", "--threshold", "RSP003.wait_s=2", "--severity", "MY001=warning", "--dialect", "ga")
    assert found(rti, *given) == {"RSP003": "error", "MY001": "warning"}


def test_the_environment_may_say_it_too(rti: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALTIME_INSPECTOR_LINT_THRESHOLD", "RSP003.wait_s=8")
    monkeypatch.setenv("REALTIME_INSPECTOR_LINT_SEVERITY", "MY001=info")
    assert found(rti) == {"MY001": "info"}


def test_the_budget_is_a_threshold_of_its_rule(rti: CommandLine) -> None:
    FILE.write_text("[lint.thresholds.CST005]\nbudget_usd = 0.01\n")
    write_recording(
        Path("recordings/call.jsonl"),
        '< {"type": "session.created", "session": {"model": "gpt-realtime", "audio": {}}}\n'
        '< {"type": "response.done", "response": {"id": "r1", "status": "completed", "usage": {"input_tokens": 9000, '
        '"output_tokens": 0, "input_token_details": {"text_tokens": 9000}}}}\nx',
    )
    assert "more than the budget of $0.01" in rti("lint", "--select", "CST005").out
    assert rti("lint", "--select", "CST005", "--budget", "cost=$5").out.startswith("no findings")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--severity", "RSP003"], "--severity: 'RSP003' is not of the form RSP003=warning"),
        (["--severity", "RSP003=bad"], "RSP003: 'bad' is no severity; known are error, warning, info"),
        (["--threshold", "RSP003=5"], "--threshold: 'RSP003' is not of the form RSP003.wait_s=8"),
        (["--threshold", "RSP003.wait=5"], "RSP003: no threshold 'wait'; did you mean 'wait_s'?"),
        (["--threshold", "RSP003.wait_s=long"], "RSP003: wait_s = 'long' is no number; it is how long the answer may"),
        (["--dialect", "xia"], "no dialect 'xia'; did you mean 'xai'?"),
        (["--rules", "nowhere"], "nowhere: no such folder or file of rules"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_one_line(rti: CommandLine, arguments: list[str], problem: str) -> None:
    ran = rti("lint", *arguments)
    assert ran.code == 2
    assert ran.err.startswith(f"realtime-inspector: {problem}")
    assert len(ran.err.splitlines()) == 1


def test_a_choice_that_is_wrong_in_the_file_is_told_with_the_file(rti: CommandLine, tmp_path: Path) -> None:
    for text, problem in (
        ('select = ["RSP03"]', ": no rule 'RSP03'; did you mean 'RSP003'?"),
        ('[lint]\ndialect = "xia"', ".dialect: no dialect 'xia'"),
        ("[lint.treshold.RSP003]\nwait_s = 1", ": `lint` has no option 'treshold'; did you mean 'threshold'?"),
        ("[lint.threshold.RSP003]\nwait_s = 1", ": lint: no table 'threshold'; did you mean 'thresholds'?"),
    ):
        FILE.write_text(text)
        assert rti("lint").err.startswith(f"realtime-inspector: {tmp_path / FILE}{problem}")


def test_a_rule_of_the_user_that_raises_is_one_line_whatever_it_is_asked_about(rti: CommandLine, call: Path) -> None:
    Path("mine/greeting.py").write_text(GREETING.replace("yield", "raise ValueError('oh')\n        yield"))
    write_recording(Path("recordings/other.jsonl"), SLOW)
    ran = rti("lint", "--select", "RSP003,MY")
    assert "2 errors in 2 recordings" in ran.out
    assert ran.err == (
        f"realtime-inspector: {Path('mine/greeting.py')}: the rule MY001 greeting is broken (ValueError: oh, "
        "greeting.py:14) at entry 1, response.create; it is left out from there on of recordings/call.jsonl\n"
    )
    assert ran.code == 2


def test_a_rule_that_does_not_load_ends_the_command_with_its_file(rti: CommandLine) -> None:
    Path("mine/bad.py").write_text("1 / 0\n")
    ran = rti("lint")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "realtime-inspector: mine/bad.py:1: does not load: ZeroDivisionError: division by zero\n"


def test_other_commands_ask_as_lint_would(monkeypatch: pytest.MonkeyPatch, rti: CommandLine) -> None:
    FILE.write_text('[lint]\nrules = ["mine"]\nignore = ["OUT"]\n[lint.thresholds.RSP003]\nwait_s = 8\n')
    monkeypatch.setenv("REALTIME_INSPECTOR_LINT_SELECT", "RSP003 MY")
    rules = linting.project().rules_for("recordings/call.jsonl")
    assert [rule.id for rule in rules] == ["RSP003", "MY001"]
    assert isinstance(rules[0], CreateUnanswered)
    assert rules[0].wait_s == 8.0
    FILE.write_text("[lint.thresholds.RSP003]\nwait = 8\n")
    with pytest.raises(UsageError, match="no threshold 'wait'"):
        linting.project()
    FILE.unlink()
    monkeypatch.delenv("REALTIME_INSPECTOR_LINT_SELECT")
    assert len(linting.project().rules_for()) == len([r for r in all_rules() if not r.acoustic and not r.optional])
