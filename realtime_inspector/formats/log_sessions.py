"""Takes the log of several sessions apart: each connection begins with a `session.created` of its own.

Sessions that ran side by side cannot be told apart so, as a log does not say which event is whose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from realtime_inspector.protocol.event import Event, read
from realtime_inspector.recording.entry import Entry

_BEGINNINGS = frozenset({"session.created", "transcription_session.created"})
_CONFIGURATION = frozenset({"session.update", "transcription_session.update"})


def sessions(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return the entries of each session, numbered from 1 and with times since its own beginning."""
    starts = list(_starts([read(entry) for entry in entries]))
    if len(starts) < 2:
        return [list(entries)]
    ends = [*starts[1:], len(entries)]
    return [_from_zero(entries[start:end]) for start, end in zip([0, *starts[1:]], ends, strict=True)]


def _starts(events: Sequence[Event]) -> Iterator[int]:
    """Yield where sessions begin; what a client sends before it hears of its session belongs to it."""
    session = ""
    for place, event in enumerate(events):
        if event.from_server and event.type in _BEGINNINGS:
            named = str(event.get("session.id") or event.body.get("event_id") or place)
            if named != session:
                yield _first_of(events, place)
            session = named


def _first_of(events: Sequence[Event], created: int) -> int:
    """Return where the client began to configure the session that the server announces here."""
    first = place = created
    while place > 0 and (events[place - 1].from_client or events[place - 1].type == "wire.response"):
        place -= 1
        if events[place].type in _CONFIGURATION or events[place].is_wire:
            first = place
        if events[place].type in {"wire.close", "wire.end"}:
            return place + 1
    return first


def _from_zero(entries: Sequence[Entry]) -> list[Entry]:
    began = entries[0].t
    return [replace(entry, n=n, t=round(entry.t - began, 6)) for n, entry in enumerate(entries, 1)]
