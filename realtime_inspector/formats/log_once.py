"""Leaves out what a log has twice.

Programs log an event at more than one place, and people paste one log twice. The server's events bear ids, so they tell
how a log repeats itself; the client's, which often have none, are then held to be repeated in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson

from realtime_inspector.formats.log_scan import Sighting
from realtime_inspector.formats.log_sides import by_type
from realtime_inspector.formats.log_wire import Ending
from realtime_inspector.recording.entry import Kind, Side

_FAR = 8
"""A server's event that comes again after so many others is not logged at two places: the log itself is repeated."""
_LEAST_RUNS = 3
_SHARE = 0.8


def once(sightings: Iterable[Sighting | Ending]) -> list[Sighting | Ending]:
    """Return everything a log has once; a refusal of the connection only before any event."""
    return list(_without_repeats(_singly(list(sightings))))


def _without_repeats(sightings: Iterable[Sighting | Ending]) -> Iterator[Sighting | Ending]:
    seen: dict[str, tuple[int, Mapping[str, Any]]] = {}
    sent: set[bytes] = set()
    again = False
    before: Sighting | Ending | None = None
    for place, sighting in enumerate(sightings):
        if isinstance(sighting, Ending):
            first = before is None
            if first or not (sighting.kind is Kind.RESPONSE or _is_same(before, sighting)):
                before = sighting
                yield sighting
            continue
        body, server = sighting.found.body, by_type(sighting.found.type) is Side.SERVER
        event_id = body.get("event_id")
        known = seen.get(event_id) if isinstance(event_id, str) and event_id else None
        if known is not None and known[1] == body:
            again = again or (server and place - known[0] > _FAR)
            seen[str(event_id)] = (place if place - known[0] <= _FAR else known[0], body)
            continue
        if isinstance(event_id, str) and event_id:
            seen[event_id] = (place, body)
        if server:
            again = False
        else:
            written = _written(body)
            if again and written in sent:
                continue
            sent.add(written)
        before = sighting
        yield sighting


def _singly(sightings: Sequence[Sighting | Ending]) -> Iterator[Sighting | Ending]:
    """Yield every second of neighbours that are the same, where nearly all events of a side stand so."""
    runs = [list(run) for _, run in groupby(sightings, key=_key)]
    doubled = _doubled(runs)
    for run in runs:
        first = run[0]
        twice = isinstance(first, Sighting) and by_type(first.found.type) in doubled
        yield from run[: (len(run) + 1) // 2] if twice else run


def _doubled(runs: Sequence[Sequence[Sighting | Ending]]) -> set[Side | None]:
    """Return the sides whose events stand twice."""
    lengths: Counter[tuple[Side | None, bool]] = Counter()
    for run in runs:
        if isinstance(run[0], Sighting):
            lengths[by_type(run[0].found.type), len(run) % 2 == 0] += 1
    if lengths[Side.CLIENT, True] + lengths[Side.SERVER, True] < _LEAST_RUNS:
        return set()
    sides = (Side.CLIENT, Side.SERVER)
    return {side for side in sides if lengths[side, True] >= _SHARE * (lengths[side, True] + lengths[side, False])}


def _key(sighting: Sighting | Ending) -> bytes | int:
    return _written(sighting.found.body) if isinstance(sighting, Sighting) else id(sighting)


def _written(body: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a number beyond 64 bits, too deep: such a body is like no other
        return str(id(body)).encode()


def _is_same(before: Sighting | Ending | None, ending: Ending) -> bool:
    return isinstance(before, Ending) and before.kind is ending.kind and before.members == ending.members
