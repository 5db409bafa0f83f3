"""The Compare screen: two sessions side by side, turn by turn, with what differs beneath. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import orjson

from realtime_inspector.analysis.diff import Comparison
from realtime_inspector.analysis.differences.difference import NOTHING, Aspect, Difference
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.tui import text
from realtime_inspector.tui.text import Line, Span

_CLIP = 200
_FIGURES = {
    "answer_ms": "asked to first output, median",
    "voice_to_voice_ms": "voice to voice, median",
    "generation_ms": "response, median",
    "tool_round_trip_ms": "tool round trip, median",
    "length_s": "length",
    "tokens": "tokens",
    "cost_usd": "cost",
}
_PLACE = 0
"""Stands for the number of what differs until all of them are there."""
_SAME, _OTHER, _ONLY_A, _ONLY_B = " = ", " ≠ ", " < ", " > "


def lines(found: Comparison, width: int) -> list[Line]:
    """Return a comparison as lines of so many cells; what differs has a target: its place among them."""
    half = max(10, (width - 3) // 2)
    by_turn = {number: [*differences] for number, differences in _by_turn(found)}
    shown = [_verdict(found), Line(), *_figures(found), *_elsewhere(found, by_turn)]
    for one, other in found.pairs:
        differences = by_turn.get((_number(one), _number(other)), [])
        shown.append(Line())
        shown += _pair(one, other, differences, half)
        shown += [_difference(each) for each in differences if _has_line(each)]
    places = count(1)
    return [line if line.target is None else replace(line, target=next(places)) for line in shown]


def _verdict(found: Comparison) -> Line:
    if found.same:
        return text.plain("no difference", "good")
    parts = ", ".join(f"{aspect.value} {number}" for aspect, number in found.counts.items())
    return text.plain(f"{text.count(len(found.differences), 'difference')}: {parts}", "warning")


def _figures(found: Comparison) -> Iterator[Line]:
    for row in found.rows:
        if row.a is None and row.b is None:
            continue
        change = f"{row.change:+.0f} %" if row.change is not None and abs(row.change) >= 0.5 else ""
        name = _FIGURES.get(row.name, row.name)
        told = f"{_amount(row.name, row.a):>10} → {_amount(row.name, row.b):<10} "
        yield Line((Span(f"{name:<32}", "key"), Span(told), Span(change, "dim")))


def _amount(name: str, value: float | None) -> str:
    if value is None:
        return "unknown"
    if name == "cost_usd":
        return f"${value:.4f}"
    if name == "tokens":
        return f"{value:,.0f}"
    return text.ms(value * 1000 if name == "length_s" else value)


def _by_turn(found: Comparison) -> Iterator[tuple[tuple[int | None, int | None], Iterator[Difference]]]:
    places = dict.fromkeys((d.place.turn_a, d.place.turn_b) for d in found.differences)
    for place in places:
        yield place, (d for d in found.differences if (d.place.turn_a, d.place.turn_b) == place)


def _elsewhere(found: Comparison, by_turn: dict[Any, list[Difference]]) -> Iterator[Line]:
    """Yield what differs outside the turns that stand side by side."""
    pairs = {(_number(one), _number(other)) for one, other in found.pairs}
    rest = [each for place, differences in by_turn.items() if place not in pairs for each in differences]
    if rest:
        yield Line()
        yield text.plain("Elsewhere", "title")
        yield from map(_difference, rest)


def _pair(one: Turn | None, other: Turn | None, differences: Sequence[Difference], half: int) -> Iterator[Line]:
    sign = _ONLY_A if other is None else _ONLY_B if one is None else _OTHER if differences else _SAME
    style = "good" if sign == _SAME else "warning"
    left, right = _column(one, half), _column(other, half)
    for row in range(max(len(left), len(right))):
        a = left[row] if row < len(left) else Line()
        b = right[row] if row < len(right) else Line()
        middle = Span(sign if row == 0 else " │ ", style if row == 0 else "dim")
        is_place = row == 0 and sign != _SAME and not any(map(_has_line, differences))
        yield Line((*_fit(a, half), middle, *_fit(b, half)), _PLACE if is_place else None)


def _has_line(difference: Difference) -> bool:
    """Tell whether a difference is more than a turn without a counterpart, which is seen."""
    return difference.what != "turn" or difference.aspect is Aspect.ORDER


def _fit(line: Line, width: int) -> tuple[Span, ...]:
    fitted = text.fit(line, width)
    return (*fitted.spans, Span(" " * max(0, width - fitted.width)))


def _column(turn: Turn | None, width: int) -> list[Line]:
    """Return a turn in one column."""
    if turn is None:
        return []
    cut = "  interrupted" if turn.interrupted else ""
    told = [Line((Span(f"turn {turn.number}  {text.clock(turn.start.t)}", "title"), Span(cut, "warning")))]
    told += _said("user", turn.said, "client") if turn.said else ()
    for call in turn.calls:
        output = f" → {text.clip(call.output, _CLIP)}" if call.output is not None else ""
        told += _said("tool", f"{call.name}({text.clip(call.arguments, _CLIP)}){output}", "key")
    told += _said("assistant", turn.replied, "server") if turn.replied else ()
    return list(text.wrap(told, width))


def _said(who: str, words: str, style: str) -> Iterable[Line]:
    return (Line((Span(f"{who} ", style), Span(text.safe(words))), indent=2),)


def _difference(each: Difference) -> Line:
    head = Span(f"   {each.aspect.value}  ", "warning")
    if each.words:
        spans = [head, Span(f"{text.safe(each.what)}: ", "key")]
        for run in each.words:
            mark = {"a": ("[-", "-] ", "error"), "b": ("{+", "+} ", "good")}.get(run.op, ("", " ", ""))
            spans.append(Span(f"{mark[0]}{text.safe(text.clip(run.text, _CLIP))}{mark[1]}", mark[2]))
        return Line(tuple(spans), _PLACE, indent=5)
    told = (Span(f"{text.safe(each.what)}: ", "key"), Span(f"{_value(each.a)} → {_value(each.b)}"))
    return Line((head, *told), _PLACE, indent=5)


def _value(value: Any) -> str:
    if value is NOTHING:
        return "nothing"
    shown = repr(value) if isinstance(value, str) else orjson.dumps(value, default=repr).decode()
    return text.safe(text.clip(shown, _CLIP))


def _number(turn: Turn | None) -> int | None:
    return turn.number if turn is not None else None
