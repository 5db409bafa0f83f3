"""Driving the app in tests: a coroutine against a pilot, waiting on conditions, and the screen as text."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from textual._context import visible_screen_stack
from textual.filter import dim_color
from textual.pilot import Pilot
from textual.strip import Strip

from realtime_inspector.tui import themes
from realtime_inspector.tui.app import InspectorApp
from realtime_inspector.tui.screens.session import SessionScreen
from tests.tui import sample

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = "UPDATE_SNAPSHOTS"
"""Set this variable to write the snapshots anew; then read the difference."""
PATIENCE_S = 40.0

Play = Callable[[Pilot[Any]], Awaitable[None]]


def drive(app: InspectorApp, play: Play, size: tuple[int, int] = (80, 24)) -> None:
    """Run the app without a terminal and play on it."""

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await play(pilot)

    asyncio.run(run())


def app_on(*paths: Path, now: float = sample.STARTED_AT + 1e6, show_findings: bool = False) -> InspectorApp:
    """Return an app that checks with the tests' own rules, at a time of the wall clock."""
    return InspectorApp(paths, show_findings=show_findings, rules=sample.RULES, clock=lambda: now)


async def until(pilot: Pilot[Any], holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    start = monotonic()
    while not holds():
        assert monotonic() - start < PATIENCE_S, f"never held; the screen:\n{dump(pilot.app)}"
        await pilot.pause()


async def settled(pilot: Pilot[Any]) -> SessionScreen:
    """Wait until the session's panes show all there is, and return its screen."""
    await until(pilot, lambda: isinstance(pilot.app.screen, SessionScreen))
    screen = pilot.app.screen
    assert isinstance(screen, SessionScreen)
    await until(pilot, lambda: screen.problem or screen.resting)
    await pilot.pause()
    return screen


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys and wait until the panes have followed."""
    await pilot.press(*keys)
    await pilot.pause()
    if isinstance(pilot.app.screen, SessionScreen):
        await settled(pilot)


def dump(app: Any) -> str:
    """Return the screen as text."""
    return "".join(f"{strip.text.rstrip()}\n" for strip in _strips(app))


def _strips(app: Any) -> list[Strip]:
    """Return the lines of the screen, drawn over the screens behind it: one that is drawn without stays so."""
    visible_screen_stack.set(app._background_screens)
    return list(app.screen._compositor.render_strips())


def contrasts(app: Any) -> Iterator[tuple[str, float]]:
    """Yield every word of the screen with the ratio of its brightness to its background's, as WCAG counts it."""
    for strip in _strips(app):
        for text, style, _ in strip:
            if any(character.isalnum() for character in text) and style and style.color and style.bgcolor:
                color = dim_color(style.bgcolor, style.color) if style.dim else style.color  # as it will be drawn
                pair = sorted(map(_brightness, (color, style.bgcolor)))
                yield text, (pair[1] + 0.05) / (pair[0] + 0.05)


def _brightness(color: Any) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part / 255) for part in color.get_truecolor())
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


async def check(pilot: Pilot[Any], name: str) -> None:
    """Wait until the screen is its snapshot, in a dark theme and in a light one: the words are the same.

    Write that, where one is wanted, once the screen has stayed as it is.
    """
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get(UPDATE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(await _at_rest(pilot))
    await _compare(pilot, path)
    pilot.app.theme = themes.NAMES["dark" if pilot.app.theme == themes.NAMES["light"] else "light"]
    await pilot.pause()
    await _compare(pilot, path)


async def _compare(pilot: Pilot[Any], path: Path) -> None:
    wanted = path.read_text()
    with suppress(AssertionError):  # the difference says more
        await until(pilot, lambda: dump(pilot.app) == wanted)
    assert dump(pilot.app) == wanted, f"differs from {path} in {pilot.app.theme}; look, then set {UPDATE}=1"


async def _at_rest(pilot: Pilot[Any]) -> str:
    """Return the screen when it has stayed as it is for a while."""
    shown, times = "", 0
    while times < 50:
        await pilot.pause()
        now = dump(pilot.app)
        shown, times = now, times + 1 if now == shown else 0
    return shown
