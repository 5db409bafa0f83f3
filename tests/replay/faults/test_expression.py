"""Faults as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.cli import faulting
from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.event import read
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.faults.expression import HELP, Action, Fault, FaultError, parse
from realtime_inspector.replay.faults.profiles import PROFILES, plan


def numbers(fault: Fault) -> tuple[int, int, int, int]:
    return fault.nth, fault.every, fault.times, fault.connection


def test_a_fault_has_what_it_needs_then_conditions_then_a_filter() -> None:
    fault = parse('close 4001 "come back later" 20% nth 3 times 2 connection 1 after 1.5s on type:response.done')
    assert (fault.action, fault.number, fault.words) == (Action.CLOSE, 4001, "come back later")
    assert (fault.chance, fault.after_s, numbers(fault)) == (0.2, 1.5, (3, 0, 2, 1))
    assert fault.where is not None
    done = Entry(1, 0.0, Side.SERVER, Kind.MESSAGE, payload=b'{"type": "response.done"}')
    assert fault.where(read(done))
    assert not fault.is_timed


@pytest.mark.parametrize(
    ("text", "low_s", "high_s"),
    [
        ("delay 300ms", 0.3, 0.3),
        ("delay 1s..2m", 1, 120),
        ("jitter 80ms", 0, 0.08),
        ("jitter 10ms..20ms", 0.01, 0.02),
        ("stall 4s", 4, 4),
    ],
)
def test_a_time_is_one_or_between_two(text: str, low_s: float, high_s: float) -> None:
    fault = parse(text)
    assert fault.low_s == pytest.approx(low_s)
    assert fault.high_s == pytest.approx(high_s)


def test_what_is_not_said_has_a_usual_value() -> None:
    assert parse("close").number == 1011
    assert parse("stall 1s").times == 1, "a connection stalls once"
    assert parse("stall 1s every 4").times == 0
    assert parse("throttle 20kB/s").rate == 20_000
    assert parse("unknown").code == ""
    assert parse("error server_error").words == ""


def test_what_needs_no_message_happens_at_a_moment_if_no_message_is_chosen() -> None:
    assert parse("close after 3s").is_timed
    assert parse("expire").is_timed
    assert not parse("close nth 3").is_timed
    assert not parse("drop after 3s").is_timed
    assert not parse("reset on type:response.done").is_timed


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("", 0, "it is empty"),
        ("on type:x", 0, "a fault is missing before the filter"),
        ("dorp", 0, "no fault 'dorp'; did you mean 'drop'?"),
        ("drop often", 5, "'often' does not belong here: `drop`, then conditions, then `on` FILTER"),
        ("delay", 5, "a time, such as 300ms, or two, such as 300ms..2s is missing"),
        ("delay soon", 6, "'soon' is no time, such as 300ms, 2s or 1m"),
        ("delay 2s..1s", 6, "the second time is the smaller one"),
        ("delay on type:x", 5, "is missing"),
        ("drop 0%", 5, "a chance is above 0%"),
        ("drop nth", 8, "a number after 'nth' is missing"),
        ("drop nth first", 9, "'first' is no number from 1 on"),
        ("close 1006", 6, "1006 is no close code that can be sent"),
        ("drop nth " + "9" * 5000, 9, "is no number from 1 on"),
        ("close " + "9" * 5000, 6, "is no close code that can be sent"),
        ("refuse " + "9" * 5000, 7, "is no status of a refusal"),
        ("stall " + "9" * 5000 + "s", 6, "no time is longer than a day"),
        ('close 1011 "unclosed', 11, 'a text in quotes has a " at both ends'),
        ("refuse 200", 7, "'200' is no status of a refusal"),
        ("refuse 429 after 3s", 11, "an upgrade is refused at the beginning or not at all"),
        ("error 5%", 6, "an error's code stands first"),
        ("throttle fast", 9, "'fast' is no rate"),
        ("drop on", 7, "a filter is missing after 'on'"),
        ("drop on tpye:x", 8, "no field 'tpye'; did you mean 'type'?"),
        ("drop on type:x (", 16, "something is missing"),
        ("drop on severity>=warning", 8, "are known afterwards alone"),
        (f'close 4000 "{"x" * 124}"', 11, "a close's reason has at most 123 bytes"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, at: int, said: str) -> None:
    with pytest.raises(FaultError) as error:
        parse(text)
    assert said in error.value.problem
    assert error.value.position == at


@given(st.text(alphabet='dropcls e1035.%s"\\on:>()', max_size=30))
@settings(max_examples=50, deadline=None)
def test_any_text_is_a_fault_or_a_mistake_with_a_place_in_it(text: str) -> None:
    try:
        at = len(parse(text).text)
    except FaultError as error:
        at = error.position
    assert 0 <= at <= len(text)


def test_every_action_is_explained() -> None:
    assert set(HELP) == set(Action)


def test_every_profile_can_be_read_and_chosen_on_the_command_line() -> None:
    assert tuple(PROFILES) == faulting.NAMES
    for name in PROFILES:
        assert plan(profiles=[name]).faults
    with pytest.raises(UsageError, match="no fault profile 'flaky'; known are flaky-network, slow-server"):
        plan(profiles=["flaky"])


def test_faults_of_profiles_come_before_single_ones() -> None:
    assert [fault.action for fault in plan(["drop"], ["session-expiry"], "7").faults] == [Action.EXPIRE, Action.DROP]


def test_nothing_may_be_left_but_nothing_is_no_number_of_times() -> None:
    assert [parse(f"{text} on type:x").number for text in ("limits 0", "truncate 0", "duplicate 1")] == [0, 0, 1]
    with pytest.raises(FaultError, match="'0'"):
        parse("duplicate 0 on type:x")
