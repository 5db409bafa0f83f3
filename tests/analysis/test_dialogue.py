"""A session as a dialogue."""

# ruff: noqa: E501 - a transcript has one event a line
from __future__ import annotations

import pytest

from realtime_inspector.analysis.dialogue import Heard, Line, dialogue
from realtime_inspector.protocol.realtime.conversation import At
from tests.analysis.sessions import VOICE, WRITTEN, session


def told(text: str) -> list[Line]:
    return dialogue(session(text))


def test_what_was_said_and_done_stands_in_the_order_in_which_it_began() -> None:
    assert [(line.at.n, line.turn, line.who, line.text) for line in told(VOICE)] == [
        (5, 1, "user", "Weather in Oslo?"),
        (13, 1, "assistant", "It is sunny in Oslo today."),
        (16, 2, "user", ""),
        (24, 2, "tool", "get_time({})"),
        (32, 2, "assistant", "Noon."),
    ]


def test_an_interruption_says_what_was_heard_and_why() -> None:
    reply = told(VOICE)[1]

    assert reply.heard == Heard(heard_ms=1000, of_ms=4000, at=6)
    assert reply.remark == "cancelled: turn_detected"


def test_a_tool_has_its_output_and_its_time() -> None:
    call = told(VOICE)[3]

    assert call.output == "12:00"
    assert call.took_ms == pytest.approx(252)


def test_written_words_are_not_spoken() -> None:
    assert [(line.who, line.text, line.spoken) for line in told(WRITTEN)] == [
        ("assistant", "Hello!", False),
        ("user", "Hi", False),
        ("assistant", "How are you?", False),
    ]


def test_an_out_of_band_response_is_told_outside_the_turns() -> None:
    *_, line = told(
        WRITTEN
        + """
        < {"type": "response.output_text.done", "response_id": "r3", "item_id": "a3", "text": "A title"}
        < {"type": "response.done", "response": {"id": "r3", "status": "completed", "output": [{"id": "a3", "type": "message"}]}}
        """
    )

    assert (line.text, line.turn, line.remark) == ("A title", None, "out of band")


def test_a_response_that_failed_without_a_word_is_told_with_its_reason() -> None:
    (line,) = told("""
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "failed", "status_details": {"error": {"code": "insufficient_quota"}}}}
        """)

    assert line == Line(At(2, 0.002), "assistant", turn=1, remark="failed: insufficient_quota")


def test_an_error_of_the_server_is_told() -> None:
    (line,) = told('< {"type": "error", "error": {"code": "bad", "message": "no"}}')

    assert (line.who, line.text) == ("server", "bad: no")


def test_speech_that_came_to_nothing_is_told() -> None:
    lines = told("""
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1"}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u2"}
        """)

    assert [line.remark for line in lines] == ["never committed", "still speaking"]


def test_a_call_that_the_server_made_is_a_tool_too() -> None:
    (line,) = told("""
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "m1", "type": "mcp_call", "name": "search", "arguments": "{}", "error": {"type": "http_error"}}}
        """)

    assert (line.who, line.text, line.output, line.remark) == ("tool", "search({})", None, "failed: http_error")


def test_instructions_added_as_an_item_are_told() -> None:
    (line,) = told(
        '< {"type": "conversation.item.added", "item": {"id": "s1", "type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]}}'
    )

    assert (line.who, line.text) == ("system", "Be brief.")
