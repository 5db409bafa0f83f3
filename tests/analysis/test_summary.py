"""A session in one line."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.metrics import Tokens
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.summary import Summary, summarise
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import transcript
from tests.analysis.sessions import VOICE


def summary(text: str, *rules: Rule) -> Summary:
    return summarise(events(transcript.entries(text)), Linter(rules))


class Responses(Rule):
    id = "TST001"
    name = "a-response"
    severity = Severity.WARNING
    on = ("response.done",)

    def check(self, event: Event, before: Session) -> list[object]:  # type: ignore[override]  # a list is an iterable
        return [self.finding(event, "a response", severity=Severity.ERROR if before.errors else None)]


def test_a_summary_holds_the_figures_of_a_recording() -> None:
    found = summary(VOICE)

    assert (found.session_id, found.model, found.dialect) == ("sess_1", "gpt-realtime", "ga")
    assert (found.turns, found.interruptions, found.calls) == (2, 1, 1)
    assert found.median_ttfa_ms == pytest.approx((301 + 101) / 2)
    assert found.length_s == pytest.approx(5.425, abs=0.1)
    assert found.tokens == Tokens(110, 55, 60, 40, 30, 10, 40)
    assert found.events == len(transcript.entries(VOICE))


def test_findings_are_counted_by_severity_and_none_is_nought() -> None:
    assert summary(VOICE, Responses()).findings == {Severity.ERROR: 0, Severity.WARNING: 3, Severity.INFO: 0}


@pytest.mark.parametrize(
    ("text", "ended", "live"),
    [
        ("< 101\nx< 1000\nx", "closed 1000", False),
        ("< 101\nx>\nx", "closed", False),
        ("< 101\nx reset", "reset", False),
        ('< 401 {"error": {}}\nx', "refused 401", False),
        ("< 101", "cut off", True),
    ],
)
def test_how_it_ended_is_said(text: str, ended: str, live: bool) -> None:
    found = summary(text)

    assert (found.ended, found.live) == (ended, live)


def test_the_end_that_the_reader_adds_is_not_counted_as_an_entry() -> None:
    assert summary("< 101").events == 1


def test_an_empty_recording_has_a_summary() -> None:
    assert summary("") == Summary(findings=dict.fromkeys(Severity, 0), ended="cut off", live=True)
