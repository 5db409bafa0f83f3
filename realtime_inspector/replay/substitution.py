"""A recorded client message as it goes to another server: that server's ids in place of the recorded one's.

A payload is parsed and serialised anew only where something in it changes; everything else goes out byte for byte.
No socket, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from realtime_inspector.protocol.event import dig
from realtime_inspector.protocol.realtime.values import number
from realtime_inspector.replay.cues import Cue, interrupted_item
from realtime_inspector.replay.landmarks import Key, Landmarks

_NAMES = frozenset({"item_id", "previous_item_id", "call_id", "response_id", "approval_request_id"})
_OPAQUE = frozenset({"metadata", "session", "audio"})


@dataclass(frozen=True, slots=True)
class Adapted:
    """A message for the live server."""

    payload: bytes
    unknown: Key | None = None
    """What it names that has no counterpart there: it cannot be sent."""
    clipped_ms: tuple[float, float] | None = None
    """Where a truncate said playing stopped, and where it says so now: there is less audio."""


def adapt(cue: Cue, recorded: Landmarks, live: Landmarks) -> Adapted:
    """Return a recorded message with the live ids."""
    if cue.event.is_wire:
        return Adapted(cue.event.entry.payload)
    found = _Ids(recorded, live)
    found.look(cue.event.body)
    if found.unknown is not None:
        return Adapted(b"", found.unknown)
    clipped = _clipped(cue, recorded, live)
    if not found.changes and clipped is None:
        return Adapted(cue.event.entry.payload)
    body = orjson.loads(cue.event.entry.payload)
    found.write(body)
    if clipped is not None:
        body["audio_end_ms"] = int(clipped[1])
    return Adapted(orjson.dumps(body), clipped_ms=clipped)


class _Ids:
    def __init__(self, recorded: Landmarks, live: Landmarks) -> None:
        self._recorded, self._live = recorded, live
        self.unknown: Key | None = None
        self.changes = False

    def look(self, part: Any) -> None:
        """Find what has to be changed, and what cannot be."""
        for _, _, value in _named(part):
            key = self._recorded.keys.get(value)
            if key is None:
                continue
            live = self._live.ids.get(key)
            if live is None:
                self.unknown = self.unknown or key
            elif live != value:
                self.changes = True

    def write(self, part: Any) -> None:
        """Write the live ids."""
        for place, name, value in _named(part):
            key = self._recorded.keys.get(value)
            if key is not None:
                place[name] = self._live.ids.get(key, value)


def _named(part: Any) -> list[tuple[Any, str, str]]:
    """Return the members of a message that name something by its id: object, name and value."""
    found: list[tuple[Any, str, str]] = []
    if isinstance(part, list):
        for inner in part:
            found += _named(inner)
    elif isinstance(part, Mapping):
        refers = part.get("type") == "item_reference"
        for name, value in part.items():
            if isinstance(value, str):
                found += [(part, name, value)] if name in _NAMES or (refers and name == "id") else []
            elif name not in _OPAQUE:
                found += _named(value)
    return found


def _clipped(cue: Cue, recorded: Landmarks, live: Landmarks) -> tuple[float, float] | None:
    """Return where a truncate has to stop instead, if the live answer has less audio than it says was heard."""
    key = recorded.keys.get(interrupted_item(cue.event))
    end_ms = number(dig(cue.event.body, "audio_end_ms"))
    item = live.session.items.get(live.ids.get(key, "")) if key is not None else None
    theirs = recorded.session.items.get(interrupted_item(cue.event))
    if item is None or end_ms is None or theirs is None or end_ms > theirs.audio_ms or end_ms <= item.audio_ms:
        return None  # one that was too much when it was recorded is so on purpose
    return end_ms, item.audio_ms
