# ruff: noqa: E501 - an event of a transcript is one line
"""What the rules about responses say beyond where: the event as the API takes it, and how bad it is."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import lint
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Header

WHOLE = '< {"type": "session.created", "session": {"audio": {}}}\n'


def only(text: str, rule: str) -> Finding:
    (found,) = [each for each in lint(transcript.entries(text)) if each.rule == rule]
    return found


def response_of(found: Finding) -> dict[str, object]:
    assert found.corrected is not None
    response: dict[str, object] = found.corrected["response"]
    return response


def test_an_output_in_an_input_gets_its_call_beside_it() -> None:
    found = only(
        """
        < {"type": "response.function_call_arguments.done", "response_id": "r1", "call_id": "c1", "name": "f", "arguments": "{}"}
        > {"type": "response.create", "response": {"input": [{"type": "function_call_output", "call_id": "c1", "output": "1"}]}}
        """,
        "RSP016",
    )
    assert response_of(found)["input"] == [
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "1"},
    ]
    assert found.cause == 1


def test_an_output_of_a_call_that_nobody_knows_is_not_corrected() -> None:
    text = '> {"type": "response.create", "response": {"input": [{"type": "function_call_output", "call_id": "c9", "output": "1"}]}}'
    assert only(text, "RSP016").corrected is None


def test_a_reference_to_an_unknown_item_is_left_out() -> None:
    found = only(
        WHOLE
        + '< {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user"}}\n'
        + '> {"type": "response.create", "response": {"conversation": "none", "input": [{"type": "item_reference", "id": "u1"}, {"type": "item_reference", "id": "u9"}]}}',
        "RSP015",
    )
    assert response_of(found)["input"] == [{"type": "item_reference", "id": "u1"}]
    assert "'u9'" in found.message


def test_a_side_question_is_taken_out_of_the_conversation() -> None:
    text = '> {"type": "response.create", "response": {"metadata": {"for": "a title"}, "input": [{"type": "item_reference", "id": "u1"}]}}'
    assert response_of(only(text, "RSP014"))["conversation"] == "none"


def test_an_input_that_may_belong_to_the_conversation_is_information() -> None:
    text = '> {"type": "response.create", "response": {"input": [{"type": "item_reference", "id": "u1"}]}}'
    assert only(text, "RSP014").severity == "info"


def test_a_response_beside_the_conversation_gets_a_label() -> None:
    running = '< {"type": "response.created", "response": {"id": "r1"}}\n'
    asked = '> {"type": "response.create", "response": {"conversation": "none"}}'
    found = only(running + asked, "RSP013")
    assert response_of(found)["metadata"]
    assert (found.severity, found.cause) == ("info", 1)


@pytest.mark.parametrize(("interrupts", "severity"), [("true", "info"), ("false", "warning")])
def test_a_cancel_on_speech_weighs_as_the_setting_does(interrupts: str, severity: str) -> None:
    found = only(
        f"""
        < {{"type": "session.created", "session": {{"turn_detection": {{"type": "server_vad", "interrupt_response": {interrupts}}}}}}}
        < {{"type": "response.created", "response": {{"id": "r1"}}}}
        < {{"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 100}}
        +40ms > {{"type": "response.cancel"}}
        """,
        "RSP019",
    )
    assert found.severity == severity
    assert "40 ms after the user began to speak" in found.message


def test_a_piece_after_a_cancellation_is_information() -> None:
    text = (
        WHOLE
        + """
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "cancelled"}}
        < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<20ms>"}
        """
    )
    assert only(text, "RSP022").severity == "info"


def test_a_server_known_for_another_order_is_not_blamed() -> None:
    text = (
        '> GET /v1/realtime?model=grok-voice {"Host": "api.x.ai"}\n< 101\n'
        + WHOLE
        + '< {"type": "response.created", "response": {"id": "r1", "conversation_id": "k"}}\n'
        + '< {"type": "response.created", "response": {"id": "r2", "conversation_id": "k"}}\n'
    )
    assert [each for each in lint(transcript.entries(text)) if each.rule == "RSP022"] == []


@pytest.mark.parametrize(("left_out", "found"), [("wire", ["RSP010"]), ("wire deltas", [])])
def test_a_log_without_pieces_does_not_show_what_an_announced_item_brought(left_out: str, found: list[str]) -> None:
    text = """
        < {"type": "session.created", "session": {"id": "s1", "modalities": []}}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "a1", "type": "message"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": []}}
    """
    header = Header("log", "2026-11-22T00:00:00.000000Z", tags={"left_out": left_out})
    rules = [each.rule for each in lint(transcript.entries(text), header=header) if each.severity != "info"]
    assert rules == found
