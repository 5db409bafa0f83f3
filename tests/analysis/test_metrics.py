"""The figures of a session."""

# ruff: noqa: E501 - a transcript has one event a line
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.metrics import Tokens
from realtime_inspector.analysis.turns import turns
from tests.analysis.sessions import VOICE, WRITTEN, session


def test_the_time_to_first_audio_counts_from_the_response() -> None:
    responses = session(VOICE).responses

    assert metrics.time_to_first_audio_ms(responses["r1"]) == pytest.approx(301)
    assert metrics.time_to_first_audio_ms(responses["r2"]) is None, "it only called a tool"


def test_voice_to_voice_counts_from_the_moment_the_user_fell_silent() -> None:
    first = turns(session(VOICE))[0]

    assert metrics.speech_stop_to_audio_ms(first) == pytest.approx(305 - 1)
    assert metrics.voice_to_voice_ms(first) == pytest.approx(2205 - 1105 + 304)


def test_voice_to_voice_is_unknown_where_the_server_gave_no_offset() -> None:
    assert metrics.voice_to_voice_ms(turns(session(VOICE))[1]) is None


def test_voice_to_voice_counts_from_the_commit_where_the_client_commits() -> None:
    (turn,) = turns(
        session("""
        > {"type": "input_audio_buffer.append", "audio": "<500ms>"}
        > {"type": "input_audio_buffer.commit"}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        < {"type": "conversation.item.added", "item": {"id": "u1", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        +200ms < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "<100ms>"}
        """)
    )

    assert metrics.voice_to_voice_ms(turn) == pytest.approx(203)
    assert metrics.create_to_output_ms(turn.responses[0]) == pytest.approx(201)


def test_a_written_turn_has_an_answer_time_and_no_voice() -> None:
    written = turns(session(WRITTEN))[1]

    assert metrics.answer_ms(written) == pytest.approx(75 - 1)
    assert metrics.voice_to_voice_ms(written) is None
    assert metrics.speech_stop_to_audio_ms(written) is None


def test_the_round_trip_of_a_tool_is_the_applications_time() -> None:
    second = turns(session(VOICE))[1]

    assert metrics.tool_round_trip_ms(second.calls[0]) == pytest.approx(252)
    assert metrics.follow_up_ms(second, second.calls[0]) == pytest.approx(104)


def test_the_heard_part_of_an_item_is_what_the_client_said_it_played() -> None:
    items = session(VOICE).items

    assert metrics.heard_ratio(items["a1"]) == 0.25
    assert metrics.heard_ratio(items["a2"]) is None


def test_connecting_and_configuring_are_measured() -> None:
    folded = session("""
        > GET /v1/realtime {}
        < 101
        +98ms < {"type": "session.created", "session": {}}
        > {"type": "session.update", "session": {}}
        +20ms < {"type": "session.updated", "session": {}}
        """)

    assert metrics.connect_ms(folded) == pytest.approx(99)
    assert metrics.config_ms(folded) == pytest.approx(20)
    assert metrics.length_s(folded) == pytest.approx(0.121)


def test_what_did_not_happen_has_no_time() -> None:
    empty = session('< {"type": "response.created", "response": {"id": "r1"}}')

    assert metrics.connect_ms(empty) is None
    assert metrics.config_ms(empty) is None
    assert metrics.generation_ms(empty.responses["r1"]) is None
    assert metrics.create_to_output_ms(empty.responses["r1"]) is None


def test_tokens_are_summed_by_kind_and_cached_ones_stay_part_of_the_input() -> None:
    assert metrics.tokens(session(VOICE)) == Tokens(
        input=110, output=55, input_text=60, input_audio=40, cached=30, output_text=10, output_audio=40
    )
    assert Tokens(input=3, output=4, cached=2).total == 7


def test_a_usage_that_is_no_number_counts_nothing() -> None:
    folded = session('< {"type": "response.done", "response": {"id": "r1", "usage": {"input_tokens": "many"}}}')

    assert metrics.tokens(folded) == Tokens()


def test_interruptions_are_turns() -> None:
    assert metrics.interruptions(turns(session(VOICE))) == 1


@pytest.mark.parametrize(("percent", "value"), [(0, 10), (50, 25), (100, 40), (95, 38.5)])
def test_a_percentile_between_two_values_is_in_proportion(percent: float, value: float) -> None:
    assert metrics.percentile([10, 20, 30, 40], percent) == pytest.approx(value)


def test_a_percentile_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no values"):
        metrics.percentile([], 50)


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6))))
def test_a_spread_is_in_order_and_counts_only_what_is_known(values: list[float | None]) -> None:
    known = [value for value in values if value is not None]
    found = metrics.spread(values)

    if not known:
        assert found is None
        return
    assert found is not None
    assert found.count == len(known)
    assert min(known) <= found.median <= found.p95 + 1e-6
    assert found.p95 <= found.max + 1e-6
    assert found.max == max(known)
