"""The turns as waterfalls: a bar for each thing that took time, on the turn's own scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.formats.html import units
from realtime_inspector.formats.html.tags import Html, tag
from realtime_inspector.formats.voices import Layout

_WIDTH, _LEFT, _ROW = 1080, 190, 20
_MOST_TURNS = 300


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that took time, in seconds of the recording."""

    name: str
    kind: str
    start: float
    end: float


def draw(turns: list[Turn], layout: Layout) -> Iterator[Html]:
    """Yield a turn's title and drawing, one after the other."""
    for turn in turns[:_MOST_TURNS]:
        found = [bar for bar in bars(turn, layout) if bar.end >= bar.start]
        yield tag("h3", _title(turn))
        if found:
            yield tag("div", _drawing(found), class_="scroll")
    if len(turns) > _MOST_TURNS:
        yield tag("p", f"{len(turns) - _MOST_TURNS} more turns")


def _title(turn: Turn) -> str:
    facts = [f"Turn {turn.number}"]
    waits = (("answered in", metrics.answer_ms(turn)), ("voice to voice", metrics.voice_to_voice_ms(turn)))
    facts += [f"{words} {units.ms(value)}" for words, value in waits if value is not None and turn.user]
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


def _drawing(found: list[Bar]) -> Html:
    first, last = min(bar.start for bar in found), max(bar.end for bar in found)
    scale = (_WIDTH - _LEFT - 90) / max(0.001, last - first)
    parts: list[Html] = []
    for row, bar in enumerate(found):
        top = row * _ROW
        x, wide = _LEFT + (bar.start - first) * scale, max(1.5, (bar.end - bar.start) * scale)
        parts += [
            tag("text", bar.name[:30], x=_LEFT - 8, y=top + 14, class_="name", text_anchor="end"),
            tag("rect", x=x, y=top + 3, width=wide, height=_ROW - 6, class_=bar.kind),
            tag("text", units.ms((bar.end - bar.start) * 1000), x=x + wide + 5, y=top + 14, class_="tick"),
        ]
    height = len(found) * _ROW + 4
    return tag("svg", *parts, viewBox=f"0 0 {_WIDTH} {height}", width=_WIDTH, height=height, role="img",
               aria_label="waterfall of the turn")  # fmt: skip
