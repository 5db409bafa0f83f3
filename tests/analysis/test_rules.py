"""Every rule's own transcripts: the good give nothing, the bad give what their remarks say."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.recording import transcript

RULES = all_rules()
GOOD = [pytest.param(rule, text, id=f"{rule.id}-{n}") for rule in RULES for n, text in enumerate(rule.good, 1)]
BAD = [pytest.param(rule, text, id=f"{rule.id}-{n}") for rule in RULES for n, text in enumerate(rule.bad, 1)]


def found(rule: Rule, text: str) -> list[int]:
    """Return the entries the rule speaks of, time passing to the transcript's end."""
    parsed = transcript.parse(text)
    linter = Linter([rule], header=parsed.header)
    findings = []
    for event in events(parsed.entries):
        if event.entry.members.get("how") == "cut off":
            findings += linter.advance(parsed.end_t)
        findings += linter.feed(event)
    assert all(finding.rule == rule.id for finding in findings)
    return sorted(finding.entry for finding in findings)


@pytest.mark.parametrize(("rule", "text"), GOOD)
def test_a_good_transcript_gives_no_finding(rule: Rule, text: str) -> None:
    assert found(rule, text) == []


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_a_bad_transcript_gives_the_findings_it_marks(rule: Rule, text: str) -> None:
    remarks = transcript.parse(text).remarks
    marked = [n for n, remark in remarks.items() for word in remark.split() if word == rule.id]
    assert marked, "a bad transcript marks at least one line with the rule's id"
    assert found(rule, text) == marked


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_its_page_and_its_examples(rule: Rule) -> None:
    page = rule.page()
    assert all([page.what, page.why, page.fix, page.limits, page.source])
    assert len(rule.good) >= 2
    assert len(rule.bad) >= 2
    assert rule.name == rule.name.lower()
    assert rule.id[-3:].isdigit()
