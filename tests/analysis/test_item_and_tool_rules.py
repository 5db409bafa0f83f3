# ruff: noqa: E501 - an event of a transcript is one line
"""What the rules about items, tools, MCP and interruptions say beyond where."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter, events, lint
from realtime_inspector.recording import transcript

TOOL = '< {"type": "session.updated", "session": {"tools": [{"type": "function", "name": "f", "parameters": %s}]}}\n'
CALLED = '< {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c1", "name": "f", "status": "completed", "arguments": %s}}'
PLAYING = '< {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<9000ms>"}\n'


def findings(text: str, rule: str) -> list[Finding]:
    return [each for each in lint(transcript.entries(text)) if each.rule == rule]


def only(text: str, rule: str) -> Finding:
    (found,) = findings(text, rule)
    return found


def restored(part: str, dialect: str = "audio") -> Finding:
    return only(
        f'< {{"type": "session.created", "session": {{"{dialect}": {{}}}}}}\n'
        f'> {{"type": "conversation.item.create", "item": {{"type": "message", "role": "assistant", "content": [{part}]}}}}\n+2s .',
        "ITM005",
    )


@pytest.mark.parametrize(("dialect", "kind"), [("audio", "output_text"), ("modalities", "text")])
def test_a_spoken_answer_is_restored_as_text_of_the_dialect(dialect: str, kind: str) -> None:
    found = restored('{"type": "output_audio", "transcript": "Hi"}', dialect)
    assert found.corrected is not None
    assert found.corrected["item"]["content"] == [{"type": kind, "text": "Hi"}]


def test_audio_without_words_has_nothing_to_be_restored() -> None:
    assert restored('{"type": "output_audio", "audio": "AAAA"}').corrected is None


def test_arguments_are_told_by_their_place_and_the_schema() -> None:
    schema = '{"type": "object", "properties": {"at": {"type": "object", "properties": {"x": {"type": "number"}}}}}'
    found = only(TOOL % schema + CALLED % r'"{\"at\": {\"x\": \"left\"}}"', "TOOL010")
    assert found.message == (
        'the arguments of f (c1) do not fit its parameters: at.x: "left" is not of type "number"; '
        "answer the call with an output that says so"
    )


def test_a_long_list_of_problems_is_cut() -> None:
    found = only(TOOL % '{"type": "object", "required": ["a", "b", "c", "d", "e"]}' + CALLED % '"{}"', "TOOL010")
    assert found.message.endswith('"c" is a required property; and 2 more; answer the call with an output that says so')


@pytest.mark.parametrize(
    "schema",
    [
        '{"$ref": "https://example.com/schema.json", "required": ["a"]}',
        '{"required": ["a"], "properties": {"a": {"$ref": "other.json"}}}',
        '{"required": 7}',
        '{"required": ["a"], "x": ' + '{"x": ' * 70 + "1" + "}" * 70 + "}",
    ],
)
def test_a_schema_that_leads_elsewhere_or_is_none_judges_nothing(schema: str) -> None:
    assert findings(TOOL % schema + CALLED % '"{}"', "TOOL010") == []


def test_arguments_with_a_secret_taken_out_are_not_judged() -> None:
    schema = '{"type": "object", "properties": {"key": {"maxLength": 3}}}'
    assert findings(TOOL % schema + CALLED % r'"{\"key\": \"[redacted:key]\"}"', "TOOL010") == []


def test_an_output_for_an_mcp_call_is_said_once() -> None:
    text = """
        < {"type": "session.created", "session": {"audio": {}}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "m1", "type": "mcp_call", "name": "search"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "m1", "output": "1"}}
        """
    assert [each.rule for each in lint(transcript.entries(text)) if each.entry == 3] == ["MCP006"]


def truncated(ms: int) -> str:
    cut = '{"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": ' + str(ms) + "}"
    return f'{PLAYING}+3s < {{"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 9}}\n+40ms > {cut}\n+1s > {{}}'


def test_a_truncation_to_nothing_is_corrected_to_what_played_until_the_user_spoke() -> None:
    found = only(truncated(0), "INT005")
    assert found.corrected is not None
    assert found.corrected["audio_end_ms"] == 3000


def test_a_truncation_to_more_than_can_have_played_names_both() -> None:
    assert "audio_end_ms is 8000, and at most 3040 ms of a1" in only(truncated(8000), "INT005").message


@pytest.mark.parametrize("ms", [1, 2000, 3040, 4000])
def test_a_truncation_that_may_be_right_is_left_alone(ms: int) -> None:
    assert findings(truncated(ms), "INT005") == []


@pytest.mark.parametrize(("stopped_before", "severity"), [(False, "info"), (True, "warning")])
def test_speaking_on_weighs_more_where_the_client_stops_otherwise(stopped_before: bool, severity: str) -> None:
    text = '< {"type": "session.created", "session": {"turn_detection": {"type": "server_vad", "interrupt_response": false}}}\n'
    text += '> {"type": "response.cancel"}\n' if stopped_before else ""
    text += (
        PLAYING + '+1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 9}\n+2s > {}'
    )
    assert only(text, "INT009").severity == severity


def test_a_greeting_before_the_tools_are_listed_is_information() -> None:
    listing = '< {"type": "mcp_list_tools.in_progress", "item_id": "l1"}\n'
    begun = '< {"type": "response.created", "response": {"id": "r1"}}'
    said = '< {"type": "input_audio_buffer.committed", "item_id": "u1"}\n'
    assert only(listing + begun, "MCP002").severity == "info"
    assert only(listing + said + begun, "MCP002").severity == "warning"


def test_an_update_after_the_request_names_both_and_the_output() -> None:
    text = """
        < {"type": "session.created", "session": {"instructions": "You are Ann.", "tools": []}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "1"}}
        > {"type": "response.create"}
        > {"type": "session.update", "session": {"instructions": "You are Bob.", "tools": [{"name": "g"}]}}
        """
    found = only(text, "TOOL018")
    assert (found.entry, found.cause, found.related) == (4, 3, (2,))
    assert "update of instructions and tools" in found.message


def test_words_without_spaces_are_compared_by_their_letters() -> None:
    text = "".join(
        f"""
        < {{"type": "response.created", "response": {{"id": "r{n}"}}}}
        < {{"type": "response.output_audio.delta", "response_id": "r{n}", "item_id": "a{n}", "delta": "<4000ms>"}}
        < {{"type": "response.output_audio_transcript.delta", "response_id": "r{n}", "item_id": "a{n}", "delta": "いらっしゃいませ"}}
        +700ms < {{"type": "input_audio_buffer.speech_started", "item_id": "u{n}", "audio_start_ms": 3000}}
        < {{"type": "conversation.item.input_audio_transcription.completed", "item_id": "u{n}", "transcript": "%s"}}
        < {{"type": "response.done", "response": {{"id": "r{n}", "status": "cancelled", "status_details": {{"reason": "turn_detected"}}}}}}
        """
        for n in range(3)
    )
    assert len(findings(text % (("いらっしゃいませ",) * 3), "INT006")) == 1
    assert findings(text % (("人間と話したいです",) * 3), "INT006") == []


def test_a_whole_session_of_many_items_is_counted_in_one_pass() -> None:
    linter = Linter()
    text = "".join(
        f'< {{"type": "conversation.item.added", "item": {{"id": "m{n}", "type": "message"}}}}\n' for n in range(250)
    )
    found = [each for event in events(transcript.entries(text)) for each in linter.feed(event)]
    assert [each.entry for each in found if each.rule == "ITM008"] == [200]


@pytest.mark.parametrize(
    ("name", "spoken", "severity"),
    [("showMap", True, "warning"), ("showMap", False, "error"), ("get_weather", True, "error")],
)
def test_a_tool_that_only_does_something_may_end_what_was_said(name: str, spoken: bool, severity: str) -> None:
    said = '< {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "a1", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "There."}]}}\n'
    text = f"""
        < {{"type": "response.created", "response": {{"id": "r1"}}}}
        {said if spoken else ""}
        < {{"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "{name}", "arguments": "{{}}"}}
        < {{"type": "response.done", "response": {{"id": "r1", "status": "completed"}}}}
        > {{"type": "conversation.item.create", "item": {{"type": "function_call_output", "call_id": "c1", "output": "ok"}}}}
        +5s > {{"type": "input_audio_buffer.clear"}}
    """
    assert only(text, "TOOL001").severity == severity
