from __future__ import annotations

from dataclasses import replace

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.tui import groups
from realtime_inspector.tui.groups import GroupRow


def finding(entry: int, rule: str = "TOOL003", severity: Severity = Severity.ERROR) -> Finding:
    return Finding(rule, "missing-call-id", severity, entry, entry + 1, entry / 10, "no call\x1b[2J", "add it")


def texts(rows: list[GroupRow]) -> list[str]:
    return [row.line.text for row in rows]


def test_findings_stand_below_their_rule_the_worst_rule_first() -> None:
    found = [finding(9, "AAA001", Severity.INFO), finding(4), finding(2), finding(7, "BBB001", Severity.WARNING)]
    assert texts(groups.rows(found, (), ())) == [
        "E TOOL003 missing-call-id x2",
        "  #2     0:00.200 no call\\e[2J",
        "  #4     0:00.400 no call\\e[2J",
        "W BBB001 missing-call-id",
        "  #7     0:00.700 no call\\e[2J",
        "i AAA001 missing-call-id",
        "  #9     0:00.900 no call\\e[2J",
    ]


def test_a_rule_with_many_findings_shows_the_first_few_until_it_is_opened() -> None:
    found = [finding(n) for n in range(1, 413)]
    rows = groups.rows(found, (), ())
    assert len(rows) == 1 + groups.SHOWN + 1
    assert rows[-1].more
    assert rows[-1].line.text.strip() == "… 409 more (enter)"
    assert len(groups.rows(found, {"TOOL003"}, ())) == 413


def test_a_closed_rule_shows_none() -> None:
    assert texts(groups.rows([finding(1), finding(2)], (), {"TOOL003"})) == [
        "E TOOL003 missing-call-id x2 … (enter unfolds)"
    ]


def test_a_finding_names_the_entry_that_caused_it() -> None:
    assert texts(groups.rows([replace(finding(4), cause=2)], (), ()))[1].endswith(" (cause: #2)")


def test_the_tally_has_every_severity() -> None:
    counts = groups.count([finding(1), finding(2), finding(3, severity=Severity.INFO)])
    assert "".join(span.text for span in groups.tally(counts)) == "E2 W0 i1 "


def test_a_rule_that_knows_the_error_stands_before_the_one_that_reports_any() -> None:
    found = [finding(2, "ERR001"), finding(3, "TOOL002"), finding(1, "TOOL003")]
    assert [row.rule for row in groups.rows(found, (), ()) if row.finding is None] == ["TOOL003", "TOOL002", "ERR001"]
