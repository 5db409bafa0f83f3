"""Any text with Realtime events in it: what people paste into reports, and what their programs log.

An event may stand after any words, on one line or on many, in JSON, Python's or JavaScript's notation, in a wrapper of
its own (`{"ts": …, "direction": "in", "event": {…}}`), in a list, or as JSON in a string. Where it was cut off, what is
left of a server's event is read; a client's is left out, as what is missing there would look like a mistake.

How objects are read is in `literals.py`, which are events in `log_events.py`, who sent them in `log_sides.py`, when in
`log_times.py`; what stands there twice is left out by `log_once.py`, what is missing is told by `log_gaps.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2s
from pathlib import Path

from realtime_inspector.errors import RecordingError
from realtime_inspector.formats import log_gaps, log_once, log_sessions, log_sides, log_times
from realtime_inspector.formats.log_events import Found, payload_of
from realtime_inspector.formats.log_scan import Lines, Sighting, scan
from realtime_inspector.formats.log_text import clean
from realtime_inspector.formats.log_wire import Ending
from realtime_inspector.protocol.event import AUDIO_FIELDS
from realtime_inspector.protocol.event import read as read_event
from realtime_inspector.protocol.realtime.catalogue import ALL_CLIENT_TYPES, ALL_SERVER_TYPES
from realtime_inspector.protocol.realtime.left_out import CLIENT, ITEMS, ORDER
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.files import Problem

_UNQUOTED = re.compile(r"\btype\b[\"'\])]*\s*(?::|=>?)\s*(?:string\(\d+\)\s*)?[\"']?([a-z_]+(?:\.[a-z_]+)+)")
"""A type as Dart, PHP, Swift, Java and Kotlin print it."""
_KNOWN = ALL_CLIENT_TYPES | ALL_SERVER_TYPES
MAX_BYTES = 512 * 1024 * 1024
"""A longer log is refused: it is read into memory as a whole."""


@dataclass(slots=True)
class Log:
    """A log, read whole; it is iterated like a recording."""

    path: Path
    header: Header
    entries: list[Entry]
    problems: list[Problem] = field(default_factory=list)
    """What of it could not be read."""
    cut: Set[str] = frozenset()
    """What it leaves out because events of the client were cut off, in the words of `protocol/realtime/left_out.py`."""

    def __iter__(self) -> Iterator[Entry]:
        """Yield its entries."""
        return iter(self.entries)


def read(content: bytes, path: Path, started: str) -> Log:
    """Read a log; `started` is the date it gets where no line has one.

    Raises:
        RecordingError: If nothing in it looks like an event.
    """
    if len(content) > MAX_BYTES:
        raise RecordingError(f"{path}: a log of {len(content)} bytes; at most {MAX_BYTES} can be read")
    text = clean(content)
    sightings = log_once.once(scan(text))
    if not any(isinstance(sighting, Sighting) for sighting in sightings):
        raise RecordingError(_unread(text, path))
    stamps = _stamps(sightings)
    sides = _sides(sightings)
    order = log_times.in_order(stamps)
    stamps = [stamps[place] for place in order]
    times, first = log_times.seconds(stamps)
    tags = {} if any(times) else {"times": "unknown"}
    tags |= {} if first else {"date": "unknown"}
    name = f"log-{blake2s(content, digest_size=6).hexdigest()}"
    log = Log(path, Header(id=name, started=first or started, via="import:log", tags=tags), [])
    lines = Lines(text)
    for place, t in zip(order, times, strict=True):
        _add(log, sightings[place], sides[place], t, lines.of(sightings[place].at))
    return _with_gaps(log, _lost(zip(sightings, sides, strict=True)))


def _unread(text: str, path: Path) -> str:
    """Return why nothing could be read: events stand there in a form in which no text has an end, or none does."""
    named = next((found for found in _UNQUOTED.finditer(text) if found[1] in _KNOWN), None)
    if named is not None:
        return (
            f"{path}:{Lines(text).of(named.start(1))}: the events in it ({named[1]}) are not printed as JSON, and "
            "nothing in that notation tells where a text ends: print them as JSON (jsonEncode in Dart, json_encode "
            "in PHP, JSONSerialization in Swift) and read that"
        )
    return (
        f"{path}: neither a recording nor a log of Realtime events: "
        'no object in it has a "type" such as "session.created"'
    )


def sessions(log: Log) -> list[Log]:
    """Return a log of several sessions as one log for each; what could not be read is told with the first."""
    parts = log_sessions.sessions(log.entries)
    if len(parts) < 2:
        return [log]
    out: list[Log] = []
    place = 0
    for number, entries in enumerate(parts, 1):
        started = _later(log.header, log.entries[place].t)
        header = replace(log.header, id=f"{log.header.id}-{number}", started=started)
        part = Log(log.path, header, entries, log.problems if number == 1 else [])
        out.append(_with_gaps(part, log.cut))
        place += len(entries)
    return out


def _later(header: Header, seconds: float) -> str:
    """Return when the log says that so many seconds had passed."""
    if header.tags.get("date") == "unknown":
        return header.started
    return log_times.iso(datetime.fromisoformat(header.started).timestamp() + seconds)


def _lost(read: Iterable[tuple[Sighting | Ending, Side]]) -> frozenset[str]:
    """Return what a log leaves out because events were cut: the client's are missing, the server's name less."""
    lost: set[str] = set()
    for sighting, side in read:
        if isinstance(sighting, Sighting) and sighting.found.cut and sighting.found.type not in AUDIO_FIELDS:
            lost |= {CLIENT, ITEMS, ORDER} if side is Side.CLIENT else {ITEMS}
    return frozenset(lost)


def _with_gaps(log: Log, cut: Set[str]) -> Log:
    log.cut = cut
    missing = log_gaps.left_out(read_event(entry) for entry in log.entries) | cut
    log.header = replace(log.header, tags={**log.header.tags, "left_out": " ".join(sorted(missing))})
    return log


def _stamps(sightings: Sequence[Sighting | Ending]) -> list[log_times.Stamp | None]:
    stamps: list[log_times.Stamp | None] = []
    for sighting in sightings:
        stamp = None
        if isinstance(sighting, Sighting):
            stamp = _stamp(sighting)
            if stamp is None and sighting.follows:
                stamp = stamps[-1] if stamps else None
        stamps.append(stamp)
    return stamps


def _stamp(sighting: Sighting) -> log_times.Stamp | None:
    for wrapper in reversed(sighting.found.wrappers):
        stamp = log_times.in_fields(wrapper)
        if stamp is not None:
            return stamp
    return log_times.in_words(sighting.before) or log_times.in_words(sighting.after)


def _sides(sightings: Sequence[Sighting | Ending]) -> list[Side]:
    events: list[tuple[str, log_sides.Hint]] = []
    for sighting in sightings:
        if isinstance(sighting, Sighting):
            hint = _hint(sighting)
            if hint is log_sides.NO_HINT and sighting.follows and events:
                hint = events[-1][1]
            events.append((sighting.found.type, hint))
    assigned = iter(log_sides.assign(events))
    return [next(assigned) if isinstance(sighting, Sighting) else sighting.side for sighting in sightings]


def _hint(sighting: Sighting) -> log_sides.Hint:
    for wrapper in reversed(sighting.found.wrappers):
        hint = log_sides.in_fields(wrapper)
        if hint is not log_sides.NO_HINT:
            return hint
    return log_sides.in_words(sighting.before)


def _add(log: Log, sighting: Sighting | Ending, side: Side, t: float, line: int) -> None:
    n = len(log.entries) + 1
    if isinstance(sighting, Ending):
        log.entries.append(Entry(n, t, side, sighting.kind, members=sighting.members, line=line))
        return
    found = sighting.found
    if found.cut:
        log.problems.append(_cut(log.path, found, side, line))
        if side is Side.CLIENT:
            return
    payload = payload_of(found)
    if payload is None:
        log.problems.append(Problem(line, f"{log.path}:{line}: {found.type} is nested too deeply and was left out"))
        return
    log.entries.append(Entry(n, t, side, Kind.MESSAGE, payload, line=line))


def _cut(path: Path, found: Found, side: Side, line: int) -> Problem:
    what = "was left out" if side is Side.CLIENT else "was read as far as it goes"
    return Problem(line, f"{path}:{line}: {found.type} is cut off and {what}")
