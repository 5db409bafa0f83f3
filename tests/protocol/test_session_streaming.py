"""Translations and sessions of the Live API: two streams, read as what each side says in one go."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.dialogue import dialogue
from realtime_inspector.analysis.metrics import answer_ms, time_to_first_audio_ms, voice_to_voice_ms
from realtime_inspector.analysis.turns import turns
from tests.protocol.folding import session
from tests.streams import LIVE, TRANSLATION, heard, sent, spoken


def said(text: str) -> list[tuple[str, str]]:
    return [(line.who, line.text) for line in dialogue(session(text))]


def test_pieces_that_follow_each_other_are_one_thing_said() -> None:
    text = LIVE + sent(3) + heard("Hello ") + heard("there") + spoken("Hi, ") + spoken("how are you?")
    assert said(text) == [("user", "Hello there"), ("assistant", "Hi, how are you?")]


@pytest.mark.parametrize(("pause", "things"), [("+1.4s ", 1), ("+1.6s ", 2)])
def test_a_pause_ends_what_is_said(pause: str, things: int) -> None:
    text = TRANSLATION + sent(1) + spoken("Guten Tag.") + pause + spoken("Wie geht es?")
    assert len(said(text)) == len(turns(session(text))[0].responses) == things


def test_sound_that_goes_on_without_words_is_of_what_was_said_before() -> None:
    text = TRANSLATION + spoken("Guten Tag.") + "+1s " + spoken() + "+1s " + spoken() + spoken("Wie geht es?")
    found = session(text)
    assert [item.audio_ms for item in found.conversation] == [600, 200]
    assert [playback.ms for playback in found.playback.values()] == [600, 200]


def test_a_turn_is_what_the_user_said_with_what_came_of_it() -> None:
    again = "+3s " + sent(2) + heard("And you?", 1000, 1400) + "+300ms " + spoken("Fine.")
    first, second = turns(session(LIVE + sent(3) + heard("Hello", 0, 400) + spoken("Hi.") + again))
    assert (first.said, first.replied, second.said, second.replied) == ("Hello", "Hi.", "And you?", "Fine.")
    assert second.spoken
    assert answer_ms(second) == 300


def test_the_wait_counts_from_the_end_of_the_words_in_the_audio() -> None:
    (turn,) = turns(session(LIVE + sent(3) + heard("Hello", 0, 400) + "+100ms " + spoken("Hi.")))
    assert voice_to_voice_ms(turn) == 302


def test_who_is_answered_while_he_speaks_has_not_waited() -> None:
    began = LIVE + sent(1) + heard("So I", 0, 100) + spoken("Mhm")
    (turn,) = turns(session(began + "+1s " + sent(1) + heard(" thought", 200, 400)))
    assert (answer_ms(turn), voice_to_voice_ms(turn)) == (None, None)


def test_nothing_announces_an_answer_so_that_it_has_no_time_to_its_first_audio() -> None:
    found = session(TRANSLATION + sent(1) + spoken("Guten Tag."))
    assert [time_to_first_audio_ms(response) for response in found.responses.values()] == [None]


def test_a_piece_can_name_its_rate() -> None:
    found = session(TRANSLATION + spoken("Ja.", rate=48000))
    assert [item.audio_ms for item in found.conversation] == [100]


def test_a_completed_call_within_an_event_is_a_tool_call_and_has_its_output() -> None:
    call = '{"type": "function_call", "id": "f1", "call_id": "c1", "name": "get_weather", "arguments": "{}", "status": "%s"}'
    event = '< {"type": "response.event", "event": {"type": "response.output_item.done", "item": %s}}\n'
    text = LIVE + heard("Weather?") + event % (call % "incomplete") + event % (call % "completed")
    found = session(text)
    assert [(each.name, each.outputs) for each in found.calls.values()] == [("get_weather", [])]
    output = '> {"type": "response.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "rain"}}\n'
    assert ("tool", "get_weather({})") in said(text + output)
    assert session(text + output).calls["c1"].output == "rain"


def test_its_settings_are_those_that_began_it() -> None:
    found = session(LIVE)
    assert (found.model, found.dialect_name) == ("gpt-live-1", "live")
    assert [update.status for update in found.updates] == ["accepted"]


def test_both_sides_speak_in_the_one_format_of_the_live_api() -> None:
    narrow = LIVE.replace('"live_1", ', '"live_1", "audio": {"format": {"type": "audio/pcm", "rate": 16000}}, ')
    found = session(narrow + sent(1) + spoken("Hi."))
    assert found.input_audio.total_ms == 300
    assert found.conversation[-1].audio_ms == 300


def test_a_sideband_is_shown_what_the_user_says() -> None:
    found = session(LIVE + sent(2).replace("> {", "< {"))
    assert found.input_audio.total_ms == 400


def test_an_error_names_the_event_it_answers_in_its_own_way() -> None:
    found = session(
        """
        > GET /v1/live/sessions
        < 101
        > {"type": "session.start", "event_id": "e1", "session": {"model": "gpt-9"}}
        < {"type": "error", "error": {"code": "invalid_model", "message": "No such model.", "client_event_id": "e1"}}
        """
    )
    (error,) = found.errors
    assert (error.cause_type, error.confidence) == ("session.start", "certain")
    assert [update.status for update in found.updates] == ["rejected"]


def test_what_is_handed_to_the_client_is_open_until_it_gives_something_back() -> None:
    handed = (
        LIVE + '< {"type": "session.delegation.created", "delegation": {"id": "d%s", "target": "%s"}, "offset_ms": 9}\n'
    )
    assert list(session(handed % (1, "client")).delegations) == ["d1"]
    assert not session(handed % (1, "responses")).delegations
    given = '> {"type": "session.commentary.append", "delegation_id": "d1", "content": "It rains."}\n'
    assert not session(handed % (1, "client") + given).delegations
