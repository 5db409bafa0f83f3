# ruff: noqa: E501 - an event of a transcript is one line
"""Why a translation or a session of the Live API is silent, and what is not said of it."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.lint import lint
from realtime_inspector.analysis.why import explain, last
from realtime_inspector.recording import transcript
from tests.streams import CLOSED, LIVE, TRANSLATION, heard, sent, spoken

LATER = "+10s " + CLOSED
ANSWERED = sent(3) + heard("Hello", 0, 400) + spoken("Hi.")
TRANSLATED = ANSWERED.replace("session.input_audio.append", "session.input_audio_buffer.append")
OPENED = "\n".join(LIVE.splitlines()[:3]) + "\n"
CALL = '< {"type": "response.event", "event": {"type": "response.output_item.done", "item": {"type": "function_call", "id": "f1", "call_id": "c1", "name": "get_weather", "arguments": "{}", "status": "completed"}}}\n'
ASKED = '> {"type": "response.create"}\n'
OUTPUT = '+1s > {"type": "response.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "rain"}}\n'
HANDED = '< {"type": "session.delegation.created", "delegation": {"id": "d1", "target": "client"}, "offset_ms": 9}\n'
REFUSED = '< {"type": "error", "error": {"code": "invalid_value", "message": "Invalid value: \'input_audio_buffer.append\'.", "param": "type"}}\n'

SILENT = {
    "no start": (OPENED + sent(3) + "+10s x< 1000\nx\n", "not-started", "never sent session.start"),
    "no audio": (LIVE + LATER, "nobody-spoke", "the client sent no audio"),
    "no words": (LIVE + sent(10) + LATER, "no-speech-heard", "2.0 s of audio were sent, and the server heard no words"),
    "nothing": (
        TRANSLATION + sent(10, "session.input_audio_buffer.append") + LATER,
        "no-speech-heard",
        "nothing of it was translated",
    ),
    "no answer": (LIVE + sent(3) + heard("Hello") + LATER, "heard-without-answer", "has said nothing since"),
    "no translation": (TRANSLATION + heard("Hello") + LATER, "not-translated", "has translated nothing since"),
    "a call": (LIVE + heard("Rain?") + CALL + LATER, "tool-unanswered", "the client gave no output"),
    "an output": (LIVE + heard("Rain?") + CALL + OUTPUT + LATER, "output-without-response", "nobody asked for a response"),
    "it expired": (
        LIVE + ANSWERED + '+9s < {"type": "session.closed", "reason": "expired", "session": {"id": "live_1"}}\nx< 1000\nx\n',
        "session-expired",
        "the session has reached its longest duration",
    ),
    "a filter": (
        LIVE + heard("Hello") + '+1s < {"type": "session.closed", "reason": "content"}\nx< 1000\nx\n',
        "server-closed",
        "a safety filter",
    ),
    "handed over": (LIVE + heard("Rain?") + HANDED + LATER, "delegation-open", "the client gave no result"),
    "other events": (
        TRANSLATION + sent(3, "input_audio_buffer.append") + REFUSED + LATER,
        "event-unknown",
        "(input_audio_buffer.append), and a translation does not know them",
    ),
    "refused": (
        OPENED + '> {"type": "session.start", "event_id": "e1", "session": {"model": "gpt-9"}}\n'
        '< {"type": "error", "error": {"code": "invalid_model", "message": "No such model.", "client_event_id": "e1"}}\n'
        + LATER,
        "configuration-refused",
        'refused session.start: "No such model"',
    ),
    "answered": (LIVE + ANSWERED + LATER, "answered", "0.2 s of audio came until"),
    "translated": (TRANSLATION + TRANSLATED + LATER, "answered", "0.2 s of audio came until"),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_a_silence_is_told_by_its_cause(name: str) -> None:
    text, label, words = SILENT[name]
    cause = last(explain(transcript.entries(text))).cause
    assert cause.label == label
    assert words in cause.words
    assert cause.evidence or label == "no-speech-heard"


def test_a_session_that_is_joined_was_started_by_others() -> None:
    text = OPENED.replace("/v1/live/sessions", "/v1/live/sessions/live_1/attach") + "+9s x< 1000\nx\n"
    assert last(explain(transcript.entries(text))).cause.label != "not-started"


def test_the_remedy_of_a_call_is_the_live_api_s_own() -> None:
    cause = last(explain(transcript.entries(SILENT["a call"][0]))).cause
    assert cause.fix.startswith("answer it by response.item.create")


def test_what_is_said_after_a_tool_s_output_answers_the_request_for_it() -> None:
    text = LIVE + heard("Rain?") + CALL + OUTPUT + ASKED + "+1s " + spoken("It rains.") + "+2s " + CLOSED
    assert last(explain(transcript.entries(text))).cause.label == "answered"


def test_the_remedy_of_other_events_names_the_right_one() -> None:
    cause = last(explain(transcript.entries(SILENT["other events"][0]))).cause
    assert cause.fix == "send the audio as session.input_audio_buffer.append"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (LIVE + heard("Rain?") + CALL + LATER, "TOOL002"),
        (LIVE + heard("Rain?") + CALL + OUTPUT + LATER, "TOOL001"),
    ],
)
def test_what_a_tool_s_call_still_needs_is_found(text: str, rule: str) -> None:
    assert {finding.rule for finding in lint(transcript.entries(text))} == {rule}
    assert {finding.rule for finding in last(explain(transcript.entries(text))).findings} == {rule}


@pytest.mark.parametrize("going_on", [ASKED, '< {"type": "response.event", "event": {"type": "response.created"}}\n'])
def test_a_backend_that_goes_on_needs_nothing(going_on: str) -> None:
    assert lint(transcript.entries(LIVE + heard("Rain?") + CALL + OUTPUT + going_on + LATER)) == []


@pytest.mark.parametrize("text", [LIVE + ANSWERED + LATER, TRANSLATION + TRANSLATED + LATER, LIVE + sent(40) + LATER])
def test_nothing_is_found_where_nothing_is_wrong(text: str) -> None:
    assert lint(transcript.entries(text)) == []


def test_an_error_of_the_server_is_found_in_any_protocol() -> None:
    assert [finding.rule for finding in lint(transcript.entries(SILENT["refused"][0]))] == ["ERR001"]
