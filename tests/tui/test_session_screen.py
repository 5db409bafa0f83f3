from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui import sample
from tests.tui.driving import app_on, check, drive, dump, press, settled


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")


@pytest.fixture
def call(tmp_path: Path) -> Path:
    return sample.write(tmp_path / "call.jsonl")


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])
def test_the_screen_looks_like_its_snapshot(call: Path, size: tuple[int, int]) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "right_curly_bracket")
        check(pilot.app, f"session-{size[0]}x{size[1]}")

    drive(app_on(call), play, size)


@pytest.mark.parametrize("pane", ["detail", "findings", "state"])
def test_a_pane_fills_a_small_terminal(call: Path, pane: str) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "right_curly_bracket", {"detail": "2", "findings": "3", "state": "4"}[pane])
        check(pilot.app, f"session-{pane}-80x24")

    drive(app_on(call), play)


def test_enter_on_a_finding_goes_to_its_entry(call: Path) -> None:
    async def play(pilot: Pilot[Any]) -> None:
        screen = await settled(pilot)
        await press(pilot, "3", "j", "enter")
        assert screen.focused is screen.event_list
        assert screen.study.event(screen.desk.position).n == 41
        assert "▸  41" in dump(pilot.app)

    drive(app_on(call), play)
