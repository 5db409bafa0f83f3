"""The Replay screen: a recording as if it happened now, and its client against a server."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from realtime_inspector.recording import files
from realtime_inspector.simulator.scenario import load
from realtime_inspector.simulator.server import Simulator
from realtime_inspector.tui import driving
from realtime_inspector.tui.driving import Progress
from realtime_inspector.tui.screens.ask import AskScreen, ChooseScreen
from realtime_inspector.tui.screens.compare import CompareScreen
from realtime_inspector.tui.screens.driving import DrivingScreen
from realtime_inspector.tui.screens.replay import ReplayScreen
from realtime_inspector.tui.screens.session import SessionScreen
from tests.tui import sample
from tests.tui.driving import app_on, check, drive, dump, press, settled, until

CLIENT = """
> GET /v1/realtime?model=gpt-realtime
< 101
< {"type":"session.created","session":{"id":"s1","model":"gpt-realtime"}}
> {"type":"input_audio_buffer.clear"}
x> 1000
x
"""


async def replayed(pilot: Pilot[Any]) -> ReplayScreen:
    """Open the Replay screen, and wait until it shows where it begins."""
    await settled(pilot)
    await pilot.press("r")
    await until(pilot, lambda: isinstance(pilot.app.screen, ReplayScreen) and "paused" in dump(pilot.app))
    screen = pilot.app.screen
    assert isinstance(screen, ReplayScreen)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])
def test_the_screen_looks_like_its_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    sample.write(Path("call.jsonl"))

    async def play(pilot: Pilot[Any]) -> None:
        screen = await replayed(pilot)
        await pilot.press(*["l"] * 20)
        await until(pilot, lambda: screen.walk.position == 20)
        await check(pilot, f"replay-{size[0]}x{size[1]}")

    drive(app_on(Path("call.jsonl")), play, size)


def test_it_goes_by_events_and_turns_by_keys_and_mouse(tmp_path: Path) -> None:
    call = sample.write(tmp_path / "call.jsonl")

    async def play(pilot: Pilot[Any]) -> None:
        screen = await replayed(pilot)
        last = len(screen.study.index) - 1
        for keys, at in ((("j", "right"), 2), (("k",), 1), (("G",), last), (("left",), last - 1), (("g",), 0)):
            await pilot.press(*keys)
            await until(pilot, partial(lambda at: screen.walk.position == at, at))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: screen.walk.position > 0)
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: any("no earlier turn" in note.message for note in pilot.app._notifications))
        await pilot.click("#progress", offset=(65, 0))
        await until(pilot, lambda: last > screen.walk.position > last // 2)
        reached = screen.walk.position
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, SessionScreen))
        assert (await settled(pilot)).desk.position == reached

    drive(app_on(call), play)


def test_it_plays_to_its_end_by_itself(tmp_path: Path) -> None:
    call = sample.write(tmp_path / "call.jsonl")

    async def play(pilot: Pilot[Any]) -> None:
        screen = await replayed(pilot)
        await pilot.press(*["plus"] * 5)
        await until(pilot, lambda: screen.walk.speed == 50)
        await pilot.press("space")
        await until(pilot, lambda: "the end" in dump(pilot.app))
        await until(pilot, lambda: not screen._timer._active.is_set())  # nothing is drawn any more
        assert screen.walk.at_end
        await pilot.press("q")
        assert (await settled(pilot)).desk.position == 0

    drive(app_on(call), play)


def test_the_client_of_a_recording_drives_a_server_and_both_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = sample.write(tmp_path / "call.jsonl", CLIENT)

    async def play(pilot: Pilot[Any]) -> None:
        async with Simulator(load("weather").faster(200)) as server:
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            await replayed(pilot)
            await pilot.press("d")
            await until(pilot, lambda: isinstance(pilot.app.screen, AskScreen))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
            await pilot.press("j", "enter")
            await until(pilot, lambda: "twice as fast" in dump(pilot.app))
            await until(pilot, lambda: "it went through: 1 of 1 messages sent" in dump(pilot.app))
        screen = pilot.app.screen
        assert isinstance(screen, DrivingScreen)
        written = screen.progress.written
        assert written is not None
        assert files.open_recording(written).header.via == "drive"
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen) and "turn" in dump(pilot.app))
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
        await pilot.press("G", "enter")
        await until(pilot, lambda: screen.progress.speed == float("inf") and screen.progress.over)
        await pilot.press("s", "escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert "as soon as each message may go out" in dump(pilot.app)
        assert screen.progress.problem  # the simulator is gone
        screen.progress.written = written
        await press(pilot, "enter")
        assert (await settled(pilot)).study.path == written

    drive(app_on(call), play, (120, 40))


def test_a_server_that_is_not_there_is_told_and_leaves_no_file(tmp_path: Path) -> None:
    call = sample.write(tmp_path / "call.jsonl", CLIENT)

    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        screen = DrivingScreen(call, "ws://127.0.0.1:9")
        pilot.app.push_screen(screen)
        await until(pilot, lambda: screen.progress.problem)
        await pilot.press("c")
        await until(pilot, lambda: any("no new recording" in note.message for note in pilot.app._notifications))
        await until(pilot, lambda: "127.0.0.1:9" in dump(pilot.app))

    drive(app_on(call), play)
    assert [path.name for path in tmp_path.iterdir()] == ["call.jsonl"]


def test_the_server_to_drive_is_that_of_the_environment_else_the_recorded_one() -> None:
    assert driving.proposed("wss://a", {"OPENAI_BASE_URL": "ws://b"}) == "ws://b"
    assert driving.proposed("wss://a", {}) == "wss://a"
    assert driving.proposed("", {}) == "wss://api.openai.com"


def test_what_a_server_says_of_a_drive_is_written_out() -> None:
    progress = Progress("ws://h", 3, 2, outcome="  refused: \x1b[31m\ncall.jsonl: it did not go through")
    shown = [line.text for line in driving.lines(progress)]
    assert "call.jsonl: it did not go through" in shown
    assert "  refused: \\e[31m" in shown
    assert any(line.startswith("sent        ████") and line.endswith("2 of 3 messages") for line in shown)
