"""The timeline as a drawing: both voices with their waveforms, what was heard of the assistant, tools, and findings.

Places along it are parts of its width, so that it is as wide as the page, and longer calls can be scrolled and widened.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.folding import Told
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.formats.html import units
from realtime_inspector.formats.html.findings import name_of
from realtime_inspector.formats.html.study import MOST_TOLD
from realtime_inspector.formats.html.tags import Html, join, percent, tag
from realtime_inspector.formats.sound import Sound
from realtime_inspector.formats.voices import Layout, Voice, item_of
from realtime_inspector.recording.entry import Side

_WIDTH = 620
"""It is at least so wide; a page has more room, a telephone scrolls."""
_PER_SECOND = 14
"""So many units a second has at least."""
_MOST_WIDTH = 30_000
_TOP, _LANE, _GAP = 34, 70, 8
_TOOLS = 18
_STEPS_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_TICK = 56
"""What a time on the axis needs."""
_PEAK_EVERY = 2
_MOST_PEAKS = 12_000
_LOOKED_AT = 400
"""So many samples of a peak's are looked at: of many, each so-manieth."""
_SHAPES = {
    Severity.ERROR: "M-7,1 H7 L0,14 Z",
    Severity.WARNING: "M0,0 L7,7 L0,14 L-7,7 Z",
    Severity.INFO: "M-4,4 H4 V12 H-4 Z",
}
"""Each has a shape of its own: colours alone say nothing."""
_MOST_MARKS = 20
"""So many of findings that are alike are marked."""


@dataclass(frozen=True, slots=True)
class _Axis:
    """Times as places of the drawing."""

    seconds: float
    width: int

    def at(self, t: float) -> str:
        return percent(t, self.seconds)

    def wide(self, start: float, end: float, least: float = 1.5) -> str:
        """Return a width; nothing is so short that it cannot be seen."""
        return percent(max(least * self.seconds / self.width, end - start), self.seconds)


def draw(layout: Layout, sound: Sound | None, turns: Sequence[Turn], findings: Sequence[Told]) -> Html:
    """Return the drawing; without a sound it has no waveforms."""
    seconds = max(0.001, layout.seconds(layout.end))
    axis = _Axis(seconds, min(_MOST_WIDTH, max(_WIDTH, round(seconds * _PER_SECOND))))
    height = _TOP + 2 * (_LANE + _GAP) + _TOOLS + 8
    parts = [
        _hatching(),
        *_ticks(axis, height),
        *_lane("user", 0, layout, axis),
        *_lane("assistant", 1, layout, axis),
        *(_waves(layout, sound, axis.width) if sound is not None else ()),
        *_written(turns, layout, axis),
        *_tools(turns, axis),
        *_marks(findings, axis),
        tag("line", id="head", x1=0, x2=0, y1=14, y2=height, class_="head"),
    ]
    drawing = tag("svg", *parts, id="timeline", width=axis.width, height=height, data_length=f"{seconds:.6f}",
                  role="group", aria_label="timeline: the user's voice above, the assistant's below")  # fmt: skip
    cursor = tag("input", type="range", id="cursor", min=0, max=f"{seconds:.3f}", step=0.1, value=0, hidden=True,
                 aria_label="place in the call")  # fmt: skip
    lanes = tag("div", drawing, cursor, class_="lanes")
    return tag("section", lanes, class_="scroll", tabindex=0, aria_label="timeline of the call")


def _hatching() -> Html:
    line = tag("path", d="M-2,2 L2,-2 M0,8 L8,0 M6,10 L10,6", class_="hatching")
    made = tag("pattern", line, id="hatch", width=8, height=8, patternUnits="userSpaceOnUse")
    return tag("defs", made)


def _ticks(axis: _Axis, height: int) -> Iterator[Html]:
    per_second = axis.width / axis.seconds
    step = next((step for step in _STEPS_S if step * per_second >= _TICK), _STEPS_S[-1])
    for count in range(int(axis.seconds / step) + 1):
        at = axis.at(count * step)
        yield tag("line", x1=at, x2=at, y1=_TOP - 6, y2=height, class_="grid")
        if (axis.seconds - count * step) * per_second > _TICK:
            yield tag("text", _clock(count * step), x=at, dx=3, y=_TOP - 9, class_="tick")


def _clock(seconds: float) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{int(hours)}:{int(minutes):02}:{int(rest):02}"
    return f"{int(minutes)}:{rest:04.1f}" if minutes else f"{rest:g} s"


def _lane(name: str, row: int, layout: Layout, axis: _Axis) -> Iterator[Html]:
    top = _TOP + row * (_LANE + _GAP)
    yield tag("rect", x=0, y=top, width="100%", height=_LANE, class_="lane")
    if row == 0:
        for window in layout.spoken.values():
            at = (layout.seconds(window.start), layout.seconds(window.end))
            yield _span(at, axis, top, "speech", "the user speaks, as the server hears it")
    else:
        for voice in layout.voices.values():
            yield from _voice(voice, layout, axis, top)
    yield tag("text", name, x=4, y=top + 13, class_="name")


def _voice(voice: Voice, layout: Layout, axis: _Axis, top: float) -> Iterator[Html]:
    until = voice.end if voice.clip is None else max(voice.start, min(voice.clip, voice.end))
    start, heard, end = (layout.seconds(place) for place in (voice.start, voice.heard, until))
    yield _span((start, heard), axis, top, "heard", "heard")
    if voice.heard < until:
        yield _span((heard, end), axis, top, "unheard", "generated, not heard")
        yield tag(
            "rect",
            x=axis.at(heard),
            y=top,
            width=axis.wide(heard, end),
            height=_LANE,
            fill="url(#hatch)",
            class_="over",
        )


def _span(at: tuple[float, float], axis: _Axis, top: float, kind: str, title: str) -> Html:
    shape = tag("rect", x=axis.at(at[0]), y=top, width=axis.wide(*at), height=_LANE, class_=kind)
    return tag("g", tag("title", title), shape)


def _waves(layout: Layout, sound: Sound, width: int) -> Iterator[Html]:
    buckets = min(_MOST_PEAKS, width // _PEAK_EVERY)
    for row, side in enumerate((Side.CLIENT, Side.SERVER)):
        peaks = _peaks(sound, side, buckets, layout.end)
        upper = [f"{at},{32 - peak / 1024:.1f}" for at, peak in enumerate(peaks)]
        lower = [f"{at},{32 + peak / 1024:.1f}" for at, peak in enumerate(peaks)]
        wave = tag("path", d=f"M{' '.join([*upper, *reversed(lower)])}Z", class_="wave")
        top = _TOP + row * (_LANE + _GAP) + 3
        yield tag("svg", wave, x=0, y=top, width="100%", height=_LANE - 6, viewBox=f"0 0 {buckets} 64",
                  preserveAspectRatio="none")  # fmt: skip


def _peaks(sound: Sound, side: Side, buckets: int, length: int) -> list[int]:
    """Return the loudest sample of each of so many parts of the axis."""
    found = []
    for at in range(buckets):
        start, end = length * at // buckets, length * (at + 1) // buckets
        samples = array("h", sound.read(side, start, max(1, end - start)))
        samples = samples[:: max(1, len(samples) // _LOOKED_AT)]
        found.append(max((max(samples), -min(samples))))
    return found


def _written(turns: Sequence[Turn], layout: Layout, axis: _Axis) -> Iterator[Html]:
    """Yield what was written, not said."""
    for turn in turns:
        for utterance in turn.user:
            if item_of(utterance) not in layout.spoken:
                at = utterance.start.t
                yield _span((at, at), axis, _TOP, "text", "the user writes")
        for item in turn.items:
            if item.id not in layout.voices and item.first is not None:
                until = item.done.t if item.done is not None else item.first.t
                yield _span((item.first.t, until), axis, _TOP + _LANE + _GAP, "text", "the assistant writes")


def _tools(turns: Sequence[Turn], axis: _Axis) -> Iterator[Html]:
    top = _TOP + 2 * (_LANE + _GAP)
    for turn in turns:
        for call in turn.calls:
            if call.done is None:
                continue
            end = call.outputs[0].t if call.outputs else axis.seconds
            title = f"tool {call.name}" if call.outputs else f"tool {call.name}, never answered"
            place, wide = axis.at(call.done.t), axis.wide(call.done.t, end, least=2.5)
            bar = tag("rect", x=place, y=top, width=wide, height=_TOOLS, class_="tool" if call.outputs else "tool open")
            is_late = call.done.t > 0.8 * axis.seconds  # its name would leave the drawing
            shown = units.clipped(call.name or "tool", 30) + ("" if call.outputs else ": no output")
            name = tag("text", shown, x=place, dx=-4 if is_late else 4, y=top + 13, class_="name",
                       text_anchor="end" if is_late else None)  # fmt: skip
            yield tag("g", tag("title", title), bar, name)


def _marks(findings: Sequence[Told], axis: _Axis) -> Iterator[Html]:
    """Yield the findings at their times: links to where each is told, the worst on top."""
    for number, one in reversed([*enumerate(findings[:MOST_TOLD])]):
        for finding in reversed(one.same[:_MOST_MARKS]):
            told = f"{name_of(finding)}, at {units.clock(finding.t)}"
            shape = tag("path", d=_SHAPES[finding.severity], class_=f"mark {finding.severity}")
            room = tag("rect", x=-12, y=-5, width=24, height=24, class_="room")
            place = tag("svg", tag("title", told), room, shape, x=axis.at(finding.t), y=2, class_="place")
            is_first = finding is one.same[0]
            yield tag("a", place, href=f"#f{number}", aria_label=told, tabindex=None if is_first else -1)


def legend() -> Html:
    """Return what the colours mean."""
    kinds = (
        ("speech", "user speaks, as the server hears it"),
        ("heard", "assistant, heard"),
        ("unheard", "generated, not heard (hatched)"),
        ("text", "written"),
        ("tool", "tool at work"),
    )
    swatch = [tag("li", tag("i", class_=f"swatch {kind}"), f" {words}") for kind, words in kinds]
    marks = [
        tag("li", tag("svg", tag("path", d=shape, class_=f"mark {severity}", transform="translate(8)"), width=16,
                      height=15, aria_hidden="true"), f" {severity}")
        for severity, shape in _SHAPES.items()
    ]  # fmt: skip
    return join(tag("ul", *swatch, *marks, class_="legend"))
