"""One viewer, opened once: what is done to it, and the figures of it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.tui.terminal import NeverShownError, Screen, Terminal
from benchmarks.tui.viewers import Viewer

_DOWN, _PAGE_DOWN, _PAGE_UP = "j", "\x1b[6~", "\x1b[5~"
_KEYS = (*[_DOWN] * 20, *[_PAGE_DOWN] * 10, *[_PAGE_UP] * 5)
_EARLY_KEYS = (*[_DOWN] * 10, _PAGE_DOWN, _PAGE_DOWN, _PAGE_UP)
_WHOLE_PATIENCE_S = 150.0
_QUIET_S = 0.05
"""A key is pressed when nothing was drawn for so long: what the one before it set off is over."""


@dataclass
class Figures:
    """What was measured, in seconds; None where it was not."""

    first: float = 0.0
    """From the start until the first rows are drawn."""
    first_key: float | None = None
    """From then until the first key has been answered."""
    ready: float = 0.0
    """From the start until all of the recording is known."""
    told: float | None = None
    """The longest time, until then, in which nothing new was told of how far it is."""
    through: float | None = None
    """From the start until everything that goes on beside is done."""
    early: list[float] = field(default_factory=list)
    """Keys while something goes on beside."""
    keys: list[float] = field(default_factory=list)
    panes: list[float] = field(default_factory=list)
    """Keys that show another pane."""
    typed: list[float] = field(default_factory=list)
    """Keys of a filter."""
    end: float = 0.0
    filter: float | None = None
    memory_mb: float = 0.0
    anon_mb: float = 0.0
    """Without what is a file's."""


def measure(viewer: Viewer, path: Path, entries: int, passing: int, home: Path, *, whole: bool) -> Figures:
    """Open a recording and do what there is to do; `whole` waits until everything beside is done."""
    figures = Figures()
    terminal = Terminal(viewer.command(path), home)
    try:
        figures.first = terminal.until(viewer.first) - terminal.began
        if viewer.through is not None:
            terminal.until(viewer.place)
            figures.first_key = _go(terminal, viewer, _DOWN, quiet_s=0.0)
            figures.early = [_go(terminal, viewer, key) for key in _EARLY_KEYS]
        figures.ready, figures.told = _ready(terminal, viewer, entries)
        if whole and viewer.through is not None:
            figures.through = terminal.until(viewer.through, _WHOLE_PATIENCE_S) - terminal.began
        terminal.rest(0.5, 3.0)
        _press(terminal, viewer, viewer.begin_key)
        figures.keys = [_go(terminal, viewer, key) for key in _KEYS]
        figures.end = terminal.press(viewer.end_key, viewer.at_end(entries))
        figures.panes = _panes(terminal, viewer.panes) if viewer.panes else []
        if viewer.filter is not None:
            _filter(figures, terminal, viewer, passing)
        terminal.rest(0.5, 3.0)
        figures.memory_mb, figures.anon_mb = terminal.memory()
    finally:
        terminal.close()
    return figures


def _ready(terminal: Terminal, viewer: Viewer, entries: int) -> tuple[float, float | None]:
    """Wait until all is known; return when that was, and the longest time without another word of how far it is."""
    ready, told, at, longest = viewer.ready(entries), "", perf_counter(), 0.0

    def shows(screen: Screen) -> object:
        nonlocal told, at, longest
        now = viewer.progress(screen) if viewer.progress is not None else ""
        if now != told:
            longest = max(longest, perf_counter() - at) if told else longest
            told, at = now, perf_counter()
        return ready(screen)

    return terminal.until(shows) - terminal.began, longest or None


def _filter(figures: Figures, terminal: Terminal, viewer: Viewer, passing: int) -> None:
    """Type a filter; where each key shows, it counts as one, and the filter from its last key on."""
    assert viewer.filter is not None
    begin, keys, shows = viewer.filter
    if viewer.typed:
        terminal.press(begin, partial(_anywhere, viewer.typed))
        *first, last, enter = list(keys)
        for at, key in enumerate(first, 1):
            figures.typed.append(terminal.press(key, partial(_anywhere, viewer.typed + keys[:at])))
        keys = last + enter
    else:
        terminal.press(begin, lambda _: True)
        terminal.rest(0.2, 1.0)
    figures.filter = terminal.press(keys, shows(passing))


def warm(viewer: Viewer, path: Path, home: Path) -> None:
    """Open a recording once: programs are compiled and their files are in memory when they are measured."""
    terminal = Terminal(viewer.command(path), home)
    try:
        terminal.until(viewer.first)
        if viewer.through is not None:
            _go(terminal, viewer, _DOWN)
            for key, words in viewer.panes.items():
                terminal.press(key, partial(_has, words))
        terminal.rest(0.5, 2.0)
    finally:
        terminal.close()


def _go(terminal: Terminal, viewer: Viewer, key: str, quiet_s: float = _QUIET_S) -> float:
    terminal.rest(quiet_s, 10 * quiet_s)
    before = viewer.place(terminal.screen)
    return terminal.press(key, lambda screen: viewer.place(screen) not in (before, 0))


def _press(terminal: Terminal, viewer: Viewer, key: str) -> None:
    with contextlib.suppress(NeverShownError):  # it was there already
        before = viewer.place(terminal.screen)
        terminal.press(key, lambda screen: viewer.place(screen) != before, 2.0)
    terminal.rest(0.3, 2.0)


def _panes(terminal: Terminal, panes: Mapping[str, str]) -> list[float]:
    """Show one pane after another, and the first again."""
    begin, *others = panes.items()
    took = []
    for key, words in (*others, begin):
        terminal.rest(_QUIET_S, 10 * _QUIET_S)
        took.append(terminal.press(key, partial(_has, words)))
    return took


def _has(words: str, screen: Screen) -> bool:
    return words in screen[1]


def _anywhere(words: str, screen: Screen) -> bool:
    return any(words in line for line in screen)
