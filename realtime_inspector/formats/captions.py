"""Captions: WebVTT and SRT of what was said and heard, on the time axis of the WAV.

Transcripts have no times of their own: the words of an utterance are spread over its sound in proportion to their
length. Of an answer that was cut off, only the words that were heard are there.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from realtime_inspector.analysis.turns import Turn, Utterance
from realtime_inspector.formats import voices
from realtime_inspector.formats.reading import Readable
from realtime_inspector.formats.sound import SIDES
from realtime_inspector.protocol.realtime.conversation import Item
from realtime_inspector.recording.entry import Side
from realtime_inspector.recording.printable import printable

WIDTH = 84
"""Characters of a cue: two lines of 42, as captions of films have."""
_READ_S = 1 / 15
"""How long a character of written text is shown."""
_LEAST_S = 1.0
_NAMES = {Side.CLIENT: "User", Side.SERVER: "Assistant"}
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True, slots=True)
class Cue:
    """Some words, and when they are shown."""

    start: float
    end: float
    side: Side
    text: str


def vtt(recording: Readable, sides: Sequence[Side] = SIDES, turn: int | None = None) -> Iterator[str]:
    """Yield the lines of a WebVTT file; raises as `cues` does."""
    yield "WEBVTT"
    for cue in cues(voices.layout(recording), sides, turn):
        yield ""
        yield f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}"
        yield f"<v {_NAMES[cue.side]}>{_escaped(cue.text)}</v>"


def srt(recording: Readable, sides: Sequence[Side] = SIDES, turn: int | None = None) -> Iterator[str]:
    """Yield the lines of an SRT file; raises as `cues` does."""
    for number, cue in enumerate(cues(voices.layout(recording), sides, turn), 1):
        yield str(number)
        yield f"{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}"
        yield f"{_NAMES[cue.side]}: {printable(cue.text).replace('-->', '→')}"
        yield ""


def cues(layout: voices.Layout, sides: Sequence[Side] = SIDES, turn: int | None = None) -> list[Cue]:
    """Return what is shown when, in order.

    Raises:
        LookupError: If there is no such turn.
    """
    begin = 0.0
    if turn is not None:
        window = layout.window(turn)
        if window is None:
            raise LookupError(f"no turn {turn}: it has {len(layout.turns)}")
        begin = layout.seconds(window.start)
    found: list[Cue] = []
    for each in layout.turns:
        if turn is None or each.number == turn:
            found += _of_turn(each, layout)
    moved = [Cue(max(0.0, c.start - begin), max(0.0, c.end - begin), c.side, c.text) for c in found if c.side in sides]
    return sorted(moved, key=lambda cue: cue.start)


def _of_turn(turn: Turn, layout: voices.Layout) -> Iterator[Cue]:
    for utterance in turn.user:
        yield from _spread(utterance.text, Side.CLIENT, *_spoken(utterance, layout))
    for item in turn.items:
        voice = layout.voices.get(item.id)
        if voice is None:
            first = item.first.t if item.first is not None else turn.start.t
            yield from _spread(item.transcript or item.text, Side.SERVER, first, first + _shown_s(item.text))
            continue
        yield from _spread(heard(item, voice), Side.SERVER, layout.seconds(voice.start), layout.seconds(voice.heard))


def heard(item: Item, voice: voices.Voice) -> str:
    """Return what was heard of an item, about: its text in proportion to its sound."""
    text = item.transcript or item.text
    whole = sum(piece.samples for piece in voice.pieces)
    sounded = sum(max(0, min(piece.samples, voice.heard - piece.start)) for piece in voice.pieces)
    if sounded >= whole:
        return text
    return text[: round(len(text) * sounded / whole)]


def _spoken(utterance: Utterance, layout: voices.Layout) -> tuple[float, float]:
    window = layout.spoken.get(voices.item_of(utterance))
    if window is not None:
        return layout.seconds(window.start), layout.seconds(window.end)
    return utterance.start.t, utterance.start.t + _shown_s(utterance.text)


def _shown_s(text: str) -> float:
    return max(_LEAST_S, len(text) * _READ_S)


def _spread(text: str, side: Side, start: float, end: float) -> Iterator[Cue]:
    """Yield an utterance in pieces that fit on a screen, each for its share of the time."""
    text = " ".join(text.split())
    if not text or end <= start:
        return
    parts = [part for sentence in _SENTENCE.split(text) for part in textwrap.wrap(sentence, WIDTH)]
    total = sum(map(len, parts))
    at = 0
    for part in parts:
        begin = start + (end - start) * at / total
        at += len(part)
        yield Cue(begin, start + (end - start) * at / total, side, part)


def _clock(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{mark}{rest % 1000:03}"


def _escaped(text: str) -> str:
    return printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
