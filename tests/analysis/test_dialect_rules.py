"""Which rules are not asked about which server."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent

import pytest

from realtime_inspector.analysis import dialect_rules
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.analysis.rules.ses.update_unacknowledged import UpdateUnacknowledged
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.dialects import DIALECTS
from realtime_inspector.protocol.realtime.session import Session
from tests.analysis.sessions import events

CREATED = '< {"type": "session.created", "session": {"audio": {}}}\n'


def found(text: str, dialect: str = "", *rules: Rule) -> set[str]:
    linter = Linter(rules or None, dialect=dialect)
    return {finding.rule for event in events(text) for finding in linter.feed(event)}


def test_every_rule_and_dialect_of_the_table_exists() -> None:
    ids = {rule.id for rule in all_rules()} | {rule.id[:-3] for rule in all_rules()}
    assert set(dialect_rules.OFF) <= set(DIALECTS)
    assert {rule for off in dialect_rules.OFF.values() for rule in off} <= ids


def test_a_group_is_off_with_its_reason() -> None:
    assert dialect_rules.why_off("RSP003", "vllm").startswith("it only transcribes")
    assert dialect_rules.why_off("AUD001", "vllm") == ""
    assert dialect_rules.why_off("RSP003", "") == ""
    assert {"xai", "vllm", "live"} <= dialect_rules.off_for("RSP004").keys()


@pytest.mark.parametrize(
    ("text", "rule", "dialect"),
    [
        (CREATED + '> {"type": "session.update", "session": {"voice": "Ara"}}', "SES002", "xai"),
        (
            CREATED + '> {"type": "session.update", "session": {"type": "realtime", "avatar": {}}}',
            "ENV006",
            "voice-live",
        ),
        ('< {"type": "response.created", "response": {"id": "r1"}}\n+20s .', "RSP004", "xai"),
        (UpdateUnacknowledged.bad[0], "SES003", "speech-to-speech"),
        ('> {"type": "response.create"}\n+9s .', "RSP003", "live"),
    ],
)
def test_what_is_wrong_at_openai_is_not_said_of_a_server_that_is_so(text: str, rule: str, dialect: str) -> None:
    text = f"{dedent(text)}\nx"
    assert rule in found(text)
    assert rule in found(text, "ga")
    assert rule not in found(text, dialect)


class Mine(Rule):
    """Holds for one server."""

    id, name, severity, on = "TST001", "mine", Severity.INFO, ("*",)
    dialects = frozenset({"xai"})

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        yield self.finding(event, "seen")


def test_a_rule_may_be_for_one_server_alone() -> None:
    assert found(CREATED + "x", "xai", Mine()) == {"TST001"}
    assert found(CREATED + "x", "ga", Mine()) == set()


def test_no_end_is_assumed_of_a_session_whose_server_has_none_that_is_known() -> None:
    text = CREATED + '+3599s > {"type": "input_audio_buffer.clear"}\nx'
    assert "CON005" in found(text)
    assert "CON005" in found(text, "xai")
    assert "CON005" not in found(text, "speaches")
