"""The Session screen on a recording that still grows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from realtime_inspector.tui.app import InspectorApp
from realtime_inspector.tui.screens.session import SessionScreen
from realtime_inspector.tui.widgets.search_line import SearchLine
from tests.tui import sample
from tests.tui.driving import app_on, drive, dump, press, settled, until

UNFINISHED = "\n".join(sample.CALL.splitlines()[:-2])
APPEND = '> {"type":"input_audio_buffer.append","audio":"<20ms>"}'
OTHER = '< {"type":"rate_limits.updated","rate_limits":[]}'


def n_of(screen: SessionScreen) -> int:
    """Return the number of the entry that the panes show."""
    return screen.study.event(screen.desk.position).n


def live_app(path: Path) -> InspectorApp:
    return app_on(path, now=path.stat().st_mtime + 1)


def test_a_live_recording_is_followed_until_the_user_goes_up(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", UNFINISHED)

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        assert screen.event_list.following
        assert "● live following" in dump(pilot.app)
        sample.add(path, OTHER)
        await until(pilot, lambda: "▸  67" in dump(pilot.app))
        await press(pilot, "k", "k")
        before = n_of(screen)
        sample.add(path, "\n".join([OTHER] * 37))
        await until(pilot, lambda: "+37 new (G)" in dump(pilot.app))
        assert n_of(screen) == before
        await press(pilot, "G")
        assert screen.event_list.following
        assert "▸ 104" in dump(pilot.app)

    drive(live_app(path), play)


def test_the_wheel_stops_following_without_moving_the_cursor(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", UNFINISHED)

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        before = n_of(screen)
        screen.event_list.scroll_relative(y=-3, animate=False)
        await until(pilot, lambda: not screen.event_list.following)
        assert n_of(screen) == before

    drive(live_app(path), play)


def test_no_key_is_lost_while_events_pour_in(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", UNFINISHED)

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await pilot.press("slash")
        for character in "marin and alloy":
            sample.add(path, "\n".join([APPEND, OTHER] * 25))
            await pilot.press("space" if character == " " else character)
        assert screen.query_one("#search", SearchLine).value == "marin and alloy"
        await pilot.press("escape")
        await until(pilot, lambda: len(screen.study.index) == 66 + 15 * 50)

    drive(live_app(path), play)


def test_no_key_of_a_filter_is_lost_and_nothing_jumps_while_a_thousand_events_pour_in(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", UNFINISHED)

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "k", "k")
        before = n_of(screen)
        await pilot.press("f")
        wanted = "from:server type:rate_limits.*"
        for character in wanted:
            sample.add(path, "\n".join([APPEND, OTHER] * 17))
            await pilot.press({" ": "space"}.get(character, character))
        await until(pilot, lambda: screen.filter_line.input.value == wanted)
        assert screen.desk.anchor == before - 1
        await pilot.press("enter")
        await until(pilot, lambda: f"filter 511/{66 + 34 * len(wanted):,}" in dump(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: screen.desk.filter_text == "" and n_of(screen) == before)

    drive(live_app(path), play)


def test_silence_in_a_live_recording_is_found_as_time_passes(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", '> {"type":"response.create"}')
    os.utime(path, (sample.STARTED_AT, sample.STARTED_AT))
    now = [sample.STARTED_AT + 1]
    app = InspectorApp([path], rules=sample.RULES, clock=lambda: now[0])

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        assert not screen.study.findings
        now[0] += 10
        await until(pilot, lambda: "E0 W1" in dump(pilot.app))

    drive(app, play)


def test_the_end_of_a_live_recording_ends_the_following(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", UNFINISHED)

    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        sample.add(path, "x> 1000\nx")
        await until(pilot, lambda: "wire.end" in dump(pilot.app) and "live" not in dump(pilot.app))

    drive(live_app(path), play)
