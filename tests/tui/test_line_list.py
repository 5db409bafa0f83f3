"""A list draws what has changed, in the colours of the theme."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from rich.style import Style
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from realtime_inspector.tui import themes
from realtime_inspector.tui.text import Line, Span, plain
from realtime_inspector.tui.widgets.line_list import LineList


class Shown(App[None]):
    """One list, and nothing else."""

    def compose(self) -> ComposeResult:
        """Make it."""
        yield LineList([plain(f"line {number}") for number in range(50)])


def drive(play: Callable[[Shown, LineList, Pilot[Any]], Awaitable[None]]) -> None:
    async def run() -> None:
        shown = Shown()
        async with shown.run_test(size=(40, 10)) as pilot:
            await pilot.pause()
            await play(shown, shown.query_one(LineList), pilot)

    asyncio.run(run())


def style_of(listed: LineList, words: str) -> Style:
    """Return how the words are drawn."""
    found = [piece.style for y in range(listed.size.height) for piece in listed.render_line(y) if words in piece.text]
    assert found
    assert found[0] is not None
    return found[0]


def test_only_a_line_that_says_something_else_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    render_line = LineList.render_line

    def counting(listed: LineList, y: int) -> Strip:
        drawn.append(y + listed.scroll_offset.y)
        return render_line(listed, y)

    async def play(shown: Shown, listed: LineList, pilot: Pilot[Any]) -> None:
        listed.go(20)
        await pilot.pause()
        monkeypatch.setattr(LineList, "render_line", counting)
        lines = [plain(f"line {number}") for number in range(50)]
        listed.show([*lines, plain("one more")])
        await pilot.pause()
        assert drawn == []
        lines[15] = plain("another")
        listed.show(lines)
        await pilot.pause()
        assert drawn == [15]

    drive(play)


def test_lines_that_are_gone_leave_nothing_behind() -> None:
    async def play(shown: Shown, listed: LineList, pilot: Pilot[Any]) -> None:
        listed.go(4)
        await pilot.pause()
        listed.show([plain("the only line")])
        await pilot.pause()
        strips = shown.screen._compositor.render_strips()
        assert [strip.text.strip(" ▸") for strip in strips] == ["the only line", *[""] * 9]

    drive(play)


def test_another_theme_has_other_colours() -> None:
    async def play(shown: Shown, listed: LineList, pilot: Pilot[Any]) -> None:
        listed.show([plain(""), Line((Span("sent", "client"), Span("found", "match")))])
        before = style_of(listed, "sent")
        shown.register_theme(themes.CONTRAST)
        shown.theme = themes.CONTRAST.name
        await pilot.pause()
        assert themes.CONTRAST.variables is not None
        after = style_of(listed, "sent")
        assert after.color is not None
        assert after.color.name == themes.CONTRAST.variables["text-primary"]
        assert after.color != before.color
        assert style_of(listed, "found").bold

    drive(play)


def test_neighbours_that_look_alike_are_one_piece() -> None:
    async def play(shown: Shown, listed: LineList, pilot: Pilot[Any]) -> None:
        listed.show([plain(""), Line((Span("a"), Span("b"), Span("c", "dim"), Span("d", "dim")))])
        assert [piece.text.rstrip() for piece in listed.render_line(1)][:2] == [" ab", "cd"]

    drive(play)
