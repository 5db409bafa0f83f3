"""The Timeline pane: both sides' sound, speech, waits, responses and tools on one axis of time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.tui import text
from realtime_inspector.tui.rows import MARKS
from realtime_inspector.tui.text import Line, Span
from realtime_inspector.tui.waveform import TOP, Lane, Waveform

LABEL_WIDTH = 10
MIN_SPAN_S = 0.2
UNHEARD = "░"
_BLOCKS = " ▁▂▃▄▅▆▇█"
_TICKS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 36000)
_TICK_CELLS = 12
_TALL = 24
"""From so many lines on, the sound has more of them."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that lasted."""

    start: float
    end: float
    name: str = ""
    open: bool = False
    """It had not ended where the recording does."""


@dataclass(frozen=True, slots=True)
class Model:
    """What happened when, as far as a session tells."""

    speech: Sequence[Stretch] = ()
    waits: Sequence[Stretch] = ()
    responses: Sequence[Stretch] = ()
    tools: Sequence[Stretch] = ()
    marks: Sequence[tuple[float, str, str]] = ()
    """Time, sign and style of what was found."""
    length_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of it is shown."""

    start: float = 0.0
    span: float = 1.0
    width: int = 60
    """Cells of the axis."""

    @property
    def cell_s(self) -> float:
        """How long one cell is."""
        return self.span / max(1, self.width)

    def column(self, t: float) -> int:
        """Return the cell of a moment, also outside of what is shown."""
        return int((t - self.start) // self.cell_s)

    def zoomed(self, factor: float, around: float, length_s: float) -> Window:
        """Return a window on so many times as much, a moment kept where it is."""
        whole = max(MIN_SPAN_S, length_s)
        span = min(whole, max(MIN_SPAN_S, self.span * factor))
        share = (around - self.start) / self.span if self.span else 0.0
        return self.at(around - min(1.0, max(0.0, share)) * span, span, length_s)

    def showing(self, t: float, length_s: float) -> Window:
        """Return a window that has a moment in it."""
        if self.start <= t < self.start + self.span:
            return self
        return self.at(t - self.span / 2, self.span, length_s)

    def at(self, start: float, span: float, length_s: float) -> Window:
        """Return a window at a place, as far as there is something to show."""
        return Window(max(0.0, min(start, length_s - span)), span, self.width)


def model(session: State, turns: Iterable[Turn], findings: Iterable[Finding], length_s: float) -> Model:
    """Return what happened when."""
    speech = [_stretch(s.started_t, s.stopped_t, length_s) for s in session.input_audio.speech]
    responses = [
        _stretch(r.created.t, r.done.t if r.done else None, length_s, text.short_id(r.id))
        for r in session.responses.values()
    ]
    tools = [
        _stretch(c.done.t, c.outputs[0].t if c.outputs else None, length_s, text.safe(c.name))
        for c in session.calls.values()
        if c.done is not None and not c.by_client
    ]
    waits = [
        Stretch(begun, turn.first_audio_t)
        for turn in turns
        if (begun := _spoke(turn)) is not None and turn.first_audio_t is not None and turn.first_audio_t > begun
    ]
    marks = [(finding.t, MARKS[finding.severity], finding.severity.value) for finding in findings]
    marks.sort(key=lambda mark: list(MARKS.values()).index(mark[1]), reverse=True)  # the worst is drawn last
    return Model(speech, waits, responses, tools, marks, length_s)


def lines(
    shown: Model, sound: Waveform, window: Window, cursor: float, height: int, playing: float | None = None
) -> list[Line]:
    """Return the lanes with the cursor on them, and beneath them what is played."""
    tall = max(1, min(6, (height - 10) // 3)) if height >= _TALL else 2
    rows = [
        _axis(window),
        *_wave("user", sound.user, window, tall, "client"),
        _lane("speech", shown.speech, window, "client"),
        _lane("waiting", shown.waits, window, "warning"),
        *_wave("assistant", sound.assistant, window, tall, "server"),
        _lane("response", shown.responses, window, "server"),
        _lane("tool", shown.tools, window, "key"),
        _found(shown.marks, window),
    ]
    at = window.column(cursor)
    drawn = [_line(row, at if number else -1) for number, row in enumerate(rows)]
    marks = {at: Span("▲", "title")}
    if playing is not None:
        marks[window.column(playing)] = Span("▶", "good")
    return [*drawn, _foot(marks, window)]


def about(shown: Model, cursor: float) -> str:
    """Say what goes on at a moment."""
    told = [
        *(["the user speaks"] if _any(shown.speech, cursor) else []),
        *(["the user waits"] if _any(shown.waits, cursor) else []),
        *(f"response {each.name}" for each in _within(shown.responses, cursor)),
        *(f"tool {each.name}" for each in _within(shown.tools, cursor)),
    ]
    return ", ".join(told) or "nothing goes on"


def position_at(times: Sequence[float], t: float) -> int:
    """Return the position of the last entry up to a moment."""
    return max(0, bisect_right(times, t) - 1)


@dataclass(slots=True)
class _Row:
    label: str
    cells: list[str]
    styles: list[str] = field(default_factory=list)


def _spoke(turn: Turn) -> float | None:
    return turn.silent_t if turn.silent_t is not None else turn.speech_stop_t


def _stretch(start: float, end: float | None, length_s: float, name: str = "") -> Stretch:
    return Stretch(start, max(start, length_s) if end is None else end, name, end is None)


def _within(stretches: Iterable[Stretch], t: float) -> Iterator[Stretch]:
    return (each for each in stretches if each.start <= t <= each.end)


def _any(stretches: Iterable[Stretch], t: float) -> bool:
    return next(_within(stretches, t), None) is not None


def _axis(window: Window) -> _Row:
    step = next((tick for tick in _TICKS_S if tick / window.cell_s >= _TICK_CELLS), _TICK_CELLS * window.cell_s)
    cells = [" "] * window.width
    t = -(-window.start // step) * step
    while (at := window.column(t + 1e-9)) < window.width:
        label = "╷" + _tick(t, step)
        if at >= 0 and at + len(label) <= window.width:
            cells[at : at + len(label)] = label
        t += step
    return _Row("", cells, ["dim"] * window.width)


def _tick(t: float, step: float) -> str:
    whole = text.clock(t)
    return whole if step < 0.1 else whole[:-2] if step < 1 else whole[:-4]


def _wave(label: str, lane: Lane, window: Window, height: int, style: str) -> Iterator[_Row]:
    peaks = [
        lane.peak(window.start + at * window.cell_s, window.start + (at + 1) * window.cell_s)
        for at in range(window.width)
    ]
    unheard = [False] * window.width
    for start, end in lane.unheard:
        for at in range(max(0, window.column(start)), min(window.width, window.column(end) + 1)):
            unheard[at] = peaks[at] == 0
    for row in range(height - 1, -1, -1):
        cells = [_block(peak, row, height) for peak in peaks]
        if row == 0:
            cells = [UNHEARD if hidden else cell for cell, hidden in zip(cells, unheard, strict=True)]
        yield _Row(label if row == 0 else "", cells, [style] * window.width)


def _block(peak: int, row: int, height: int) -> str:
    eighths = -(-peak * height * 8 // TOP) - row * 8
    return _BLOCKS[max(0, min(8, eighths))]


def _lane(label: str, stretches: Iterable[Stretch], window: Window, style: str) -> _Row:
    cells = [" "] * window.width
    for each in stretches:
        first, last = window.column(each.start), window.column(each.end)
        if last < 0 or first >= window.width:
            continue
        for at in range(max(0, first), min(window.width - 1, last) + 1):
            cells[at] = "─"
        if 0 <= first < window.width:
            cells[first] = "├" if last > first else "│"
        if first < last < window.width:
            cells[last] = "┄" if each.open else "┤"
        room = min(last, window.width) - max(0, first) - 1
        if each.name and room > 3:
            name = each.name if len(each.name) <= room else text.pad(each.name, room)
            begin = max(0, first) + 1
            cells[begin : begin + len(name)] = name
    return _Row(label, cells, [style] * window.width)


def _found(marks: Iterable[tuple[float, str, str]], window: Window) -> _Row:
    row = _Row("findings", [" "] * window.width, [""] * window.width)
    for t, sign, style in marks:
        at = window.column(t)
        if 0 <= at < window.width:
            row.cells[at], row.styles[at] = sign, style
    return row


def _foot(marks: Mapping[int, Span], window: Window) -> Line:
    spans, end = [], -LABEL_WIDTH
    for at in sorted(marks):
        if 0 <= at < window.width:
            spans += [Span(" " * (at - end)), marks[at]]
            end = at + 1
    return Line(tuple(spans))


def _line(row: _Row, cursor: int) -> Line:
    styles = list(row.styles)
    if 0 <= cursor < len(row.cells):
        styles[cursor] = "match"
        if row.cells[cursor] == " ":
            row.cells[cursor] = "│"
    spans = [Span(f"{row.label:<{LABEL_WIDTH}}", "dim")]
    for style, group in groupby(zip(row.cells, styles, strict=True), key=lambda cell: cell[1]):
        spans.append(Span("".join(cell for cell, _ in group), style))
    return Line(tuple(spans))
