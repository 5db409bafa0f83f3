"""How each viewer is started and driven, and how its screen tells what it shows."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.tui.terminal import Screen, Shows

DONE = '"type":"response.done"'
"""What stands in the lines that the filter lets through."""
ROWS = 10
"""So many rows are a first screen."""

_OUR_ROW = re.compile(r"^[│▸ ]*\d+ +\d+:\d\d")
_OUR_CURSOR = re.compile(r"▸ *(\d+) ")
_INDEXING = re.compile(r"indexing \d+%")
_PASSED = re.compile(r"filter ([\d,]+)/[\d,]+ ")


@dataclass(frozen=True)
class Viewer:
    """One program to look at recordings with."""

    name: str
    command: Callable[[Path], Sequence[str]]
    row: re.Pattern[str]
    """What a row of the recording looks like."""
    place: Callable[[Screen], object]
    """What changes on the screen when another line is gone to."""
    ready: Callable[[int], Shows]
    """Entries of the recording → whether all of it is known."""
    at_end: Callable[[int], Shows]
    filter: tuple[str, str, Callable[[int], Shows]] | None = None
    """Keys that begin a filter, keys that are one by type, and how many must pass → whether these are shown."""
    typed: str = ""
    """What stands before the filter while it is typed."""
    panes: Mapping[str, str] = field(default_factory=dict)
    """Key → what the screen says once it has done."""
    progress: Callable[[Screen], str] | None = None
    """What the screen says of how much of the recording is known; empty if nothing."""
    through: Shows | None = None
    """Whether all that goes on beside is done."""
    begin_key: str = "g"
    end_key: str = "G"
    needs: str = ""
    """The program it needs."""
    inflates: bool = False
    """Whether it reads compressed recordings."""

    def first(self, screen: Screen) -> bool:
        """Tell whether the first rows are drawn."""
        return sum(self.row.search(line) is not None for line in screen) >= ROWS

    def can_open(self, path: Path) -> bool:
        """Tell whether it is installed, and reads such a file."""
        there = not self.needs or shutil.which(self.needs) is not None
        return there and (self.inflates or path.suffix != ".zst")


def _cursor(screen: Screen) -> int:
    found = _OUR_CURSOR.search("\n".join(screen))
    return int(found[1]) if found is not None else 0


def _indexing(screen: Screen) -> str:
    found = _INDEXING.search(screen[0])
    return found[0] if found is not None else ""


def _text(screen: Screen) -> Screen:
    return screen[2:-3]


def _shows(words: str) -> Shows:
    return lambda screen: any(words in line for line in screen)


def _ours() -> Viewer:
    def ready(entries: int) -> Shows:
        told = f"{entries:,} entries"
        return lambda screen: told in screen[0] and "indexing" not in screen[0]

    def passed(entries: int) -> Shows:
        def shows(screen: Screen) -> bool:
            found = _PASSED.search(screen[0])
            return found is not None and int(found[1].replace(",", "")) == entries

        return shows

    names = ("Events", "Detail", "Findings", "State", "Transcript", "Timeline", "Turns", "Why")
    return Viewer(
        name="realtime-inspector",
        command=lambda path: (sys.executable, "-m", "realtime_inspector", "open", str(path)),
        row=_OUR_ROW,
        place=_cursor,
        ready=ready,
        at_end=lambda entries: lambda screen: _cursor(screen) == entries,
        filter=("f", "type:response.done\r", passed),
        typed="filter: ",
        panes={str(number): f"[{number} {name}" for number, name in enumerate(names, 1)},
        inflates=True,
        progress=_indexing,
        through=lambda screen: "checking" not in screen[0] and "indexing" not in screen[0],
    )


def viewers(entries: int) -> list[Viewer]:
    """Return all of them, for a recording of so many entries."""
    line = re.compile(r'^\W*\{"(n|recording)":')
    last = _shows(f'"n":{entries},')
    lnav = Viewer(
        name="lnav",
        command=lambda path: ("lnav", str(path)),
        row=line,
        place=_text,
        ready=lambda _: last,
        at_end=lambda _: last,
        filter=(":", f"filter-in {DONE}\r", lambda passing: _shows(f"{entries + 1 - passing} Lines not shown")),
        needs="lnav",
    )
    toolong = Viewer(
        name="toolong",
        command=lambda path: ("tl", str(path)),
        row=line,
        place=_text,
        ready=lambda _: last,
        at_end=lambda _: last,
        begin_key="\x1b[H",
        end_key="\x1b[F",
        needs="tl",
    )
    return [_ours(), lnav, toolong]
