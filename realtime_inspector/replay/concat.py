"""Recordings put together to one: pieces of the same recording in their places, others one behind the other.

Of several connections one remains: the first one's beginning, the last one's end. What means one thing in the one and
another in the other (an id that both have, an offset into the user's audio, the item before the first) is changed, so
that each name stands for one thing. No socket, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from realtime_inspector.analysis.differences.told import tell
from realtime_inspector.analysis.differences.values import differing
from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.event import Event, read
from realtime_inspector.protocol.realtime.values import text
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.json_strings import Found
from realtime_inspector.recording.splicing import splice
from realtime_inspector.replay.cut import MEMBER, Piece, Whole, compose, restore

JOINED = "joined"
"""The header's member that names what was put together."""
_LEAD_S = 0.25
_OPENING = frozenset({"session.created", "transcription_session.created", "conversation.created"})
_NAMES = frozenset({"id", "item_id", "previous_item_id", "call_id", "response_id", "event_id", "approval_request_id"})
_OFFSETS = ("audio_start_ms", "audio_end_ms")
_SETTINGS_NAMED = 4


@dataclass(frozen=True, slots=True)
class Source:
    """One of the recordings."""

    header: Header
    entries: Sequence[Entry]
    name: str = ""
    """For people: a path."""


def concat(sources: Sequence[Source], new_id: str) -> Piece:
    """Return recordings as one.

    Raises:
        UsageError: If one of them has no session, or they are of different dialects.
    """
    pieces = [restore(source.entries, source.header) for source in sources]
    origins = {(piece.header.id, piece.total) for piece in pieces if piece is not None}
    known = [piece or _uncut(source, origins) for piece, source in zip(pieces, sources, strict=True)]
    if len(origins) == 1 and all(known):
        return _together([whole for whole in known if whole is not None], new_id)
    return _Joining(sources).whole(new_id)


def _uncut(source: Source, origins: Collection[tuple[str, int]]) -> Whole | None:
    """Return a recording if it is the one that others are pieces of."""
    if (source.header.id, len(source.entries)) not in origins:
        return None
    return Whole(source.header, len(source.entries), dict(enumerate(source.entries, 1)))


def _together(pieces: Sequence[Whole], new_id: str) -> Piece:
    """Put pieces of one recording in their places."""
    entries = {n: entry for piece in pieces for n, entry in piece.entries.items()}
    whole = Whole(pieces[0].header, pieces[0].total, entries)
    return compose(whole, entries, new_id)


@dataclass(slots=True)
class _State:
    """What the recordings put together so far hold."""

    ids: set[str] = field(default_factory=set)
    session_id: str = ""
    conversation_id: str = ""
    last_item: str = ""
    appended_ms: float = 0.0
    t: float = 0.0
    config: Any = None
    dialect: str = ""


class _Joining:
    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        self.entries: list[Entry] = []
        self.state = _State()
        self.said: list[str] = []

    def whole(self, new_id: str) -> Piece:
        for place, source in enumerate(self.sources, 1):
            self._add(source, place, is_last=place == len(self.sources))
        first = self.sources[0].header
        extra = {name: value for name, value in first.extra.items() if name not in {MEMBER, "part", "first"}}
        extra[JOINED] = [source.header.id for source in self.sources]
        entries = [replace(entry, n=n) for n, entry in enumerate(self.entries, 1)]
        return Piece(replace(first, id=new_id, extra=extra), entries, "; ".join(self.said))

    def _add(self, source: Source, place: int, *, is_last: bool) -> None:
        told = tell(source.entries)
        session = told.session
        if session.created is None:
            raise UsageError(f"{source.name}: no session begins in it, so there is nothing to join")
        if self.state.dialect and session.dialect and session.dialect != self.state.dialect:
            raise UsageError(f"{source.name}: it speaks {session.dialect}, the one before {self.state.dialect}")
        kept = [entry for entry in source.entries if _stays(entry, is_first=place == 1, is_last=is_last)]
        if place > 1:
            self._note(source, session.default_config)
            kept = list(_Renaming(self.state, source.entries, session.id, place).entries(kept))
        start = kept[0].t if kept else 0.0
        shift = round(self.state.t + _LEAD_S - start, 6) if place > 1 else 0.0
        self.entries += [replace(entry, t=round(max(0.0, entry.t + shift), 6)) for entry in kept]
        self._remember(kept, told.session.input_audio.total_ms, session.config, session.dialect)

    def _note(self, source: Source, begins_with: Any) -> None:
        """Say where another recording begins, and which settings it began with are not in force here."""
        paths = [path for path, _, _ in differing(self.state.config, begins_with, "session", {}) if _is_setting(path)]
        more = f" and {len(paths) - _SETTINGS_NAMED} more" if len(paths) > _SETTINGS_NAMED else ""
        other = f"; it began with other settings: {', '.join(paths[:_SETTINGS_NAMED])}{more}" if paths else ""
        said = f"joined: from here on it is {source.header.id}{other}"
        self.said.append(said)
        self.entries.append(Entry(0, self.state.t, Side.PROXY, Kind.NOTE, members={"text": said}))

    def _remember(self, kept: Sequence[Entry], appended_ms: float, config: Any, dialect: str) -> None:
        state = self.state
        state.appended_ms += appended_ms
        state.t = self.entries[-1].t if self.entries else 0.0
        state.config, state.dialect = config, state.dialect or dialect
        for entry in kept:
            state.ids.update(_ids(entry))
        told = tell(self.entries).session
        state.session_id = state.session_id or told.id
        conversation = next((r.conversation_id for r in told.responses.values() if r.conversation_id), "")
        state.conversation_id = state.conversation_id or conversation
        state.last_item = next((item.id for item in reversed(told.conversation)), state.last_item)


class _Renaming:
    """Gives a recording names that those before it have not."""

    def __init__(self, state: _State, entries: Sequence[Entry], session_id: str, place: int) -> None:
        self.state = state
        taken = state.ids
        self.names = {name: f"{name}_{place}" for entry in entries for name in _ids(entry) if name in taken}
        own = next((r.conversation_id for r in tell(entries).session.responses.values() if r.conversation_id), "")
        self.shared = {session_id: state.session_id, own: state.conversation_id}
        self.first_item: str | None = None
        """The recording's own first item: what it stands behind is the last one before it."""

    def entries(self, kept: Sequence[Entry]) -> Iterator[Entry]:
        """Yield the entries with their new names."""
        for entry in kept:
            if entry.kind is Kind.MESSAGE and not entry.binary:
                payload, changes = splice(entry.payload, self._change(read(entry)))
                yield replace(entry, payload=payload) if changes else entry
            else:
                yield entry

    def _change(self, event: Event) -> Callable[[Found, str], str | None]:
        """Return what is to be changed in one event."""
        speech = event.type.startswith("input_audio_buffer.speech_")
        item = text(event.get("item.id")) or text(event.get("item_id"))
        if self.first_item is None and event.from_server and "previous_item_id" in event.body:
            self.first_item = item
        behind = self.state.last_item if item and item == self.first_item else ""

        def change(found: Found, raw: str) -> str | None:
            if not found.number:
                return self._renamed(found)
            if speech and found.name in _OFFSETS and raw.isdecimal():
                return str(int(raw) + round(self.state.appended_ms))
            is_first = bool(behind) and found.path == ("previous_item_id",) and raw == "null"
            return orjson.dumps(behind).decode() if is_first else None

        return change

    def _renamed(self, found: Found) -> str | None:
        if not found.path or (found.path[-1] not in _NAMES and found.path[-1] != "conversation_id"):
            return None
        new = self.shared.get(found.value) or self.names.get(found.value)
        return orjson.dumps(new).decode() if new else None


def _stays(entry: Entry, *, is_first: bool, is_last: bool) -> bool:
    """Tell whether an entry belongs into the whole: of each connection but one, beginning and end do not."""
    if entry.kind in {Kind.REQUEST, Kind.RESPONSE}:
        return is_first
    if entry.kind in {Kind.CLOSE, Kind.END}:
        return is_last
    return is_first or entry.kind is not Kind.MESSAGE or entry.binary or read(entry).type not in _OPENING


def _ids(entry: Entry) -> Iterator[str]:
    if entry.kind is Kind.MESSAGE and not entry.binary:
        yield from _named(read(entry).body)


def _named(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for inner in part:
            yield from _named(inner)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name in _NAMES and isinstance(value, str) and value:
                yield value
            elif name not in {"tools", "metadata"}:
                yield from _named(value)


def _is_setting(path: str) -> bool:
    return path.removeprefix("session.") not in {"id", "object", "expires_at", "client_secret", "model"}
