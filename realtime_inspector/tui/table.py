"""The Sessions screen: one line a recording, and what to do where there is none. Pure: what is listed in, lines out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from pathlib import Path

from realtime_inspector.analysis.cost import Bill
from realtime_inspector.tui import groups, text, verdict
from realtime_inspector.tui.shelf import Listed, Shelf
from realtime_inspector.tui.text import Line, Span
from realtime_inspector.tui.verdict import Verdict

SORTS: Mapping[str, Callable[[Listed], object]] = {
    "start": lambda one: one.started,
    "length": lambda one: -1.0 if one.length_s is None else one.length_s,
    "turns": lambda one: one.summary.turns if one.summary else -1,
    "findings": lambda one: [one.summary.findings[s] for s in groups.count(())] if one.summary else [-1],
    "audio": lambda one: (one.summary.median_ttfa_ms if one.summary else None) or -1.0,
    "cost": lambda one: one.summary.cost.usd if one.summary else -1.0,
    "model": lambda one: one.summary.model if one.summary else "",
    "wrong": lambda one: wrong(one)[0],
    "name": lambda one: one.path.name,
}
"""What the list can be sorted by; the largest first, but for names."""

WIDE = 120
LARGE = 179
"""From so many cells on, names of any usual length fit."""
_ROOMY = 72
"""From so many cells on there is room for the time to the first audio, and the cost."""
_NAMES = ("model", "wrong", "name")
_FIRST_WIDTH, _WHERE_WIDTH = 30, 40
_SIGN_CELLS = 2
_OWN_TIME = re.compile(r"\A\d{8}T\d{6}Z_")
"""What the name of a recording begins with that has no other: its start has a column of its own."""
_LIVE, _CUT_OFF, _DAMAGED = "●", "○", "!"


def order(listed: Iterable[Listed], sort: str, *, reverse: bool = False) -> list[Listed]:
    """Return the recordings in order, those that grow first whatever the order."""
    downward = (sort not in _NAMES) != reverse
    by_path = sorted(listed, key=lambda one: str(one.path))
    ordered = sorted(by_path, key=SORTS[sort], reverse=downward)  # type: ignore[arg-type] # one sort, one type
    return sorted(ordered, key=lambda one: not one.live)


def sorts(width: int) -> list[str]:
    """Return what the list can be sorted by in so many cells: its columns."""
    return [name for name, _, _ in _columns(width)]


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


def right(shelf: Shelf, first: str = "", narrow: Listed | None = None) -> Line:
    """Return what is still to be done: the second of two to compare, so many to be read.

    Else what `narrow` is: the recording under the cursor, where its row has no room for everything.
    """
    if first:
        return text.plain(f" c on another compares it with {_cut(text.safe(first), _FIRST_WIDTH).strip()} ", "warning")
    if waiting := shelf.waiting:
        return text.plain(f"reading {text.count(waiting, 'recording')} ", "dim")
    return told(narrow) if narrow is not None else Line()


def told(one: Listed) -> Line:
    """Return what the row of a recording has no room for: how it stands, its model and its whole name."""
    model = one.summary.model if one.summary is not None and len(one.path.name) < _FIRST_WIDTH else ""
    name = Span(text.safe(f"{model}{'  ' * bool(model)}{one.path.name} "), "dim")
    if one.problem:
        return Line((Span("cannot be read: enter says why  ", "error"), name))
    if one.live:
        return Line((Span(f"{_LIVE} live  ", "good"), name))
    return Line((*((Span(f"{_sign(one)} {how}  ", "warning"),) if (how := damage(one)) else ()), name))


def damage(one: Listed) -> str:
    """Return what is wrong with a recording's file, in a few words; empty if nothing is."""
    if one.summary is None or one.live:
        return ""
    if one.unreadable:
        return f"damaged: {text.count(one.unreadable, 'unreadable line')}"
    if one.torn:
        return "torn: run repair"
    return "" if one.ended or not one.summary.live else "cut off: it has no end"


def verdict_on(one: Listed | None) -> Verdict:
    """Return what is wrong with the call under the cursor, as the session's own screen will say it."""
    if one is None or one.summary is None or one.problem:
        return Verdict(Line())
    if one.live:
        return Verdict(text.plain("it is still being written", "dim"), "⏎ follows it")
    told_of = verdict.of_call([one.worst] if one.worst is not None else [], one.reason, checked=one.explained)
    return Verdict(told_of.said, "⏎ opens it")


def wrong(one: Listed) -> tuple[str, str]:
    """Return what is wrong in a word, as `why` and the rules name it, and how that is shown."""
    worst = one.worst.same[0] if one.worst is not None else None
    if one.reason is not None and (one.reason.silence.answer is None or worst is None):
        return one.reason.cause.label, "warning"
    return (worst.name, worst.severity.value) if worst is not None else ("", "")


def heading(width: int, sort: str, *, reverse: bool = False) -> Line:
    """Return the line above the rows; the column sorted by is marked."""
    arrow = "▲" if (sort in _NAMES) != reverse else "▼"
    shown = (
        f"{title + arrow * (name == sort):>{cells}}"
        if name in _RIGHT
        else text.pad(title + arrow * (name == sort), cells)
        for name, title, cells in _columns(width)
    )
    return text.plain(text.pad(" " * _SIGN_CELLS + " ".join(shown), width), "dim")


def column_at(x: int, width: int) -> str:
    """Return the column, as it is sorted by, that a cell of the heading is in."""
    columns = _columns(width)
    ends = accumulate((cells + 1 for _, _, cells in columns), initial=_SIGN_CELLS)
    return next((name for (name, *_), end in zip(columns, list(ends)[1:], strict=True) if x < end), columns[-1][0])


def row(one: Listed, width: int) -> Line:
    """Return the line of one recording."""
    if one.problem:
        problem = one.problem.replace(str(one.path), one.path.name)
        return Line((Span(f"{_DAMAGED} ", "error"), Span(text.pad(text.safe(problem), width - _SIGN_CELLS), "error")))
    columns = {name: cells for name, _, cells in _columns(width)}
    length = "" if one.length_s is None else text.length(one.length_s)
    style = "good" if one.live else ""
    sign = Span(f"{_sign(one)} ", style or "warning")
    spans = [sign, Span(f"{_moment(one.started, columns['start'])} {length:>{columns['length']}} ", style)]
    summary = one.summary
    if summary is None:
        filled = sum(len(span.text) for span in spans)
        return Line((*spans, Span(text.pad(f"reading …  {text.safe(one.path.name)}", width - filled), "dim")))
    spans += [Span(f"{summary.turns:>{columns['turns']}} "), *groups.tally(summary.findings)]
    audio = "" if summary.median_ttfa_ms is None else text.ms(summary.median_ttfa_ms)
    for name, value in (("audio", audio), ("cost", _cost(summary.cost))):
        if name in columns:
            head = _before(name, width)
            filled = sum(len(span.text) for span in spans)
            spans.append(Span(f"{value:>{max(0, head + columns[name] - filled)}} "))
    if "model" in columns:
        _fill(spans, _before("model", width))
        spans.append(Span(f"{_model(summary.model, columns['model'])} "))
    if "wrong" in columns:
        _fill(spans, _before("wrong", width))
        word, style = wrong(one)
        spans.append(Span(text.pad(text.safe(word), columns["wrong"]), style))
    filled = _fill(spans, _before("name", width))
    return Line((*spans, *_name(one, max(0, width - filled), whole=width >= WIDE)))


def _fill(spans: list[Span], cells: int) -> int:
    """Fill a row up to so many cells, and return how many it has now."""
    filled = sum(len(span.text) for span in spans)
    spans.append(Span(" " * (cells - filled)))
    return max(filled, cells)


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


def _sign(one: Listed) -> str:
    """Return how a recording's file stands, in one cell."""
    if one.live:
        return _LIVE
    return (_DAMAGED if one.unreadable or one.torn else _CUT_OFF) if damage(one) else " "


def _name(one: Listed, width: int, *, whole: bool) -> tuple[Span, ...]:
    name, tags = text.safe(one.path.name), text.safe("".join(f" #{tag}" for tag in one.tags))
    how = damage(one) if whole else ""
    shown = text.pad(tags, min(len(tags), width * 2 // 3)) if tags else ""
    marked = f"  {how}" if how and len(name) + len(shown) + len(how) + 2 < width else ""
    room = width - len(shown) - len(marked)
    if marked:
        rest = text.pad(shown, width - len(name) - len(marked))
        return Span(name, "dim"), Span(marked, "warning"), Span(rest, "key")
    fits = whole and len(name) <= room
    return Span(text.pad(name, room) if fits else _cut(name, room), "dim"), Span(shown, "key")


def _model(model: str, width: int) -> str:
    """Return a model in so many cells; what all of them begin with goes first."""
    name = text.safe(model or "?")
    return text.pad_left(name.removeprefix("gpt-") if len(name) > width else name, width)


def _cost(bill: Bill) -> str:
    """Return what it costs; `+` where a part of it has no price, `?` where none has one."""
    if not bill.priced:
        return "?" if bill.unpriced else ""
    return f"{text.usd(bill.usd)}{'+' if bill.unpriced else ''}"


def _cut(name: str, width: int) -> str:
    """Return a name in so many cells, without its ending, and without its middle: names differ where they end."""
    name = name.removesuffix(".jsonl")
    if len(name) > width:
        name = _OWN_TIME.sub("", name)
    if len(name) <= width or not name.isascii() or width < 2:
        return text.pad(name, width)
    tail = width // 2
    return f"{name[: width - 1 - tail]}…{name[-tail:]}"


_RIGHT = ("length", "turns", "audio", "cost")
"""Columns of figures: right-aligned."""


def _columns(width: int) -> list[tuple[str, str, int]]:
    """Return the columns: what each is sorted by, its title, its cells."""
    wide = width >= WIDE
    fixed = [
        ("start", "start UTC", 19 if wide else 11),
        ("length", "length", 7),
        ("turns", "turns", 6),
        ("findings", "findings", 14 if wide else 9),
    ]
    if width >= _ROOMY:
        fixed += [("audio", "first audio" if wide else "audio", 12 if wide else 7), ("cost", "cost", 8)]
    if wide:
        fixed += [("model", "model", 26 if width >= LARGE else 16), ("wrong", "wrong", 28 if width >= LARGE else 18)]
    rest = width - _SIGN_CELLS - sum(cells + 1 for _, _, cells in fixed)
    return [*fixed, ("name", "name", max(0, rest))]


def _before(name: str, width: int) -> int:
    """Return how many cells stand before a column."""
    columns = _columns(width)
    at = next(at for at, column in enumerate(columns) if column[0] == name)
    return _SIGN_CELLS + sum(cells + 1 for _, _, cells in columns[:at])


def _moment(started: str, cells: int) -> str:
    """Return when it began, in so many cells: the year and the seconds only where there is room."""
    whole = text.safe(started[:19].replace("T", " "))
    return f"{whole if cells >= len(whole) else whole[5:16]:<{cells}}"
