"""The driver against a simulated server: causes, not clocks; that server's ids; what did not come is told."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.diff import compare
from realtime_inspector.analysis.differences.told import tell
from realtime_inspector.capture.audio import Audio, AudioPolicy
from realtime_inspector.protocol.event import read
from realtime_inspector.recording import files, transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.cues import plan
from realtime_inspector.replay.driver import Drive
from realtime_inspector.simulator.machine import Machine
from realtime_inspector.simulator.scenario import Pace, Scenario, load, parse
from tests.replay.driving import Drove, drive, machine
from tests.replay.helpers import SPEECH, TEXT, TOOLS
from tests.replay.programs import SCENARIO, SPOKEN, WRITTEN, recorded

SAMPLES = Path(__file__).parent.parent.parent / "recordings"
MAX = float("inf")


@cache
def sample(name: str) -> list[Entry]:
    """Return the entries of a sample recording."""
    return list(files.open_recording(SAMPLES / f"{name}.jsonl"))


def scenario(name: str, **pace: float) -> Scenario:
    """Return what the simulator answered when a sample was recorded, at another pace."""
    told = load("weather" if name in {"tool-call", "missing-call-id", "output-without-response"} else "chat")
    return replace(told, pace=replace(told.pace, **pace)) if pace else told


def bodies(drove: Drove, side: Side, kind: str = "") -> list[dict[str, Any]]:
    """Return the messages of one side."""
    found = [orjson.loads(e.payload) for e in drove.entries if e.side is side and e.kind is Kind.MESSAGE]
    return [body for body in found if not kind or body["type"] == kind]


def differences(recorded: list[Entry], drove: Drove) -> list[str]:
    """Return what differs between a recording and a drive of it."""
    found = compare(tell(recorded), tell(drove.entries))
    return [f"{d.aspect} {d.what}: {d.a!r} {d.b!r}" for d in found.differences]


@given(
    name=st.sampled_from(["tool-call", "barge-in", "second-response", "missing-call-id", "beta-session"]),
    seed=st.text("abc", max_size=3),
    speed=st.sampled_from([1.0, 3.0, MAX]),
    delay_ms=st.integers(0, 3000),
    lag_s=st.sampled_from([0.0, 0.02, 0.4]),
)
@settings(max_examples=12, deadline=None)
def test_the_same_conversation_happens_again_with_other_ids_however_slow_the_server(
    name: str, seed: str, speed: float, delay_ms: int, lag_s: float
) -> None:
    lag_s = min(lag_s, 0.02) if name == "second-response" else lag_s  # later there is no first one any more
    slow = scenario(name, delay_ms=delay_ms)
    drove = drive(sample(name), machine(slow, f"other {seed}"), Drive(speed, 10.0), lag_s=lag_s)
    assert drove.report.through, drove.report.text()
    assert differences(sample(name), drove) == []


programs = st.one_of(
    st.tuples(st.just(False), st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=4)),
    st.tuples(st.just(True), st.lists(st.sampled_from(SPOKEN), min_size=1, max_size=3)),
)


@given(
    program=programs,
    speed=st.sampled_from([1.0, MAX]),
    delay_ms=st.sampled_from([0, 100, 2500]),
    lag_s=st.sampled_from([0.0, 0.05]),
)
@settings(max_examples=12, deadline=None)
def test_whatever_a_client_does_it_does_again(
    program: tuple[bool, list[str]], speed: float, delay_ms: int, lag_s: float
) -> None:
    listens, steps = program
    entries = recorded(steps, listens=listens)
    slow = replace(SCENARIO, pace=replace(SCENARIO.pace, delay_ms=delay_ms))
    drove = drive(entries, machine(slow), Drive(speed, 10.0), lag_s=lag_s)
    assert drove.report.through, drove.report.text()
    assert differences(entries, drove) == []


def test_a_tool_s_output_waits_for_the_call_and_names_the_one_of_this_server() -> None:
    drove = drive(sample("tool-call"), machine(scenario("tool-call", delay_ms=5000)))
    types = [read(entry).type for entry in drove.entries if entry.kind is Kind.MESSAGE]
    (done,) = bodies(drove, Side.SERVER, "response.function_call_arguments.done")
    output = bodies(drove, Side.CLIENT, "conversation.item.create")[-1]
    assert output["item"]["call_id"] == done["call_id"] != bodies_of("tool-call")[-1]["item"]["call_id"]
    last_create = len(types) - 1 - types[::-1].index("response.create")
    assert types.index("response.function_call_arguments.done") < last_create


def bodies_of(name: str) -> list[dict[str, Any]]:
    """Return the items that the client of a sample makes."""
    found = [orjson.loads(e.payload) for e in sample(name) if e.side is Side.CLIENT and e.kind is Kind.MESSAGE]
    return [body for body in found if body["type"] == "conversation.item.create"]


def test_a_call_that_does_not_come_leaves_its_output_unsent_and_is_told() -> None:
    drove = drive(sample("tool-call"), machine(load("chat")), Drive(MAX, 5.0))
    text = drove.report.text()
    assert drove.report.exit_code == 1
    assert "not sent: conversation.item.create (line 22): it names the 1st call of get_weather in the response" in text
    assert "call.jsonl: it did not go through: 4 of 5 messages sent" in text


def test_what_the_other_server_refuses_is_told_unless_it_was_refused_before() -> None:
    refused = TEXT.replace('"role": "user", "content"', '"role": "nobody", "content"')
    drove = drive(transcript.entries(refused), machine(load("chat")), Drive(MAX, 2.0))
    (line,) = [line for line in drove.report.lines if line.what == "refused"]
    assert "nobody" in line.text
    again = drive(drove.entries, machine(load("chat"), "third"), Drive(MAX, 2.0))
    assert again.report.through, again.report.text()


def test_what_follows_a_response_that_is_refused_this_time_does_not_wait_for_it() -> None:
    asked = TEXT.replace('{"type": "response.create"}', '{"type": "response.create", "response": {"tools": 5}}')
    after = '> {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}\n'
    drove = drive(transcript.entries(f"{asked}\n{after}"), machine(load("chat")), Drive(MAX, 30.0))
    assert [body["error"]["param"] for body in bodies(drove, Side.SERVER, "error")] == ["response.tools"]
    (refused_t,) = [entry.t for entry in drove.entries if b'"type":"error"' in entry.payload]
    (_, last_t) = [entry.t for entry in drove.entries if b"item.create" in entry.payload]
    assert last_t == refused_t


def test_a_microphone_stays_on_until_voice_detection_has_noticed_the_end() -> None:
    entries = sample("voice-turn")
    appends = [e.n for e in entries if b'"input_audio_buffer.append"' in e.payload]
    early = next(e.n for e in entries if b"speech_stopped" in e.payload)
    cut = [e for e in entries if e.n not in appends or e.n < early - 6]
    drove = drive(cut, machine(load("chat")), Drive(1.0, 5.0))
    assert drove.report.through, drove.report.text()
    assert drove.driver.silence_ms > 0
    assert "ms of silence, for voice detection to notice an end" in drove.report.text()


def test_audio_goes_out_at_the_recorded_pace_and_does_not_drift() -> None:
    drove = drive(sample("voice-turn"), machine(load("chat")), Drive(1.0, 5.0))
    recorded = [e.t for e in sample("voice-turn") if b'"input_audio_buffer.append"' in e.payload]
    live = [e.t for e in drove.entries if b'"input_audio_buffer.append"' in e.payload]
    spans = [[t - times[0] for t in times] for times in (recorded, live)]
    assert max(abs(one - other) for one, other in zip(*spans, strict=True)) < 0.05


def test_audio_that_the_recording_leaves_out_is_silence_of_its_length() -> None:
    without = list(map(AudioPolicy(inward=Audio.DROP), sample("voice-turn")))
    drove = drive(without, machine(load("chat")), Drive(MAX, 2.0))
    sent = drove.driver.live.session.input_audio
    whole = tell(sample("voice-turn")).session.input_audio
    assert (sent.total_bytes, sent.appends) == (whole.total_bytes, whole.appends)
    assert "silence in place of the audio of 84 messages" in drove.report.text()
    assert not drove.report.through


def test_a_truncate_names_no_more_than_there_is_of_the_answer() -> None:
    short = parse('[[turn]]\nheard = "Hello?"\nsay = "Yes."\nduration_ms = 200\n', "short")
    drove = drive(sample("barge-in"), machine(short), Drive(MAX, 5.0))
    (truncate,) = bodies(drove, Side.CLIENT, "conversation.item.truncate")
    assert truncate["audio_end_ms"] <= 200
    assert "there was no more" in drove.report.text()
    assert not bodies(drove, Side.SERVER, "error")


def test_a_server_that_hangs_up_leaves_the_rest_unsent() -> None:
    planned = plan(transcript.entries(TOOLS), name="call.jsonl")
    server = machine(Scenario("none", pace=Pace(delay_ms=10)))
    drove = drive(planned, server, Drive(MAX, 1.0))
    assert not drove.report.through
    lost = drive(planned, _Leaving(Scenario("none")), Drive(MAX, 1.0))
    assert lost.report.lines[0].text == "the server ended the connection with 1011"
    assert "the connection had ended" in lost.report.text()


class _Leaving(Machine):
    """A server that goes when it is told something."""

    def receive(self, message: str | bytes, now: float, *, binary: bool = False) -> None:
        super().receive(message, now, binary=binary)
        self._schedule.close(1011, "bye")


def test_payloads_without_ids_of_the_server_go_out_byte_for_byte() -> None:
    odd = TEXT.replace('{"type": "response.create"}', '{  "type":"response.create" , "response":{ } }')
    drove = drive(transcript.entries(odd), machine(load("chat")), Drive(MAX, 2.0))
    sent = [entry.payload for entry in drove.entries if entry.side is Side.CLIENT]
    assert b'{  "type":"response.create" , "response":{ } }' in sent


def test_what_each_message_waits_for_is_what_its_client_had_seen() -> None:
    cues = plan(transcript.entries(SPEECH)).cues
    waits = {str(cue): cue.waits for cue in cues if cue.type != "input_audio_buffer.append"}
    truncate = next(name for name in waits if name.startswith("conversation.item.truncate"))
    assert ("heard", 1, "started") in waits[truncate]
    second = next(cue for cue in cues if cue.waits and cue.type == "input_audio_buffer.append" and cue.index > 3)
    assert ("response", "own", 0, "audio") in second.waits
    assert second.amount is not None
    assert second.amount.ms == pytest.approx(2000)
