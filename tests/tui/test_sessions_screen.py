from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from realtime_inspector.tui import table
from realtime_inspector.tui.screens.session import SessionScreen
from realtime_inspector.tui.screens.sessions import SessionsScreen
from tests.tui import sample
from tests.tui.driving import app_on, check, drive, dump, until

NOW = sample.STARTED_AT + 1000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made = Path("recordings")
    made.mkdir()
    put(made / "call.jsonl", sample.CALL, "2026-11-22T11:10:03.123456Z")
    put(made / "short.jsonl", "\n".join(sample.CALL.splitlines()[:40]), "2026-11-22T12:10:03.123456Z")
    put(made / "live.jsonl", "\n".join(sample.CALL.splitlines()[:4]), "2026-11-22T10:10:03.123456Z", age_s=5)
    (made / "x.jsonl").write_text("hello\n")
    return made


def put(path: Path, text: str, started: str, age_s: float = 10_000) -> None:
    sample.write(path, text, started=started)
    os.utime(path, (NOW - age_s, NOW - age_s))


async def ready(pilot: Pilot[Any]) -> SessionsScreen:
    screen = pilot.app.screen
    assert isinstance(screen, SessionsScreen)
    await until(pilot, lambda: screen.shelf.version and not screen.shelf.waiting and "reading" not in dump(pilot.app))
    await pilot.pause()
    return screen


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])
def test_the_screen_looks_like_its_snapshot(folder: Path, size: tuple[int, int]) -> None:
    (folder / "x.jsonl").unlink()

    async def play(pilot: Pilot[Any]) -> None:
        await ready(pilot)
        await check(pilot, f"sessions-{size[0]}x{size[1]}")

    drive(app_on(folder, now=NOW), play, size)


def test_an_empty_folder_looks_like_its_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def play(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "no recordings" in dump(pilot.app))
        await check(pilot, "sessions-empty-80x24")

    drive(app_on(Path("recordings")), play)


def test_enter_opens_a_session_and_q_comes_back(folder: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await ready(pilot)
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SessionScreen))
        assert pilot.app.screen.study.path.name == "call.jsonl"  # type: ignore[attr-defined]
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.screen is screen)

    drive(app_on(folder, now=NOW), play)


def test_the_list_is_sorted_by_any_column_and_turned_round(folder: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await ready(pilot)
        orders = {}
        for _ in range(len(table.sorts(78))):
            orders[screen.sort] = [one.path.name for one in screen.listed.recordings]
            await pilot.press("s")
        assert orders["start"] == ["live.jsonl", "short.jsonl", "call.jsonl", "x.jsonl"]
        assert orders["length"] == ["live.jsonl", "call.jsonl", "short.jsonl", "x.jsonl"]
        assert list(orders) == table.sorts(78)
        assert screen.sort == "start"
        await pilot.press("r")
        assert [one.path.name for one in screen.listed.recordings][1:] == ["x.jsonl", "call.jsonl", "short.jsonl"]

    drive(app_on(folder, now=NOW), play)


def test_a_click_on_a_heading_sorts_by_it_and_one_more_turns_it_round(folder: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await ready(pilot)
        at = table.heading(78, screen.sort).text.index("turns")
        await pilot.click("#heading", offset=(at + 1, 0))
        await until(pilot, lambda: "turns▼" in dump(pilot.app))
        await pilot.click("#heading", offset=(at + 1, 0))
        await until(pilot, lambda: "turns▲" in dump(pilot.app))

    drive(app_on(folder, now=NOW), play)


def test_what_the_row_has_no_room_for_stands_above(folder: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await ready(pilot)
        assert dump(pilot.app).splitlines()[0].endswith("● live  gpt-realtime  live.jsonl")
        await pilot.press("j")
        await until(
            pilot, lambda: "○ cut off: it has no end  gpt-realtime  short.jsonl" in dump(pilot.app).splitlines()[0]
        )

    drive(app_on(folder, now=NOW), play)


def test_a_recording_that_appears_is_listed(folder: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await ready(pilot)
        put(folder / "new.jsonl", sample.CALL, "2026-11-22T13:10:03.123456Z")
        await until(pilot, lambda: " new\n" in dump(pilot.app))

    drive(app_on(folder, now=NOW), play)


def test_what_is_no_recording_is_not_opened(folder: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await ready(pilot)
        await pilot.press("G", "enter")
        await pilot.pause()
        assert pilot.app.screen is screen
        assert any("not a recording" in note.message for note in pilot.app._notifications)

    drive(app_on(folder, now=NOW), play)


def test_q_leaves(folder: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await ready(pilot)
        await pilot.press("q")
        await until(pilot, lambda: not pilot.app.is_running or pilot.app._exit)

    drive(app_on(folder, now=NOW), play)


def test_the_first_of_two_to_compare_is_named_until_it_is_given_up(folder: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await ready(pilot)
        await pilot.press("j", "j", "c")
        await until(pilot, lambda: "c on another compares it with call" in dump(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: "compares" not in dump(pilot.app))
        assert pilot.app.screen is screen

    drive(app_on(folder, now=NOW), play)
