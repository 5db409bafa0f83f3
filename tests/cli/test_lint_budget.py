"""`lint --budget`: what a session may cost, and how bad findings may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.helpers import CommandLine, write_recording

TOLD = '"usage": {"input_tokens": 1000000, "input_token_details": {"text_tokens": 1000000}}'
CALL = f"""
< {{"type": "session.created", "session": {{"model": "gpt-realtime"}}}}
< {{"type": "response.done", "response": {{"id": "r1", "status": "completed", {TOLD}}}}}
x
"""


@pytest.fixture(autouse=True)
def call(tmp_path: Path) -> None:
    write_recording(tmp_path / "call.jsonl", CALL)


def found(rti: CommandLine, *arguments: str) -> str:
    return rti("lint", "call.jsonl", "--format", "concise", "--select", "CST005", *arguments).out


def test_a_session_within_the_usual_budget_is_fine(rti: CommandLine) -> None:
    assert found(rti) == ""


def test_a_budget_of_ones_own_is_held_to(rti: CommandLine) -> None:
    assert "has cost $4.00 so far, more than the budget of $3.99" in found(rti, "--budget", "3.99")
    assert "more than the budget of $3.99" in found(rti, "--budget", "cost=$3.99")
    assert found(rti, "--budget", "cost=4 USD") == ""


def test_a_cost_over_the_budget_fails_the_run_whatever_else_may(rti: CommandLine, tmp_path: Path) -> None:
    lint = ("lint", "call.jsonl", "--select", "CST005", "--fail-on", "error")
    assert rti(*lint, "--budget", "3.99").code == 1
    assert rti(*lint, "--budget", "4").code == 0
    assert rti(*lint, "--budget", "3.99", "--exit-zero").code == 0

    (tmp_path / "realtime-inspector.toml").write_text('[budget]\ncost = "$3.99"\n')
    assert rti(*lint).code == 1


def test_the_budget_of_findings_is_the_least_that_fails(rti: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "realtime-inspector.toml").write_text('[budget]\nfindings = "error"\nttfa_p95 = "800ms"\n')
    write_recording(tmp_path / "talk.jsonl", CALL.replace("1000000", "9000000"))
    lint = ("lint", "talk.jsonl", "--select", "CST005")
    warned = rti(*lint)
    assert (": warning CST005" in warned.out, warned.code) == (True, 0)
    assert rti(*lint, "--budget", "findings=warning").code == 1
    assert rti(*lint, "--fail-on", "warning").code == 1


def test_prices_of_ones_own_count(rti: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[models."gpt-realtime"]\ntext = { input = 30 }\n')
    assert "has cost $30.00 so far, more than the budget of $25.00" in found(rti, "--prices", "mine.toml")


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ("0", "cost = '0' is no sum of US dollars, such as $0.05"),
        ("cost=-1", "cost = '-1' is no sum of US dollars, such as $0.05"),
        ("much", "cost = 'much' is no sum of US dollars, such as $0.05"),
        ("findings=bad", "findings = 'bad' is no severity; it is one of error, warning, info"),
        ("ttfa_p95=800", "ttfa_p95 = '800' is no time with its unit, such as 800ms or 1.5s"),
        ("tokens=-3", "tokens = '-3' is no number of tokens, such as 20000"),
        ("ttfa95=1s", "no budget 'ttfa95'; did you mean 'ttfa_p95'?"),
        ("zzz=1s", "no budget 'zzz'; known are findings, cost, cost_total, tokens and waits such as ttfa_p95"),
    ],
)
def test_what_is_no_budget_is_told_with_what_would_be(rti: CommandLine, budget: str, said: str) -> None:
    ran = rti("lint", "call.jsonl", "--budget", budget)
    assert ran.code == 2
    assert ran.err.startswith(f"realtime-inspector: invalid value for '--budget': {said}")


def test_a_budget_in_the_file_is_told_with_its_file(rti: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "realtime-inspector.toml").write_text('[budget]\nttfa = "1s"\n')
    assert "realtime-inspector.toml" in rti("lint", "call.jsonl").err
    assert rti("ls", "call.jsonl").code == 0
