"""Every rule's own transcripts: the good give nothing, the bad give what their remarks say."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.rule import Rule, all_rules
from tests.analysis.examples import parsed, said

RULES = all_rules()
EVERY = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


@EVERY
def test_good_transcripts_give_no_finding(rule: Rule) -> None:
    assert len(rule.good) >= 2
    assert {n: said(rule, text) for n, text in enumerate(rule.good, 1) if said(rule, text)} == {}


@EVERY
def test_bad_transcripts_give_the_findings_they_mark(rule: Rule) -> None:
    assert len(rule.bad) >= 2
    for n, text in enumerate(rule.bad, 1):
        remarks = parsed(text).remarks
        marked = [entry for entry, remark in remarks.items() for word in remark.split() if word == rule.id]
        assert marked, f"bad transcript {n} marks at least one line with the rule's id"
        assert {found.rule for found in said(rule, text)} == {rule.id}, n
        assert sorted(found.entry for found in said(rule, text)) == marked, n


def test_every_rule_has_its_page() -> None:
    for rule in RULES:
        page = rule.page()
        assert all([page.what, page.why, page.fix, page.limits, page.source]), rule.id
        assert rule.name == rule.name.lower(), rule.id
        assert rule.id[-3:].isdigit(), rule.id
