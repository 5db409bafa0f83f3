"""`stats`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from realtime_inspector.cli import budgeting, stats
from realtime_inspector.protocol.realtime import models
from tests.analysis.sessions import VOICE, WRITTEN
from tests.cli.helpers import CommandLine, write_recording
from tests.pages import ROOT


@pytest.fixture(autouse=True)
def recordings(tmp_path: Path) -> None:
    write_recording(tmp_path / "recordings/a.jsonl", VOICE)
    write_recording(tmp_path / "recordings/b.jsonl", WRITTEN)


def test_several_recordings_are_measured_together(rti: CommandLine) -> None:
    lines = rti("stats").out.splitlines()

    assert lines[0] == "2 recordings, 0:06, 4 turns (1 interrupted), 6 responses, 1 tool call"
    assert "tool: arguments -> output sent 1 252 ms 252 ms 252 ms" in [" ".join(line.split()) for line in lines]
    assert lines[-6:] == [
        "tokens  165",
        "  in    110  (40 audio, 60 text; 30 of them cached)",
        "  out   55  (40 audio, 10 text)",
        "cost    about $0.0038 and an unknown part",
        "  responses      about $0.0038 and an unknown part (no price, or no usage, of a model, gpt-realtime)",
        f"  prices         of {models.builtin().read}; your own with --prices FILE",
    ]


def test_json_has_each_recording_and_the_total(rti: CommandLine) -> None:
    found = json.loads(rti("stats", "--json").out)

    assert found["schema_version"] == 1
    assert [one["path"] for one in found["recordings"]] == ["recordings/a.jsonl", "recordings/b.jsonl"]
    assert found["total"]["turns"] == 4
    assert found["recordings"][0]["latencies"]["time_to_first_audio_ms"] == {
        "count": 2,
        "median": 201.0,
        "p95": 291.0,
        "max": 301.0,
    }
    assert found["recordings"][1]["latencies"]["time_to_first_audio_ms"] is None
    assert found["total"]["tokens"]["total"] == 165


def test_shares_and_sums_stand_beside_the_waits(rti: CommandLine) -> None:
    rates = json.loads(rti("stats", "--json").out)["total"]["rates"]

    assert rates["interruption_rate"] == round(1 / 6, 6)
    assert (rates["heard_ratio"], rates["cached_ratio"]) == (0.25, round(30 / 110, 6))
    assert (rates["audio_in_s"], rates["audio_out_s"], rates["stalls"]) == (2.2, 4.5, 0)
    assert "heard of what was cut off  25% (median)" in rti("stats").out.splitlines()


def test_the_cost_is_null_where_a_part_of_it_is_not_known(rti: CommandLine) -> None:
    found = json.loads(rti("stats", "--json").out)

    assert found["prices_of"] == models.builtin().read
    assert found["total"]["cost"]["usd"] is None
    assert found["recordings"][0]["cost"]["responses"] == {
        "usd": None,
        "known_usd": 0.003796,
        "priced": 1,
        "unpriced": 2,
        "exact": False,
        "without_price": ["gpt-realtime"],
    }


def test_prices_of_ones_own_go_before_the_built_in_ones(rti: CommandLine, tmp_path: Path) -> None:
    told = '"input_tokens": 1000000, "input_token_details": {"text_tokens": 1000000}'
    write_recording(
        tmp_path / "mine.jsonl",
        '< {"type": "session.created", "session": {"model": "mine"}}\n'
        f'< {{"type": "response.done", "response": {{"id": "r1", "status": "completed", "usage": {{{told}}}}}}}\nx',
    )
    (tmp_path / "prices.toml").write_text('read = "2027-02-03"\n[models.mine]\ntext = { input = 7.5 }\n')

    assert "cost    unknown" in rti("stats", "mine.jsonl").out
    assert rti("stats", "mine.jsonl", "--prices", "prices.toml").out.splitlines()[-2:] == [
        "cost    $7.5000",
        "  prices         of 2027-02-03; your own with --prices FILE",
    ]


def test_budgets_that_are_exceeded_fail_the_run(rti: CommandLine, tmp_path: Path) -> None:
    ran = rti("stats", "--budget", "ttfa_p95=250ms", "--budget", "tool_follow_up_median=2s", "--budget", "tokens=165")
    assert ran.code == 1
    assert ran.out.splitlines()[-3:] == [
        "budget  EXCEEDED  ttfa_p95 is 291 ms, more than the budget of 250 ms",
        "budget  kept      tool_follow_up_median is 104 ms, within the budget of 2000 ms",
        "budget  kept      tokens is 165 in recordings/a.jsonl, within the budget of 165",
    ]
    assert rti("stats", "--budget", "ttfa_p95=0.3s").code == 0

    (tmp_path / "realtime-inspector.toml").write_text('[budget]\nttfa_p95 = "250ms"\nfindings = "error"\n')
    assert rti("stats").code == 1
    assert rti("stats", "recordings/b.jsonl").code == 0


def test_a_budget_that_cannot_be_measured_is_told_and_fails_nothing(rti: CommandLine) -> None:
    ran = rti("stats", "recordings/b.jsonl", "--budget", "ttfa_p95=250ms", "--budget", "cost=$5")
    assert ran.code == 0
    assert ran.out.splitlines()[-2:] == [
        "budget  unknown   ttfa_p95 is not known: it was never measured in these recordings",
        "budget  unknown   cost is not known: $0.0000 in recordings/b.jsonl and more: there is no price, or no usage, "
        "of a model",
    ]
    assert rti("stats", "--budget", "cost=$0.003").code == 1, "what is known is more than the budget already"


def test_json_says_of_each_budget_whether_it_was_kept(rti: CommandLine) -> None:
    assert json.loads(rti("stats", "--format", "json", "--budget", "cost_total=$1").out)["budgets"] == [
        {
            "name": "cost_total",
            "limit": 1.0,
            "unit": "USD",
            "measured": 0.003796,
            "kept": None,
            "path": None,
            "unknown": "there is no price, or no usage, of a model, gpt-realtime",
        }
    ]


def test_reports_for_ci_tell_of_the_budgets(rti: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    budgets = ("--budget", "ttfa_p95=250ms", "--budget", "v2v_max=9s")

    assert rti("stats", *budgets, "--format", "github").out.splitlines()[-1] == (
        "::error title=budget ttfa_p95::ttfa_p95 is 291 ms, more than the budget of 250 ms"
    )
    summary = (tmp_path / "summary.md").read_text()
    assert "| ttfa\\_p95 | **exceeded** |" in summary
    assert "2 recordings, 0:06" in summary
    assert 'tests="2" failures="1"' in rti("stats", *budgets, "--format", "junit").out
    statuses = [
        test["status"] for test in json.loads(rti("stats", *budgets, "--format", "ctrf").out)["results"]["tests"]
    ]
    assert statuses == ["failed", "passed"]
    assert rti("stats", *budgets, "--format", "markdown").out.startswith("| budget | | |")


def test_every_wait_that_a_budget_can_name_is_measured(rti: CommandLine) -> None:
    measured = json.loads(rti("stats", "--json").out)["total"]["latencies"]
    assert {f"{wait}_ms" for wait in budgeting.WAITS} == set(measured)


def test_a_price_file_that_is_none_is_a_mistake(rti: CommandLine, tmp_path: Path) -> None:
    ran = rti("stats", "--prices", "none.toml")
    assert (ran.code, ran.err) == (2, "realtime-inspector: none.toml: No such file or directory\n")
    (tmp_path / "prices.toml").write_text("[models.x]\ntext = 1\n")
    ran = rti("stats", "--prices", "prices.toml")
    assert (ran.code, ran.err.startswith('realtime-inspector: prices.toml: models."x".text has to have')) == (2, True)


def test_a_session_without_turns_has_no_table(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "empty.jsonl", "x")

    assert rti("stats", "empty.jsonl").out == (
        "1 recording, 0:00, 0 turns (0 interrupted), 0 responses, 0 tool calls\n"
    )


def test_a_format_of_lint_that_has_no_place_for_a_budget_is_answered_with_those_that_have(rti: CommandLine) -> None:
    ran = rti("stats", "--format", "sarif")
    assert ran.code == 2
    assert "a budget has none: junit, ctrf, github and gitlab tell of it" in ran.err


def test_an_empty_folder_is_a_mistake(rti: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()

    ran = rti("stats", "none")
    assert (ran.code, ran.err) == (
        2,
        "realtime-inspector: none: no recordings in this folder; they end in .jsonl or .jsonl.zst\n",
    )


def test_the_page_of_the_terminal_has_every_wait_as_it_is_printed() -> None:
    page = (ROOT / "docs/terminal.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+_ms)` \| (.+) \|$", page, re.MULTILINE)
    assert told == [(name, label.replace("->", "→")) for name, label in stats._WAITS.items()]
