"""Client events that wait for an answer.

Lists are kept short, so that a server that never answers cannot make the analysis of a long session slow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from realtime_inspector.protocol.event import APPENDS, Event
from realtime_inspector.protocol.realtime.conversation import At, Pending
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import text

LIMIT = 1000
"""What is older than the newest thousand is held to be lost."""

HEAD = 4096
"""Characters of base64: enough to see that it is none."""

_T = TypeVar("_T")


def note(state: State, event: Event) -> None:
    """Note a client event. Audio is never acknowledged, so only its first piece is kept, and what has an `event_id`."""
    event_id = text(event.body.get("event_id"))
    pending = Pending(At(event.n, event.t), event.type, event_id or None, event.body)
    if event_id:
        remember(state, event_id, pending)
    if event.type not in APPENDS:
        hold(state.unanswered, pending)
    elif state.first_append is None:
        state.first_append = replace(pending, body=_heard(event))


def _heard(event: Event) -> Mapping[str, Any]:
    """Return an append with the beginning of its audio, which a body leaves out."""
    told = isinstance(event.body.get("audio"), str)
    return {**event.body, "audio": event.audio()[:HEAD]} if told else event.body


def remember(state: State, event_id: str, pending: Pending) -> None:
    """Remember a client event by its id."""
    state.named[event_id] = pending
    if len(state.named) > LIMIT:
        del state.named[next(iter(state.named))]


def hold(waiting: list[_T], new: _T) -> None:
    """Put one more at the end of a list of limited length."""
    waiting.append(new)
    if len(waiting) > LIMIT:
        del waiting[0]


def answered(
    state: State, *types: str, where: Callable[[Mapping[str, Any]], bool] = lambda body: True
) -> Pending | None:
    """Take the oldest unanswered client event of these types off the list."""
    for place, pending in enumerate(state.unanswered):
        if pending.type in types and where(pending.body):
            return state.unanswered.pop(place)
    return None


def answered_at(state: State, at: At) -> None:
    """Take the client event of that entry off the list."""
    for place, pending in enumerate(state.unanswered):
        if pending.at.n == at.n:
            del state.unanswered[place]
            return
