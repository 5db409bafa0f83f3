"""`docs/rules.md` is what the rules say of themselves, and every rule says enough."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

from realtime_inspector.analysis import threshold
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.formats import rule_page
from tests.pages import ROOT

PAGE = ROOT / "docs/rules.md"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rules_page", ROOT / "scripts/rules_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_as_the_rules_make_it(script: ModuleType) -> None:
    assert script.document() == PAGE.read_text(encoding="utf-8"), "run `python scripts/rules_page.py`"


def test_a_page_out_of_date_is_exit_code_1(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = {"text": PAGE.read_text(encoding="utf-8")}
    monkeypatch.setattr(script, "document", lambda: stale["text"])
    assert script.main(["--check"]) == 0
    stale["text"] += "more\n"
    assert script.main(["--check"]) == 1


def test_every_rule_has_five_headings_four_transcripts_a_line_and_a_section(script: ModuleType) -> None:
    text = PAGE.read_text(encoding="utf-8")
    lacking = []
    for rule in all_rules():
        page = rule.page()
        has = {
            "five headings": all((page.what, page.why, page.fix, page.limits, page.source)),
            "two good transcripts": len(rule.good) >= 2,
            "two bad transcripts": len(rule.bad) >= 2,
            "a line": f"\n{script.row(rule)}\n" in text,
            "a section": f"\n## {rule.id} {rule.name}\n" in text,
        }
        lacking += [f"{rule.id} has no {what}" for what, there in has.items() if not there]
    assert lacking == []
    assert text.count("\n## ") == len(all_rules())


def test_every_line_leads_to_its_section(script: ModuleType) -> None:
    text = PAGE.read_text(encoding="utf-8")
    anchors = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) == anchors
    assert script.GROUPS.keys() >= {rule.id.rstrip("0123456789") for rule in all_rules()}


def test_thresholds_are_shown_with_their_defaults() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rule, name, setting = next((rule, *item) for rule in all_rules() for item in threshold.of(rule).items())
    section = text.partition(f"\n## {rule.id} ")[2].partition("\n## ")[0]
    assert f"| `{name}` | {setting.default:g} {setting.unit} | {setting.about} |" in section


def test_equal_lines_of_an_example_stand_there_once_and_long_ones_lose_their_middle() -> None:
    long = f'> {{"a": "{"x" * 1000}"}}  # TST001'
    found = list(rule_page.shown(f"\n    > 1\n    > 1\n    > 1\n    {long}\n    < 2\n    < 2\n"))

    assert found[:2] == ["> 1", "# the line above 2 times more"]
    assert found[2].startswith('> {"a": "xxx')
    assert found[2].endswith('xxx"}  # TST001')
    assert len(found[2]) == 320
    assert found[3:] == ["< 2", "< 2"]
