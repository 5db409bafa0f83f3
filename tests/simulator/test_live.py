"""A session of the Live API: its start, both streams, delegations to the client, and what is refused."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.simulator import g711
from realtime_inspector.simulator.live import LiveMachine
from realtime_inspector.simulator.machine import Opening
from realtime_inspector.simulator.scenario import Scenario
from realtime_inspector.simulator.voice import USER, samples, silence, speech_lasting
from tests.simulator.driving import Driver, error_of, one, types
from tests.simulator.test_translation import words

WEATHER = """
[[turn]]
heard = "What is the weather?"
say = "Let me see."
call = [{ name = "weather" }]
then = { say = "It rains." }
[[turn]]
heard = "Thanks."
say = "You are welcome, and a good day to you."
"""
QUESTION = speech_lasting("what is the weather", 800, USER) + silence(1600)
MODEL = {"model": "gpt-live-1"}


class Line(Driver):
    """A client of the Live API."""

    def __init__(self, scenario: str = WEATHER, **session: Any) -> None:
        super().__init__(scenario)
        assert self.events == [], "the server says nothing before the start"
        if session:
            self.start(**session)

    def made(self, scenario: Scenario, opening: Opening | None, seed: str) -> LiveMachine:
        return LiveMachine(scenario, seed=seed, unix=1000)

    def start(self, **session: Any) -> list[dict[str, Any]]:
        return self.send("session.start", session=session)

    def append(self, audio: bytes) -> list[dict[str, Any]]:
        return self.send("session.input_audio.append", audio=b64encode(audio).decode())

    def comment(self, delegation_id: Any, kind: str = "commentary") -> list[dict[str, Any]]:
        return self.send(f"session.{kind}.append", content="It rains.", delegation_id=delegation_id, event_id="c1")


def test_a_start_is_answered_with_the_session_and_its_defaults() -> None:
    (started,) = Line().send("session.start", event_id="s1", session={**MODEL, "instructions": "Hi."})
    session = started["session"]
    assert (started["type"], started["client_event_id"], session["status"]) == ("session.started", "s1", "active")
    assert session["audio"] == {"format": {"type": "audio/pcm", "rate": 24000}, "output": {"voice": "marin"}}
    assert (session["instructions"], session["delegation"]["type"], session["expires_at"]) == ("Hi.", "client", 8200)


def test_the_assistant_answers_in_a_pause_and_is_silent_when_the_user_speaks_again() -> None:
    line = Line(WEATHER, **MODEL)
    came = line.append(QUESTION)
    assert words(came, "input") == "What is the weather? "
    assert words(came, "output") == "Let me see. "
    sound = next(event for event in came if event["type"] == "session.output_audio.delta")
    assert set(sound) == {"type", "delta"}, "as on the primary socket: no id, no time"
    line.append(QUESTION[: len(QUESTION) * 2 // 3])
    assert "good day" not in words(line.append(QUESTION), "output")


def test_a_delegation_waits_for_the_client_and_goes_on_with_its_commentary() -> None:
    line = Line(WEATHER, **MODEL)
    made = one(line.append(QUESTION), "session.delegation.created")
    assert made["delegation"]["target"] == "client"
    delegation_id = made["delegation"]["id"]
    (thought,) = line.comment(delegation_id, "thinking")
    assert (thought["type"], thought["start_ms"]) == ("session.thinking.appended", thought["end_ms"])
    assert words(line.append(silence(2000)), "output") == ""
    assert line.comment(delegation_id)[0]["client_event_id"] == "c1"
    assert words(line.append(silence(2000)), "output") == "It rains. "
    assert error_of(line.comment(delegation_id))["param"] == "delegation_id"


@pytest.mark.parametrize("form", [AudioFormat(rate=16000), AudioFormat("audio/pcmu", 8000)])
def test_other_formats_are_heard_and_spoken(form: AudioFormat) -> None:
    line = Line(WEATHER, **MODEL, audio={"format": {"type": form.name, "rate": form.rate}})
    plain = Line(WEATHER, **MODEL).append(QUESTION)
    eighth = g711.to_8k(samples(QUESTION))
    if form.name == "audio/pcm":
        given = b"".join(QUESTION[at : at + 4] for at in range(0, len(QUESTION), 6))
    else:
        given = g711.encode(eighth, form.name)
    came = line.append(given)
    assert words(came, "output") == words(plain, "output")
    ratio = form.bytes_per_ms / AudioFormat().bytes_per_ms
    assert len(sounds(came)) == pytest.approx(len(sounds(plain)) * ratio, rel=0.01)


def sounds(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "session.output_audio.delta")


def test_who_is_muted_is_not_heard() -> None:
    line = Line(WEATHER, **MODEL)
    assert types(line.send("session.input_audio.mute")) == ["session.input_audio.muted"]
    assert line.append(QUESTION) == []
    assert types(line.send("session.input_audio.unmute")) == ["session.input_audio.unmuted"]
    assert line.append(QUESTION) != []


def test_a_close_says_why_and_how_much_was_heard() -> None:
    line = Line(WEATHER, **MODEL)
    line.append(QUESTION)
    (closed,) = line.send("session.close", event_id="c")
    assert (closed["reason"], closed["usage"], closed["client_event_id"]) == ("close_requested", {"seconds": 2.4}, "c")
    assert line.closed is not None
    assert line.append(QUESTION) == []


def test_a_session_lasts_two_hours() -> None:
    assert one(Line(WEATHER, **MODEL).run(7200), "session.closed")["reason"] == "expired"


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({}, "missing_required_parameter", "session.model"),
        ({"model": "gpt-realtime"}, "invalid_model", "session.model"),
        ({**MODEL, "voice": "marin"}, "unknown_parameter", "session.voice"),
        ({**MODEL, "type": "live"}, "unknown_parameter", "session.type"),
        ({**MODEL, "audio": {"output": {"voice": "bob"}}}, "invalid_value", "session.audio.output.voice"),
        ({**MODEL, "audio": {"format": {"type": "audio/pcm", "rate": 20000}}}, "invalid_value",
         "session.audio.format.rate"),
        ({**MODEL, "delegation": {"type": "responses"}}, "invalid_value", "session.delegation.type"),
        ({**MODEL, "input": [{"role": "user", "content": []}] * 129}, "invalid_value", "session.input"),
    ],
)  # fmt: skip
def test_a_start_that_the_api_does_not_take_can_be_made_again(session: Any, code: str, param: str) -> None:
    line = Line()
    error = error_of(line.start(**session))
    assert (error["code"], error["param"]) == (code, param)
    assert types(line.start(**MODEL)) == ["session.started"]


@pytest.mark.parametrize(
    ("sent", "code", "param"),
    [
        ({"event_type": "session.start", "session": MODEL}, "invalid_value", "type"),
        ({"event_type": "input_audio_buffer.append", "audio": ""}, "invalid_value", "type"),
        ({"event_type": "response.create"}, "invalid_value", "type"),
        ({"event_type": "session.update", "session": {"instructions": "x"}}, "unknown_parameter",
         "session.instructions"),
        ({"event_type": "session.commentary.append", "content": "x"}, "missing_required_parameter", "delegation_id"),
        ({"event_type": "session.thinking.append", "delegation_id": None}, "missing_required_parameter", "content"),
        ({"event_type": "session.thinking.append", "content": "x " * 501, "delegation_id": None}, "invalid_value",
         "content"),
    ],
)  # fmt: skip
def test_what_the_api_does_not_have_is_refused_by_its_id(sent: dict[str, Any], code: str, param: str) -> None:
    line = Line(WEATHER, **MODEL)
    error = error_of(line.send(event_id="mine", **sent))
    assert (error["code"], error["param"], error["client_event_id"]) == (code, param, "mine")


def test_nothing_is_taken_before_the_start() -> None:
    assert "session.start" in error_of(Line().append(QUESTION))["message"]


def test_an_update_changes_the_delegation_alone() -> None:
    delegation = {"type": "client", "acknowledgement_delay_ms": 50}
    (updated,) = Line(WEATHER, **MODEL).send("session.update", session={"delegation": delegation})
    assert updated["session"]["delegation"] == delegation


def test_what_the_scenario_has_go_wrong_is_an_error() -> None:
    line = Line('[[turn]]\nfail = { code = "overloaded", message = "Try again." }\n', **MODEL)
    assert one(line.append(QUESTION), "error")["error"]["code"] == "overloaded"
