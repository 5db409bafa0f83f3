from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.events import MouseScrollDown
from textual.pilot import Pilot

from realtime_inspector.tui.screens.help import HelpScreen
from realtime_inspector.tui.widgets.footer import Footer
from tests.tui import sample
from tests.tui.driving import app_on, drive, dump, press, settled, until


def test_the_keys_are_drawn_anew_only_where_they_are_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_on(sample.write(tmp_path / "call.jsonl"))
    drawn = 0

    async def play(pilot: Pilot[Any]) -> None:
        nonlocal drawn
        screen = await settled(pilot)
        await until(pilot, lambda: "Search" in _last(app))
        before = _last(app)
        footer = screen.query_one(Footer)

        def refresh(*regions: object) -> Footer:
            nonlocal drawn
            drawn += 1
            return Footer.refresh(footer)

        monkeypatch.setattr(footer, "refresh", refresh)
        await press(pilot, "2", "4", "1")
        assert drawn == 0
        assert _last(app) == before
        await pilot.press("slash")  # typed into: none of these keys is one there
        await until(pilot, lambda: drawn and "Search" not in _last(app))
        await press(pilot, "escape")
        await until(pilot, lambda: _last(app) == before)

    drive(app, play, size=(120, 40))


def test_a_click_on_a_key_presses_it_and_the_mouse_over_it_tells_more(tmp_path: Path) -> None:
    app = app_on(sample.write(tmp_path / "call.jsonl"))

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await until(pilot, lambda: "Search" in _last(app))
        footer = screen.query_one(Footer)
        for words, tooltip in (("}", "Next finding"), ("Search", "a text in what was sent"), ("Finding", None)):
            await pilot.hover(Footer, offset=(_last(app).index(words), 0))
            await until(pilot, partial(lambda wanted: footer.tooltip == wanted, tooltip))
        await pilot.click(Footer, offset=(_last(app).index("Filter"), 0))
        await until(pilot, lambda: screen.filter_line.is_open)
        await press(pilot, "escape")
        await pilot.click(Footer, offset=(_last(app).index("palette"), 0))
        await until(pilot, lambda: app.screen is not screen)

    drive(app, play)


def test_where_there_is_no_room_for_all_keys_the_wheel_shows_the_others(tmp_path: Path) -> None:
    app = app_on(sample.write(tmp_path / "call.jsonl"))

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await until(pilot, lambda: "Finding" in _last(app))
        assert "Help" not in _last(app)
        for _ in range(20):
            wheel = MouseScrollDown(None, 1, 0, 0, 1, button=0, shift=False, meta=False, ctrl=False)
            screen.query_one(Footer).post_message(wheel)
        await until(pilot, lambda: "? Help ▏^p palette" in _last(app))
        await pilot.click(Footer, offset=(_last(app).index("Help"), 0))
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))

    drive(app, play, size=(50, 24))


def _last(app: Any) -> str:
    return dump(app).splitlines()[-1]
