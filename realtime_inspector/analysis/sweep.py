"""Lints a recording in one pass over its bytes.

Nearly every line of a call is one more piece of a stream, and nothing to any rule: see `rest.py`. Such a line is told
by its bytes (`recording/template.py`), its audio is passed over by position, and what it changes is added up
(`protocol/realtime/pieces.py`); it is never parsed. Every other line is read, and fed to the linter, like anywhere
else. The findings are the same. Only audio that is damaged, so that its line is no JSON any more, is not noticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, repeat
from operator import itemgetter
from typing import IO, Any

import orjson

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter, closing, events
from realtime_inspector.analysis.rest import is_new
from realtime_inspector.protocol.event import AUDIO_FIELDS, Event, dig, read
from realtime_inspector.protocol.realtime.catalogue import ga_name
from realtime_inspector.protocol.realtime.pieces import STREAMS, Appends, Pieces, pieces
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.blocks import blocks
from realtime_inspector.recording.cleaned import Cleaned
from realtime_inspector.recording.entry import Entry, Kind
from realtime_inspector.recording.files import Recording
from realtime_inspector.recording.lines import Reader
from realtime_inspector.recording.template import Template, joined, template

Note = Callable[[int, int, Sequence[float], Sequence[str]], None]
"""Told of events that follow each other: number and line of the first, times in seconds and types of all."""

_ID = "event_id"
_OF_SERVER = {_ID: False, "obfuscation": False}
_OF_CLIENT = {_ID: True}
"""Members that differ from piece to piece, and whether they mean something: the session remembers the client's ids."""
_MOST_KINDS, _MOST_STREAMS = 16, 16
_FIRST_N = 40
"""Before that entry nothing is learnt: a short recording is read sooner than its expressions are made."""


def nobody(n: int, line: int, times: Sequence[float], types: Sequence[str]) -> None:
    """Be told of events, and note nothing."""


def ask(entries: Iterable[Entry], *linters: Linter, note: Note = nobody) -> list[list[Finding]]:
    """Return what each of several linters finds in a whole recording; `note` is told of its events once.

    A file is read for each of them, by its bytes: that is faster than to read every line once for all.
    """
    recording, clean = (entries.origin, entries.redactor.entry) if isinstance(entries, Cleaned) else (entries, None)
    if isinstance(recording, Recording):
        notes = chain([note], repeat(nobody))
        return [list(sweep(recording, linter, told, clean)) for linter, told in zip(linters, notes, strict=False)]
    each: list[list[Finding]] = [[] for _ in linters]
    for event in events(entries):
        for linter, its in zip(linters, each, strict=True):
            its += linter.feed(event)
        note(event.n, event.entry.line, (event.t,), (event.type,))
    return each


def sweep(
    recording: Recording, linter: Linter, note: Note, clean: Callable[[Entry], Entry] | None = None
) -> Iterator[Finding]:
    """Yield what the linter finds in a whole recording, as it is read; `clean` takes secrets out of its entries."""
    walk = Walk(linter, note, sounds_only=clean is not None)
    ended = False
    for raw in recording.entries(walk):
        if walk.found:
            yield from walk.found
            walk.found = []
        entry = raw if clean is None else clean(raw)
        event = read(entry, walk.body if entry is raw else None)
        yield from linter.feed(event)
        note(entry.n, entry.line, (entry.t,), (event.type,))
        walk.last = entry.n, entry.t, entry.line
        walk.learn(event)
        ended = ended or entry.kind is Kind.END
    yield from walk.found
    if walk.last is not None and not ended:
        event = closing(*walk.last)
        yield from linter.feed(event)
        note(event.n, event.entry.line, (event.t,), (event.type,))


class _Stream:
    """Lines that are told by their bytes, and what takes them in."""

    __slots__ = ("body", "gap_s", "is_open", "key", "left_out_bytes", "most_bytes", "pieces", "take", "type", "until_t",
                 "version")  # fmt: skip

    def __init__(self, event: Event, taker: Pieces, given: int | None) -> None:
        self.key = (event.from_server, event.type)
        self.type = event.type
        self.body = event.body
        """What is the same in all of them, besides what is not."""
        self.pieces = taker
        self.left_out_bytes = (given or 0) * 4 // 3
        self.take = taker.take
        self.version = -1
        self.is_open = False
        self.until_t = self.gap_s = 0.0
        self.most_bytes = 0


class _Kind:
    """Streams whose lines are laid out in one way."""

    __slots__ = ("after", "groups", "id", "layout", "length", "streams", "tail", "text", "wanted")

    def __init__(self, layout: Template, wanted: tuple[str, bool], first: int) -> None:
        self.layout = layout
        self.wanted = wanted
        """The member that is the piece, and whether that is long."""
        self.groups = (1, 2, *(first + key for key in layout.keys))
        """Those of the number, the time, and of what tells the streams apart."""
        self.text, self.id = (first + layout.kept[name] if name in layout.kept else 0 for name in (wanted[0], _ID))
        """Those of the piece, and of the id by which the session remembers the event; 0 if there is none."""
        self.after, self.length = layout.after, len(layout.after)
        self.tail = re.compile(layout.tail) if layout.tail else None
        self.streams: dict[object, _Stream] = {}
        """By what tells them apart; the latest last."""

    def add(self, key: object, stream: _Stream) -> None:
        """Add the latest one."""
        self.streams.pop(key, None)
        self.streams[key] = stream
        if len(self.streams) > _MOST_STREAMS:
            del self.streams[next(iter(self.streams))]


class _Run:
    """Lines that follow each other and were taken in, before anybody was told."""

    __slots__ = ("last", "times", "types")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.types: list[str] = []
        self.last: dict[_Stream, int] = {}
        """The number of the last one of each stream."""

    def clear(self) -> None:
        """Begin anew."""
        self.times.clear()
        self.types.clear()
        self.last.clear()


class Walk:
    """Takes in the lines that are nothing to anybody, and hands out the rest as entries."""

    def __init__(self, linter: Linter, note: Note, *, sounds_only: bool = False) -> None:
        self._linter = linter
        self._sounds_only = sounds_only
        """Words are read, each piece of them: there may be secrets in them."""
        self._session = linter.session
        self._note = note
        self.found: list[Finding] = []
        """What was found as time passed, between two lines that were handed out."""
        self._line = b""
        """That of the last entry that was handed out."""
        self.body: dict[str, Any] | None = None
        """Its payload, parsed."""
        self._known: _Stream | None = None
        """The stream which that line fitted, but for the bounds."""
        self._kinds: dict[int, _Kind] = {}
        """By the group that closes last."""
        self._match = re.compile(b"(?!)").match
        """Tells a line of them."""
        self.last: tuple[int, float, int] | None = None
        """Number, time and line of the last entry."""

    def __call__(self, stream: IO[bytes], reader: Reader) -> Iterator[Entry]:
        """Yield the entries of a file that have to be fed to the linter, each before the next line is looked at."""
        for buffer, end in blocks(stream):
            at = 0
            while (at := self._pass(buffer, at, end, reader)) < end:
                stop = buffer.find(b"\n", at, end) + 1 or end
                with memoryview(buffer) as whole:
                    self._line = bytes(whole[at:stop])
                at = stop
                reader.body = None
                entry = reader.read(self._line)
                self.body = reader.body
                if entry is not None:
                    yield entry

    def learn(self, event: Event) -> None:
        """Take in what an event shows of the lines behind its own, once the linter was fed with it."""
        if ga_name(event.type) not in STREAMS or self._known is not None or self._session.listening:
            return
        if event.n < _FIRST_N or (self._sounds_only and event.from_client and _ID in event.body):
            return
        field = AUDIO_FIELDS.get(event.type)
        if self._sounds_only and field is None:
            return
        given = dig(event.entry.members.get("audio"), f"{field}.bytes") if field else None
        taker = pieces(self._session, event, given)
        value = "" if given is not None else field or "delta"
        kind = self._kind(value, is_long=field is not None and given is None, from_server=event.from_server)
        line = self._match(self._line)
        if taker is not None and kind is not None and line is not None and kind is self._kinds.get(line.lastindex or 0):
            kind.add(line.group(*kind.groups)[2:], _Stream(event, taker, given))

    def _kind(self, value: str, *, is_long: bool, from_server: bool) -> _Kind | None:
        """Return how the latest line is laid out; None if it cannot be told, or there are too many already."""
        line = self._match(self._line)
        known = self._kinds.get(line.lastindex or 0) if line is not None else None
        if known is not None or len(self._kinds) == _MOST_KINDS:
            return known if known is not None and known.wanted == (value, is_long) else None
        layout = template(self._line, _OF_SERVER if from_server else _OF_CLIENT, value, is_long=is_long)
        if layout is None or (value and value not in layout.holes):
            return None
        body = read(jsonl.parse(layout.line)).body
        if any(body.get(name) != "" for name in layout.holes):
            return None
        if not from_server and _ID in body and _ID not in layout.kept:
            return None
        layouts = [*(each.layout for each in self._kinds.values()), layout]
        first = 2 + sum(each.groups for each in layouts[:-1])
        made = self._kinds[first + layout.groups] = _Kind(layout, (value, is_long), first)
        self._match = joined(layouts).match
        return made

    def _renew(self, stream: _Stream, version: int) -> None:
        """Take in that somebody went to rest, or woke."""
        rest = self._linter.watch.of(*stream.key).idle
        stream.version = version
        stream.is_open = rest is not None and all(stream.body.get(name) == value for name, value in rest.same)
        if rest is not None and stream.is_open:
            stream.until_t, stream.gap_s = rest.until_t, rest.gap_s
            stream.most_bytes = rest.most_bytes - stream.left_out_bytes
            without = tuple(rest.without)
            stream.pieces.bound(even=rest.even, lead_ms=rest.lead_ms, late_ms=rest.late_ms, without=without)

    def _pass(self, buffer: bytearray, at: int, end: int, reader: Reader) -> int:
        """Take in lines from one on; return where the first one begins that has to be read, or the end."""
        self._known = None
        n, kinds, match = reader.next_n, self._kinds, self._match
        line = match(buffer, at, end) if n else None
        if line is None:  # so it is of most lines that are read
            return at
        find, startswith = buffer.find, buffer.startswith
        now, version, due_t = self._session.now, self._linter.watch.version, self._linter.due_t
        loads: Callable[[bytes], float] = orjson.loads
        run = _Run()
        times, types, last = run.times, run.types, run.last
        while line is not None:
            kind = kinds[line.lastindex or 0]
            found = line.group(*kind.groups)
            stream = kind.streams.get(found[2:])
            if stream is None:
                break
            if kind.after:
                begin = line.end()
                stop = find(34, begin, end)
                place = stop + kind.length
                if not startswith(kind.after, stop, end):
                    break
                if kind.tail is not None:
                    tail = kind.tail.match(buffer, place, end)
                    if tail is None:
                        break
                    place = tail.end()
            else:
                (begin, stop), place = line.span(kind.text), line.end()
            t = loads(found[1])  # half the time of float()
            if t > due_t:
                self._tell(run, reader)
                self.found += self._linter.advance(t)
                due_t, version = self._linter.due_t, self._linter.watch.version
            if stream.version != version:
                self._renew(stream, version)
            if (
                not stream.is_open
                or not now <= t < stream.until_t
                or t - now >= stream.gap_s
                or place - at > stream.most_bytes
                or int(found[0]) != n
                or (kind.id and not is_new(line[kind.id].decode(), self._session))
                or not stream.take(buffer, begin, stop, n, t)
            ):
                self._known = stream
                break
            if kind.id and isinstance(stream.pieces, Appends):
                stream.pieces.name(line[kind.id].decode(), n, t)
            times.append(t)
            types.append(stream.type)
            last[stream] = n
            at, now, n = place, t, n + 1
            line = match(buffer, at, end) if at < end else None
        self._tell(run, reader)
        return at

    def _tell(self, run: _Run, reader: Reader) -> None:
        """Tell everybody of the lines that were taken in, and forget them."""
        times, types = run.times, run.types
        if not times:
            return
        session, now, n = self._session, times[-1], reader.next_n
        session.now = now
        session.events += len(times)
        for stream, last in sorted(run.last.items(), key=itemgetter(1)):
            stream.pieces.settle(last, times[last - n])
        for event_type in set(types):
            session.counts[event_type] += types.count(event_type)
        self._note(n, reader.next_row, times, types)
        reader.passed(len(times), now)
        self.last = reader.next_n - 1, now, reader.next_row - 1
        run.clear()
