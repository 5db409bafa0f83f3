"""The Session screen on recordings that are broken or mean harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.tui import sample
from tests.tui.driving import app_on, drive, dump, press, settled, until

UNFINISHED = "\n".join(sample.CALL.splitlines()[:-2])
APPEND = '> {"type":"input_audio_buffer.append","audio":"<20ms>"}'
OTHER = '< {"type":"rate_limits.updated","rate_limits":[]}'


def test_control_sequences_reach_no_cell_of_the_screen(tmp_path: Path) -> None:
    hostile = '> {"type":"\\u001b[2J\\u202e","\\u0007":"\\u009b31m","item":{"x":"\\u001b]52;c;AAAA\\u0007"}}'
    path = sample.write(tmp_path / "call.jsonl", f"{hostile}\n> \x1b[2J not json\nx")

    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        shown = dump(pilot.app)
        await press(pilot, "j")
        shown += dump(pilot.app)
        assert not set(shown) & {"\x1b", "\x07", "\x9b", "\u202e"}
        assert "\\e[2J\\u202e" in shown

    drive(app_on(path), play, (200, 60))


def test_a_line_that_is_no_entry_is_shown_with_what_is_wrong(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", OTHER)
    with path.open("ab") as file:
        file.write(b'rubbish\n{"n":3,"t":0.2,"from":"proxy","kind":"end","how":"closed"}\n')

    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "j", "2")
        assert "not an entry" in dump(pilot.app)
        await press(pilot, "y", "c", "e", "4")

    drive(app_on(path), play)


def test_a_torn_last_line_is_told(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", OTHER)
    with path.open("ab") as file:
        file.write(b'{"n":2,"t":0.2,"fr')

    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        assert "cut off: run repair" in dump(pilot.app)

    drive(app_on(path, now=path.stat().st_mtime + 10_000), play)


def test_an_empty_recording_is_no_reason_to_fail(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", "")

    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "j", "G", "c", "e", "y", "n", "2", "enter", "3", "enter", "y", "4", "enter", "y")
        assert "0 entries" in dump(pilot.app)
        await press(pilot, "1")
        assert "nothing was recorded: the file ends before its first entry" in dump(pilot.app)

    drive(app_on(path, now=path.stat().st_mtime + 10_000), play)


def test_a_file_that_turns_out_to_be_another_is_told(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", UNFINISHED)

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        path.write_bytes(b"")
        await until(pilot, lambda: screen.problem)
        await pilot.pause()
        assert "the file was cut or replaced" in screen.problem
        await press(pilot, "j", "j")
        assert "cut or replaced" in dump(pilot.app)

    drive(app_on(path, now=path.stat().st_mtime), play)
