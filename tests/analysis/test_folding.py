"""What stays of a finding in another recording of the session, and findings that are alike told as one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.fingerprint import fingerprint, shape
from realtime_inspector.analysis.folding import by_rule, folded


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
