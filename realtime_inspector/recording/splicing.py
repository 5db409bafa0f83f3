"""Values of a JSON text changed where they stand: spacing, key order and every other value stay as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from realtime_inspector.recording.json_strings import Found, find


class Change(NamedTuple):
    """One value that was changed."""

    path: str
    before: str
    """As it stood there: JSON."""


def splice(payload: bytes, change: Callable[[Found, str], str | None]) -> tuple[bytes, list[Change]]:
    """Return a message with some of its values changed, and what they were.

    Args:
        payload: A text message. What is no JSON object or array is returned as it is.
        change: Gets a string, number or literal and how it is written; returns how it is to be written, or None.
    """
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return payload, []
    pieces: list[str] = []
    changes: list[Change] = []
    at = 0
    for found in find(text) or ():
        raw = text[found.start : found.end]
        new = None if found.is_key else change(found, raw)
        if new is None or new == raw:
            continue
        pieces += (text[at : found.start], new)
        changes.append(Change(found.name, raw))
        at = found.end
    return ("".join(pieces) + text[at:]).encode() if changes else payload, changes
