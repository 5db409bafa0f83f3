"""The events behind a fold: streams of pieces as one row, audio as its size, long bodies clipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from realtime_inspector.formats.html.tags import Html, block, tag
from realtime_inspector.protocol.event import AUDIO_FIELDS, WIRE_MALFORMED, Event
from realtime_inspector.recording.entry import Side

MOST_ROWS = 2000
_CLIP = 6000
_SIGNS = {Side.CLIENT: "→", Side.SERVER: "←", Side.PROXY: "·"}
_NAMES = {Side.CLIENT: "client", Side.SERVER: "server", Side.PROXY: "proxy"}


@dataclass(slots=True)
class _Run:
    first: Event
    count: int = 1
    audio_bytes: int = 0
    last: int = 0


def rows(events: Iterable[Event]) -> Iterator[Html]:
    """Yield a row an event, or a stream of pieces of one kind; after `MOST_ROWS` say how many are left out."""
    left_out = 0
    for number, run in enumerate(_runs(events)):
        if number < MOST_ROWS:
            yield _row(run)
        else:
            left_out += run.count
    if left_out:
        yield tag("tr", tag("td", f"{left_out} more events are in the recording", colspan=5))


def _runs(events: Iterable[Event]) -> Iterator[_Run]:
    run: _Run | None = None
    for event in events:
        stream = event.type.endswith(".delta") or event.type == "input_audio_buffer.append"
        if run is not None and stream and run.first.type == event.type and run.first.side is event.side:
            run.count, run.last = run.count + 1, event.n
            run.audio_bytes += event.audio_bytes
            continue
        if run is not None:
            yield run
        run = _Run(event, audio_bytes=event.audio_bytes, last=event.n)
    if run is not None:
        yield run


def _row(run: _Run) -> Html:
    event = run.first
    numbers = str(event.n) if run.count == 1 else f"{event.n}-{run.last}"
    what = event.type if run.count == 1 else f"{run.count} times {event.type}"
    size = f"{run.audio_bytes} bytes of audio" if run.audio_bytes else ""
    shown = tag("details", tag("summary", what), tag("pre", block(_body(event))))
    side = tag("abbr", _SIGNS[event.side], title=_NAMES[event.side])
    cells = (numbers, f"{event.t:.3f}", side, shown, size)
    return tag("tr", *(tag("td", cell) for cell in cells), id=f"e{event.n}", class_=str(event.side))


def _body(event: Event) -> str:
    if event.type == WIRE_MALFORMED:
        words = event.entry.payload.decode(errors="replace")
    else:
        body = dict(event.body)
        field = AUDIO_FIELDS.get(event.type)
        if field and event.audio_bytes:
            body[field] = f"<{event.audio_bytes} bytes of audio>"
        words = orjson.dumps(body, option=orjson.OPT_INDENT_2, default=str).decode(errors="replace")
    return words if len(words) <= _CLIP else f"{words[:_CLIP]}\n… {len(words) - _CLIP} more characters"
