"""A session from a transcript."""

from __future__ import annotations

from collections.abc import Iterable

from realtime_inspector.protocol.event import Event, read
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import transcript


def session(text: str) -> Session:
    """Return the session after a transcript."""
    return folded(read(entry) for entry in transcript.entries(text))


def folded(events: Iterable[Event]) -> Session:
    found = Session()
    for event in events:
        found.apply(event)
    return found
