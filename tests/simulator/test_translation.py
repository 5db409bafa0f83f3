"""A session of the translations' endpoint: words and sound by the audio that comes, and what is refused."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from realtime_inspector.simulator.machine import TRANSLATIONS, Opening
from realtime_inspector.simulator.scenario import Scenario
from realtime_inspector.simulator.translation import TranslationMachine
from realtime_inspector.simulator.voice import USER, silence, speech_lasting
from tests.simulator.driving import Driver, error_of, one, types

STATION = """
[[turn]]
heard = "Wo ist der Bahnhof?"
say = "Where is the station?"
duration_ms = 800
[[turn]]
heard = "Danke."
say = "Thank you."
duration_ms = 400
"""
APPEND = "session.input_audio_buffer.append"
TRANSCRIBED = {"audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}}}


class Booth(Driver):
    """A client that has something translated."""

    def __init__(self, scenario: str = STATION, model: str = "gpt-realtime-translate") -> None:
        super().__init__(scenario, Opening(model, model_given=bool(model), endpoint=TRANSLATIONS))

    def made(self, scenario: Scenario, opening: Opening | None, seed: str) -> TranslationMachine:
        return TranslationMachine(scenario, opening or Opening(), seed=seed)

    def append(self, audio: bytes) -> list[dict[str, Any]]:
        return self.send(APPEND, audio=b64encode(audio).decode())

    def update(self, **session: Any) -> list[dict[str, Any]]:
        return self.send("session.update", session=session)


def words(events: list[dict[str, Any]], side: str) -> str:
    return "".join(event["delta"] for event in events if event["type"] == f"session.{side}_transcript.delta")


def without_ids(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in event.items() if name != "event_id"} for event in events]


TALK = speech_lasting("wo ist der bahnhof", 900, USER) + silence(900) + speech_lasting("danke", 400, USER)


def test_what_is_said_comes_while_the_user_speaks_and_stops_with_the_audio() -> None:
    booth = Booth()
    assert types(booth.events) == ["session.created"]
    booth.update(**TRANSCRIBED)
    came = booth.append(TALK[: len(TALK) // 2])
    assert words(came, "input") == "Wo ist der Bahnhof? "
    assert words(came, "output") == "Where is the station? "
    assert {event["elapsed_ms"] % 200 for event in came} == {0}
    assert booth.run(30) == [], "no audio, no time"
    assert "Thank " in words(booth.append(TALK[len(TALK) // 2 :] + silence(400)), "output")


@pytest.mark.parametrize("size", [480, 5000, 1 << 20])
def test_pieces_of_any_size_give_the_same(size: int) -> None:
    whole, cut = Booth(), Booth()
    whole.append(TALK)
    for at in range(0, len(TALK), size):
        cut.append(TALK[at : at + size])
    assert without_ids(cut.events) == without_ids(whole.events)


def test_the_users_words_are_told_only_if_they_are_asked_for() -> None:
    assert "session.input_transcript.delta" not in types(Booth().append(TALK))


def test_sound_says_what_it_is() -> None:
    sound = next(event for event in Booth().append(TALK) if event["type"] == "session.output_audio.delta")
    assert (sound["sample_rate"], sound["channels"], sound["format"]) == (24000, 1, "pcm16")


def test_a_close_brings_what_is_left_and_then_ends() -> None:
    booth = Booth()
    said = words(booth.append(TALK), "output")
    rest = booth.send("session.close")
    assert said + words(rest, "output") == "Where is the station? Thank you. "
    assert rest[-1]["type"] == "session.closed"
    assert booth.closed is not None
    assert booth.closed.code == 1000
    assert booth.append(TALK) == []


def test_an_update_keeps_what_it_does_not_name() -> None:
    booth = Booth()
    booth.update(audio={"output": {"language": "de"}, "input": {"noise_reduction": {"type": "near_field"}}})
    reduced = {"type": "far_field", "strength": 0.4}
    booth.update(audio={"input": {"noise_reduction": reduced}})
    (updated,) = booth.update(audio={"input": {"noise_reduction": {"type": "far_field"}}})
    audio = updated["session"]["audio"]
    assert (audio["output"]["language"], audio["input"]["noise_reduction"]) == ("de", reduced)
    (updated,) = booth.update(audio={"input": {"noise_reduction": None}})
    assert updated["session"]["audio"]["input"]["noise_reduction"] is None


@pytest.mark.parametrize(
    ("sent", "code", "param"),
    [
        ({"type": "response.create"}, "invalid_value", "type"),
        ({"type": "input_audio_buffer.append", "audio": ""}, "invalid_value", "type"),
        ({"type": APPEND}, "missing_required_parameter", "audio"),
        ({"type": APPEND, "audio": "~"}, "invalid_value", "audio"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "session.update", "session": {"type": "translation"}}, "unknown_parameter", "session.type"),
        ({"type": "session.update", "session": {"audio": {"input": {"transcription": {}}}}},
         "missing_required_parameter", "session.audio.input.transcription.model"),
        ({"type": "session.close", "reason": "done"}, "unknown_parameter", "reason"),
    ],
)  # fmt: skip
def test_what_the_dialect_does_not_have_is_refused(sent: dict[str, Any], code: str, param: str) -> None:
    booth = Booth()
    error = error_of(booth.send(**{"event_type": sent.pop("type"), "event_id": "mine", **sent}))
    assert (error["code"], error["param"], error["event_id"]) == (code, param, "mine")
    assert booth.closed is None


@pytest.mark.parametrize(("model", "code"), [("", "missing_required_parameter"), ("gpt-realtime", "invalid_model")])
def test_another_model_is_refused_at_the_beginning(model: str, code: str) -> None:
    booth = Booth(model=model)
    assert error_of(booth.events)["code"] == code
    assert booth.closed is not None
    assert booth.closed.code == 4000


def test_a_session_lasts_an_hour() -> None:
    booth = Booth()
    assert one(booth.run(3600), "error")["error"]["code"] == "session_expired"
    assert booth.closed is not None


def test_what_the_scenario_has_go_wrong_is_an_error() -> None:
    booth = Booth('[[turn]]\nfail = { code = "overloaded", message = "Try again." }\n')
    assert one(booth.append(TALK), "error")["error"]["code"] == "overloaded"
