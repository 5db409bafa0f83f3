"""The Turns pane: where the time of each turn went, as bars on one axis, and the figures of all turns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.metrics import Spread
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.protocol.realtime.conversation import Response
from realtime_inspector.tui import text
from realtime_inspector.tui.text import Line, Span

EMPTY = "no turn yet: one begins with what the user says or writes"
FULL, EDGE = "█", "│"
_NAME_WIDTH = 22
_TIME_WIDTH = 10
_LEAST_BAR = 8
_STYLES = {"user": "client", "wait": "warning", "model": "server", "tool": "key", "client": "proxy"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stretch of a turn."""

    name: str
    kind: str
    """Who had it: `user`, `wait`, `model`, `tool` or `client`."""
    start: float
    end: float
    n: int
    """The entry it begins with."""

    @property
    def ms(self) -> float:
        """How long it took."""
        return max(0.0, self.end - self.start) * 1000


def stages(turn: Turn) -> list[Stage]:
    """Return the stretches of a turn in the order in which they began."""
    return sorted([*_of_user(turn), *_of_responses(turn), *_of_calls(turn)], key=lambda stage: (stage.start, stage.n))


def wait_ms(turn: Turn) -> float | None:
    """Return how long the user waited in a turn: voice to voice, else to the first output; None if for nothing."""
    waited = metrics.voice_to_voice_ms(turn)
    return waited if waited is not None else metrics.answer_ms(turn)


def slowest_first(turns: Iterable[Turn]) -> list[Turn]:
    """Return the turns by how long the user waited."""
    return sorted(turns, key=lambda turn: -(wait_ms(turn) or 0.0))


def figures(turns: Sequence[Turn]) -> list[Line]:
    """Return what all turns took, one line a measure."""
    calls = [call for turn in turns for call in turn.calls]
    rows = (
        ("voice to voice", metrics.spread(map(metrics.voice_to_voice_ms, turns))),
        ("speech stop to audio", metrics.spread(map(metrics.speech_stop_to_audio_ms, turns))),
        ("answer", metrics.spread(map(metrics.answer_ms, turns))),
        ("tool round trip", metrics.spread(map(metrics.tool_round_trip_ms, calls))),
    )
    shown = [_figure(name, spread) for name, spread in rows if spread is not None]
    cut = metrics.interruptions(turns)
    head = f"{text.count(len(turns), 'turn')}, {cut} interrupted"
    return [text.plain(f"{head:<{_NAME_WIDTH}}   median      p95      max", "title"), *shown]


class Waterfall:
    """The lines of the pane, each made when it comes into view."""

    def __init__(self, turns: Sequence[Turn], width: int, *, slowest: bool = False) -> None:
        self._turns = slowest_first(turns) if slowest else turns
        self._width = width
        self._head = [*figures(turns), Line()] if turns else [text.plain(EMPTY, "dim")]
        self._stages = [stages(turn) for turn in self._turns]

    @cached_property
    def _rows(self) -> list[tuple[int, int]]:
        """Turn and stage of each line; stage -1 is the turn's own line, -2 the blank one behind it."""
        return [
            (at, row)
            for at, found in enumerate(self._stages)
            for row in (-1, *range(len(found)), *([-2] if at < len(self._stages) - 1 else []))
        ]

    def __len__(self) -> int:
        """Return how many lines there are."""
        return len(self._head) + len(self._rows)

    def __getitem__(self, y: int) -> Line:
        """Return one line."""
        if y < len(self._head):
            return self._head[y]
        at, row = self._rows[y - len(self._head)]
        turn = self._turns[at]
        if row == -2:
            return Line(target=turn.start.n)
        if row == -1:
            return _heading(turn, self._width)
        return _bar(self._stages[at][row], self._stages[at], self._width)

    def y_of(self, n: int) -> int:
        """Return the line of what goes on at an entry: the last stage of its turn that had begun; 0 if none had."""
        best, found = -1, 0
        for y, (at, row) in enumerate(self._rows, len(self._head)):
            begins = self._turns[at].start.n if row < 0 else self._stages[at][row].n
            if row != -2 and best < begins <= n:
                best, found = begins, y
        return found


def _heading(turn: Turn, width: int) -> Line:
    waited = wait_ms(turn)
    told = "" if waited is None else f"  waited {text.ms(waited)}"
    cut = "  interrupted" if turn.interrupted else ""
    said = f"“{text.safe(turn.said)}”" if turn.said else "(greeting)" if not turn.user else "(not transcribed)"
    room = max(0, width - len(f"turn {turn.number}  ") - 12 - len(told) - len(cut))
    return Line(
        (
            Span(f"turn {turn.number}  ", "title"),
            Span(f"{text.clock(turn.start.t):<10}  ", "dim"),
            Span(text.pad(said, room)),
            Span(told, "warning" if turn.interrupted else "good"),
            Span(cut, "warning"),
        ),
        turn.start.n,
    )


def _bar(stage: Stage, among: Sequence[Stage], width: int) -> Line:
    start, end = min(each.start for each in among), max(each.end for each in among)
    room = max(_LEAST_BAR, width - _NAME_WIDTH - _TIME_WIDTH - 3)
    scale = room / max(1e-9, end - start)
    first = min(room - 1, int((stage.start - start) * scale))
    cells = min(room - first, round((stage.end - stage.start) * scale))
    bar = FULL * cells if cells else EDGE
    return Line(
        (
            Span(text.pad(f"  {text.safe(stage.name)}", _NAME_WIDTH), "dim"),
            Span(" " * first + bar + " " * (room - first - len(bar)), _STYLES[stage.kind]),
            Span(f" {text.ms(stage.ms):>{_TIME_WIDTH}}"),
        ),
        stage.n,
    )


def _figure(name: str, spread: Spread) -> Line:
    told = " ".join(f"{text.ms(value):>8}" for value in (spread.median, spread.p95, spread.max))
    return Line((Span(f"  {name:<{_NAME_WIDTH}}", "key"), Span(told), Span(f"  of {spread.count:,}", "dim")))


def _of_user(turn: Turn) -> Iterator[Stage]:
    for utterance in turn.user:
        speech = utterance.speech
        if speech is None:
            if utterance.complete is not None and utterance.complete.n != utterance.start.n:
                yield Stage("user", "user", utterance.start.t, utterance.complete.t, utterance.start.n)
            continue
        stopped = speech.stopped_t if speech.stopped_t is not None else turn.committed_t
        if stopped is None:
            continue
        silent = speech.silent_t if speech.silent_t is not None else stopped
        yield Stage("speech", "user", speech.started_t, min(silent, stopped), speech.started_n)
        if silent < stopped:
            yield Stage("end of speech heard", "wait", silent, stopped, speech.stopped_n or speech.started_n)
        if utterance.complete is not None and utterance.complete.t > stopped:
            yield Stage("commit", "wait", stopped, utterance.complete.t, utterance.complete.n)


def _of_responses(turn: Turn) -> Iterator[Stage]:
    for number, response in enumerate(turn.responses):
        asked = response.request.at if response.request is not None else None
        ready = turn.committed_t if number == 0 else None
        if asked is not None and ready is not None and asked.t > ready:
            yield Stage("until asked for", "client", ready, asked.t, asked.n)
        begun = asked.t if asked is not None else ready
        if begun is not None and begun < response.created.t:
            yield Stage("until created", "wait", begun, response.created.t, response.created.n)
        yield from _of_response(response)


def _of_response(response: Response) -> Iterator[Stage]:
    first, done = response.first_output, response.done
    if first is not None:
        yield Stage("first output", "wait", response.created.t, first.t, response.created.n)
    begun = first or response.created
    if done is not None:
        name = response.status if response.status != "completed" else "output"
        yield Stage(name, "model", begun.t, done.t, begun.n)


def _of_calls(turn: Turn) -> Iterator[Stage]:
    for call in turn.calls:
        if call.done is not None and call.outputs:
            yield Stage(f"tool {call.name}", "tool", call.done.t, call.outputs[0].t, call.done.n)
