"""Whatever asks the rules asks them as the project wants them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.analysis.silent_sessions import SILENT
from tests.cli.helpers import CommandLine, write_recording

CONFIGURATION = """
rules = ["rules"]
ignore = ["SES"]

[lint.severity]
TOOL001 = "info"

[lint.thresholds.TOOL001]
wait_s = 4
"""
OWN = '''
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.rule import Rule


class Calling(Rule):
    """The assistant calls a tool.

    Why: we count them.
    Fix: none.
    Limits: none known.
    Source: ours.
    """

    id, name, severity, on = "MY001", "calling", Severity.ERROR, ("response.function_call_arguments.done",)

    def check(self, event, before):
        yield self.finding(event, f"the call of {event.body['name']}")
'''


@pytest.fixture
def project(rti: CommandLine) -> CommandLine:
    Path("rules").mkdir()
    Path("rules/calling.py").write_text(OWN)
    Path("realtime-inspector.toml").write_text(CONFIGURATION)
    write_recording(Path("call.jsonl"), SILENT["output-without-response"][0])
    return rti


def test_a_rule_of_the_project_stands_in_every_view(project: CommandLine) -> None:
    for words in (
        ["lint", "--exit-zero"],
        ["show"],
        ["why"],
        ["export", "--to", "markdown"],
        ["report", "-o", "-"],
        ["lint", "--exit-zero", "--format", "json"],
    ):
        ran = project(*words, "call.jsonl")
        assert "the call of weather" in ran.out, words
        assert ran.code == 0
    assert "MY001" in project("export", "--to", "csv", "call.jsonl").out
    assert "MY001" not in project("export", "--to", "csv", "--no-findings", "call.jsonl").out


def test_why_says_what_the_project_has_set(project: CommandLine) -> None:
    (told,) = json.loads(project("why", "call.jsonl", "--format", "json").out)["silences"]
    assert told["cause"] == "output-without-response"
    assert [(each["rule"], each["severity"]) for each in told["findings"]] == [("MY001", "error"), ("TOOL001", "info")]
    assert "4.0 s ago" in told["findings"][1]["message"]


def test_lint_s_why_is_that_of_why(project: CommandLine) -> None:
    (linted,) = json.loads(project("lint", "call.jsonl", "--exit-zero", "--format", "json").out)["recordings"]
    (told,) = json.loads(project("why", "call.jsonl", "--format", "json").out)["silences"]
    assert linted["why"] == {name: value for name, value in told.items() if name != "path"}


def test_what_is_ignored_does_not_change_why(project: CommandLine) -> None:
    write_recording(Path("mute.jsonl"), SILENT["audio-missing"][0])
    before = project("why", "mute.jsonl").out
    Path("realtime-inspector.toml").write_text('ignore = ["OUT003", "RSP011", "ERR"]\n')
    after = project("why", "mute.jsonl").out
    assert "audio-missing" in before
    assert "audio-missing" in after
    assert "OUT003" in before
    assert "OUT003" not in after


def test_a_dialect_can_be_named(project: CommandLine) -> None:
    assert "dialect xai: it was asked for" in project("show", "call.jsonl", "--dialect", "xai").out
    assert project("why", "call.jsonl", "--dialect", "vllm").code == 0
    ran = project("why", "call.jsonl", "--dialect", "azur")
    assert (ran.code, "did you mean 'azure'" in ran.err) == (2, True)


def test_a_format_without_findings_does_not_mind_a_broken_configuration(project: CommandLine) -> None:
    Path("realtime-inspector.toml").write_text("[lint.thresholds.RSP003]\nwait = 5\n")
    assert project("export", "--to", "har", "call.jsonl").code == 0
    assert project("export", "--to", "markdown", "call.jsonl").code == 2
