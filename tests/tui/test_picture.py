"""The picture of the README is of the screen as it is."""

from __future__ import annotations

import os
import re
from html import unescape
from typing import Any

from textual.pilot import Pilot

from realtime_inspector.tui.app import InspectorApp
from tests.pages import README, ROOT
from tests.tui.driving import UPDATE, drive, press, settled

PICTURE = ROOT / "docs/pictures/session.svg"
CALL = ROOT / "recordings/missing-call-id.jsonl"


def text_of(svg: str) -> str:
    """Return what a picture says, a line a text."""
    return "\n".join(unescape(text).rstrip() for text in re.findall(r"<text [^>]*>([^<]*)</text>", svg))


def drawn(app: Any) -> str:
    """Return the screen as a picture that loads nothing from elsewhere."""
    svg = app.export_screenshot(title="realtime-inspector open recordings/missing-call-id.jsonl")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return re.sub(r"terminal-\d+", "terminal", svg)


def test_the_picture_shows_the_finding_as_the_screen_does() -> None:
    seen: list[str] = []

    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "right_curly_bracket")
        seen.append(drawn(pilot.app))

    drive(InspectorApp([CALL], clock=lambda: CALL.stat().st_mtime + 1e6), play, (140, 34))
    if os.environ.get(UPDATE):
        PICTURE.write_text(seen[0], encoding="utf-8")
    picture = PICTURE.read_text(encoding="utf-8")
    assert text_of(seen[0]) == text_of(picture), f"differs from {PICTURE}; look, then set {UPDATE}=1"
    assert not re.search(r"url\([^#]|href=|@import", picture)


def test_the_readme_shows_it() -> None:
    assert f"({PICTURE.relative_to(ROOT).as_posix()})" in README.read_text(encoding="utf-8")
