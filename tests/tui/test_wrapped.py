"""Lines that are wrapped lose no word, whether a scroll bar takes a column or not."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App, ComposeResult

from realtime_inspector.tui.text import Line, Span, plain
from realtime_inspector.tui.widgets.wrapped import WrappedList
from tests.tui.driving import dump

WORDS = " ".join(f"word{number}" for number in range(12))


class Shown(App[None]):
    """One such list, and nothing else."""

    def compose(self) -> ComposeResult:
        """Make it."""
        yield WrappedList()


def words_of(shown: App[Any]) -> list[str]:
    return [word.strip("▸▁▂▃▄▅▆▇█▔") for word in dump(shown).split() if "word" in word]


def test_no_word_is_lost_at_any_width() -> None:
    async def play() -> None:
        shown = Shown()
        async with shown.run_test(size=(60, 8)) as pilot:
            listed = shown.query_one(WrappedList)
            for width in (12, 13, 17, 24, 31, 38, 59):
                await pilot.resize_terminal(width, 8)
                listed.show_text([plain("few")], from_top=True)
                await pilot.pause()
                assert not listed.show_vertical_scrollbar
                listed.show_text([plain(WORDS), *[Line()] * 8], from_top=True)
                listed.go(0)
                await pilot.pause()
                assert listed.show_vertical_scrollbar
                seen = words_of(shown)
                assert seen == WORDS.split()[: len(seen)]
                assert len(seen) >= min(12, listed.size.height * ((width - 2) // 7))
                assert "…" not in dump(shown)

    asyncio.run(play())


def test_only_the_words_of_a_link_are_underlined() -> None:
    async def play() -> None:
        shown = Shown()
        async with shown.run_test(size=(40, 4)) as pilot:
            shown.query_one(WrappedList).show_text([Line((Span("said"), Span("  ⏎ #16 ", "link"), Span("by")))])
            await pilot.pause()
            line = shown.screen._compositor.render_strips()[0]
            assert [text for text, style, _ in line if style is not None and style.underline] == ["⏎", "#16"]

    asyncio.run(play())
