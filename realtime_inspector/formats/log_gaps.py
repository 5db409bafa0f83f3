"""What a log leaves out, told by what it has: one side, the audio, kinds of events.

Only what shows: an event that is not there and is not spoken of either may be missing in the session or in its log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from realtime_inspector.protocol.event import AUDIO_FIELDS, Event
from realtime_inspector.protocol.realtime.catalogue import ga_name
from realtime_inspector.protocol.realtime.left_out import (
    CLIENT,
    DELTAS,
    INPUT_AUDIO,
    ITEMS,
    ORDER,
    OUTPUT_AUDIO,
    SERVER,
    TYPES,
    WIRE,
)
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, mappings, number, text

_CONFIGURATION = frozenset({"session.update", "transcription_session.update"})
_ANNOUNCING = frozenset(
    {
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "input_audio_buffer.timeout_triggered",
    }
)
"""Server events whose `item_id` is of an item that is introduced later."""
_ANSWERS = {
    "conversation.item.added": "conversation.item.create",
    "conversation.item.created": "conversation.item.create",
    "conversation.item.truncated": "conversation.item.truncate",
    "conversation.item.deleted": "conversation.item.delete",
}
"""Server event → the client event that it answers, if any does."""
_LEAST_BYTES = 80
"""No client and no server sends less audio at once: 10 ms of G.711 are 80 bytes."""
_TOKEN_MS = 50.0
"""What an audio token of the assistant plays."""
_SHARE = 0.5
_AHEAD_MS = 1000.0
"""How far the server's place in the user's audio may be ahead of what a log has of it."""
_LOOKED_AT = 50
"""Appends whose text is looked at."""


def left_out(events: Iterable[Event]) -> frozenset[str]:
    """Return what the log that these events are all of leaves out, in the words of `protocol/realtime/left_out.py`."""
    look = _Look()
    for event in events:
        look.take(event)
    return frozenset(look.missing())


class _Look:
    """One pass over a log."""

    def __init__(self) -> None:
        self._session = Session()
        self._sent: set[str] = set()
        self._received: set[str] = set()
        self._introduced: set[str] = set()
        self._unknown = False
        """An item was named before it was introduced."""
        self._answered: set[tuple[str, str]] = set()
        """What the server answered without having been asked yet, by type of the question and id."""
        self._asked: Counter[tuple[str, str]] = Counter()
        self._disordered = False
        self._longest = {"append": 0, "delta": 0}
        self._lengths: list[int] = []
        """Of the first appends' base64 text."""
        self._behind = False
        """The server heard audio that was not appended."""

    def take(self, event: Event) -> None:
        """Take one event in."""
        self._session.apply(event)
        if event.is_wire:
            return
        (self._sent if event.from_client else self._received).add(ga_name(event.type))
        self._order(event)
        self._items(event)
        if event.type in AUDIO_FIELDS:
            self._audio(event)
        elif event.from_server and event.type.startswith("input_audio_buffer."):
            end_ms = number(event.body.get("audio_end_ms")) or number(event.body.get("audio_start_ms")) or 0.0
            self._behind = self._behind or end_ms > self._session.input_audio.total_ms + _AHEAD_MS

    def missing(self) -> Iterator[str]:
        """Yield what the log does not have."""
        yield WIRE
        if self._disordered:
            yield ORDER
        if not self._sent - _CONFIGURATION:
            yield CLIENT
        if not self._received:
            yield SERVER
        if self._unknown or self._session.created is None:
            yield ITEMS
        if not any(name.endswith(".delta") for name in self._received):
            yield DELTAS
        if self._longest["append"] < _LEAST_BYTES or self._behind or self._clipped():
            yield INPUT_AUDIO
        if self._longest["delta"] < _LEAST_BYTES or self._too_short():
            yield OUTPUT_AUDIO
        yield from (name for name in TYPES if name not in self._received)

    def _order(self, event: Event) -> None:
        """Look for a question after its answer."""
        question = _question(event)
        if question is None:
            return
        if event.from_client:
            self._asked[question] += 1
            self._disordered = self._disordered or question in self._answered
        elif self._asked[question] > 0:
            self._asked[question] -= question[1] == ""
        else:
            self._answered.add(question)

    def _items(self, event: Event) -> None:
        item_id = text(event.get("item.id"))
        if item_id:
            self._introduced.add(item_id)
        if event.from_client:
            return
        named = [] if event.type in _ANNOUNCING else [text(event.body.get("item_id"))]
        named += [text(item.get("id")) for item in mappings(event.get("response.output"))]
        self._unknown = self._unknown or any(name and name not in self._introduced for name in named)

    def _audio(self, event: Event) -> None:
        which = "append" if event.from_client else "delta"
        self._longest[which] = max(self._longest[which], event.audio_bytes)
        if event.from_client and len(self._lengths) < _LOOKED_AT:
            self._lengths.append(len(event.audio()))

    def _clipped(self) -> bool:
        """Tell whether every append was cut to one length, which base64 never has."""
        return len(set(self._lengths)) == 1 and self._lengths[0] % 4 != 0

    def _too_short(self) -> bool:
        """Tell whether there is much less of the assistant's audio than its tokens stand for."""
        tokens = sum(
            number(mapping(response.usage.get("output_token_details")).get("audio_tokens")) or 0.0
            for response in self._session.responses.values()
        )
        sent_ms = sum(item.audio_ms for item in self._session.items.values())
        return sent_ms < tokens * _TOKEN_MS * _SHARE


def _question(event: Event) -> tuple[str, str] | None:
    """Return what a client event asks, or what a server event answers; None if no question fits its answer for sure."""
    name = event.type
    if name in {"session.update", "session.updated"}:
        return "session.update", ""
    asked = _ANSWERS.get(name, name)
    if asked in {"conversation.item.truncate", "conversation.item.delete"}:
        return asked, text(event.body.get("item_id"))
    if asked != "conversation.item.create":
        return None
    named = text(event.get("item.call_id")) if event.get("item.type") == "function_call_output" else ""
    named = named or (text(event.get("item.id")) if event.get("item.type") == "message" else "")
    return (asked, named) if named else None
