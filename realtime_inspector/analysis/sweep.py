"""Lints a recording in one pass over its bytes.

Nearly every line of a call is one more piece of a stream, and nothing to any rule: see `rest.py`. Such a line is told
by its bytes (`recording/template.py`), its audio is passed over by position, and what it changes is added up
(`protocol/realtime/pieces.py`); it is never parsed. Every other line is read, and fed to the linter, like anywhere
else. The findings are the same. Only audio that is damaged, so that its line is no JSON any more, is not noticed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, repeat
from operator import sub
from typing import IO, Any

import orjson

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter, closing, events
from realtime_inspector.protocol.event import AUDIO_FIELDS, Event, dig, read
from realtime_inspector.protocol.realtime.catalogue import ga_name
from realtime_inspector.protocol.realtime.pieces import STREAMS, Appends, Pieces, pieces, unpadded
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.alike import Layout, alike
from realtime_inspector.recording.blocks import blocks
from realtime_inspector.recording.cleaned import Cleaned
from realtime_inspector.recording.entry import Entry, Kind
from realtime_inspector.recording.files import Recording
from realtime_inspector.recording.lines import Reader
from realtime_inspector.recording.template import HEAD, PLAIN, Template, template

Note = Callable[[int, int, Sequence[float], Sequence[str]], None]
"""Told of events that follow each other: number and line of the first, times in seconds and types of all."""

_CLIENT = b',"from":"client"'
_IDS = frozenset({"event_id", "obfuscation"})
"""Members that differ from piece to piece and mean nothing; of the server."""
_MOST_STREAMS = 8
_LEAST_ALIKE, _MOST_ALIKE = 3, 64
"""Fewer lines are taken in sooner one by one; more would often be looked at in vain."""


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

    __slots__ = ("after", "before", "first", "gap_s", "given", "holes", "is_open", "key", "left_out_bytes",
                 "most_bytes", "pieces", "same", "shared", "take", "type", "until_t", "version")  # fmt: skip

    def __init__(self, event: Event, shared: Template, taker: Pieces, given: int | None) -> None:
        self.key = (event.from_server, event.type)
        self.type = event.type
        self.same = event.body
        self.pieces = taker
        self.given = given
        """Bytes of audio of each piece, where the recording leaves it out."""
        self.left_out_bytes = (given or 0) * 4 // 3
        self.shared = shared
        self.first = shared.first
        self.holes = tuple((name not in _IDS, after, len(after)) for name, after in shared.holes)
        self.before, self.after = len(shared.first), shared.holes[0][1] if shared.holes else b""
        """How long what stands before the first hole is, and what stands behind it."""
        self.take = taker.take
        self.version = -1
        self.is_open = False
        self.until_t = self.gap_s = 0.0
        self.most_bytes = 0

    def like(self, event: Event, line: bytes) -> Template | None:
        """Return the template of a stream like this one, of other ids; None if the line does not show that it is."""
        if event.body.keys() != self.same.keys():
            return None
        holes = {name for name, _ in self.shared.holes}
        changed = [(old, event.body[name]) for name, old in self.same.items() if name not in holes]
        changed = [(old, new) for old, new in changed if old != new]
        if not all(isinstance(old, str) and isinstance(new, str) and old and new for old, new in changed):
            return None
        return self.shared.renamed([(old.encode(), new.encode()) for old, new in changed], line)


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
        self._streams: dict[bool, list[_Stream]] = {False: [], True: []}
        """Whether the server sends it → the latest of each type, newest first."""
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
        if event.from_client and "event_id" in event.body:
            return  # the session remembers each of them by it
        if self._sounds_only and event.type not in AUDIO_FIELDS:
            return
        stream = self._stream(event)
        if stream is not None:
            others = [other for other in self._streams[event.from_server] if other.key != stream.key]
            self._streams[event.from_server] = [stream, *others][:_MOST_STREAMS]

    def _stream(self, event: Event) -> _Stream | None:
        field = AUDIO_FIELDS.get(event.type)
        given = dig(event.entry.members.get("audio"), f"{field}.bytes") if field else None
        value = () if given is not None else (field or "delta",)
        taker = pieces(self._session, event, given)
        older = next((each for each in self._streams[event.from_server] if each.type == event.type), None)
        shared = older.like(event, self._line) if older is not None and older.given == given else None
        if shared is not None and taker is not None:
            return _Stream(event, shared, taker, given)
        shared = template(self._line, _IDS.union(value) if event.from_server else frozenset(value))
        if shared is None or taker is None:
            return None
        body = read(jsonl.parse(shared.line)).body
        names = [name for name, _ in shared.holes]
        if any(body.get(name) != "" for name in names) or not set(value) <= set(names):
            return None
        return _Stream(event, shared, taker, given)

    def _renew(self, stream: _Stream, version: int) -> None:
        """Take in that somebody went to rest, or woke."""
        rest = self._linter.watch.of(*stream.key).idle
        stream.version = version
        stream.is_open = rest is not None and all(stream.same.get(name) == value for name, value in rest.same)
        if rest is not None and stream.is_open:
            stream.until_t, stream.gap_s = rest.until_t, rest.gap_s
            stream.most_bytes = rest.most_bytes - stream.left_out_bytes
            without = tuple(rest.without)
            stream.pieces.bound(even=rest.even, lead_ms=rest.lead_ms, late_ms=rest.late_ms, without=without)

    def _pass(self, buffer: bytearray, at: int, end: int, reader: Reader) -> int:
        """Take in lines from one on; return where the first one begins that has to be read, or the end."""
        self._known = None
        clients, servers = self._streams[False], self._streams[True]
        n = reader.next_n
        if not n or not (clients or servers):
            return at
        match, find, startswith = HEAD.match, buffer.find, buffer.startswith
        now, version, due_t = self._session.now, self._linter.watch.version, self._linter.due_t
        loads: Callable[[bytes], float] = orjson.loads
        times: list[float] = []
        types: list[str] = []
        usual, runs = self._usual(version), True
        while at < end and (head := match(buffer, at, end)) is not None:
            behind, t = head.end(), loads(head[2])  # half the time of float()
            # nearly every line is audio of the user: what is done below for all is done here without a loop
            if usual is not None and startswith(usual.first, behind):
                begin, after = behind + usual.before, usual.after
                stop = find(34, begin, end)
                place = stop + len(after)
                if (
                    now <= t < usual.until_t
                    and t <= due_t
                    and t - now < usual.gap_s
                    and startswith(after, stop)
                    and place <= end
                    and place - at <= usual.most_bytes
                    and int(head[1]) == n
                    and usual.take(buffer, begin, stop, n, t)
                ):
                    times.append(t)
                    types.append(usual.type)
                    size, at, now, n = place - at, place, t, n + 1
                    if runs and startswith(usual.first, behind + _LEAST_ALIKE * size):
                        line = Layout(place - size, behind, begin, stop, place)
                        run = self._run(usual, buffer, line, n, now, due_t, end)
                        runs = bool(run)
                        if run:
                            times += run
                            types += [usual.type] * len(run)
                            at, now, n = place + len(run) * size, run[-1], n + len(run)
                    continue
            for stream in clients if startswith(_CLIENT, behind) else servers:
                if not startswith(stream.first, behind):
                    continue
                begin = close = place = behind + len(stream.first)
                for is_value, after, length in stream.holes:
                    stop = find(34, place, end)
                    if not startswith(after, stop):
                        break
                    if is_value:
                        begin, close = place, stop
                    elif buffer[place:stop].translate(None, PLAIN):
                        break
                    place = stop + length
                else:
                    break
            else:
                break
            if t > due_t:
                self._tell(times, types, reader)
                self.found += self._linter.advance(t)
                due_t, version = self._linter.due_t, self._linter.watch.version
                usual = self._usual(version)
            if stream.version != version:
                self._renew(stream, version)
            if (
                not stream.is_open
                or not now <= t < stream.until_t
                or t - now >= stream.gap_s
                or place - at > stream.most_bytes
                or place > end
                or int(head[1]) != n
                or not stream.take(buffer, begin, close, n, t)
            ):
                self._known = stream
                break
            times.append(t)
            types.append(stream.type)
            at, now, n = place, t, n + 1
        self._tell(times, types, reader)
        return at

    def _run(
        self, usual: _Stream, buffer: bytearray, line: Layout, n: int, now: float, due_t: float, end: int
    ) -> list[float]:
        """Take in at once what follows a line of audio and is like it; return the times of these lines.

        Each is within every bound that is asked of a line by itself, so it makes no difference but in time; where one
        is not, or too few follow, none is taken in here. Those from the next deadline on are left for later.
        """
        taker, size = usual.pieces, unpadded(buffer, line.begin, line.stop)
        if not isinstance(taker, Appends) or not size:
            return []
        left_ms = 1000 * (min(due_t, usual.until_t) - now)
        times = alike(
            buffer, line, usual.first, usual.after, n, int(min(_MOST_ALIKE, 2 + left_ms / taker.ms(size))), end
        )
        gaps = list(map(sub, times, [now, *times]))
        if len(times) < _LEAST_ALIKE or min(gaps) < 0 or max(gaps) >= usual.gap_s:
            return []
        del times[min(bisect_left(times, usual.until_t), bisect_right(times, due_t)) :]
        return times if len(times) >= _LEAST_ALIKE and taker.take_alike(size, times) else []

    def _usual(self, version: int) -> _Stream | None:
        """Return the latest stream of the client, if it is of audio that nobody wants to see."""
        stream = next(iter(self._streams[False]), None)
        if stream is None or len(stream.holes) != 1 or not isinstance(stream.pieces, Appends):
            return None
        if stream.version != version:
            self._renew(stream, version)
        return stream if stream.is_open else None

    def _tell(self, times: list[float], types: list[str], reader: Reader) -> None:
        """Tell everybody of the lines that were taken in, and forget them."""
        if not times:
            return
        session, now = self._session, times[-1]
        session.now = now
        session.events += len(times)
        for event_type in set(types):
            session.counts[event_type] += types.count(event_type)
        self._note(reader.next_n, reader.next_row, times, types)
        reader.passed(len(times), now)
        self.last = reader.next_n - 1, now, reader.next_row - 1
        times.clear()
        types.clear()
