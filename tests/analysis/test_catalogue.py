"""Every diagnostic has its rule, or a reason why it has none."""

from __future__ import annotations

from realtime_inspector.analysis import catalogue
from realtime_inspector.analysis.rule import all_rules

MOST = {"AUD": 21, "CON": 17, "CST": 6, "ENV": 12, "ERR": 4, "INT": 11, "ITM": 10, "LIV": 9, "MCP": 6, "OUT": 7}
MOST |= {"RAT": 3, "REC": 5, "RSP": 23, "SES": 25, "TOOL": 18, "TRN": 6, "VAD": 7}
"""Letters → the highest number that was given."""


def test_the_catalogue_has_every_rule_under_its_name_and_no_other() -> None:
    assert catalogue.builtin().rules == {rule.id: rule.name for rule in all_rules()}


def test_what_has_no_rule_has_a_reason() -> None:
    known = catalogue.builtin()
    assert known.without.keys().isdisjoint(known.rules)
    assert all(each.finds and each.why for each in known.without.values())
    assert {each.rule for each in known.without.values()} <= {*known.rules, ""}


def test_no_number_is_missing() -> None:
    known = catalogue.builtin()
    given = {f"{letters}{number:03d}" for letters, most in MOST.items() for number in range(1, most + 1)}
    assert given == {*known.rules, *known.without}
