"""A recording is played from the cursor on: what was heard, by whom, and where it is shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from realtime_inspector.errors import UsageError
from realtime_inspector.formats import wav
from realtime_inspector.formats.sound import SIDES
from realtime_inspector.recording.entry import Side
from realtime_inspector.recording.files import open_recording
from realtime_inspector.tui import rights
from realtime_inspector.tui.app import InspectorApp
from realtime_inspector.tui.desk import Desk
from realtime_inspector.tui.playback import Playback
from realtime_inspector.tui.screens.session import SessionScreen
from realtime_inspector.tui.slowly import LeftError
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.widgets.timeline import TimelinePane
from tests.formats.recorded import heard, spoke, tone
from tests.formats.test_speaker import Taken
from tests.tui import sample
from tests.tui.driving import drive, dump, press, settled, until
from tests.tui.test_rights import told

HEADER_BYTES = 44
RAMP = b"".join(tone(1, value) for value in range(1, 12001))
CALL = f"""
+0ms < {{"type":"response.created","response":{{"id":"r1"}}}}
+400ms > {spoke(tone(4800, 7))}
+400ms < {{"type":"response.output_item.added","response_id":"r1","item":{{"id":"i1","type":"message"}}}}
+0ms < {heard("i1", RAMP)}
+200ms > {{"type":"conversation.item.truncate","item_id":"i1","content_index":0,"audio_end_ms":200}}
+300ms x
"""
"""The user speaks from 0.2 s to 0.4 s, the assistant from 0.8 s to 1.3 s; it is cut off after 0.2 s."""
USER, ASSISTANT, CUT = 4800, 19200, 4800


class Room:
    """Where the devices stand that were started."""

    def __init__(self) -> None:
        self.devices: list[Taken] = []

    def opened(self, *given: Any) -> Taken:
        """Start one."""
        self.devices.append(Taken(*given))
        return self.devices[-1]


def app_in(room: Room, path: Path, **options: Any) -> InspectorApp:
    """Return an app that plays by the devices of a room."""
    return InspectorApp(
        (path,), rules=sample.RULES, clock=lambda: sample.STARTED_AT + 1e6, device=room.opened, **options
    )


def exported(path: Path, sides: tuple[Side, ...] = SIDES, *, only_heard: bool = True) -> bytes:
    """Return the samples of the WAV export."""
    return b"".join(wav.write(open_recording(path), sides, heard=only_heard))[HEADER_BYTES:]


async def device(pilot: Pilot[Any], room: Room, number: int) -> Taken:
    """Wait for the device that was started as the first, second, …"""
    await until(pilot, lambda: len(room.devices) >= number)
    return room.devices[number - 1]


async def listened(pilot: Pilot[Any], screen: SessionScreen, one: Taken, frames: int) -> bytes:
    """Take so many frames from a device, as they get ready."""
    run, before = screen.playback.run, len(one.given)
    assert run is not None
    playing = run.speaker
    assert playing is not None
    taken = 0
    while taken < frames:
        await until(pilot, lambda: playing._ready.put_in > playing._ready.taken or playing._ready.complete)
        count = min(frames - taken, playing._ready.put_in - playing._ready.taken) or frames - taken
        one.take(count)
        taken += count
    return one.given[before:]


def test_the_wav_is_played_from_the_sound_under_the_cursor_on_and_follows_the_cursor(tmp_path: Path) -> None:
    path, room = sample.write(tmp_path / "call.jsonl", CALL), Room()
    wanted = exported(path)

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await pilot.press("p")
        one = await device(pilot, room, 1)
        assert await listened(pilot, screen, one, len(wanted) // 4) == wanted
        await until(pilot, lambda: "▶ 0:01.3" in dump(pilot.app).splitlines()[0])
        assert screen.desk.position == 0
        await pilot.press("j", "j")  # the item, before its audio
        await until(pilot, lambda: "▶ 0:00.8" in dump(pilot.app))
        assert await listened(pilot, screen, one, 100) == wanted[ASSISTANT * 4 :][:400]
        await pilot.press("k")  # what the user said
        await until(pilot, lambda: "▶ 0:00.2" in dump(pilot.app))
        assert await listened(pilot, screen, one, 100) == wanted[USER * 4 :][:400]
        await press(pilot, "6")
        assert "▶" in dump(pilot.app).splitlines()[0]
        foot = next(line for line in dump(pilot.app).splitlines() if "▲" in line)
        assert foot.index("▶") < foot.index("▲")
        await pilot.press("l")  # a cell of the timeline
        pane = screen.query_one(TimelinePane)
        await until(pilot, lambda: abs((screen.desk.playing_s or 0) - pane.t) < 0.001)
        await pilot.press("p")
        await until(pilot, lambda: one.closed and screen.playback.run is None)
        await until(pilot, lambda: "▶" not in dump(pilot.app))
        assert len(room.devices) == 1

    drive(app_in(room, path), play)


def test_one_side_can_be_played_and_what_nobody_heard(tmp_path: Path) -> None:
    path, room = sample.write(tmp_path / "call.jsonl", CALL), Room()

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "j", "j", "j", "P", "P")
        await until(pilot, lambda: told(pilot.app, "the assistant alone is played"))
        await pilot.press("p")
        one = await device(pilot, room, 1)
        assert await listened(pilot, screen, one, CUT + 2400) == RAMP[: CUT * 2] + bytes(4800)
        await until(pilot, lambda: "▶ 0:01.1 assistant" in dump(pilot.app))
        await pilot.press("u")
        two = await device(pilot, room, 2)
        await until(pilot, lambda: one.closed and "assistant +unheard" in dump(pilot.app))
        await pilot.press("k", "j")
        await until(pilot, lambda: "▶ 0:00.8" in dump(pilot.app))
        assert await listened(pilot, screen, two, 12000) == RAMP
        for _ in range(10):
            two.take(100)
        await until(pilot, lambda: two.closed and "▶" not in dump(pilot.app))

    drive(app_in(room, path), play)


def test_what_cannot_be_played_here_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sample.write(tmp_path / "call.jsonl", CALL)
    monkeypatch.setitem(sys.modules, "miniaudio", None)

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await pilot.press("p")
        await until(pilot, lambda: told(pilot.app, "playing needs miniaudio") and screen.playback.run is None)
        await press(pilot, "j")
        assert screen.desk.position == 1
        app.elsewhere = True  # as in a browser
        await pilot.press("p", "P", "u")
        await until(pilot, lambda: told(app, "out of the machine that serves this"))
        assert screen.playback.run is None
        assert not told(app, "is played")
        assert rights.refusal(screen, "play", read_only=True) == ""

    app = InspectorApp((path,), rules=sample.RULES)
    drive(app, play)
    desk = Desk(Study(sample.write(tmp_path / "silent.jsonl", '> {"type":"response.create"}\nx'), sample.RULES))
    with pytest.raises(UsageError, match="no audio in this recording"):
        Playback(desk).excerpt()
    desk.study.close()
    with pytest.raises(LeftError):
        Playback(Desk(desk.study)).excerpt()
