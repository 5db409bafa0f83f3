"""The user's turn: voice detection on real audio, commits, transcripts, interruptions."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from realtime_inspector.simulator import g711
from realtime_inspector.simulator.voice import USER, samples, silence, speech_lasting
from tests.simulator.driving import TALK, Driver, error_of, one, types

SPEECH = speech_lasting("hello there", 600, USER)
TURN = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "response.created",
]


def test_a_spoken_turn_starts_stops_commits_and_is_answered() -> None:
    driver = Driver()
    driver.append(silence(500))
    events = driver.speak(600, 400)
    assert types(events) == TURN
    started, stopped, committed = events[:3]
    assert started["audio_start_ms"] == 200  # 500 ms of silence, less 300 ms of padding
    assert stopped["audio_end_ms"] == pytest.approx(1300, abs=40)  # the speech and 200 ms of silence
    assert started["item_id"] == stopped["item_id"] == committed["item_id"] == events[3]["item"]["id"]


def test_silence_is_no_speech() -> None:
    assert Driver().append(silence(3000)) == []


def test_a_click_is_no_speech() -> None:
    driver = Driver()
    click = b"\xff\x3f" * 480
    assert driver.append(silence(500) + click + silence(500)) == []


def test_the_pieces_in_which_audio_comes_do_not_matter() -> None:
    whole, pieces = Driver(), Driver()
    audio = silence(200) + SPEECH + silence(500)
    whole.append(audio)
    for at in range(0, len(audio), 334):
        pieces.append(audio[at : at + 334])
    spans = [
        [(e["type"], e.get("audio_start_ms"), e.get("audio_end_ms")) for e in driver.events if "speech" in e["type"]]
        for driver in (whole, pieces)
    ]
    assert spans[0] == spans[1] != []


@pytest.mark.parametrize(
    ("threshold", "is_heard"), [(0.0, True), (0.5, True), (1.0, False)], ids=["low", "default", "high"]
)
def test_the_threshold_decides_what_is_loud_enough(threshold: float, is_heard: bool) -> None:
    driver = Driver()
    driver.listen(turn_detection={"type": "server_vad", "threshold": threshold})
    quiet = b"".join(int(sample / 8).to_bytes(2, "little", signed=True) for sample in samples(SPEECH))
    assert ("input_audio_buffer.speech_started" in types(driver.append(quiet))) is is_heard


def test_speech_stops_only_after_the_silence_that_was_asked_for() -> None:
    driver = Driver()
    driver.listen(turn_detection={"type": "server_vad", "silence_duration_ms": 800})
    assert types(driver.speak(600, 700)) == TURN[:1]
    assert types(driver.append(silence(200))) == TURN[1:]


@pytest.mark.parametrize("form", ["audio/pcmu", "audio/pcma"])
def test_g711_is_heard_as_well(form: str) -> None:
    driver = Driver()
    driver.listen(format={"type": form})
    coded = g711.encode(g711.to_8k(samples(SPEECH + silence(400))), form)
    events = driver.append(coded)
    assert types(events) == TURN
    assert events[1]["audio_end_ms"] == pytest.approx(800, abs=40)


def test_pcm_sent_where_g711_was_agreed_plays_six_times_too_long() -> None:
    driver = Driver()
    driver.listen(format={"type": "audio/pcmu"}, turn_detection=None)
    driver.append(silence(20))
    committed = driver.send("input_audio_buffer.commit")
    assert types(committed)[0] == "input_audio_buffer.committed"


@pytest.mark.parametrize(
    ("eagerness", "unfinished", "needs_ms"),
    [("high", False, 400), ("auto", False, 700), ("low", False, 1200), ("high", True, 2000), ("low", True, 8000)],
)
def test_semantic_detection_waits_as_its_eagerness_says(eagerness: str, unfinished: bool, needs_ms: int) -> None:
    driver = Driver(f'[[turn]]\nsay = "Yes."\nunfinished = {str(unfinished).lower()}')
    driver.listen(turn_detection={"type": "semantic_vad", "eagerness": eagerness})
    assert types(driver.speak(600, needs_ms - 100)) == TURN[:1]
    assert types(driver.append(silence(200))) == TURN[1:]


def test_without_create_response_the_turn_waits_for_the_client() -> None:
    driver = Driver()
    driver.listen(turn_detection={"type": "server_vad", "create_response": False})
    assert types(driver.speak()) == TURN[:-1]
    assert types(driver.send("response.create")) == ["response.created"]


# interruptions


def interrupted(**detection: Any) -> tuple[Driver, list[dict[str, Any]]]:
    """A driver that speaks while the assistant does, and what it got at once."""
    driver = Driver()
    driver.listen(turn_detection={"type": "server_vad", **detection})
    driver.speak()
    driver.run(0.4)
    return driver, driver.append(SPEECH)


def test_the_user_interrupts_the_assistant() -> None:
    _, events = interrupted()
    assert types(events)[0] == "input_audio_buffer.speech_started"
    done = one(events, "response.done")["response"]
    assert done["status"] == "cancelled"
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert done["output"][0]["status"] == "incomplete"


def test_what_was_generated_can_be_truncated_after_an_interruption() -> None:
    driver, events = interrupted()
    item_id = one(events, "response.done")["response"]["output"][0]["id"]
    cut = driver.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=300)
    assert types(cut) == ["conversation.item.truncated"]
    assert types(driver.append(silence(400)))[-1] == "response.created"


def test_without_interrupt_response_the_assistant_goes_on_and_gives_no_second_answer() -> None:
    driver, events = interrupted(interrupt_response=False)
    assert types(events) == ["input_audio_buffer.speech_started"]
    assert "response.created" not in types(driver.append(silence(400)))
    assert one(driver.run(10), "response.done")["response"]["status"] == "completed"


# manual commits


def manual(**audio: Any) -> Driver:
    driver = Driver()
    driver.listen(turn_detection=None, **audio)
    return driver


def test_without_detection_only_a_commit_makes_a_turn_and_no_answer_comes_by_itself() -> None:
    driver = manual()
    assert driver.speak() == []
    assert types(driver.send("input_audio_buffer.commit")) == TURN[2:5]
    assert driver.run(5) == []


@pytest.mark.parametrize("appended_ms", [0, 99])
def test_a_commit_of_less_than_100_ms_is_refused(appended_ms: int) -> None:
    driver = manual()
    driver.append(silence(appended_ms))
    error = error_of(driver.send("input_audio_buffer.commit"))
    assert error["code"] == "input_audio_buffer_commit_empty"
    assert error["message"] == (
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
        f"but buffer only has {appended_ms}.00ms of audio."
    )


def test_a_commit_after_the_server_has_committed_finds_too_little() -> None:
    driver = Driver()
    driver.listen(turn_detection={"type": "server_vad", "prefix_padding_ms": 20})
    driver.speak(600, 200)
    assert error_of(driver.send("input_audio_buffer.commit"))["code"] == "input_audio_buffer_commit_empty"


def test_a_cleared_buffer_is_empty() -> None:
    driver = manual()
    driver.append(silence(500))
    assert types(driver.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert "only has 0.00ms" in error_of(driver.send("input_audio_buffer.commit"))["message"]


def test_offsets_go_on_counting_after_a_clear() -> None:
    driver = Driver()
    driver.append(silence(1000))
    driver.send("input_audio_buffer.clear")
    assert driver.speak()[0]["audio_start_ms"] == 700


@pytest.mark.parametrize(
    ("audio", "code", "param"),
    [
        (None, "missing_required_parameter", "audio"),
        (5, "invalid_type", "audio"),
        ("not base64!", "invalid_value", "audio"),
        ("YWI", "invalid_value", "audio"),
        ("ä", "invalid_value", "audio"),
        (b64encode(bytes((15 << 20) + 3)).decode(), "invalid_value", "audio"),
    ],
    ids=["none", "number", "words", "padding", "letters", "size"],
)
def test_audio_that_cannot_be_taken_is_refused(audio: Any, code: str, param: str) -> None:
    error = error_of(Driver().send("input_audio_buffer.append", audio=audio))
    assert (error["code"], error["param"]) == (code, param)


# transcripts


@pytest.mark.parametrize(("model", "usage_type"), [("whisper-1", "duration"), ("gpt-4o-transcribe", "tokens")])
def test_the_users_words_come_after_the_commit_if_asked_for(model: str, usage_type: str) -> None:
    driver = Driver('[[turn]]\nheard = "Good morning to you."\nsay = "Hi."')
    driver.listen(transcription={"model": model})
    item_id = one(driver.speak(), "input_audio_buffer.committed")["item_id"]
    events = driver.run(3)
    deltas = [event["delta"] for event in events if event["type"].endswith("transcription.delta")]
    completed = one(events, "conversation.item.input_audio_transcription.completed")
    assert "".join(deltas) == completed["transcript"] == "Good morning to you."
    assert (completed["item_id"], completed["usage"]["type"]) == (item_id, usage_type)


def test_without_transcription_no_words_come() -> None:
    driver = Driver()
    driver.speak()
    assert not any("transcription" in name for name in types(driver.run(5)))


# the idle timeout


def test_an_idle_user_is_addressed_after_the_playback_and_the_timeout() -> None:
    driver = Driver(TALK)
    driver.listen(turn_detection={"type": "server_vad", "idle_timeout_ms": 5000})
    driver.append(silence(1000))
    driver.send("response.create")
    driver.run(8.9)  # 120 ms until the first audio, 4 s of playback, 5 s of patience
    assert "input_audio_buffer.timeout_triggered" not in types(driver.events)
    events = driver.run(0.3)
    assert types(events)[:2] == ["input_audio_buffer.timeout_triggered", "input_audio_buffer.committed"]
    assert "response.created" in types(events)


def test_a_user_who_speaks_is_not_idle() -> None:
    driver = Driver(TALK)
    driver.listen(turn_detection={"type": "server_vad", "idle_timeout_ms": 5000, "create_response": False})
    driver.send("response.create")
    driver.run(8)
    driver.append(SPEECH)
    assert "input_audio_buffer.timeout_triggered" not in types(driver.run(10))
