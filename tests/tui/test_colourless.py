from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.pilot import Pilot

from realtime_inspector.tui.colourless import Colourless
from tests.tui import sample
from tests.tui.driving import app_on, drive, press, settled

DARK = Color.parse("#121212")


def test_colours_go_and_what_stood_out_by_its_background_is_reversed() -> None:
    given = [Style.parse("bold red on #121212"), Style.parse("dim on #242f38"), Style.parse("black on #0178d4"), None]
    shown = Colourless().apply([Segment("x", style) for style in given], DARK)
    styles = [segment.style or Style() for segment in shown]
    assert all(style.color is None or style.color.is_default for style in styles)
    assert all(style.bgcolor is None or style.bgcolor.is_default for style in styles)
    assert [bool(style.reverse) for style in styles] == [False, False, True, False]
    assert (styles[0].bold, styles[1].dim) == (True, True)


def test_a_terminal_that_wants_no_colours_gets_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    call = sample.write(tmp_path / "call.jsonl")

    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "right_curly_bracket")
        styles = [style for line in pilot.app.screen._compositor.render_strips() for _, style, _ in line if style]
        pairs = {(style.color, style.bgcolor) for style in styles}
        assert len(styles) > 100
        assert all(color is None or color.is_default for pair in pairs for color in pair)

    drive(app_on(call), play)
