"""The turns as waterfalls: a bar for each thing that took time, on the turn's own scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.formats.html import units
from realtime_inspector.formats.html.tags import Html, percent, tag
from realtime_inspector.formats.voices import Layout

_MOST_TURNS = 300
_OPEN, _SLOWEST = 6, 3
"""So many turns are all unfolded; of more, only the slowest ones."""
_SHORTEST_S = 0.0005
"""What took less is no wait."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that took time, in seconds of the recording."""

    name: str
    kind: str
    start: float
    end: float


def draw(turns: Sequence[Turn], layout: Layout) -> Html:
    """Return the turns, each behind a fold, those unfolded that tell most."""
    waits = {turn.number: waited(turn) for turn in turns}
    slowest = sorted(waits, key=lambda number: -waits[number])
    unfolded = {*slowest[: _OPEN if len(turns) <= _OPEN else _SLOWEST]}
    parts = [_turn(turn, layout, is_open=turn.number in unfolded) for turn in turns[:_MOST_TURNS]]
    if len(turns) > _OPEN:
        parts.insert(0, tag("p", f"The {_SLOWEST} slowest are unfolded.", class_="note"))
    if len(turns) > _MOST_TURNS:
        parts.append(tag("p", f"{len(turns) - _MOST_TURNS:,} more turns: `realtime-inspector show` tells them."))
    if not turns:
        parts.append(tag("p", "Nobody took a turn."))
    return tag("section", tag("h2", "Turns"), *parts, id="turns")


def waited(turn: Turn) -> float:
    """Return how long the user waited, in milliseconds; 0 where he did not, or nothing says how long."""
    return metrics.voice_to_voice_ms(turn) or (metrics.answer_ms(turn) if turn.user else 0) or 0


def _turn(turn: Turn, layout: Layout, *, is_open: bool) -> Html:
    found = [bar for bar in bars(turn, layout) if bar.end - bar.start >= _SHORTEST_S]
    title = (tag("h3", f"Turn {turn.number}"), " ", tag("bdi", units.clipped(turn.said, 60), class_="said"))
    head = tag("summary", *title, tag("span", _title(turn), class_="note"))
    return tag("details", head, _drawing(turn, found) if found else None, class_="turn", id=f"turn{turn.number}",
               open=is_open)  # fmt: skip


def _title(turn: Turn) -> str:
    waits = (("answered in", metrics.answer_ms(turn)), ("voice to voice", metrics.voice_to_voice_ms(turn)))
    facts = [f"{words} {units.ms(value)}" for words, value in waits if value is not None and turn.user]
    return ", ".join([*facts, *(["interrupted"] if turn.interrupted else [])])


def bars(turn: Turn, layout: Layout) -> Iterator[Bar]:
    """Yield what took time in a turn, in the order in which it began."""
    if turn.speech_start_t is not None and turn.silent_t is not None and turn.speech_start_t <= turn.silent_t:
        yield Bar("user speaks", "speech", turn.speech_start_t, turn.silent_t)
    if turn.silent_t is not None and turn.speech_stop_t is not None:
        yield Bar("end of speech noticed", "wait", turn.silent_t, turn.speech_stop_t)
    asked = turn.speech_stop_t if turn.speech_stop_t is not None else turn.committed_t
    for response in turn.responses:
        begun = response.request.at.t if response.request is not None else asked
        if begun is not None and begun <= response.created.t:
            yield Bar("until the response began", "wait", begun, response.created.t)
        asked = None
        if response.first_output is not None:
            yield Bar("until its first output", "wait", response.created.t, response.first_output.t)
        if response.done is not None:
            start = response.first_output or response.created
            yield Bar(f"generated ({response.status})", "generate", start.t, response.done.t)
        for item_id in response.item_ids:
            voice = layout.voices.get(item_id)
            if voice is not None:
                yield Bar("played", "heard", layout.seconds(voice.start), layout.seconds(voice.heard))
        for call in turn.calls:
            if call.response_id == response.id and call.done is not None and call.outputs:
                yield Bar(f"tool {call.name}", "tool", call.done.t, call.outputs[0].t)


def _drawing(turn: Turn, found: Sequence[Bar]) -> Html:
    first = min(bar.start for bar in found)
    whole = max(0.001, max(bar.end for bar in found) - first)
    rows = [_row(bar, first, whole) for bar in found]
    return tag("table", tag("caption", f"What took time in turn {turn.number}", class_="aloud"), tag("tbody", *rows),
               class_="waterfall")  # fmt: skip


def _row(bar: Bar, first: float, whole: float) -> Html:
    shape = tag("rect", x=percent(bar.start - first, whole), y=0, width=percent(bar.end - bar.start, whole), height=14,
                class_=bar.kind)  # fmt: skip
    drawing = tag("svg", shape, width="100%", height=14, aria_hidden="true")
    name = tag("th", units.clipped(bar.name, 40), scope="row")
    return tag("tr", name, tag("td", drawing), tag("td", units.ms((bar.end - bar.start) * 1000)))
