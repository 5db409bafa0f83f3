"""The Sessions screen: one line a recording, and what to do where there is none. Pure: what is listed in, lines out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from realtime_inspector.tui import groups, text
from realtime_inspector.tui.shelf import Listed, Shelf
from realtime_inspector.tui.text import Line, Span

SORTS: Mapping[str, Callable[[Listed], object]] = {
    "start": lambda one: one.started,
    "length": lambda one: -1.0 if one.length_s is None else one.length_s,
    "turns": lambda one: one.summary.turns if one.summary else -1,
    "findings": lambda one: [one.summary.findings[s] for s in groups.count(())] if one.summary else [-1],
    "model": lambda one: one.summary.model if one.summary else "",
    "name": lambda one: one.path.name,
}
"""What the list can be sorted by; the largest first, but for names."""

WIDE = 120
_NAMES = ("model", "name")
_FIRST_WIDTH, _WHERE_WIDTH = 30, 40


def order(listed: Iterable[Listed], sort: str, *, reverse: bool = False) -> list[Listed]:
    """Return the recordings in order, those that grow first whatever the order."""
    downward = (sort not in _NAMES) != reverse
    by_path = sorted(listed, key=lambda one: str(one.path))
    ordered = sorted(by_path, key=SORTS[sort], reverse=downward)  # type: ignore[arg-type] # one sort, one type
    return sorted(ordered, key=lambda one: not one.live)


def fitting(listed: Iterable[Listed], words: str) -> list[Listed]:
    """Return the recordings that have all of some words in their name, model or tags."""
    wanted = words.casefold().split()
    return [one for one in listed if all(word in _searched(one) for word in wanted)]


def none_fits(words: str) -> list[Line]:
    """Return what to show where no recording has these words."""
    return [Line(), text.plain(f"  no recording has {text.safe(words)!r} in its name, model or tags; escape shows all")]


def _searched(one: Listed) -> str:
    model = one.summary.model if one.summary is not None else ""
    return " ".join((one.path.name, model, *(f"#{tag}" for tag in one.tags))).casefold()


def left(shelf: Shelf, shown: int | None = None) -> Line:
    """Return what is listed, and how many there are; `shown` of them, if not all."""
    where = text.safe(", ".join(str(path) for path in shelf.paths))
    where = text.pad_left(where, _WHERE_WIDTH) if len(where) > _WHERE_WIDTH else where
    number = text.count(len(shelf.listed), "recording")
    number = number if shown is None else f"{shown:,} of {number}"
    return Line((Span(f" {where} ", "title"), Span(f" {number}", "dim")))


def right(shelf: Shelf, first: str = "") -> Line:
    """Return what is still to be done: the second of two to compare, so many to be read; else what the times are."""
    if first:
        return text.plain(f" c on another compares it with {_cut(text.safe(first), _FIRST_WIDTH).strip()} ", "warning")
    waiting = shelf.waiting
    told = f"reading {text.count(waiting, 'recording')} " if waiting else "times in UTC " if shelf.listed else ""
    return text.plain(told, "dim")


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
        return Line(
            (
                Span("! ", "error"),
                Span(text.pad(text.safe(one.problem.replace(str(one.path), one.path.name)), width - 2), "error"),
            )
        )
    summary = one.summary
    length = "" if one.length_s is None else text.length(one.length_s)
    start = f"{'●' if one.live else ' '} {_moment(one.started, width)} {length:>7} "
    spans = [Span(start, "good" if one.live else "")]
    if summary is None:
        return Line((*spans, Span(text.pad(f"reading …  {text.safe(one.path.name)}", width - len(start)), "dim")))
    spans += [Span(f"{summary.turns:>6} "), *groups.tally(summary.findings)]
    first_audio = "" if summary.median_ttfa_ms is None else text.ms(summary.median_ttfa_ms)
    filled = sum(len(span.text) for span in spans)
    head = len(_columns("", "", "", "", "", width))
    spans.append(Span(f"{first_audio:>{max(0, head - filled - 1)}} " if width >= WIDE else " " * max(0, head - filled)))
    model, name = _split(width - max(head, filled))
    spans += [
        Span(text.pad_left(text.safe(summary.model or "?"), model)),
        *_name(one, name, whole=width >= WIDE),
    ]
    return Line(tuple(spans))


def nothing(paths: Iterable[Path], problem: str) -> list[Line]:
    """Return what to show where there is no recording, and what to do about it."""
    where = ", ".join(text.safe(str(path)) for path in paths)
    lines = [Line(), text.plain(f"  no recordings yet in the folder {where}", "title")]
    if problem:
        lines.append(text.plain(f"  {text.safe(problem)}", "error", indent=2))
    hints = (
        ("realtime-inspector demo", "a conversation to look at; no key, no network"),
        ("realtime-inspector proxy", "then point your client at it"),
        ("realtime-inspector open FILE", "a recording that is somewhere else"),
    )
    return [
        *lines,
        Line(),
        *(Line((Span(f"  {command:<30} ", "key"), Span(about)), indent=33) for command, about in hints),
    ]


def _name(one: Listed, width: int, *, whole: bool) -> tuple[Span, Span]:
    name, tags = text.safe(one.path.name), text.safe("".join(f" #{tag}" for tag in one.tags))
    shown = text.pad(tags, min(len(tags), width * 2 // 3)) if tags else ""
    room = width - len(shown)
    return Span(f" {text.pad(name, room) if whole else _cut(name, room)}", "dim"), Span(shown, "key")


def _cut(name: str, width: int) -> str:
    """Return a name in so many cells, without its ending, and without its middle: names differ where they end."""
    name = name.removesuffix(".jsonl")
    if len(name) <= width or not name.isascii() or width < 2:
        return text.pad(name, width)
    tail = width // 2
    return f"{name[: width - 1 - tail]}…{name[-tail:]}"


def _columns(start: str, length: str, turns: str, findings: str, audio: str, width: int) -> str:
    wide = width >= WIDE
    audio = f"{audio:>11} " if wide else ""
    return f"  {start:<{19 if wide else 14}} {length:>7} {turns:>6} {findings:<{15 if wide else 11}}{audio}"


def _split(rest: int) -> tuple[int, int]:
    """Return how much of what is left goes to the model, and how much to the name."""
    model = max(0, min(26, rest * 2 // 5))
    return model, max(0, rest - model - 1)


def _moment(started: str, width: int) -> str:
    """Return when it began: the day and the time; the year too, where there is room."""
    whole = text.safe(started[:19].replace("T", " "))
    return f"{whole:<19}" if width >= WIDE else f"{whole[5:]:<14}"
