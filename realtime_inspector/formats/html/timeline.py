"""The timeline as a drawing: both voices with their waveforms, what was heard of the assistant, tools, and findings."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.formats.html.tags import Html, join, tag
from realtime_inspector.formats.sound import Sound
from realtime_inspector.formats.voices import Layout, item_of
from realtime_inspector.recording.entry import Side

_WIDTH = 1080
_PER_SECOND = 14
"""So many units a second has at least; a longer call is scrolled."""
_MOST_WIDTH = 30_000
_TOP, _LANE, _GAP = 26, 70, 8
_TOOLS = 18
_STEPS_S = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
_PEAK_EVERY = 2
_LABEL = 40
"""What a time at the end of the axis needs."""


def draw(layout: Layout, sound: Sound | None, turns: Sequence[Turn], findings: Sequence[Finding]) -> Html:
    """Return the drawing; without a sound it has no waveforms."""
    seconds = max(0.001, layout.seconds(layout.end))
    width = min(_MOST_WIDTH, max(_WIDTH, round(seconds * _PER_SECOND)))
    scale = width / seconds
    height = _TOP + 2 * (_LANE + _GAP) + _TOOLS + 8
    parts = [
        *_axis(seconds, scale, height),
        *_lane("user", 0, layout, scale),
        *_lane("assistant", 1, layout, scale),
        *(_waves(layout, sound, width) if sound is not None else ()),
        *_written(turns, layout, scale),
        *_tools(turns, seconds, scale),
        *_marks(findings, scale),
        tag("line", id="head", x1=0, x2=0, y1=14, y2=height, class_="head"),
    ]
    drawing = tag(
        "svg", *parts, id="timeline", viewBox=f"0 0 {width} {height}", width=width, height=height, role="img",
        aria_label="timeline: the user's voice above, the assistant's below", data_length=f"{seconds:.6f}",
    )  # fmt: skip
    return tag("div", drawing, class_="scroll", tabindex=0)


def _axis(seconds: float, scale: float, height: int) -> Iterator[Html]:
    step = next((step for step in _STEPS_S if step * scale >= 60), _STEPS_S[-1])
    for count in range(int(seconds / step) + 1):
        at = count * step
        yield tag("line", x1=at * scale, x2=at * scale, y1=_TOP - 6, y2=height, class_="grid")
        if (seconds - at) * scale > _LABEL:
            yield tag("text", _clock(at), x=at * scale + 3, y=_TOP - 8, class_="tick")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}" if minutes else f"{rest:g} s"


def _lane(name: str, row: int, layout: Layout, scale: float) -> Iterator[Html]:
    top = _TOP + row * (_LANE + _GAP)
    yield tag("rect", x=0, y=top, width="100%", height=_LANE, class_="lane")
    per = scale / layout.rate
    if row == 0:
        for window in layout.spoken.values():
            yield _span(window.start * per, window.end * per, top, "speech", "the user speaks, as the server hears it")
    else:
        for voice in layout.voices.values():
            until = voice.end if voice.clip is None else max(voice.start, min(voice.clip, voice.end))
            yield _span(voice.start * per, voice.heard * per, top, "heard", "heard")
            if voice.heard < until:
                yield _span(voice.heard * per, until * per, top, "unheard", "generated, not heard")
    yield tag("text", name, x=4, y=top + 12, class_="name")


def _span(start: float, end: float, top: float, kind: str, title: str) -> Html:
    mark = tag("rect", x=start, y=top, width=max(1.0, end - start), height=_LANE, class_=kind)
    return tag("g", tag("title", title), mark)


def _waves(layout: Layout, sound: Sound, width: int) -> Iterator[Html]:
    buckets = width // _PEAK_EVERY
    for row, side in enumerate((Side.CLIENT, Side.SERVER)):
        peaks = _peaks(sound, side, buckets, layout.end)
        middle = _TOP + row * (_LANE + _GAP) + _LANE / 2
        reach = (_LANE - 6) / 2 / 32768
        upper = [f"{at * _PEAK_EVERY},{middle - peak * reach:.1f}" for at, peak in enumerate(peaks)]
        lower = [f"{at * _PEAK_EVERY},{middle + peak * reach:.1f}" for at, peak in enumerate(peaks)]
        yield tag("path", d=f"M{' '.join([*upper, *reversed(lower)])}Z", class_="wave")


def _peaks(sound: Sound, side: Side, buckets: int, length: int) -> list[int]:
    """Return the loudest sample of each of so many parts of the axis."""
    found = []
    for at in range(buckets):
        start, end = length * at // buckets, length * (at + 1) // buckets
        samples = array("h", sound.read(side, start, max(1, end - start)))
        found.append(max((max(samples), -min(samples))))
    return found


def _written(turns: Sequence[Turn], layout: Layout, scale: float) -> Iterator[Html]:
    """Yield what was written, not said."""
    for turn in turns:
        for utterance in turn.user:
            if item_of(utterance) not in layout.spoken:
                yield _span(utterance.start.t * scale, utterance.start.t * scale + 3, _TOP, "text", "the user writes")
        for item in turn.items:
            if item.id not in layout.voices and item.first is not None:
                until = item.done.t if item.done is not None else item.first.t
                yield _span(item.first.t * scale, until * scale, _TOP + _LANE + _GAP, "text", "the assistant writes")


def _tools(turns: Sequence[Turn], seconds: float, scale: float) -> Iterator[Html]:
    top = _TOP + 2 * (_LANE + _GAP)
    for turn in turns:
        for call in turn.calls:
            if call.done is None:
                continue
            end = call.outputs[0].t if call.outputs else seconds
            title = f"tool {call.name}" if call.outputs else f"tool {call.name}, never answered"
            wide = max(2.0, (end - call.done.t) * scale)
            bar = tag("rect", x=call.done.t * scale, y=top, width=wide, height=_TOOLS,
                      class_="tool" if call.outputs else "tool open")  # fmt: skip
            shown = (call.name or "tool")[:30] + ("" if call.outputs else ": no output")
            name = tag("text", shown, x=call.done.t * scale + 3, y=top + 13, class_="name")
            yield tag("g", tag("title", title), bar, name)


def _marks(findings: Sequence[Finding], scale: float) -> Iterator[Html]:
    for number, finding in enumerate(findings):
        x = finding.t * scale
        shape = tag("polygon", points=f"{x - 5:.1f},0 {x + 5:.1f},0 {x:.1f},10", class_=f"mark {finding.severity}")
        title = tag("title", f"{finding.severity} {finding.rule} {finding.name}")
        yield tag("a", title, shape, href=f"#f{number}")


def legend() -> Html:
    """Return what the colours mean."""
    kinds = (
        ("speech", "user speaks, as the server hears it"),
        ("heard", "assistant, heard"),
        ("unheard", "generated, not heard"),
        ("text", "written"),
        ("tool", "tool at work"),
    )
    swatch = [join(tag("i", class_=f"swatch {kind}"), f" {words}  ") for kind, words in kinds]
    return tag("p", *swatch, class_="legend")
