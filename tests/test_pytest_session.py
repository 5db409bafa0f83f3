"""What a test reads of a session, and how its failed assertions read."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.protocol.event import read
from realtime_inspector.pytest_plugin.session import Findings, Session
from realtime_inspector.recording import files
from tests.pages import ROOT


def held(name: str) -> Session:
    """Return a sample session."""
    session = Session()
    for entry in files.open_recording(ROOT / "recordings" / f"{name}.jsonl"):
        session.apply(read(entry))
    return session


def test_a_turn_is_what_the_user_said_and_what_the_assistant_made_of_it() -> None:
    session = held("tool-call")
    (turn, *_) = session.turns
    assert turn.number == 1
    assert turn.user.text == "What is the weather in Oslo?"
    assert turn.assistant.text.startswith("In Oslo it is nine degrees with light rain")
    assert (turn.assistant.spoken, turn.assistant.interrupted) == (True, False)
    assert turn.assistant.audio_ms > 1000
    assert [response.status for response in turn.responses] == ["completed", "completed"]


def test_a_tool_call_has_its_arguments_and_output_as_values() -> None:
    (call,) = held("tool-call").turns[0].tool_calls
    assert (call.name, call.arguments) == ("get_weather", {"city": "Oslo", "unit": "celsius"})
    assert call.output == {"city": "Oslo", "weather": "9 degrees, light rain"}
    assert call.completed
    assert held("tool-call").tool_calls[0].call_id == call.call_id


def test_an_answer_that_was_cut_short_says_so() -> None:
    cut = [turn for turn in held("barge-in").turns if turn.assistant.interrupted]
    assert len(cut) == 1
    assert cut[0].assistant.heard_ms is not None
    assert cut[0].assistant.heard_ms < cut[0].assistant.audio_ms


def test_what_is_compared_reads_well_in_a_failure() -> None:
    session = held("tool-call")
    assert repr(session.turns[0]) == (
        "<turn 1: <user: 'What is the weather in Oslo?'> "
        "<get_weather(city='Oslo', unit='celsius') -> {'city': 'Oslo', 'weather': '9 degrees, light rain'}> "
        "<assistant: 'In Oslo it is nine degrees with light rain, and the wind com…'>>"
    )
    assert repr(session) == f"<session {session.id}: [{', '.join(map(repr, session.turns))}]>"
    assert "(cut short)" in repr(held("barge-in").turns)


def test_arguments_that_are_no_json_stay_text() -> None:
    session = held("tool-call")
    (call,) = session.calls.values()
    call.arguments, call.output = '{"city": ', None
    assert session.tool_calls[0].arguments == '{"city": '
    assert repr(session.tool_calls[0]) == '<get_weather({"city": )>'


FINDINGS = Findings(
    [
        Finding("TOOL003", "missing-call-id", Severity.ERROR, 41, 42, 3.21, "item has no call_id", "put it inside"),
        Finding("AUD017", "input-gap", Severity.INFO, 50, 51, 4.0, "3 s without audio", ""),
    ]
)


def test_findings_fail_a_test_with_what_is_wrong_where_and_what_to_do() -> None:
    with pytest.raises(AssertionError) as failure:
        FINDINGS.assert_none(min="warning")
    assert str(failure.value).splitlines() == [
        "1 finding from warning on",
        "error TOOL003 missing-call-id at entry 41 (+3.210s): item has no call_id",
        "    fix: put it inside",
    ]
    with pytest.raises(AssertionError, match="2 findings from info on"):
        FINDINGS.assert_none(min="info")


@pytest.mark.parametrize("ignored", ["TOOL003", "TOOL", "missing-call-id"])
def test_findings_that_are_known_do_not_count(ignored: str) -> None:
    FINDINGS.assert_none(ignore=[ignored])
    FINDINGS.assert_none(ignore=ignored)
    with pytest.raises(AssertionError):
        FINDINGS.assert_none(ignore=["TOO", "TOOL004"])


def test_a_severity_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no severity 'warn'; known are error, warning, info"):
        FINDINGS.assert_none(min="warn")


def test_a_session_with_a_mistake_fails_and_one_without_does_not() -> None:
    for name, fails in (("missing-call-id", True), ("tool-call", False)):
        linter = Linter()
        recording = files.open_recording(ROOT / "recordings" / f"{name}.jsonl")
        found = Findings(finding for entry in recording for finding in linter.feed(read(entry)))
        assert bool(found.at_least("error")) is fails
