from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from realtime_inspector.tui.widgets.footer import Footer
from tests.tui import sample
from tests.tui.driving import app_on, drive, dump, press, settled, until


def test_the_keys_are_made_anew_only_where_they_are_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_on(sample.write(tmp_path / "call.jsonl"))
    made = 0

    def counting(recompose: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def counted() -> None:
            nonlocal made
            made += 1
            await recompose()

        return counted

    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await until(pilot, lambda: "Search" in dump(app).splitlines()[-1])
        before = dump(app).splitlines()[-1]
        footer = screen.query_one(Footer)
        monkeypatch.setattr(footer, "recompose", counting(footer.recompose))
        await press(pilot, "2", "4", "1")
        assert made == 0
        assert dump(app).splitlines()[-1] == before
        await pilot.press("slash")  # typed into: none of these keys is one there
        await until(pilot, lambda: made and "Search" not in dump(app).splitlines()[-1])
        await press(pilot, "escape")
        await until(pilot, lambda: dump(app).splitlines()[-1] == before)

    drive(app, play, size=(120, 40))
