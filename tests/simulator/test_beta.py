"""The beta's dialect: what a client of it sends and gets."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from realtime_inspector.protocol.event import read
from realtime_inspector.protocol.realtime.catalogue import BETA_TO_GA, GA_SERVER_TYPES
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.simulator.beta import BetaMachine
from realtime_inspector.simulator.machine import Opening
from realtime_inspector.simulator.scenario import Scenario
from tests.simulator.driving import TALK, TOOLS, WEATHER, Driver, error_of, one, types

ONLY_GA = set(BETA_TO_GA.values()) - {"session.update", "session.created", "session.updated"}


class BetaDriver(Driver):
    """A client of the beta."""

    def __init__(self, scenario: str = TALK, intent: str = "") -> None:
        super().__init__(scenario, Opening(intent=intent, beta=True, model_given=not intent))

    def made(self, scenario: Scenario, opening: Opening | None, seed: str) -> BetaMachine:
        return BetaMachine(scenario, opening, seed=seed)

    def update(self, **session: Any) -> list[dict[str, Any]]:
        return self.send("session.update", session=session)


def test_a_session_is_flat_and_an_update_is_told_in_the_same_shape() -> None:
    driver = BetaDriver()
    created = one(driver.events, "session.created")["session"]
    assert (created["modalities"], created["input_audio_format"], created["temperature"]) == (
        ["audio", "text"], "pcm16", 0.8,
    )  # fmt: skip
    assert not {"audio", "output_modalities", "type"} & set(created)
    (updated,) = driver.update(
        voice="ash", output_audio_format="g711_ulaw", temperature=0.7, max_response_output_tokens=200,
        turn_detection={"type": "server_vad", "threshold": 0.4}, input_audio_transcription={"model": "whisper-1"},
    )  # fmt: skip
    session = updated["session"]
    assert (session["voice"], session["output_audio_format"], session["temperature"]) == ("ash", "g711_ulaw", 0.7)
    assert (session["max_response_output_tokens"], session["turn_detection"]["threshold"]) == (200, 0.4)
    assert session["input_audio_transcription"] == {"model": "whisper-1"}


def test_a_spoken_turn_has_the_beta_s_events_alone() -> None:
    driver = BetaDriver()
    driver.speak()
    driver.run(10)
    heard = types(driver.events)
    assert set(heard) & ONLY_GA == set()
    assert set(heard) <= (GA_SERVER_TYPES | set(BETA_TO_GA)) - {"conversation.item.added", "conversation.item.done"}
    assert heard.count("conversation.item.created") == 2
    assert {"response.audio.delta", "response.audio_transcript.done"} <= set(heard)
    done = one(driver.events, "response.done")["response"]
    assert done["output"][0]["content"][0]["type"] == "audio"
    assert done["modalities"] == ["audio", "text"]
    assert "audio" not in done


def test_a_written_turn_and_a_tool_call_are_the_beta_s_too() -> None:
    driver = BetaDriver(WEATHER)
    driver.update(modalities=["text"], tools=TOOLS)
    driver.write()
    driver.send("response.create", response={"modalities": ["text"]})
    call = one(driver.run(5), "response.function_call_arguments.done")
    assert "name" not in call
    item = {"type": "function_call_output", "call_id": call["call_id"], "output": "{}"}
    driver.send("conversation.item.create", item=item)
    driver.send("response.create")
    events = driver.run(5)
    assert one(events, "response.text.done")["text"] == "It rains in Oslo."


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"type": "realtime"}, "unknown_parameter", "session.type"),
        ({"output_modalities": ["text"]}, "unknown_parameter", "session.output_modalities"),
        ({"modalities": ["audio"]}, "invalid_value", "session.modalities"),
        ({"input_audio_format": "g711-ulaw"}, "invalid_value", "session.input_audio_format"),
        ({"temperature": 0.1}, "decimal_below_min_value", "session.temperature"),
        ({"max_response_output_tokens": None}, "invalid_type", "session.max_response_output_tokens"),
        ({"input_audio_transcription": {"enabled": True}}, "unknown_parameter",
         "session.input_audio_transcription.enabled"),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, "missing_required_parameter",
         "session.tool_choice.name"),
        ({"tracing": "auto"}, "unknown_parameter", "session.tracing"),
    ],
)  # fmt: skip
def test_what_is_no_session_of_the_beta_is_refused(session: dict[str, Any], code: str, param: str) -> None:
    error = error_of(BetaDriver().update(**session))
    assert (error["code"], error["param"]) == (code, param)


def test_an_error_names_the_client_s_event_and_its_own_parameter() -> None:
    driver = BetaDriver()
    driver.answered()
    error = error_of(driver.send("session.update", event_id="mine", session={"voice": "ash"}))
    assert (error["code"], error["param"], error["event_id"]) == ("cannot_update_voice", "session.voice", "mine")
    error = error_of(driver.send("session.updat", event_id="mine"))
    assert (error["code"], error["event_id"]) == ("invalid_value", "mine")
    assert error_of(driver.raw(b"{"))["code"] == "invalid_event"


def test_a_transcription_session_has_events_of_its_own() -> None:
    driver = BetaDriver(intent="transcription")
    assert types(driver.events) == ["transcription_session.created"]
    sent = {"input_audio_transcription": {"model": "whisper-1"}, "turn_detection": None}
    (updated,) = driver.send("transcription_session.update", session=sent)
    assert updated["type"] == "transcription_session.updated"
    assert updated["session"]["input_audio_transcription"]["model"] == "whisper-1"


def test_the_protocol_reads_it_as_the_beta() -> None:
    driver, session = BetaDriver(), Session()
    driver.answered()
    for number, event in enumerate(driver.events, 1):
        session.apply(read(Entry(number, 0.0, Side.SERVER, Kind.MESSAGE, payload=orjson.dumps(event))))
    assert session.dialect == "beta"
    (response,) = session.responses.values()
    assert response.status == "completed"
    assert session.items[response.item_ids[0]].audio_ms > 0
