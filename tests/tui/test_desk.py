from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from realtime_inspector.analysis import filter as filters
from realtime_inspector.recording import files
from realtime_inspector.recording.index import Index
from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.slowly import LeftError, Slowly
from realtime_inspector.tui.study import Study
from tests.tui import sample
from tests.tui.driving import app_on, drive, settled, until


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    study = Study(sample.write(tmp_path / "call.jsonl"), sample.RULES)
    study.read_on(lambda: True)
    yield Desk(study)
    study.close()


def late() -> bool:
    """Say that a slice is over: looking at the file took all of its time."""
    return False


def test_a_filter_goes_on_in_every_slice_however_late_it_is_and_the_rules_wait_for_it(desk: Desk) -> None:
    desk.is_state_shown = lambda: False
    desk.sift(filters.compile("~sunny"))  # entries are read, one in the shortest slice
    for _ in range(len(desk.study.index)):
        assert desk.study.analysed == 0
        assert desk.work(late)
    assert desk.passed == "6/68"
    assert desk.answers == 1


def test_a_filter_by_type_is_there_after_one_slice(desk: Desk) -> None:
    desk.sift(filters.compile("type:response.done"))
    assert desk.work(late)
    assert desk.passed == "2/68"
    assert desk.study.view is not desk.study.folding


def test_while_there_is_other_work_the_file_is_looked_at_in_one_slice_of_eight(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, slices, advance = 0, 0, Index.advance

    def counting(index: Index, max_bytes: int) -> bool:
        nonlocal looks
        looks += 1
        return advance(index, max_bytes)

    monkeypatch.setattr(Index, "advance", counting)
    while desk.work(late):
        slices += 1
    assert desk.study.analysed == len(desk.study.index)
    assert looks <= slices // 8 + 1 < slices
    assert not desk.work(late)  # nothing else is to be done: it is looked at whenever there is time
    assert not desk.work(late)
    assert looks >= 2


def test_the_state_is_made_only_where_somebody_looks_at_it(desk: Desk) -> None:
    desk.is_state_shown = lambda: False
    desk.move(30)
    while desk.work(lambda: True):
        pass
    assert desk.state == []
    desk.is_state_shown = lambda: True
    while desk.work(late):
        assert desk.is_awaited
    assert desk.state
    assert not desk.is_awaited


def test_a_thread_beside_reads_nothing_while_the_user_waits_for_a_filter_but_comes_to_its_end(desk: Desk) -> None:
    breaths = 0

    def pause(_: float) -> None:
        nonlocal breaths
        breaths += 1
        assert slowly.seen == 0
        desk.work(late)

    entries = len(desk.study.index)
    desk.is_state_shown = lambda: False
    desk.sift(filters.compile("~sunny"))
    desk.work(late)
    slowly = Slowly(files.open_recording(desk.study.path), desk, pause)
    assert next(iter(slowly)).n == 1
    assert breaths == entries

    desk.is_awaited = True
    assert len(list(Slowly(files.open_recording(desk.study.path), desk, lambda _: None))) == entries
    desk.study.close()
    with pytest.raises(LeftError):
        next(iter(Slowly(files.open_recording(desk.study.path), desk, pause)))


def test_what_a_key_changes_is_drawn_before_the_next_slice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_on(sample.write(tmp_path / "call.jsonl"))

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        done: list[str] = []
        draw, work = screen._draw, screen.desk.work

        def drawn() -> None:
            done.append("draw")
            draw()

        def worked(more: Callable[[], bool]) -> bool:
            done.append("work")
            return work(more)

        monkeypatch.setattr(screen, "_draw", drawn)
        monkeypatch.setattr(screen.desk, "work", worked)
        await pilot.press("2")
        await until(pilot, lambda: "work" in done)
        assert done[0] == "draw"

    drive(app, play)
