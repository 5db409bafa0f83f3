"""The panes made from the whole session: transcript, timeline, turns and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from realtime_inspector.tui.bars import PANES
from realtime_inspector.tui.screens.session import SessionScreen
from realtime_inspector.tui.widgets.views import TurnsPane, WhyPane
from tests.tui import sample
from tests.tui.driving import app_on, check, drive, dump, press, settled, until


def n_of(screen: SessionScreen) -> int:
    """Return the number of the entry that the panes show."""
    return screen.study.event(screen.desk.position).n


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])
def test_the_panes_look_like_their_snapshots(tmp_path: Path, size: tuple[int, int]) -> None:
    call = sample.write(tmp_path / "call.jsonl")

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "right_curly_bracket")
        for key, pane in (("5", "transcript"), ("6", "timeline"), ("7", "turns"), ("8", "why")):
            await press(pilot, key)
            await until(pilot, lambda: "reading the whole recording" not in dump(pilot.app))
            await settled(pilot)
            await check(pilot, f"session-{pane}-{size[0]}x{size[1]}")
        assert n_of(screen) == 41

    drive(app_on(call), play, size)


def test_one_cursor_is_moved_in_any_of_them(tmp_path: Path) -> None:
    call = sample.write(tmp_path / "call.jsonl")

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "right_curly_bracket", "5")  # entry 41: the tool's output
        assert "get_weather" in screen.query_one("#transcript").line.text  # type: ignore[attr-defined] # a LineList
        await press(pilot, "g", "j")
        assert n_of(screen) == 18  # what the user said
        await press(pilot, "enter")
        assert screen.focused is screen.event_list
        assert "▸  18  0:00.358" in dump(pilot.app)

        await press(pilot, "6", "l", "l", "l")
        later = screen.study.index.times[screen.desk.position]
        assert later > 0.358
        await press(pilot, "plus", "plus", "plus")
        await press(pilot, "j")
        assert screen.study.index.times[screen.desk.position] > later
        await press(pilot, "G")
        assert n_of(screen) == 68
        await press(pilot, "minus", "0", "g")
        assert n_of(screen) == 1

        await press(pilot, "7", "right_square_bracket")
        assert n_of(screen) == 18
        await press(pilot, "s", "G")
        assert n_of(screen) > 18
        await press(pilot, "left_square_bracket")
        assert n_of(screen) == 18

    drive(app_on(call), play)


def test_what_is_not_shown_is_not_worked_out(tmp_path: Path) -> None:
    call = sample.write(tmp_path / "call.jsonl")

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        assert [pane for pane in PANES if screen.panes.shows(pane)] == ["events"]
        assert len(screen.query_one(WhyPane).source) == 0
        assert len(screen.query_one(TurnsPane).source) == 0
        await press(pilot, "8")
        await until(pilot, lambda: len(screen.query_one(WhyPane).source))

    drive(app_on(call), play)
