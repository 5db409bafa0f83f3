"""Scenarios: what a file may say, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.errors import UsageError
from realtime_inspector.simulator import scenario
from realtime_inspector.simulator.scenario import Call, Reply, Turn


def test_a_scenario_holds_turns_with_calls_and_what_follows_them() -> None:
    read = scenario.parse(
        """
        name = "n"
        repeat = true
        [pace]
        delay_ms = 5
        [[turn]]
        heard = "Hello"
        when = ["Hello"]
        call = [{ name = "f", arguments = { a = 1 } }, { name = "g", arguments = "{broken" }]
        then = { say = "Done.", duration_ms = 300 }
        """,
        "here",
    )
    reply = Reply(call=(Call("f", '{"a":1}'), Call("g", "{broken")), then=Reply(say="Done.", duration_ms=300))
    assert read.turns == (Turn(reply, "Hello", ("hello",)),)
    assert (read.name, read.repeat, read.pace.delay_ms, read.pace.speed) == ("n", True, 5, 5.0)


@pytest.mark.parametrize("name", scenario.names())
def test_every_scenario_of_the_package_can_be_read(name: str) -> None:
    read = scenario.load(name)
    assert read.name == name
    assert read.about
    assert read.turns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("turn = [", "here: not TOML: "),
        ("turn = 5", r"here: turn: write each as a \[\[turn\]\] of its own"),
        ("nam = 'x'", "here: 'nam' is unknown; did you mean 'name'?"),
        ("xyz = 'x'", "here: 'xyz' is unknown; known are about, aside, context_tokens, declined, "),
        ("context_tokens = 0", "here: context_tokens: 0; give a whole number above it"),
        ("no_access = 'x'", "here: no_access: give a list of models"),
        ("[[turn]]\nsay = 'x'\ntranscription_error = 5", "here: turn 1: transcription_error: 5 is not a table"),
        ("name = 5", "here: name: 5; give text in quotes"),
        ("repeat = 'yes'", "here: repeat: 'yes'; give true or false"),
        ("pace = 3", "here: pace: 3 is not a table"),
        ("[pace]\nspeed = -1", "here: pace.speed: -1; give a number of 0 or more"),
        ("[pace]\nspeed = 0", "here: pace.speed: 0; give a number above it"),
        ("[pace]\ndelay_ms = nan", "here: pace.delay_ms: nan; give a number of 0 or more"),
        ("[pace]\nspeed = inf", "here: pace.speed: inf; give at most 3600000"),
        ("[pace]\ndelay = 1", "here: pace: 'delay' is unknown; did you mean 'delay_ms'?"),
        ("[[turn]]\nheard = 'x'", 'here: turn 1: no answer; give "say", "call", "mcp" or "fail"'),
        ("[[turn]]\nsay = 'x'\n[[turn]]\nsays = 'x'", "here: turn 2: 'says' is unknown; did you mean 'say'?"),
        ("[[turn]]\nsay = 5", "here: turn 1: say: 5; give text in quotes"),
        ("[[turn]]\nsay = 'x'\nwhen = 'x'", "here: turn 1: when: give a list of words"),
        ("[[turn]]\nsay = 'x'\ndelay_ms = 'x'", "here: turn 1: delay_ms: 'x'; give a number of 0 or more"),
        ("[[turn]]\nsay = 'x'\nstop = 'x'", "here: turn 1: stop: 'x'; known are max_output_tokens, content_filter"),
        ("[[turn]]\nfail = 'x'", "here: turn 1: fail: 'x' is not a table"),
        ("[[turn]]\ncall = { name = 'f' }", "here: turn 1: call: give a list of calls"),
        ("[[turn]]\ncall = [{ }]", 'here: turn 1: call 1: no "name"'),
        ("[[turn]]\ncall = [{ name = 'f', arguments = 5 }]", "here: turn 1: call 1: arguments: give a table, or"),
        ("[[turn]]\nsay = 'x'\nthen = { say = 'y' }", 'here: turn 1: "then" without "call"'),
        ("[[turn]]\ncall = [{ name = 'f' }]\nthen = { }", "here: turn 1: then: no answer"),
    ],
)
def test_a_wrong_scenario_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("?", r"\?").replace("(", r"\(")):
        scenario.parse(text, "here")


def test_a_file_is_named_after_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[[turn]]\nsay = "Hi."')
    assert scenario.load(str(path)).turns[0].reply.say == "Hi."


@pytest.mark.parametrize(
    ("name", "message"),
    [("nothing", "no scenario 'nothing': known are chat, weather"), ("none.toml", r"none\.toml: no such file")],
)
def test_a_scenario_that_is_not_there_is_told_with_the_known_ones(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        scenario.load(name)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8 text"):
        scenario.load(str(path))


def test_a_file_that_ends_the_program_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("raise SystemExit(3)")
    with pytest.raises(UsageError, match=r"mine\.py: SystemExit: 3"):
        scenario.load(str(path))
