"""`explain`: the page of a rule, as text and as JSON."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.cli.explain import command
from realtime_inspector.errors import UsageError
from tests.analysis.test_user_rules import GREETING
from tests.cli.helpers import CommandLine


def explain(*arguments: str) -> str:
    """Return what the command writes."""
    result = CliRunner().invoke(command, list(arguments), catch_exceptions=False, env={"NO_COLOR": "1"})
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str) -> str:
    """Return what the command says of a wrong command line."""
    result = CliRunner().invoke(command, list(arguments))
    assert isinstance(result.exception, UsageError)
    assert result.exception.exit_code == 2
    return str(result.exception)


def pages(*arguments: str) -> list[dict[str, Any]]:
    """Return the rules of the JSON output."""
    written = json.loads(explain(*arguments, "--format", "json"))
    assert written["schema_version"] == 1
    return list(written["rules"])


@cache
def all_pages() -> list[dict[str, Any]]:
    """Return the rules of the JSON output of all, which takes a second."""
    return pages("--all")


def test_a_page_has_what_why_fix_limits_and_source() -> None:
    text = explain("SES002")
    assert text.startswith("SES002 flat-keys (error)\n")
    for heading in (
        "Why: ",
        "Fix: ",
        "Limits: ",
        "Source: ",
        "Example (> from the client, < from the server)\n",
        "Corrected\n",
    ):
        assert f"\n{heading}" in text


def test_the_example_comes_with_what_the_rule_says_of_it() -> None:
    text = " ".join(explain("SES002").split())
    assert "error at entry 2: the server speaks GA and refuses the beta's keys: session.voice →" in text


def test_the_corrected_event_is_shown_where_the_rule_knows_it() -> None:
    corrected = explain("SES002").partition("Corrected\n")[2]
    assert json.loads(corrected)["session"] == {
        "type": "realtime",
        "output_modalities": ["text"],
        "audio": {"output": {"voice": "marin"}},
    }


def test_a_good_transcript_stands_where_no_corrected_event_is_known() -> None:
    assert "Done right\n" in explain("CON003")


def test_prose_keeps_to_the_width() -> None:
    for page in explain("--all").split("\n\n\n"):
        prose = page.partition("\nExample (")[0]
        assert max(map(len, prose.splitlines())) <= 80


@pytest.mark.parametrize("word", ["SES002", "ses002", "SES-02", "ses-2", "SES_002", "flat-keys", "Flat-Keys"])
def test_a_rule_is_found_by_any_of_its_spellings(word: str) -> None:
    assert explain(word) == explain("SES002")


def test_a_group_is_all_of_its_rules() -> None:
    assert [page["id"] for page in pages("CON")] == [rule.id for rule in all_rules() if rule.id.startswith("CON")]


def test_all_are_all() -> None:
    found = all_pages()
    assert [page["id"] for page in found] == [rule.id for rule in all_rules()]
    assert all(page["what"] and page["fix"] and page["bad"] and page["good"] for page in found)


def test_the_json_has_every_example_with_its_findings() -> None:
    (page,) = pages("SES001")
    assert page["severity"] == "error"
    assert page["dialects"] == ["ga"]
    assert page["bad"][0]["transcript"].startswith('< {"type": "session.created"')
    finding = page["bad"][0]["findings"][0]
    assert finding["entry"] == 2
    assert finding["corrected"]["session"] == {"type": "realtime", "instructions": "Be kind."}


def test_every_bad_example_of_every_rule_gives_a_finding() -> None:
    for page in all_pages():
        assert all(bad["findings"] for bad in page["bad"]), page["id"]


def test_an_unknown_rule_is_refused_with_the_nearest() -> None:
    assert refused("SES02x") == "no rule 'SES02x'; did you mean 'SES025'?"
    assert refused("flat-kees") == "no rule 'flat-kees'; did you mean 'flat-keys'?"


def test_an_id_without_a_rule_is_told_with_the_reason() -> None:
    assert refused("ses-24") == (
        "SES024 has no rule: it is the same as MCP002, which tells it where it shows: at the response; "
        "see `realtime-inspector explain MCP002`"
    )
    assert refused("LIV005").startswith("LIV005 has no rule: what a client adds up is on no wire")


def test_no_rule_at_all_is_refused_with_an_example() -> None:
    assert "explain TOOL003" in refused()
    assert "--all goes without the name of a rule" in refused("SES001", "--all")


def test_a_page_tells_the_numbers_that_the_project_has_set_and_its_own_rules(rti: CommandLine) -> None:
    Path("rules").mkdir()
    Path("rules/greeting.py").write_text(GREETING)
    Path("realtime-inspector.toml").write_text(
        '[lint]\nrules = ["rules"]\nignore = ["RSP"]\nseverity.RSP003 = "info"\nthresholds.RSP003.wait_s = 60\n'
    )
    text = rti("explain", "RSP003").out
    assert text.startswith("RSP003 create-unanswered (info)\n")
    assert "  wait_s = 60 s: how long the answer may take; 5 by default\n" in text
    assert "no response and no error came within 5 s" in text
    assert "  vllm: it only transcribes" in text
    mine = rti("explain", "greeting").out
    assert mine.startswith("MY001 greeting (warning)\n\nA greeting.\n\nFrom: rules/greeting.py")


def test_a_mistake_in_the_configuration_is_told_and_the_page_is_shown_all_the_same(rti: CommandLine) -> None:
    Path("realtime-inspector.toml").write_text("[lint.thresholds.RSP003]\nwait = 5")
    ran = rti("explain", "RSP003")
    assert ran.code == 0
    assert "no threshold 'wait'; did you mean 'wait_s'?" in ran.err
    assert "  wait_s = 5 s: how long the answer may take\n" in ran.out
