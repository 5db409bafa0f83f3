"""`lint --budget`: what a session may cost."""

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
    assert found(rti, "--budget", "4") == ""


def test_prices_of_ones_own_count(rti: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[models."gpt-realtime"]\ntext = { input = 30 }\n')
    assert "has cost $30.00 so far, more than the budget of $25.00" in found(rti, "--prices", "mine.toml")


@pytest.mark.parametrize("budget", ["0", "-1", "much"])
def test_a_budget_is_a_sum_of_money(rti: CommandLine, budget: str) -> None:
    assert rti("lint", "call.jsonl", "--budget", budget).code == 2
