from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.folding import Told
from realtime_inspector.tui import groups
from realtime_inspector.tui.groups import GroupRow


def finding(entry: int, rule: str = "TOOL003", severity: Severity = Severity.ERROR) -> Finding:
    return Finding(rule, "missing-call-id", severity, entry, entry + 1, entry / 10, "no call\x1b[2J", "add it")


def told(found: Sequence[Finding]) -> list[Told]:
    return groups.told(found, lambda n: n % 2 == 1)  # the client's entries are the odd ones


def texts(rows: list[GroupRow]) -> list[str]:
    return [row.line.text for row in rows]


def test_findings_stand_below_their_rule_the_worst_rule_first() -> None:
    found = [finding(9, "AAA001", Severity.INFO), finding(2), finding(4), finding(7, "BBB001", Severity.WARNING)]
    assert texts(groups.rows(told(found), (), ())) == [
        "E TOOL003 missing-call-id x2",
        "  #2     0:00.200 no call\\e[2J",
        "  #4     0:00.400 no call\\e[2J",
        "W BBB001 missing-call-id",
        "  #7     0:00.700 no call\\e[2J",
        "i AAA001 missing-call-id",
        "  #9     0:00.900 no call\\e[2J",
    ]


def test_what_follows_from_a_mistake_stands_beneath_it() -> None:
    found = [finding(3), *(replace(finding(n, "ERR001"), cause=3) for n in (4, 6))]
    rows = groups.rows(told(found), (), ())
    assert texts(rows) == [
        "E TOOL003 missing-call-id",
        "  #3     0:00.300 no call\\e[2J",
        "  #4     0:00.400 then E ERR001 missing-call-id x2: no call\\e[2J",
    ]
    assert rows[2].finding == found[1]
    opened = texts(groups.rows(told(found), {("TOOL003", 3)}, ()))
    assert opened[3] == "  #6     0:00.600 then E ERR001 missing-call-id: no call\\e[2J"


def test_a_mistake_with_many_findings_shows_the_first_few_until_it_is_opened() -> None:
    mistakes = told([finding(n) for n in range(1, 413)])
    rows = groups.rows(mistakes, (), ())
    assert len(rows) == 1 + groups.SHOWN + 1
    assert rows[-1].more
    assert rows[-1].line.text.strip() == "… 409 more (enter)"
    assert len(groups.rows(mistakes, {("TOOL003", 1)}, ())) == 413


def test_a_closed_mistake_shows_none() -> None:
    assert texts(groups.rows(told([finding(1), finding(2)]), (), {("TOOL003", 1)})) == [
        "E TOOL003 missing-call-id x2 … (enter unfolds)"
    ]


def test_of_very_many_findings_nobody_asks_what_follows_from_what() -> None:
    found = [finding(1), *[replace(finding(2, "ERR001"), cause=1)] * groups.MANY]
    assert [(each.same[0].rule, each.follow) for each in told(found)] == [("TOOL003", []), ("ERR001", [])]


def test_a_finding_names_the_entry_that_caused_it() -> None:
    assert texts(groups.rows(told([replace(finding(4), cause=2)]), (), ()))[1].endswith(" (cause: #2)")


def test_the_tally_has_every_severity() -> None:
    counts = groups.count([finding(1), finding(2), finding(3, severity=Severity.INFO)])
    assert "".join(span.text for span in groups.tally(counts)) == "E2 W0 i1 "


def test_a_rule_that_knows_the_error_stands_before_the_one_that_reports_any() -> None:
    found = [finding(2, "ERR001"), finding(2, "TOOL002"), finding(1, "TOOL003")]
    rows = groups.rows(told(found), (), ())
    assert [row.key[0] for row in rows if row.finding is None] == ["TOOL003", "TOOL002"]
    assert rows[-1].line.text.startswith("  #2     0:00.200 then E ERR001")


def test_where_nothing_was_found_it_says_which_panes_tell_more() -> None:
    assert [line.text for line in groups.nothing(checked=False)] == ["checking …"]
    assert "8 says why" in groups.nothing(checked=True)[-1].text
