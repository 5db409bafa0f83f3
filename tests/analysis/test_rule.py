"""What a rule's page and findings are, and how rules are found."""

from __future__ import annotations

import re

import pytest

from realtime_inspector.analysis import rule as module
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.rule import Deadline, Rule, all_rules
from realtime_inspector.protocol.event import Event, read
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import transcript


class Quiet(Rule):
    """What it flags.

    Why: because
        of that.
    Fix: do this.
    Limits: none.
    Source: here.
    """

    id = "TST001"
    name = "quiet"
    severity = Severity.WARNING
    on = ("response.create",)


@pytest.fixture
def event() -> Event:
    return read(transcript.entries('+2s > {"type": "response.create"}')[0])


def test_a_page_is_read_from_the_docstring() -> None:
    page = Quiet.page()
    assert (page.what, page.why, page.fix, page.limits, page.source) == (
        "What it flags.",
        "because of that.",
        "do this.",
        "none.",
        "here.",
    )


def test_a_finding_has_its_rule_and_its_place(event: Event) -> None:
    found = Quiet().finding(event, "text")
    assert (found.rule, found.name, found.severity, found.fix) == ("TST001", "quiet", Severity.WARNING, "do this.")
    assert (found.entry, found.line, found.t, found.cause, found.related) == (1, 2, 2.0, None, ())


def test_a_finding_can_be_about_what_never_came(event: Event) -> None:
    found = Quiet().finding(event, "text", cause=At(7, 1.0), t=4.5, severity=Severity.INFO, related=[3], fix="that")
    assert (found.cause, found.t, found.severity, found.related, found.fix) == (7, 4.5, Severity.INFO, (3,), "that")


def test_an_event_is_not_its_own_cause(event: Event) -> None:
    assert Quiet().finding(event, "text", cause=1).cause is None


def test_a_rule_that_asks_nothing_finds_nothing(event: Event) -> None:
    rule, session = Quiet(), Session()
    assert [*rule.check(event, session), *rule.wait(event, session), *rule.due(Deadline(1.0, event), session)] == []


def test_a_wait_can_be_put_off(event: Event) -> None:
    later = Deadline(1.0, event, "c1", at_end=True).again(3.0)
    assert (later.at, later.event, later.subject, later.step, later.at_end) == (3.0, event, "c1", 1, True)


def test_severities_have_an_order_that_is_not_the_alphabets() -> None:
    assert sorted(Severity, key=lambda each: each.rank) == [Severity.ERROR, Severity.WARNING, Severity.INFO]


def test_rules_are_found_by_their_place_and_sorted_by_id() -> None:
    ids = [rule.id for rule in all_rules()]
    assert ids == sorted(ids)
    assert {"TOOL001", "TOOL002", "TOOL003", "RSP001", "INT002", "ERR001"} <= set(ids)


def test_two_rules_with_one_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_walk", lambda *_: iter([Quiet, Quiet]))
    with pytest.raises(ValueError, match="TST001 is the id of Quiet and of Quiet"):
        all_rules.__wrapped__()


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_ids_and_names_have_one_form(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{3,4}\d{3}", rule.id)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert type(rule).__module__.rsplit(".", 1)[1] == rule.name.replace("-", "_")


def test_names_are_given_once() -> None:
    names = [rule.name for rule in all_rules()]
    assert len(names) == len(set(names))
