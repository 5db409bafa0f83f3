# ruff: noqa: E501 - an event of a transcript is one line
"""Every figure of a session whose numbers are known beforehand, to the millisecond."""

from __future__ import annotations

from array import array
from base64 import b64encode
from functools import cache

import pytest

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.audible import Onsets
from realtime_inspector.analysis.cost import cost
from realtime_inspector.analysis.lint import events
from realtime_inspector.analysis.rates import Rates
from realtime_inspector.analysis.turns import turns
from realtime_inspector.protocol.realtime import models
from realtime_inspector.protocol.realtime.audio import PCM
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry
from realtime_inspector.simulator import voice
from tests.analysis.mutations.healthy import CHUNK_MS, Call
from tests.analysis.sessions import session

SCENARIO = """
[pace]
delay_ms = 250
speed = 4.0
chunk_ms = 200
transcription_ms = 90
[[turn]]
heard = "Hello"
say = "Hello."
duration_ms = 2000
[[turn]]
heard = "Weather"
call = [{ name = "get_weather", arguments = { city = "Oslo" } }]
then = { say = "It rains.", duration_ms = 1000 }
[[turn]]
heard = "More"
say = "A long story."
duration_ms = 6000
[[turn]]
heard = "Stop"
say = "Sorry."
duration_ms = 400
"""
DETECTION = {"type": "server_vad", "prefix_padding_ms": 300, "silence_duration_ms": 400}
TONE = array("h", [8000, -8000] * (CHUNK_MS * voice.RATE // 2000)).tobytes()


def tone(call: Call, silent_before_ms: int, loud_ms: int, silent_after_ms: int) -> None:
    """Let the microphone hear a tone between two silences."""
    for part, duration_ms in ((None, silent_before_ms), (TONE, loud_ms), (None, silent_after_ms)):
        for _ in range(duration_ms // CHUNK_MS):
            call.append(part or voice.silence(CHUNK_MS))


@cache
def measured() -> tuple[Session, Onsets]:
    """Return a session of four turns: spoken, with a tool, interrupted, and the interruption."""
    call = Call(SCENARIO, PCM)
    call.configure(DETECTION)
    tone(call, 400, 1200, 400)
    call.hear_out()
    call.write("Weather?")
    call.outputs(after_s=0.3)
    call.hear_out()
    call.write("More!")
    first = call.wait("response.output_audio.delta")
    call.run(0.6)
    tone(call, 400, 160, 0)
    call.run(0.040)  # the tone is heard 60 ms after it began: with its second piece, 120 ms before this
    call.send("conversation.item.truncate", item_id=first["item_id"], content_index=0, audio_end_ms=1000)
    tone(call, 0, 0, 400)
    call.hear_out()
    return fold(call.close())


def fold(entries: list[Entry]) -> tuple[Session, Onsets]:
    folded, onsets = Session(), Onsets()
    for event in events(entries):
        folded.apply(event)
        onsets.note(event, folded)
    return folded, onsets


def to_a_ms(expected: float) -> object:
    return pytest.approx(expected, abs=1.0)


def test_a_spoken_turn_is_measured_at_each_of_its_stations() -> None:
    folded, onsets = measured()
    spoken = turns(folded)[0]
    speech, response = folded.input_audio.speech[0], spoken.responses[0]

    assert metrics.barge_in_detect_ms(speech) == to_a_ms(40), "three frames of 20 ms are in the second piece"
    assert metrics.speech_ms(speech) == to_a_ms(300 + 1200 + 400)
    assert metrics.endpointing_ms(speech) == to_a_ms(400)
    assert metrics.speech_stop_to_audio_ms(spoken) == to_a_ms(250)
    assert metrics.voice_to_voice_ms(spoken) == to_a_ms(400 + 250)
    assert metrics.answer_ms(spoken) == to_a_ms(250)
    assert metrics.time_to_first_audio_ms(response) == to_a_ms(250)
    assert metrics.create_to_output_ms(response) is None, "nobody asked for it"
    assert metrics.generation_ms(response) == to_a_ms(250 + 10 * 50)
    assert metrics.real_time_factor(response) == pytest.approx(2000 / (9 * 50), rel=1e-3)
    sound_ms = onsets.time_to_sound_ms(folded, response)
    assert sound_ms is not None
    assert 250 <= sound_ms < 260, "it begins with the voice"
    assert metrics.transcription_ms(folded.items[speech.item_id]) == to_a_ms(90 + 10)


def test_connecting_and_configuring_are_measured() -> None:
    folded, _ = measured()

    assert metrics.connect_ms(folded) == to_a_ms(80)
    assert metrics.config_ms(folded) == to_a_ms(0)


def test_a_turn_with_a_tool_is_measured_at_each_of_its_stations() -> None:
    folded, _ = measured()
    written = turns(folded)[1]
    calling, answering = written.responses

    assert metrics.tool_round_trip_ms(written.calls[0]) == to_a_ms(300)
    assert metrics.follow_up_ms(written, written.calls[0]) == to_a_ms(1 + 20 + 250)
    assert metrics.create_to_output_ms(answering) == to_a_ms(250)
    assert metrics.generation_ms(calling) == to_a_ms(250 + 2 * 8)
    # from the message: 51 ms to the request, the call, the tool, the request, the answer
    assert metrics.dead_air_ms(folded, written) == to_a_ms(51 + 266 + 300 + 21 + 250)
    assert metrics.answer_ms(written) == to_a_ms(250), "of the request: the first piece of the arguments"


def test_an_interruption_is_measured_on_both_sides() -> None:
    folded, _ = measured()
    told = turns(folded)[2]
    speech = folded.input_audio.speech[1]

    assert metrics.server_stop_ms(folded, speech) == to_a_ms(0), "the simulator stops at once"
    assert metrics.client_stop_ms(folded, speech) == to_a_ms(80 + 40 + 40)
    assert metrics.barge_in_detect_ms(speech) == to_a_ms(40)
    (cut,) = [item for item in told.items if item.truncated_ms is not None]
    assert metrics.heard_ratio(cut) == pytest.approx(1000 / cut.audio_ms)
    assert metrics.server_stop_ms(folded, folded.input_audio.speech[0]) is None
    assert metrics.client_stop_ms(folded, folded.input_audio.speech[0]) is None


def test_the_rates_of_a_session_are_counts_and_sums_of_it() -> None:
    folded, _ = measured()
    rates = Rates.of(folded)

    assert (rates.responses, rates.interrupted, rates.interruption_rate) == (5, 1, 0.2)
    assert (rates.spoken, rates.false_turns, rates.false_turn_rate) == (2, 0, 0.0)
    assert rates.appended_ms == 400 + 1200 + 400 + 400 + 160 + 400
    assert rates.speech_ms == (300 + 1200 + 400) + (300 + 160 + 400)
    assert rates.delivered_ms == sum(item.audio_ms for item in folded.items.values())
    assert (rates.stalls, rates.stalled_ms, rates.errors, rates.benign) == (0, 0, {}, 0)
    assert len(rates.factors) == 4
    assert rates.heard == (metrics.heard_ratio(turns(folded)[2].items[0]),)
    both = rates + rates
    assert (both.responses, both.interruption_rate, len(both.heard)) == (10, 0.2, 2)


STARTED = '< {"type": "session.created", "session": {"model": "gpt-realtime-2.1", "audio": {"input": {"turn_detection": {"type": "server_vad", "prefix_padding_ms": 300, "silence_duration_ms": 500}}}}}\n'
BEGUN = '< {"type": "response.created", "response": {"id": "r1"}}\n< {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "a1", "type": "message", "role": "assistant"}}\n'
DELTA = '< {{"type": "response.output_audio.delta", "response_id": "r1", "item_id": "a1", "delta": "{0}"}}\n'


def test_an_interruption_that_the_server_is_slow_to_hear_is_measured() -> None:
    folded = session(
        STARTED
        + BEGUN
        + "+100ms "
        + DELTA.format("<4000ms>")
        + """
        +1s < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
        +180ms < {"type": "response.done", "response": {"id": "r1", "status": "cancelled", "status_details": {"reason": "turn_detected"}}}
        +70ms > {"type": "conversation.item.truncate", "item_id": "a1", "content_index": 0, "audio_end_ms": 1000}
        < {"type": "conversation.item.truncated", "item_id": "a1", "content_index": 0, "audio_end_ms": 1000}
        """
    )
    (speech,) = folded.input_audio.speech

    assert metrics.server_stop_ms(folded, speech) == to_a_ms(180)
    assert metrics.client_stop_ms(folded, speech) == to_a_ms(250)
    assert metrics.heard_ratio(folded.items["a1"]) == 0.25


def test_an_answer_that_begins_with_silence_is_heard_later_than_it_comes() -> None:
    sound = b64encode(bytes(150 * 48) + array("h", [900] * 240).tobytes()).decode()
    folded, onsets = fold(
        transcript.entries(
            STARTED
            + BEGUN
            + "+300ms "
            + DELTA.format("<200ms>")
            + "+20ms "
            + DELTA.format(sound)
            + "+20ms "
            + DELTA.format("<100ms>")
        )
    )

    assert metrics.time_to_first_audio_ms(folded.responses["r1"]) == to_a_ms(301)
    assert onsets.time_to_sound_ms(folded, folded.responses["r1"]) == to_a_ms(301 + 200 + 150)
    assert onsets.silence_ms("a1") == to_a_ms(350)
    assert onsets.silence_ms("a2") is None


def test_an_answer_that_runs_dry_is_heard_late() -> None:
    folded = session(
        STARTED
        + BEGUN
        + DELTA.format("<200ms>")
        + "+500ms "
        + DELTA.format("<200ms>")
        + "+250ms "
        + DELTA.format("<100ms>")
    )
    rates = Rates.of(folded)

    assert (rates.stalls, rates.stalled_ms) == (2, to_a_ms(300 + 50))
    assert folded.playback["a1"].heard_until_t - folded.playback["a1"].start_t == pytest.approx(0.85)
    assert metrics.real_time_factor(folded.responses["r1"]) == pytest.approx(500 / 750)


def test_a_turn_without_words_is_a_false_one() -> None:
    spoken = """
    < {{"type": "input_audio_buffer.speech_started", "item_id": "u{0}", "audio_start_ms": {1}}}
    < {{"type": "input_audio_buffer.speech_stopped", "item_id": "u{0}", "audio_end_ms": {2}}}
    < {{"type": "input_audio_buffer.committed", "item_id": "u{0}"}}
    """
    said = '< {{"type": "conversation.item.input_audio_transcription.completed", "item_id": "u{0}", "transcript": "{1}"}}\n'
    folded = session(
        STARTED
        + spoken.format(1, 0, 900)  # 100 ms beyond padding and silence, and no transcript
        + spoken.format(2, 1000, 3000)
        + spoken.format(3, 4000, 6000)
        + said.format(3, "...")
        + spoken.format(4, 7000, 7900)
        + said.format(4, "No!")
    )

    assert Rates.of(folded).false_turn_rate == 0.5


def test_the_time_in_which_nobody_was_heard_is_what_is_left() -> None:
    folded = session(
        STARTED
        + BEGUN
        + "+1s "
        + DELTA.format("<2000ms>")
        + '+500ms < {"type": "input_audio_buffer.speech_started", "item_id": "u1"}\n'
        + '+2s < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1"}\n+1.497s x'
    )
    rates = Rates.of(folded)

    # after 1 s, two seconds of sound; the user from 1.5 to 3.5 s; 5 s in all
    assert rates.length_s == pytest.approx(4.999)
    assert rates.idle_s == pytest.approx(4.999 - 2.5)


def test_errors_are_counted_by_code_and_what_breaks_nothing_apart() -> None:
    error = '< {{"type": "error", "error": {{"type": "{0}", "code": {1}}}}}\n'
    folded = session(
        error.format("a", '"invalid_value"') * 2
        + error.format("server_error", "null")
        + error.format("a", '"response_cancel_not_active"')
    )

    assert Rates.of(folded).errors == {"invalid_value": 2, "server_error": 1}
    assert Rates.of(folded).benign == 1


def test_tokens_and_cost_are_those_of_the_usage() -> None:
    usage = '{"input_tokens": 1000, "output_tokens": 300, "input_token_details": {"text_tokens": 400, "audio_tokens": 600, "cached_tokens": 500, "cached_tokens_details": {"text_tokens": 200, "audio_tokens": 300}}, "output_token_details": {"text_tokens": 100, "audio_tokens": 200}}'
    folded = session(
        STARTED
        + BEGUN
        + f'< {{"type": "response.done", "response": {{"id": "r1", "status": "completed", "usage": {usage}}}}}\n'
    )
    took = metrics.tokens(folded)

    assert (took.input, took.cached, took.cached / took.input, took.total) == (1000, 500, 0.5, 1300)
    # text 4 / 0.40 / 24, audio 32 / 0.40 / 64 dollars a million
    millionths = 200 * 4 + 200 * 0.40 + 100 * 24 + 300 * 32 + 300 * 0.40 + 200 * 64
    assert cost(folded, models.builtin()).whole.total == pytest.approx(millionths / 1e6)
    without = session(
        STARTED.replace("gpt-realtime-2.1", "nobody-knows")
        + BEGUN
        + f'< {{"type": "response.done", "response": {{"id": "r1", "status": "completed", "usage": {usage}}}}}\n'
    )
    assert cost(without, models.builtin()).whole.total is None, "unknown, not nothing"
