"""A comparison of two sessions for people: as text, and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Protocol

import orjson

from realtime_inspector.analysis.diff import Comparison
from realtime_inspector.analysis.differences.difference import NOTHING, Aspect, Difference, Words
from realtime_inspector.analysis.differences.figures import Row
from realtime_inspector.cli.output import Ink
from realtime_inspector.formats.markdown import code, escape
from realtime_inspector.recording.printable import printable

_CLIP = 160
_CONTEXT_WORDS = 6
"""So many words that both have are shown around those that differ."""
_NAMES = {
    "answer_ms": "asked to first output, median",
    "voice_to_voice_ms": "user silent to audio, median",
    "generation_ms": "response, median",
    "tool_round_trip_ms": "tool, median",
    "length_s": "length",
    "tokens": "tokens",
    "cost_usd": "cost",
}


class Style(Protocol):
    """How words and values are marked."""

    def words(self, words: Sequence[Words]) -> str:
        """Return a text with what differs marked."""

    def value(self, value: Any) -> str:
        """Return a value."""


class Plain:
    """Text for a terminal or a log: `[-old-]`, `{+new+}`."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink

    def words(self, words: Sequence[Words]) -> str:
        """Return a text with what differs marked."""
        signs = {"a": ("[-", "-]", "red"), "b": ("{+", "+}", "green")}
        parts = []
        for run in _shortened(words):
            if run.op == "same":
                parts.append(printable(run.text))
                continue
            before, after, colour = signs[run.op]
            parts.append(self._ink(f"{before}{printable(run.text)}{after}", colour))
        return " ".join(parts)

    def value(self, value: Any) -> str:
        """Return a value as JSON; a string in quotes."""
        return _shown(value)


class Marked:
    """Markdown: what is gone struck through, what is new in bold."""

    def words(self, words: Sequence[Words]) -> str:
        """Return a text with what differs marked."""
        signs = {"a": "~~", "b": "**", "same": ""}
        return " ".join(f"{signs[run.op]}{escape(run.text)}{signs[run.op]}" for run in _shortened(words))

    def value(self, value: Any) -> str:
        """Return a value as code."""
        return "nothing" if value is NOTHING else code(_shown(value))


def text(found: Comparison, names: tuple[str, str], ink: Ink) -> Iterator[str]:
    """Yield the lines of a comparison for a terminal; `names` are those of the two files."""
    style = Plain(ink)
    for side, name, told in (("a", names[0], found.a), ("b", names[1], found.b)):
        turns = _count(len(told.turns), "turn")
        yield f"{side}: {printable(name)}  {turns}, {told.session.now:.1f} s, {printable(told.ended)}"
    for name, differences in _sections(found):
        yield ""
        yield ink(name, "bold")
        yield from (f"  {line}" for difference in differences for line in _lines(difference, style))
    yield ""
    yield from (f"  {line}" for line in _figures(found.rows))
    yield _verdict(found)


def markdown(found: Comparison, names: tuple[str, str]) -> Iterator[str]:
    """Yield the lines of a comparison as Markdown."""
    style = Marked()
    yield f"# {code(names[0])} and {code(names[1])}"
    yield ""
    yield f"**{_verdict(found)}**"
    for name, differences in _sections(found):
        yield ""
        yield f"## {name}"
        yield ""
        yield from (f"- {line}" for difference in differences for line in _lines(difference, style))
    yield ""
    yield "| figure | a | b | change |"
    yield "|---|---:|---:|---:|"
    for row in found.rows:
        if row.a is not None or row.b is not None:
            yield f"| {_NAMES[row.name]} | {_amount(row.name, row.a)} | {_amount(row.name, row.b)} | {_change(row)} |"


def sentence(difference: Difference) -> str:
    """Return a difference in one line."""
    return "; ".join(_lines(difference, Plain(Ink(on=False))))


def _sections(found: Comparison) -> Iterator[tuple[str, list[Difference]]]:
    for name, differences in groupby(found.differences, title):
        yield name, list(differences)


def title(difference: Difference) -> str:
    """Return where in the sessions a difference is: its turn, or its aspect."""
    place = difference.place
    if difference.aspect is Aspect.CONFIGURATION:
        return "configuration"
    if difference.aspect in {Aspect.ERRORS, Aspect.END, Aspect.COST}:
        return difference.aspect.value
    if place.turn_a is None and place.turn_b is None:
        return "out of band"
    if place.turn_a == place.turn_b:
        return f"turn {place.turn_a}"
    if place.turn_a is not None and place.turn_b is not None:
        return f"turn {place.turn_a} of a, turn {place.turn_b} of b"
    return f"turn {place.turn_a}, only in a" if place.turn_a is not None else f"turn {place.turn_b}, only in b"


def _lines(difference: Difference, style: Style) -> Iterator[str]:
    a, b, what = difference.a, difference.b, difference.what
    if difference.words:
        yield f"{_plain(what, style)}: {style.words(difference.words)}"
    elif what == "turn" and difference.aspect is Aspect.TURNS:
        shown = a if b is NOTHING else b
        yield f"{shown['who']}: {style.value(shown['text'])}"
    elif difference.aspect is Aspect.ORDER and what == "turn":
        yield f"order: {_plain(', '.join(a), style)} → {_plain(', '.join(b), style)}"
    elif difference.aspect is Aspect.ORDER:
        yield "it stands elsewhere"
    elif difference.aspect is Aspect.LATENCY:
        yield f"{_NAMES.get(what, what).partition(',')[0]}: {a:.0f} ms → {b:.0f} ms, more than allowed"
    elif difference.aspect is Aspect.COST:
        yield f"{_amount(what, a)} → {_amount(what, b)}, more than allowed"
    elif difference.aspect is Aspect.ERRORS or what == "call":
        shown, where = (a, "only in a") if b is NOTHING else (b, "only in b")
        yield f"{what}, {where}: {style.value(shown)}"
    else:
        yield f"{_plain(what, style)}: {style.value(a)} → {style.value(b)}"


def _plain(words: str, style: Style) -> str:
    return escape(words) if isinstance(style, Marked) else printable(words)


def _figures(rows: Sequence[Row]) -> Iterator[str]:
    known = [row for row in rows if row.a is not None or row.b is not None]
    wide = max((len(_NAMES[row.name]) for row in known), default=0)
    for row in known:
        a, b = _amount(row.name, row.a), _amount(row.name, row.b)
        yield f"{_NAMES[row.name]:<{wide}}  {a:>10} → {b:<10} {_change(row)}".rstrip()


def _amount(name: str, value: float | None) -> str:
    if value is None:
        return "unknown"
    if name == "cost_usd":
        return f"${value:.4f}"
    if name == "tokens":
        return f"{value:.0f}"
    return f"{value:.1f} s" if name == "length_s" else f"{value:.0f} ms"


def _change(row: Row) -> str:
    return f"{row.change:+.0f} %" if row.change is not None and abs(row.change) >= 0.5 else ""


def _verdict(found: Comparison) -> str:
    if found.same:
        return "no difference"
    parts = ", ".join(f"{aspect.value} {count}" for aspect, count in found.counts.items())
    return f"{_count(len(found.differences), 'difference')}: {parts}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _shortened(words: Sequence[Words]) -> Iterator[Words]:
    """Yield runs of words, what is the same cut to a few around each difference."""
    for at, run in enumerate(words):
        parts = run.text.split(" ")
        before = _CONTEXT_WORDS if at > 0 else 0
        after = _CONTEXT_WORDS if at < len(words) - 1 else 0
        if run.op != "same" or len(parts) <= before + after + 1:
            yield run
        else:
            yield Words("same", " ".join([*parts[:before], "…", *(parts[-after:] if after else [])]))


def _shown(value: Any) -> str:
    if value is NOTHING:
        return "nothing"
    shown = repr(value) if isinstance(value, str) else orjson.dumps(value, default=repr).decode()
    shown = printable(shown)
    return shown if len(shown) <= _CLIP else f"{shown[: _CLIP - 1]}…"
