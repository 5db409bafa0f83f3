"""What stands over a session or a list for a while, whole screens as text, in two sizes and two themes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from realtime_inspector.tui.app import Actions
from realtime_inspector.tui.keymap import table
from realtime_inspector.tui.screens.driving import DrivingScreen
from realtime_inspector.tui.screens.help import HelpScreen, actions
from realtime_inspector.tui.screens.serving import ServingScreen
from tests.tui import sample
from tests.tui.driving import app_on, check, drive, dump, press, settled, until

pytestmark = pytest.mark.skipif(sys.version_info < (3, 13), reason="how a screen looks does not hang on Python")
SIZES = pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])


@SIZES
def test_what_stands_over_a_session_looks_like_its_snapshots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    sample.write(tmp_path / "call.jsonl")

    async def over(pilot: Pilot[Any], name: str, key: str, words: str) -> None:
        screen = pilot.app.screen
        await pilot.press(key)
        await until(pilot, lambda: words in dump(pilot.app))
        await check(pilot, f"{name}-{size[0]}x{size[1]}")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "right_curly_bracket")
        await over(pilot, "help", "question_mark", "Unfold")
        await over(pilot, "explain", "e", "missing-call-id")
        await over(pilot, "export", "w", "entry as it was sent")
        await over(pilot, "comment", "a", "omment")
        await press(pilot, "f")
        await until(pilot, lambda: screen.focused is screen.filter_line.input)
        screen.filter_line.input.insert_text_at_cursor("type:resp no:1")
        await until(pilot, lambda: "no field 'no'" in dump(pilot.app))
        screen.filter_line.input.cursor_blink = False
        await check(pilot, f"filter-{size[0]}x{size[1]}")

    drive(app_on(Path("call.jsonl")), play, size)


@SIZES
def test_what_stands_over_the_list_looks_like_its_snapshots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("recordings").mkdir()
    for name, text in (("call", sample.CALL), ("other", sample.CALL.replace("18 degrees", "12 degrees"))):
        sample.write(Path("recordings") / f"{name}.jsonl", text)

    async def play(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: dump(pilot.app).count(" W1 ") == 2)
        await pilot.press("d")
        await until(pilot, lambda: "no way back" in dump(pilot.app))
        await check(pilot, f"delete-{size[0]}x{size[1]}")
        await pilot.press("n")
        await pilot.press("c", "j", "c")
        await until(pilot, lambda: "differences: " in dump(pilot.app))
        pilot.app.clear_notifications()
        await pilot.pause()
        await check(pilot, f"compare-{size[0]}x{size[1]}")

    drive(app_on(Path("recordings")), play, size)


def test_the_palette_and_the_help_have_every_action_of_every_screen(tmp_path: Path) -> None:
    call = sample.write(tmp_path / "call.jsonl")
    os.utime(call, (sample.STARTED_AT, sample.STARTED_AT))

    async def all_there(pilot: Pilot[Any], *places: str) -> None:
        wanted = {bound.about for bound in table() if bound.where in places}
        helped = {action.about.rpartition(": ")[2] for action in actions(pilot.app.screen)}
        offered = [hit async for hit in Actions(pilot.app.screen).discover()]
        assert wanted <= helped
        assert {str(hit.prompt).rpartition(": ")[2] for hit in offered} >= wanted

    async def play(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "call" in dump(pilot.app))
        await all_there(pilot, "app", "sessions", "list")
        await pilot.press("enter")
        screen = await settled(pilot)
        await all_there(pilot, "app", "session", "events", "findings", "timeline", "turns", "list")
        await pilot.press("r")
        await until(pilot, lambda: pilot.app.screen is not screen)
        await all_there(pilot, "app", "walk", "list")
        pilot.app.push_screen(ServingScreen(call))
        await until(pilot, lambda: isinstance(pilot.app.screen, ServingScreen) and pilot.app.focused)
        await all_there(pilot, "app", "replay", "list")
        await pilot.press("q")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ServingScreen))
        pilot.app.push_screen(DrivingScreen(call, "ws://127.0.0.1:9"))
        await until(pilot, lambda: isinstance(pilot.app.screen, DrivingScreen) and pilot.app.focused)
        await all_there(pilot, "app", "drive", "list")
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await all_there(pilot, "help", "list")

    drive(app_on(tmp_path), play)
