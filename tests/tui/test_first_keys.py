from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot

from realtime_inspector.errors import RecordingError
from realtime_inspector.tui import driver, first_keys, terminal
from realtime_inspector.tui.app import InspectorApp
from realtime_inspector.tui.first_frame import SessionFrame
from realtime_inspector.tui.first_keys import FirstKeys
from realtime_inspector.tui.study import Study
from tests.tui import sample
from tests.tui.driving import drive, settled

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="keys are read so on Unix only")

PAGE_DOWN, PAGE_UP = b"\x1b[6~", b"\x1b[5~"
SYNC_MODE, COLUMNS = b"\x1b[?2026;2$y", b"\x1b[48;24;80;0;0t"


@pytest.fixture
def call(tmp_path: Path) -> Path:
    return sample.write(tmp_path / "call.jsonl", sample.CALL)


@contextmanager
def reading(call: Path, height: int = 14) -> Iterator[tuple[FirstKeys, int, int]]:
    """Yield what reads keys, where they are written, and where its answers are read."""
    study = Study(call, sample.RULES)
    study.read_on()
    typed, keyboard = os.pipe()
    screen, out = os.pipe()
    keys = FirstKeys(SessionFrame(study, 80, height), typed, out)
    try:
        yield keys, keyboard, screen
    finally:
        keys.end()
        study.close()
        for descriptor in (typed, keyboard, screen, out):
            os.close(descriptor)


def test_keys_that_move_the_cursor_are_answered(call: Path) -> None:
    with reading(call) as (keys, keyboard, screen):
        os.write(keyboard, b"j")
        assert os.read(screen, 9999) == b"\x1b[4;1H \x1b[5;1H\xe2\x96\xb8"
        os.write(keyboard, PAGE_DOWN)
        below = os.read(screen, 9999).decode()
        assert "\x1b[12H\x1b[2K" not in below  # the rows' end
        assert below.endswith("\x1b[11;1H▸")
        os.write(keyboard, b"\x1b[A" + b"k" * 7 + b"\x1bOB" + PAGE_UP + b"\x15" + b"g")
        os.write(keyboard, b"q")
        assert keys.ended.wait(30)
        assert (keys.frame.cursor, keys.frame.top, keys.kept) == (0, 0, b"q")


def test_it_stands_where_the_session_screen_goes_on(call: Path) -> None:
    seen: list[tuple[int, int]] = []
    with reading(call, height=24) as (keys, keyboard, _):
        os.write(keyboard, b"j" * 30 + b"k" * 5 + b"/")
        assert keys.ended.wait(30)
        app = InspectorApp([call], rules=sample.RULES, first_keys=keys)

        async def look(pilot: Pilot[Any]) -> None:
            screen = await settled(pilot)
            listed = screen.event_list
            seen.append((listed.cursor, listed.scroll_offset.y))
            assert listed.row is not None
            assert screen.desk.position == listed.row.position
            assert screen.study is keys.frame.study

        drive(app, look, (80, 24))
        assert seen == [(keys.frame.cursor, keys.frame.top)]
        assert keys.frame.cursor == 25
        assert keys.frame.top > 0


def test_the_end_of_a_call_that_goes_on_is_not_followed_once_the_user_went_somewhere(tmp_path: Path) -> None:
    events = ['> {"type":"input_audio_buffer.commit"}', '> {"type":"response.create"}']
    call = sample.write(tmp_path / "call.jsonl", "\n".join(events * 20))
    with reading(call) as (keys, keyboard, _):
        os.write(keyboard, b"jj/")
        assert keys.ended.wait(30)

        async def look(pilot: Pilot[Any]) -> None:
            screen = await settled(pilot)
            assert screen.study.live
            assert (screen.event_list.cursor, screen.event_list.following) == (2, False)

        drive(InspectorApp([call], rules=sample.RULES, first_keys=keys), look)


@pytest.mark.parametrize(
    ("typed", "cursor", "kept"),
    [
        ((b"jj", b"/j"), 2, b"/j"),
        ((b"j", b"\x1b[", b"B", b"f"), 2, b"f"),
        ((b"j", SYNC_MODE, b"j" + COLUMNS, b"jG"), 3, SYNC_MODE + COLUMNS + b"G"),
        ((b"j\x1b[<35;10;10Mj",), 1, b"\x1b[<35;10;10Mj"),
        (("jé".encode(),), 1, "é".encode()),
    ],
)
def test_from_a_key_on_that_it_does_not_know_all_are_kept(
    call: Path, monkeypatch: pytest.MonkeyPatch, typed: tuple[bytes, ...], cursor: int, kept: bytes
) -> None:
    monkeypatch.setattr(first_keys, "_SPLIT_S", 30.0)  # however late the rest of a key comes here
    with reading(call) as (keys, keyboard, _):
        for each in typed:
            os.write(keyboard, each)
        assert keys.ended.wait(30)
        assert (keys.frame.cursor, keys.kept) == (cursor, kept)


def test_a_recording_that_cannot_be_read_any_more_is_left_to_the_screen(
    call: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: int) -> str:
        raise RecordingError("gone")

    with reading(call) as (keys, keyboard, _):
        monkeypatch.setattr(keys.frame, "go", fails)
        os.write(keyboard, b"jk")
        assert keys.ended.wait(30)
        assert keys.kept == b"jk"


def test_what_was_kept_is_passed_on_before_what_is_typed_then(call: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from textual.drivers.linux_driver import LinuxDriver

    monkeypatch.setattr(terminal, "stream", lambda: sys.__stderr__)
    passed: list[str] = []
    monkeypatch.setattr(LinuxDriver, "run_input_thread", lambda _: passed.append("the rest"))
    with reading(call) as (keys, keyboard, _):
        os.write(keyboard, b"jf\x1b[5~\x1b")
        made = driver.driver_class(keys)
        assert made is not None
        this = made.__new__(made)
        vars(this).update(_debug=False, exit_event=SimpleNamespace(is_set=lambda: False))
        monkeypatch.setattr(made, "process_message", lambda _, message: passed.append(message.key))
        made.run_input_thread(this)  # type: ignore[attr-defined] # of the terminal's driver
    assert passed == ["f", "pageup", "escape", "the rest"]
