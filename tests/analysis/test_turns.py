"""Turns read off a session."""

# ruff: noqa: E501 - a transcript has one event a line
from __future__ import annotations

import pytest

from realtime_inspector.analysis.turns import turn_at, turns, utterances
from tests.analysis.sessions import VOICE, WRITTEN, session


def test_a_turn_is_what_the_user_said_and_what_was_replied() -> None:
    first, second = turns(session(VOICE))

    assert (first.said, first.replied) == ("Weather in Oslo?", "It is sunny in Oslo today.")
    assert (second.said, second.replied) == ("", "Noon.")
    assert first.spoken
    assert second.spoken


def test_a_response_cut_short_makes_its_turn_interrupted_and_says_what_was_heard() -> None:
    first, second = turns(session(VOICE))

    assert (first.interrupted, first.heard_ms, first.audio_ms) == (True, 1000, 4000)
    assert (second.interrupted, second.heard_ms) == (False, None)


def test_a_tool_call_and_its_follow_up_belong_to_the_turn_that_made_them() -> None:
    second = turns(session(VOICE))[1]

    assert [response.id for response in second.responses] == ["r2", "r3"]
    assert [(call.call_id, call.output) for call in second.calls] == [("c1", "12:00")]


def test_a_turn_begins_where_the_user_began_to_speak() -> None:
    first, second = turns(session(VOICE))

    assert (first.start.n, second.start.n) == (5, 16)
    assert second.speech_start_t == second.start.t


def test_the_end_of_speech_is_when_its_last_audio_was_sent_without_the_silence_after_it() -> None:
    first = turns(session(VOICE))[0]

    assert first.speech_stop_t == pytest.approx(2.204)
    assert first.silent_t == pytest.approx(1.104), "2200 ms less 200 ms of silence is the end of the second append"


def test_a_greeting_is_a_turn_without_a_user() -> None:
    greeting, _ = turns(session(WRITTEN))

    assert (greeting.user, greeting.replied) == ((), "Hello!")


def test_a_response_asked_for_before_the_item_was_acknowledged_still_answers_it() -> None:
    _, written = turns(session(WRITTEN))

    assert (written.said, written.replied, written.spoken) == ("Hi", "How are you?", False)


def test_an_out_of_band_response_belongs_to_no_turn() -> None:
    assert [response.id for turn in turns(session(WRITTEN)) for response in turn.responses] == ["r1", "r2"]


def test_a_response_that_was_on_its_way_when_the_user_spoke_again_answers_what_came_before() -> None:
    first, second = turns(
        session("""
        < {"type": "input_audio_buffer.speech_started", "item_id": "u1"}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1"}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "u2"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "input_audio_buffer.speech_stopped", "item_id": "u2"}
        < {"type": "input_audio_buffer.committed", "item_id": "u2"}
        < {"type": "response.created", "response": {"id": "r2"}}
        """)
    )

    assert [r.id for r in first.responses] == ["r1"]
    assert [r.id for r in second.responses] == ["r2"]


def test_two_utterances_before_one_response_are_one_turn() -> None:
    (only,) = turns(
        session("""
        < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "One."}]}}
        < {"type": "conversation.item.added", "item": {"id": "u2", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Two."}]}}
        < {"type": "response.created", "response": {"id": "r1"}}
        """)
    )

    assert only.said == "One. Two."
    assert only.done_t is None


def test_speech_that_is_still_going_on_is_an_utterance_without_an_item() -> None:
    (utterance,) = utterances(session('< {"type": "input_audio_buffer.speech_started", "item_id": "u1"}'))

    assert utterance.item is None
    assert utterance.complete is None
    assert utterance.text == ""


def test_an_entry_stands_in_the_turn_that_began_last() -> None:
    found = turns(session(VOICE))

    assert turn_at(found, 4) is None
    assert turn_at(found, 5) is found[0]
    assert turn_at(found, 15) is found[0]
    assert turn_at(found, 999) is found[1]


def test_a_session_without_a_word_has_no_turns() -> None:
    assert turns(session('< {"type": "session.created", "session": {}}')) == []
