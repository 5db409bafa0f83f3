"""The Transcript pane: who said what and when, what the user heard of it, and the tools in their places. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from realtime_inspector.analysis import dialogue
from realtime_inspector.analysis.metrics import answer_ms, voice_to_voice_ms
from realtime_inspector.analysis.turns import Turn
from realtime_inspector.tui import text
from realtime_inspector.tui.text import Line, Span

CUT = "[cut]"
"""Stands about where the user stopped hearing."""
_INDENT = 21
"""Cells before what was said: the time and the speaker."""
_STYLES = {"user": "client", "assistant": "server", "tool": "", "server": "error", "system": "proxy"}
_CLIP = 4000

EMPTY = "nothing was said yet: the words of a call stand here, with what the user heard of them"


def lines(said: Iterable[dialogue.Line], turns: Iterable[Turn]) -> list[Line]:
    """Return a dialogue as lines, each leading to its entry; `turns` for the lines between them."""
    by_number = {turn.number: turn for turn in turns}
    shown: list[Line] = []
    number: int | None = None
    for line, times in dialogue.without_repeats(said):
        if line.turn is not None and line.turn != number:
            number = line.turn
            shown += _turn(by_number, number, before=shown[-1].target if shown else None)
        shown += _said(line, times)
    return shown


def _turn(turns: Mapping[int, Turn], number: int, *, before: int | None) -> Iterator[Line]:
    turn = turns.get(number)
    if turn is None:
        return
    if before is not None:
        yield Line(target=before)  # of what was said last: the cursor is never on it
    waited = voice_to_voice_ms(turn)
    told = f"voice to voice {text.ms(waited)}" if waited is not None else ""
    if waited is None and (answered := answer_ms(turn)) is not None:
        told = f"answer after {text.ms(answered)}"
    cut = "interrupted" if turn.interrupted else ""
    yield text.plain(" · ".join(word for word in (f"turn {number}", told, cut) if word), "dim", target=turn.start.n)


def _said(line: dialogue.Line, times: int) -> Iterator[Line]:
    style = _STYLES.get(line.who, "")
    start = (Span(f"{text.clock(line.at.t):>9}  ", "dim"), Span(f"{line.who:<10}", style))
    remark = (Span(f" [{text.safe(line.remark)}]", "warning"),) if line.remark else ()
    if line.who in {"user", "assistant"}:
        words = _words(line) if line.text else _silent(line)
        yield Line((*start, *words, *remark), line.at.n, _INDENT)
        if line.heard is not None:
            heard = f"heard {text.ms(line.heard.heard_ms)} of {text.ms(line.heard.of_ms)}"
            yield Line((Span(" " * _INDENT), Span(heard, "warning")), line.at.n, _INDENT)
        return
    often = (Span(f" x{times:,}", "title"),) if times > 1 else ()
    yield Line((*start, Span(text.safe(text.clip(line.text, _CLIP)), style), *remark, *often), line.at.n, _INDENT)
    if line.output is not None:
        took = f" after {text.ms(line.took_ms)}" if line.took_ms is not None else ""
        output = Span(f"→ {text.safe(text.clip(line.output, _CLIP))}")
        yield Line((Span(" " * _INDENT), output, Span(took, "dim")), line.at.n, _INDENT + 2)
    elif line.who == "tool":
        yield Line((Span(" " * _INDENT), Span("→ no output", "warning")), line.at.n, _INDENT)


def _silent(line: dialogue.Line) -> tuple[Span, ...]:
    if line.who == "user" and not line.remark:
        return (Span("(spoken, not transcribed)" if line.spoken else "(nothing written)", "dim"),)
    return ()


def _words(line: dialogue.Line) -> tuple[Span, ...]:
    words = text.clip(line.text, _CLIP)
    if line.heard is None:
        return (Span(f"“{text.safe(words)}”"),)
    at = min(line.heard.at, len(words))
    return (
        Span(f"“{text.safe(words[:at])}"),
        Span(CUT, "warning"),
        Span(f"{text.safe(words[at:])}”", "dim"),
    )
