"""The Sessions screen: one line a recording, and what to do where there is none. Pure: what is listed in, lines out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from realtime_inspector.tui import groups, text
from realtime_inspector.tui.shelf import Listed
from realtime_inspector.tui.text import Line, Span

SORTS: Mapping[str, Callable[[Listed], object]] = {
    "start": lambda one: one.started,
    "length": lambda one: one.summary.length_s if one.summary else -1.0,
    "turns": lambda one: one.summary.turns if one.summary else -1,
    "findings": lambda one: [one.summary.findings[s] for s in groups.count(())] if one.summary else [-1],
    "model": lambda one: one.summary.model if one.summary else "",
    "name": lambda one: one.path.name,
}
"""What the list can be sorted by; the largest first, but for names."""

WIDE = 120
_NAMES = ("model", "name")


def order(listed: Iterable[Listed], sort: str, *, reverse: bool = False) -> list[Listed]:
    """Return the recordings in order, those that grow first whatever the order."""
    downward = (sort not in _NAMES) != reverse
    by_path = sorted(listed, key=lambda one: str(one.path))
    ordered = sorted(by_path, key=SORTS[sort], reverse=downward)  # type: ignore[arg-type] # one sort, one type
    return sorted(ordered, key=lambda one: not one.live)


def heading(width: int, sort: str, *, reverse: bool = False) -> Line:
    """Return the line above the rows; the column sorted by is marked."""
    arrow = "▲" if (sort in _NAMES) != reverse else "▼"
    titles = {name: f"{name}{arrow}" if name == sort else name for name in SORTS}
    cells = _columns(titles["start"], titles["length"], titles["turns"], titles["findings"], "first audio", width)
    rest = width - text.plain(cells).width
    model, name = _split(rest)
    return text.plain(f"{cells}{text.pad(titles['model'], model)} {text.pad(titles['name'], name)}", "dim")


def row(one: Listed, width: int) -> Line:
    """Return the line of one recording."""
    if one.problem:
        return Line((Span("! ", "error"), Span(text.pad(_reason(one), width - 2), "error")))
    summary = one.summary
    started = Span(f"{'●' if one.live else ' '} {_moment(one.started):<19} ", "good" if one.live else "")
    if summary is None:
        return Line((started, Span(text.pad(f"reading …  {text.safe(one.path.name)}", width - 22), "dim")))
    tally = tuple(Span(span.text, span.style) for span in groups.tally(summary.findings))
    tally_width = sum(len(span.text) for span in tally)
    first_audio = "" if summary.median_ttfa_ms is None else text.ms(summary.median_ttfa_ms)
    head = f"{text.length(summary.length_s):>7} {summary.turns:>5}  "
    tail = f"{' ' * max(0, 15 - tally_width)}" + (f"{first_audio:>11} " if width >= WIDE else "")
    model, name = _split(width - 22 - len(head) - tally_width - len(tail))
    return Line(
        (
            started,
            Span(head),
            *tally,
            Span(tail),
            Span(text.pad(text.safe(summary.model or "?"), model)),
            Span(f" {text.pad(text.safe(one.path.name), name)}", "dim"),
        )
    )


def nothing(paths: Iterable[Path], problem: str) -> list[Line]:
    """Return what to show where there is no recording, and what to do about it."""
    where = ", ".join(text.safe(str(path)) for path in paths)
    lines = [Line(), text.plain(f"  no recordings in {where} yet", "title")]
    if problem:
        lines.append(text.plain(f"  {text.safe(problem)}", "error", indent=2))
    hints = (
        ("realtime-inspector demo", "a conversation to look at; no key, no network"),
        ("realtime-inspector proxy", "then point your client at it; what passes appears here"),
        ("realtime-inspector open FILE", "a recording that is somewhere else"),
    )
    return [
        *lines,
        Line(),
        *(Line((Span(f"  {command:<30} ", "key"), Span(about)), indent=33) for command, about in hints),
    ]


def _columns(start: str, length: str, turns: str, findings: str, audio: str, width: int) -> str:
    audio = f"{audio:>11} " if width >= WIDE else ""
    return f"  {start:<19} {length:>7} {turns:>6} {findings:<15}{audio}"


def _split(rest: int) -> tuple[int, int]:
    """Return how much of what is left goes to the model, and how much to the name."""
    model = max(0, min(26, rest // 2))
    return model, max(0, rest - model - 1)


def _moment(started: str) -> str:
    return text.safe(started[:19].replace("T", " "))


def _reason(one: Listed) -> str:
    return text.safe(one.problem)
