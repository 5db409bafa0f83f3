from __future__ import annotations

import os
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from realtime_inspector.recording import zst
from realtime_inspector.tui import first_frame
from realtime_inspector.tui.first_frame import Placed
from realtime_inspector.tui.shelf import Shelf
from realtime_inspector.tui.study import Study
from tests.tui import sample
from tests.tui.driving import app_on, drive, dump, settled, until

SIZES = [(80, 24), (139, 30), (140, 30), (200, 60)]


@pytest.fixture
def call(tmp_path: Path) -> Path:
    return sample.write(tmp_path / "call.jsonl", sample.CALL)


def drawn(placed: list[Placed], width: int, height: int) -> list[str]:
    """Return the screen's lines when these are on it."""
    grid = [[" "] * width for _ in range(height)]
    for one in placed:
        for at, character in enumerate(one.line.text):
            grid[one.y][one.x + at] = character
    return ["".join(line).rstrip() for line in grid]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_rows_stand_where_the_session_screen_has_them(call: Path, width: int, height: int) -> None:
    study = Study(call, sample.RULES)
    study.read_on()
    frame = drawn(first_frame.SessionFrame(study, width, height).whole(), width, height)
    study.close()
    seen: list[str] = []

    async def look(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        seen.extend(dump(pilot.app).splitlines())

    drive(app_on(call), look, (width, height))
    # Nothing was checked yet: the marks of findings, the column after the time, are still to come.
    edge = width * 3 // 5 - 2 if width >= first_frame.WIDE else width - 1
    mark = 16 + (width >= first_frame.WIDE)
    rows = [line for line in range(2, height - 1) if frame[line]]
    assert len(rows) > 5
    for line in rows:
        mine, theirs = (f"{text[1:mark]:<{mark}}{text[mark + 1 : edge]}".rstrip() for text in (frame[line], seen[line]))
        assert mine == theirs


def test_a_compressed_recording_has_rows_too(call: Path) -> None:
    packed = call.with_suffix(".jsonl.zst")
    with packed.open("wb") as file, zst.compress(file) as stream:
        stream.write(call.read_bytes())
    study = Study(packed, sample.RULES)
    first_frame._read_screenful(study, 24)
    assert len(study.index) >= 24
    study.close()


@pytest.mark.parametrize("lines", [300, 3])
def test_a_long_recording_that_is_still_written_has_its_first_rows_at_once_a_short_one_its_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    event = '> {"type":"input_audio_buffer.append","audio":"' + "AAAA" * 300 + '"}'
    call = sample.write(tmp_path / "call.jsonl", "\n".join([event] * lines))
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((80, 24)))
    text, frame = first_frame._drawn([call], sys.__stdout__ or sys.stdout)
    assert (frame is not None) == bool(text)
    if frame is not None:
        frame.study.close()
    assert ("input_audio_buffer.append" in text, "● live" in text) == (lines > 3, False)  # its end may be near


def test_the_list_stands_where_the_sessions_screen_has_it(call: Path) -> None:
    shelf = Shelf([call.parent], sample.RULES, lambda: sample.STARTED_AT + 1e6)
    shelf.look()
    frame = drawn(first_frame.of_folder(shelf, 80, 24), 80, 24)
    seen: list[str] = []

    async def look(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: " call\n" in dump(pilot.app))
        seen.extend(dump(pilot.app).splitlines())

    drive(app_on(call.parent), look)
    start = len("▸  11-22 11:10    0:00 ")
    assert frame[1] == seen[1]
    assert frame[2][:start] == seen[2][:start]
    assert frame[2].endswith("call.jsonl")


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    shelf = Shelf([tmp_path])
    shelf.look()
    frame = drawn(first_frame.of_folder(shelf, 200, 24), 200, 24)
    assert any("realtime-inspector demo" in line for line in frame)


def run_on_a_terminal(program: str, path: Path) -> tuple[str, bool, bool]:
    """Run a program on a terminal; return what it wrote, and whether the terminal echoed meanwhile, and after it."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path), str(write)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        pass_fds=[write],
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(write)
    os.read(read, 1)  # it is within the block
    during = _echoes(slave)
    os.write(master, b"go on\n")
    process.wait(60)
    after = _echoes(slave)
    os.set_blocking(master, False)
    written = os.read(master, 1 << 16).decode()
    for descriptor in (master, slave, read):
        os.close(descriptor)
    return written, during, after


def _echoes(descriptor: int) -> bool:
    return bool(termios.tcgetattr(descriptor)[3] & termios.ECHO)


PROGRAM = """
import os, sys
from pathlib import Path
from realtime_inspector.tui.first_frame import shown
with shown([Path(sys.argv[1])]):
    assert "textual" not in sys.modules
    os.write(int(sys.argv[2]), b"x")
    sys.stdin.readline()
    {then}
"""


@pytest.mark.parametrize(("then", "given_back"), [("pass", False), ("raise SystemExit(3)", True)])
def test_keys_are_not_echoed_and_a_failure_gives_the_screen_back(call: Path, then: str, given_back: bool) -> None:
    written, during, after = run_on_a_terminal(PROGRAM.format(then=then), call)
    assert written.startswith("\x1b[?1049h")
    assert "session.created" in written
    assert "go on" not in written
    assert written.endswith("\x1b[?1049l") is given_back
    assert (during, after) == (False, True)
