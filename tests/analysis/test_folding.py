"""What stays of a finding in another recording of the session, and findings that are alike told as one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.fingerprint import fingerprint, shape
from realtime_inspector.analysis.folding import by_rule, folded, told


def finding(message: str, rule: str = "TST001", entry: int = 1, **members: Any) -> Finding:
    given_: dict[str, Any] = {"severity": Severity.WARNING, "line": entry + 1, "t": entry / 10, "fix": ""}
    return Finding(rule=rule, name="test", entry=entry, message=message, **given_ | members)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("response 'resp_A1' is still in progress", "response 'resp_zz' is still in progress"),
        ("no answer within 5 s", "no answer within 12.5 s"),
        ("c1, c2 and c3 are unanswered", "call_x is unanswered".replace("is", "are")),
        ("the session has cost $25.10 so far", "the session has cost $1,25 so far"),
        ("it said 'good morning to you'", "it said 'hello there'"),
        ("12% of 400 tokens", "9% of 3 tokens"),
    ],
)
def test_ids_numbers_and_speech_are_no_part_of_a_message_s_shape(one: str, other: str) -> None:
    assert shape(one) == shape(other)
    assert fingerprint(finding(one, entry=3)) == fingerprint(finding(other, entry=90))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("session.voice is not known", "session.model is not known"),
        ("get_weather is called twice", "get_time is called twice"),
        ("'turn_detection' moved", "'modalities' moved"),
    ],
)
def test_names_are_a_part_of_it(one: str, other: str) -> None:
    assert shape(one) != shape(other)
    assert fingerprint(finding(one)) != fingerprint(finding(one, rule="TST002"))


@settings(max_examples=40, deadline=None)
@given(st.text())
def test_every_message_has_a_shape_that_has_itself(message: str) -> None:
    assert len(fingerprint(finding(message))) == 16
    assert shape(shape(message)) == shape(message) or "'" in message or '"' in message


def test_what_is_alike_is_one_and_the_worst_and_earliest_comes_first() -> None:
    found = [
        finding("b1 waits", entry=2),
        finding("c is odd", entry=3),
        finding("b2 waits", entry=4),
        finding("no", "ERR001", 5, severity=Severity.ERROR),
        finding("no", "TST009", 5, severity=Severity.ERROR),
    ]
    assert [[each.entry for each in same] for same in folded(found)] == [[5], [5], [2, 4], [3]]
    assert [same[0].rule for same in folded(found)][:2] == ["TST009", "ERR001"]
    assert [[each.entry for each in same] for same in by_rule(found)] == [[5], [5], [2, 3, 4]]


def of_client(entry: int) -> bool:
    """Even entries are the client's here."""
    return entry % 2 == 0


def shown(found: list[Finding]) -> list[tuple[str, list[str]]]:
    return [(one.same[0].rule, [same[0].rule for same in one.follow]) for one in told(found, of_client)]


def test_what_the_client_s_wrong_event_brought_about_is_told_with_it() -> None:
    found = [
        finding("no call_id", "TOOL003", 4),
        finding("still unanswered", "TOOL002", 5, cause=4, severity=Severity.ERROR),
        finding("refused", "ERR001", 5, cause=4, severity=Severity.ERROR),
        finding("the call never ends", "TST009", 7, cause=5),
        finding("it is slow", "TST001", 8),
    ]
    assert shown(found) == [("TOOL003", ["TOOL002", "ERR001"]), ("TST009", []), ("TST001", [])]


@pytest.mark.parametrize(
    "begun_by",
    [
        {"cause": 3},  # the server's event
        {"cause": 6},  # it came later
        {"cause": None},
    ],
)
def test_what_no_earlier_wrong_event_of_the_client_began_stands_alone(begun_by: dict[str, Any]) -> None:
    found = [finding("a", "TST001", 3), finding("b", "TST003", 6), finding("c", "TST002", 5, **begun_by)]

    assert all(not follow for _, follow in shown(found))


def test_a_remark_and_the_rule_for_any_error_lead_nothing() -> None:
    remark = finding("odd", "TST001", 2, severity=Severity.INFO)
    error = finding("refused", "ERR001", 4, severity=Severity.ERROR)
    found = [remark, error, finding("x", "TST002", 5, cause=2), finding("y", "TST003", 5, cause=4)]

    assert all(not follow for _, follow in shown(found))


def test_a_fold_of_which_one_began_by_itself_stands_alone() -> None:
    wrong = [finding("a", "TST001", 2), finding("a", "TST001", 4)]
    follow = [finding("r1 waits", "TST002", 3, cause=2), finding("r2 waits", "TST002", 7, cause=4)]

    assert shown([*wrong, *follow]) == [("TST001", ["TST002"])]
    assert shown([*wrong, *follow, finding("r3 waits", "TST002", 9)]) == [("TST001", []), ("TST002", [])]


def test_that_there_is_an_error_is_told_with_the_rule_that_knows_it() -> None:
    known = finding("the beta", "CON001", 3, severity=Severity.ERROR)
    error = finding("refused", "ERR001", 3, severity=Severity.ERROR)

    assert shown([known, error]) == [("CON001", ["ERR001"])]
    assert shown([error]) == [("ERR001", [])]


def test_errors_of_one_mistake_stay_together_where_another_rule_knows_one_of_them() -> None:
    storm = finding("5 errors", "ERR002", 7, cause=2, severity=Severity.ERROR)
    errors = [finding("refused", "ERR001", n, cause=n - 1, severity=Severity.ERROR) for n in (3, 5, 7)]

    assert shown([finding("a", "AUD001", 2, severity=Severity.ERROR), storm, *errors]) == [
        ("AUD001", ["ERR001", "ERR002"])
    ]


def test_what_is_alike_follows_from_the_first_wrong_event_where_only_that_is_told() -> None:
    found = [finding("a", "TST001", 2), finding("r1", "TST002", 3, cause=2), finding("r2", "TST002", 5, cause=4)]

    assert shown(found) == [("TST001", ["TST002"])]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.none() | st.integers(0, 9)), max_size=12))
def test_every_finding_is_told_once(drawn: list[tuple[int, int, int | None]]) -> None:
    found = [finding("m", f"TST00{rule}", entry, cause=cause) for entry, rule, cause in drawn]
    everything = [one for top in told(found, of_client) for same in (top.same, *top.follow) for one in same]

    assert sorted(map(id, everything)) == sorted(map(id, found))
