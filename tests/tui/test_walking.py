"""A recording gone through as if it happened now: the place, the pace, and the rows up to there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.tui import walking
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.walking import Happened, Walk
from tests.tui import sample

TIMES = (0.0, 0.5, 0.5, 2.0, 4.0)


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    made = Study(sample.write(tmp_path / "call.jsonl"), sample.RULES, lambda: sample.STARTED_AT + 1e6)
    while not made.read_on(lambda: True):
        pass
    yield made
    made.close()


def test_events_happen_at_their_recorded_times() -> None:
    walk = Walk(TIMES)
    walk.play(100.0)
    places = []
    for now in (100.0, 100.49, 100.5, 101.9, 102.0):
        walk.advance(now)
        places.append(walk.position)
    assert places == [0, 0, 2, 2, 3]
    assert walk.is_playing


def test_it_stays_at_the_end_and_begins_anew_from_there() -> None:
    walk = Walk(TIMES)
    walk.play(0.0)
    walk.advance(60.0)
    assert (walk.position, walk.is_playing, walk.t(70.0)) == (4, False, 4.0)
    walk.play(80.0)
    assert (walk.position, walk.is_playing) == (0, True)


def test_a_pause_stops_the_time_and_another_speed_keeps_the_place() -> None:
    walk = Walk(TIMES)
    walk.play(0.0)
    walk.change(1, 1.0)
    assert (walk.speed, walk.t(1.0), walk.t(1.5)) == (2.0, 1.0, 2.0)
    walk.pause(1.5)
    assert walk.t(9.0) == 2.0
    for _ in range(20):
        walk.change(-1, 9.0)
    assert walk.speed == walking.SPEEDS[0]


def test_a_step_goes_to_an_entry_and_never_beyond_the_ends() -> None:
    walk = Walk(TIMES)
    for to, at in ((3, 3), (99, 4), (-5, 0)):
        walk.go(to, 0.0)
        assert (walk.position, walk.t(50.0)) == (at, TIMES[at])


def test_a_moment_of_the_bar_is_gone_to() -> None:
    walk = Walk(TIMES)
    walk.go_to(0.75, 0.0)
    assert (walk.position, walk.t(0.0)) == (3, 3.0)
    bar = walking.bar(walk, 0.0, 80)
    assert bar.width == 80
    first = bar.text.index("━")
    assert walking.share_at(walk, first, 80) == pytest.approx(0, abs=0.02)
    assert walking.share_at(walk, bar.text.rindex("─"), 80) == pytest.approx(1, abs=0.02)


def test_a_recording_without_an_entry_can_be_walked_too() -> None:
    walk = Walk(())
    walk.play(0.0)
    walk.advance(1.0)
    walk.go(3, 1.0)
    walk.go_to(0.5, 1.0)
    assert (walk.position, walk.t(2.0), walk.share(2.0)) == (0, 0.0, 1.0)


@settings(max_examples=40)
@given(st.lists(st.floats(0, 20), min_size=1, max_size=20).map(sorted), st.lists(st.floats(0, 5), max_size=20))
def test_the_place_is_always_the_last_entry_of_the_time(times: list[float], waits: list[float]) -> None:
    walk, now = Walk(times), 0.0
    walk.play(now)
    for wait in waits:
        now += wait
        walk.advance(now)
        assert all(t <= walk.t(now) for t in times[: walk.position + 1] if t > times[0])
        assert walk.at_end or times[walk.position + 1] > walk.t(now)


def test_what_has_not_happened_yet_is_not_shown(study: Study) -> None:
    happened = Happened(study)
    shown = []
    for position in range(len(study.index)):
        happened.position = position
        shown.append("\n".join(happened[y].text for y in range(len(happened))))
    assert "wire.end" in shown[-1]
    assert not any("wire.end" in text for text in shown[:-1])


def test_a_stream_grows_piece_by_piece(study: Study) -> None:
    happened = Happened(study)
    row = next(study.folding.row(y) for y in range(len(study.folding)) if study.folding.row(y).count > 2)
    counts = []
    for position in study.folding.members(row.fold):
        happened.position = position
        counts.append(happened[study.folding.y_of(position)].text)
    assert "x2 " in counts[1]
    assert f"x{row.count} " in counts[-1]
