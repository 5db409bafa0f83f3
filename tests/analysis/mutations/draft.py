"""Changing a recording: small pure functions of entries, each of which leaves it well-formed.

An entry's place is its index; its number is one more. What a mutation did is told by the numbers of the entries it
changed, so that a finding can be asked to name one of them.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import orjson

from realtime_inspector.protocol.event import dig
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from tests.analysis.mutations.healthy import healthy

SILENCE_S = 20.0
"""How long nothing happens at the end of a session that was cut short: longer than any rule waits."""
_ANSWER_S = 0.04
_MICROPHONE_S = 0.4

Body = dict[str, Any]
Where = Callable[[Body], object]
Message = tuple[Side, Body | bytes]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A session in which one thing is wrong."""

    entries: list[Entry]
    at: frozenset[int] = frozenset()
    """Numbers of the entries that are wrong, or stand where something is missing; empty if none can be named."""
    header: Header | None = None


@dataclass(frozen=True, slots=True)
class Mutation:
    """One kind of mutation."""

    name: str
    about: str
    rules: tuple[str, ...]
    """One of them must find it."""
    places: Callable[[Draft], Iterable[int]]
    apply: Callable[[Draft, int], Mutant | None]
    why: tuple[str, ...] = ()
    """What `why` may answer, where the mutation silences the assistant."""
    acoustic: bool = False
    of: tuple[str, ...] = ()
    """Sessions it is made of; empty: all."""


def client(event_type: str, /, **members: Any) -> Message:
    """Return a message of the client."""
    return Side.CLIENT, {"type": event_type, **members}


def server(event_type: str, /, **members: Any) -> Message:
    """Return a message of the server."""
    return Side.SERVER, {"type": event_type, **members}


def again(d: Draft, at: int) -> Message:
    """Return a message like that of an entry."""
    return d.entries[at].side, d.body(at)


def refusal(code: str, message: str, param: str | None = None, event_id: str | None = None) -> Message:
    """Return an `error` event of the server."""
    error = {"type": "invalid_request_error", "code": code, "message": message, "param": param, "event_id": event_id}
    return server("error", event_id="event_refused", error=error)


class Draft:
    """A session to be changed; nothing here changes it, every method returns another one."""

    def __init__(self, name: str, entries: Sequence[Entry]) -> None:
        self.name = name
        self.entries = tuple(entries)
        self.bodies: list[Body] = [_body(entry) for entry in entries]

    # asking

    def client(self, event_type: str, where: Where = bool) -> list[int]:
        """Return the places of the client's events of a type."""
        return self._places(Side.CLIENT, event_type, where)

    def server(self, event_type: str, where: Where = bool) -> list[int]:
        """Return the places of the server's events of a type, beta names included."""
        beta = event_type.replace(".output_", ".")
        found = self._places(Side.SERVER, event_type, where)
        return found or self._places(Side.SERVER, beta, where) if beta != event_type else found

    def get(self, at: int, path: str, default: Any = None) -> Any:
        """Return what an event has at a dotted path."""
        return dig(self.bodies[at], path, default)

    def body(self, at: int) -> Body:
        """Return an event's body, to be changed."""
        return deepcopy(self.bodies[at])

    def after(self, at: int, places: Iterable[int]) -> int | None:
        """Return the first of the places behind one."""
        return next((place for place in places if place > at), None)

    def before(self, at: int, places: Sequence[int]) -> int | None:
        """Return the last of the places before one."""
        return next((place for place in reversed(places) if place < at), None)

    def of_response(self, response_id: str) -> list[int]:
        """Return the places of every event of a response."""
        return [
            at
            for at, body in enumerate(self.bodies)
            if self.entries[at].side is Side.SERVER
            and (body.get("response_id") == response_id or dig(body, "response.id") == response_id)
        ]

    def response_at(self, at: int) -> str:
        """Return the response that an event of the server belongs to."""
        return str(self.bodies[at].get("response_id") or dig(self.bodies[at], "response.id") or "")

    @property
    def is_beta(self) -> bool:
        """Whether the session speaks the beta's dialect."""
        return any("modalities" in body.get("session", {}) for body in self.bodies)

    @property
    def ends_at(self) -> int:
        """Return the place of the first close or end."""
        return next(at for at, entry in enumerate(self.entries) if entry.kind in {Kind.CLOSE, Kind.END})

    def answers(self, at: int) -> list[int]:
        """Return the places at which the server takes an update or an item."""
        kind = self.bodies[at]["type"]
        if kind == "session.update":
            place = self.client(kind).index(at)
            return self.server("session.updated")[place : place + 1]
        item = self.bodies[at]["item"]
        wanted = (item["type"], item.get("role"), item.get("call_id"), item.get("content"))
        kinds = ("conversation.item.added", "conversation.item.created", "conversation.item.done")
        places = [place for kind in kinds for place in self.server(kind) if place > at]
        return sorted(place for place in places if _shown(self.bodies[place]["item"]) == wanted)

    @property
    def is_pcm(self) -> bool:
        """Whether audio is PCM, as the server says."""
        places = self.server("session.updated") or self.server("session.created")
        return any(self.get(place, "session.audio.input.format.type") == "audio/pcm" for place in places[-1:])

    # changing

    def refused(self, at: int, changed: Mutant | Body, code: str, message: str, param: str | None = None) -> Mutant:
        """Let an update or an item be another one, which the server refuses."""
        body = orjson.loads(changed.entries[at].payload) if isinstance(changed, Mutant) else changed
        answers = self.answers(at)
        error = refusal(code, message, param)[1]
        bodies = {at: body, **dict.fromkeys(answers[:1], error)}
        entries = self.edit_all(bodies, [at]).entries
        return Draft(self.name, entries).drop(answers[1:], at=[at])

    def put(self, at: int, path: str, value: Any) -> Mutant:
        """Set what an event has at a dotted path; steps that are numbers are places in a list."""
        body = self.body(at)
        holder, name = _holder(body, path)
        holder[name] = value
        return self.edit(at, body)

    def unset(self, at: int, path: str) -> Mutant:
        """Take out what an event has at a dotted path."""
        body = self.body(at)
        holder, name = _holder(body, path)
        del holder[name]
        return self.edit(at, body)

    def edit(self, at: int, body: Body | bytes) -> Mutant:
        """Replace an event's body."""
        return self.edit_all({at: body}, {at})

    def edit_all(self, bodies: dict[int, Any], at: Iterable[int]) -> Mutant:
        """Replace several events' bodies."""
        entries = [
            replace(entry, payload=_payload(bodies[place])) if place in bodies else entry
            for place, entry in enumerate(self.entries)
        ]
        return Mutant(entries, _numbers(at))

    def replaced(self, at: int, **members: Any) -> Mutant:
        """Replace members of an entry itself."""
        entries = [replace(e, **members) if place == at else e for place, e in enumerate(self.entries)]
        return Mutant(entries, _numbers([at]))

    def drop(self, places: Iterable[int], at: Iterable[int] = ()) -> Mutant:
        """Leave entries out; `at` are places, of the session as it was, that a finding may name."""
        gone = set(places)
        kept = [place for place in range(len(self.entries)) if place not in gone]
        numbers = {place: number for number, place in enumerate(kept, 1)}
        named = frozenset(numbers[place] for place in at if place in numbers)
        return Mutant(_numbered([self.entries[place] for place in kept]), named)

    def insert(self, at: int, *messages: Message, also: Iterable[int] = ()) -> Mutant:
        """Put messages before an entry; a finding may name any of them, or one of `also`."""
        t, most = self.entries[at - 1].t, self.entries[at].t
        new = [_entry(message, min(most, t + 0.001 * step)) for step, message in enumerate(messages, 1)]
        moved = [place if place < at else place + len(new) for place in also]
        entries = _numbered([*self.entries[:at], *new, *self.entries[at:]])
        return Mutant(entries, _numbers([*range(at, at + len(new)), *moved]))

    def move(self, at: int, to: int) -> Mutant:
        """Let an entry come later, before the one at `to`."""
        moved = replace(self.entries[at], t=self.entries[to - 1].t)
        entries = [*self.entries[:at], *self.entries[at + 1 : to], moved, *self.entries[to:]]
        return Mutant(_numbered(entries), _numbers([to - 1]))

    def move_up(self, at: int, to: int) -> Mutant:
        """Let an entry come sooner, before the one at `to`."""
        moved = replace(self.entries[at], t=self.entries[to - 1].t)
        entries = [*self.entries[:to], moved, *self.entries[to:at], *self.entries[at + 1 :]]
        return Mutant(_numbered(entries), _numbers([to]))

    def later(self, at: int, seconds: float) -> Mutant:
        """Let an entry and all that follow come later."""
        entries = [replace(e, t=round(e.t + seconds, 6)) if place >= at else e for place, e in enumerate(self.entries)]
        return Mutant(entries, _numbers([at]))

    def end(
        self,
        at: int,
        *messages: Message,
        seconds: float = SILENCE_S,
        named: Iterable[int] | None = None,
        microphone: bool = True,
        close: tuple[Side, int, str] | None = (Side.CLIENT, 1000, ""),
        how: str = "closed",
    ) -> Mutant:
        """Cut the session before an entry: messages, nothing for a while, the end.

        Args:
            at: The first entry that is left out.
            messages: What comes instead.
            seconds: How long nothing happens; a microphone that was on stays on.
            named: Places a finding may name; the messages, or the last entry kept, if not given.
            microphone: Whether it does.
            close: Who closes, with what; None: nobody.
            how: How the connection ended.
        """
        entries = list(self.entries[:at])
        entries += [_entry(message, entries[-1].t + _ANSWER_S * step) for step, message in enumerate(messages, 1)]
        own = list(range(at, len(entries))) or [at - 1]
        until = entries[-1].t + seconds
        if microphone:
            entries += _silent_microphone(entries, until)
        if close is not None:
            side, code, reason = close
            entries.append(Entry(0, until, side, Kind.CLOSE, members={"code": code, "reason": reason}))
        entries.append(Entry(0, until, Side.PROXY, Kind.END, members={"how": how}))
        return Mutant(_numbered(entries), _numbers(own if named is None else named))

    def _places(self, side: Side, event_type: str, where: Where) -> list[int]:
        return [
            at
            for at, body in enumerate(self.bodies)
            if self.entries[at].side is side and body.get("type") == event_type and where(body)
        ]


def audio_of(body: Body) -> bytes:
    """Return the audio of an append or a delta."""
    return b64decode(body.get("audio") or body.get("delta") or "")


def with_audio(body: Body, audio: bytes) -> Body:
    """Return an append or a delta with other audio."""
    name = "audio" if body["type"] == "input_audio_buffer.append" else "delta"
    return {**body, name: b64encode(audio).decode()}


@cache
def draft(name: str) -> Draft:
    """Return a healthy session to be changed."""
    return Draft(name, healthy(name))


def _shown(item: Body) -> tuple[Any, ...]:
    return item["type"], item.get("role"), item.get("call_id"), item.get("content")


def _silent_microphone(entries: Sequence[Entry], until: float) -> list[Entry]:
    """Go on sending silence as long as the last audio was, if it was sent just before."""
    t = entries[-1].t
    recent = [e for e in entries if e.side is Side.CLIENT and b"input_audio_buffer.append" in e.payload[:60]]
    if not recent or t - recent[-1].t > _MICROPHONE_S:
        return []
    size = len(audio_of(orjson.loads(recent[-1].payload)))
    is_pcm = size / 48 <= (recent[-1].t - recent[-2].t) * 1000 * 2 if len(recent) > 1 else True
    silence = bytes(round(_MICROPHONE_S * 48000)) if is_pcm and size > 1000 else b"\xff" * round(_MICROPHONE_S * 8000)
    message = client("input_audio_buffer.append", audio=b64encode(silence).decode())
    steps = int((until - t) / _MICROPHONE_S)
    return [_entry(message, t + _MICROPHONE_S * step) for step in range(1, steps)]


def _entry(message: Message, t: float) -> Entry:
    side, body = message
    return Entry(0, round(t, 6), side, Kind.MESSAGE, _payload(body))


def _payload(body: Body | bytes) -> bytes:
    return body if isinstance(body, bytes) else orjson.dumps(body)


def _body(entry: Entry) -> Body:
    body = orjson.loads(entry.payload) if entry.kind is Kind.MESSAGE and not entry.binary else {}
    return body if isinstance(body, dict) else {}


def _holder(body: Any, path: str) -> tuple[Any, Any]:
    *steps, last = path.split(".")
    for step in steps:
        body = body[int(step)] if isinstance(body, list) else body.setdefault(step, {})
    return body, int(last) if isinstance(body, list) else last


def _numbered(entries: Iterable[Entry]) -> list[Entry]:
    return [replace(entry, n=n, line=n + 1, t=round(entry.t, 6)) for n, entry in enumerate(entries, 1)]


def _numbers(places: Iterable[int]) -> frozenset[int]:
    return frozenset(place + 1 for place in places)
