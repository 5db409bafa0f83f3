"""Steps released as their causes happen."""

from __future__ import annotations

from realtime_inspector.protocol.event import read
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.schedule import Schedule, lacks_audio
from realtime_inspector.replay.script import Step

EVENT = read(Entry(1, 0.0, Side.SERVER, Kind.MESSAGE, payload=b'{"type": "x"}'))


def step(index: int, **members: object) -> Step:
    """Return a step that waits for what is given."""
    return Step(index, EVENT, "lane", **members)  # type: ignore[arg-type]  # names of fields


def taken(schedule: Schedule, now: float) -> list[int]:
    """Return which steps are due."""
    return [found.index for found in schedule.take(now)]


def test_a_step_waits_for_all_that_it_names() -> None:
    schedule = Schedule([step(0), step(1, after=(0,), causes=(7,), gate_ms=100.0)])
    schedule.start(0.0)
    assert taken(schedule, 0.0) == [0]
    schedule.client_came(7, 0.0)
    assert taken(schedule, 0.0) == []
    schedule.audio_came(100.0, 0.0)
    assert taken(schedule, 0.0) == [1]
    assert schedule.unsent == []


def test_a_gate_opens_a_sample_early() -> None:
    schedule = Schedule([step(0, gate_ms=100.0)])
    schedule.audio_came(98.9, 0.0)
    assert taken(schedule, 0.0) == []
    schedule.audio_came(99.5, 0.0)
    assert taken(schedule, 0.0) == [0]


def test_delays_add_up_from_when_each_was_due_and_do_not_drift() -> None:
    schedule = Schedule([step(0, delay_s=1.0), step(1, after=(0,), delay_s=1.0)], speed=2.0)
    schedule.start(10.0)
    assert schedule.next_due == 10.5
    assert taken(schedule, 10.8) == [0], "late by 0.3 s"
    assert schedule.next_due == 11.0


def test_what_is_due_at_once_comes_in_the_recorded_order() -> None:
    schedule = Schedule([step(0, causes=(1,)), step(1, causes=(0,)), step(2, causes=(0, 1))])
    schedule.client_came(0, 0.0)
    schedule.client_came(1, 0.0)
    assert taken(schedule, 0.0) == [0, 1, 2]


def test_a_client_event_counts_once() -> None:
    schedule = Schedule([step(0, causes=(0, 1))])
    schedule.client_came(0, 0.0)
    schedule.client_came(0, 0.0)
    assert taken(schedule, 0.0) == []


def test_a_dropped_step_is_not_sent_and_holds_nothing_up() -> None:
    schedule = Schedule([step(0, delay_s=5.0), step(1, after=(0,))], speed=1.0)
    schedule.start(0.0)
    schedule.drop(0, 1.0)
    assert schedule.next_due == 1.0
    assert taken(schedule, 9.0) == [1]


def test_what_is_missing_is_found_through_all_that_a_step_waits_for() -> None:
    schedule = Schedule(
        [step(0, causes=(3,)), step(1, after=(0,), causes=(4,)), step(2, after=(1,), causes=(5,), answers=5)]
    )
    schedule.client_came(5, 0.0)
    assert schedule.asked == {2}
    assert schedule.waits_for(2) == {3, 4}


def test_a_step_lacks_audio_by_its_gate_alone() -> None:
    assert not lacks_audio(step(0), 0.0)
    assert lacks_audio(step(0, gate_ms=100.0), 98.9)
    assert not lacks_audio(step(0, gate_ms=100.0), 99.0)
