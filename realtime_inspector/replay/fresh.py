"""A script under new names: every id that the recorded server made is another one, and the same one wherever it stands.

So a client is met as by the real server, which never says an id twice: one that keeps an id of yesterday is found. What
the client made (of items, of its events) stays as recorded; `ids.py` learns the live ones. No socket, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from string import ascii_letters, digits
from typing import Any

from realtime_inspector.protocol.event import Event, read
from realtime_inspector.recording.entry import Kind
from realtime_inspector.replay.script import Expected, Script, Step

_NAMES = (
    "event_id",
    "item_id",
    "previous_item_id",
    "response_id",
    "call_id",
    "approval_request_id",
    "conversation_id",
    "id",
)
_MEMBER = re.compile(rb'("(?:' + "|".join(_NAMES).encode() + rb')"\s*:\s*")([^"\\]+)(?=")')
_OTHERS = frozenset({"error", "metadata", "prompt", "tools", "voice"})
"""Parts of an event in which an id is none of the session's, or is one that the client chose."""
_ROOT = "root"
"""Says that an item stands before all others; nobody made it."""
_LETTERS = ascii_letters + digits
_SHORT, _LENGTH = 6, 16
"""A token shorter than the first is not drawn anew in its length, but in the second: two could be the same."""


def fresh(script: Script, random: Random) -> Script:
    """Return a script with new ids of the server."""
    names = _new_names(_made_by_server(script), random)
    spelt = {old.encode(): new.encode() for old, new in names.items()}
    return replace(
        script,
        steps=tuple(_step(step, names, spelt) for step in script.steps),
        expected=tuple(_expected(expected, names, spelt) for expected in script.expected),
    )


def _made_by_server(script: Script) -> list[str]:
    """Return the ids that the server was the first to name, in order."""
    events = [step.event for step in script.steps] + [expected.event for expected in script.expected]
    first: dict[str, bool] = {_ROOT: False}
    for event in sorted(events, key=lambda event: event.n):
        for name in _ids(event.body):
            first.setdefault(name, event.from_server)
    return [name for name, by_server in first.items() if by_server]


def _ids(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for inner in part:
            yield from _ids(inner)
    elif isinstance(part, Mapping):
        for name, value in part.items():
            if isinstance(value, str):
                if name in _NAMES and value:
                    yield value
            elif name not in _OTHERS:
                yield from _ids(value)


def _new_names(old: list[str], random: Random) -> dict[str, str]:
    """Return a new name for each: its prefix, and another token of its length."""
    taken, names = set(old), {}
    for name in old:
        prefix, underscore, token = name.partition("_")
        if not underscore:
            prefix, token = "", name
        length = len(token) if len(token) >= _SHORT else _LENGTH
        new = name
        while new in taken:
            new = prefix + underscore + "".join(random.choices(_LETTERS, k=length))
        taken.add(new)
        names[name] = new
    return names


def _step(step: Step, names: Mapping[str, str], spelt: Mapping[bytes, bytes]) -> Step:
    lane, colon, name = step.lane.partition(":")
    return replace(
        step,
        event=_renamed(step.event, spelt),
        lane=lane + colon + names.get(name, name),
        ids=frozenset(names.get(each, each) for each in step.ids),
    )


def _expected(expected: Expected, names: Mapping[str, str], spelt: Mapping[bytes, bytes]) -> Expected:
    item_id = names.get(expected.item_id, expected.item_id)
    return replace(expected, event=_renamed(expected.event, spelt), item_id=item_id)


def _renamed(event: Event, spelt: Mapping[bytes, bytes]) -> Event:
    if event.entry.kind is not Kind.MESSAGE:
        return event
    payload = _MEMBER.sub(lambda found: found[1] + spelt.get(found[2], found[2]), event.entry.payload)
    if event.type == "error":  # its words name what it is about
        for old, new in spelt.items():
            payload = payload.replace(old, new) if len(old) >= _LENGTH else payload
    return event if payload == event.entry.payload else read(replace(event.entry, payload=payload))
