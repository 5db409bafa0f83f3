"""The events behind a fold: streams of pieces as one row, audio as its size, long bodies clipped.

A page holds so many rows: those from the beginning, and those around what findings point to, however late it came.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from realtime_inspector.formats.html import units
from realtime_inspector.formats.html.tags import Html, block, join, tag
from realtime_inspector.protocol.event import AUDIO_FIELDS, WIRE_MALFORMED, Event
from realtime_inspector.recording.entry import Side

MOST_ROWS = 2000
_AROUND = 12
"""So many events before and after one that a finding points to are there."""
_CLIP = 6000
_SIGNS = {Side.CLIENT: "→", Side.SERVER: "←", Side.PROXY: "·"}
_NAMES = {Side.CLIENT: "client", Side.SERVER: "server", Side.PROXY: "proxy"}


@dataclass(slots=True)
class _Run:
    first: Event
    count: int = 1
    audio_bytes: int = 0
    last: int = 0


def draw(events: Iterable[Event], pointed: Collection[int] = ()) -> Iterator[Html]:
    """Yield the section, in pieces; `pointed` are the numbers of the events that findings point to."""
    yield Html('<section id="events"><details><summary><h2>Events</h2></summary>')
    find = tag("input", type="search", id="find", placeholder="type, id or text", autocomplete="off")
    count = tag("span", id="found", role="status", class_="note")
    yield tag("p", tag("label", "Find ", find), " ", count, class_="find", hidden=True)
    heads = (("n", None), ("seconds", None), ("from", "aloud"), ("event", None), ("audio", "aloud"))
    titles = [tag("th", tag("span", words, class_=shown) if shown else words, scope="col") for words, shown in heads]
    yield join(Html("<table><thead>"), tag("tr", *titles), Html("</thead><tbody>"))
    yield from rows(events, pointed)
    yield Html("</tbody></table></details></section>")


def rows(events: Iterable[Event], pointed: Collection[int] = ()) -> Iterator[Html]:
    """Yield a row an event, or a stream of pieces of one kind; one row for those that are left out."""
    places = sorted(pointed)
    late = 0
    gap = _Gap()
    for number, run in enumerate(_runs(events)):
        if number >= MOST_ROWS:
            if late >= MOST_ROWS // 2 or not _is_near(run, places):
                gap.add(run)
                continue
            late += 1
        yield from gap.told()
        yield _row(run)
    yield from gap.told()


def body(event: Event, most: int = _CLIP) -> str:
    """Return what an event says as JSON laid out, its audio as a size; of a long one the beginning."""
    if event.type == WIRE_MALFORMED:
        words = event.entry.payload.decode(errors="replace")
    else:
        said = dict(event.body)
        field = AUDIO_FIELDS.get(event.type)
        if field and event.audio_bytes:
            said[field] = f"<{event.audio_bytes} bytes of audio>"
        words = orjson.dumps(said, option=orjson.OPT_INDENT_2, default=str).decode(errors="replace")
    return units.shortened(words, most)


class _Gap:
    """Events that are left out, one after the other."""

    def __init__(self) -> None:
        self._first = self._count = 0

    def add(self, run: _Run) -> None:
        self._first = self._first if self._count else run.first.n
        self._count += run.count

    def told(self) -> Iterator[Html]:
        """Yield their row, if there are any, and begin anew."""
        if self._count:
            words = f"{units.counted(self._count, 'event')} left out here: the recording has them"
            yield tag("tr", tag("td", words, colspan=5), id=f"e{self._first}", class_="gap")
        self._count = 0


def _is_near(run: _Run, places: Sequence[int]) -> bool:
    """Tell whether a finding points to an event close by."""
    at = bisect_left(places, run.first.n - _AROUND)
    return at < len(places) and places[at] <= run.last + _AROUND


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
    kind = units.clipped(event.type, 120)
    what = kind if run.count == 1 else f"{run.count} times {kind}"
    size = f"{run.audio_bytes:,} bytes" if run.audio_bytes else ""
    shown = tag("details", tag("summary", what), tag("pre", block(body(event)), tabindex=0))
    sender = (tag("span", _SIGNS[event.side], aria_hidden="true"), tag("span", f" {_NAMES[event.side]}", class_="who"))
    cells = (tag("a", numbers, href=f"#e{event.n}"), f"{event.t:.3f}", join(*sender), shown, size)
    return tag("tr", *(tag("td", cell) for cell in cells), id=f"e{event.n}", class_=str(event.side))
