"""What is kept of a recording: marks, comments, tags, files; and what is deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from realtime_inspector.recording import files as recordings
from realtime_inspector.tui.notes import Note
from realtime_inspector.tui.screens.ask import AskScreen, ChooseScreen, ConfirmScreen
from realtime_inspector.tui.screens.sessions import SessionsScreen
from tests.tui import sample
from tests.tui.driving import app_on, drive, dump, press, settled, until


async def answer(pilot: Pilot[Any], words: str) -> None:
    """Give the line that is asked for some words."""
    await until(pilot, lambda: isinstance(pilot.app.screen, AskScreen) and pilot.app.focused is not None)
    pilot.app.screen.query_one(Input).value = words
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, AskScreen))


def test_entries_are_marked_commented_found_again_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call = sample.write(tmp_path / "call.jsonl")

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "m", "right_curly_bracket", "a")
        await answer(pilot, "who forgot this?")
        await settled(pilot)
        assert screen.study.notes[1] == Note(marked=True)
        assert screen.study.notes[41] == Note(comment="who forgot this?")
        await press(pilot, "quotation_mark")
        assert screen.desk.position == 0
        await press(pilot, "w")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
        await pilot.press("j", "enter")
        await answer(pilot, "entry.txt")  # a handshake has no payload: what is known of it
        await until(pilot, lambda: Path("entry.txt").exists())
        assert '"target"' in Path("entry.txt").read_text()
        await settled(pilot)
        await press(pilot, "apostrophe", "2")
        assert "note: who forgot this?" in dump(pilot.app)

        await press(pilot, "f")
        screen.filter_line.input.value = "type:session.*"
        await press(pilot, "enter", "w")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen) and "filtered" in dump(pilot.app))
        await pilot.press("j", "j", "enter")
        await answer(pilot, "part.jsonl")
        await until(pilot, lambda: Path("part.jsonl").exists())
        assert [entry.n for entry in recordings.open_recording(Path("part.jsonl"))] == [3, 4, 5]
        await settled(pilot)
        await press(pilot, "w")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
        await pilot.press("enter")
        await answer(pilot, "part.jsonl")
        await until(pilot, lambda: any("is there already" in note.message for note in pilot.app._notifications))

        await press(pilot, "o")
        await until(pilot, lambda: any("no editor can be opened" in note.message for note in pilot.app._notifications))

    drive(app_on(call), play)


def test_recordings_are_tagged_narrowed_down_and_deleted_after_a_question(tmp_path: Path) -> None:
    for name in ("one.jsonl", "two.jsonl"):
        sample.write(tmp_path / name)

    async def play(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "E1 W1 i0" in dump(pilot.app))
        screen = pilot.app.screen
        assert isinstance(screen, SessionsScreen)
        await pilot.press("t")
        await answer(pilot, "bug")
        await until(pilot, lambda: "#bug" in dump(pilot.app))
        await pilot.press("slash")
        await answer(pilot, "#bug")
        await until(pilot, lambda: "two" not in dump(pilot.app) and "#bug" in dump(pilot.app))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen) and "no way back" in dump(pilot.app))
        await pilot.press("enter", "n")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert (tmp_path / "one.jsonl").exists()
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "no recording has '#bug'" in dump(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: "two" in dump(pilot.app))
        assert [path.name for path in tmp_path.iterdir()] == ["two.jsonl"]

    drive(app_on(tmp_path), play)
