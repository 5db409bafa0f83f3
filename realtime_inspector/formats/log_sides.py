"""Who sent an event of a log: by its type, by the words before it, by the fields around it.

Most types belong to one side. The words are ambiguous (`received` is the server's message in a client's log and the
client's in a server's), so each wording is held against the types it stands beside, and means what most of them say.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realtime_inspector.protocol.realtime.catalogue import ALL_CLIENT_TYPES, ALL_SERVER_TYPES
from realtime_inspector.recording.entry import Side

_SERVER = r"(?:openai|azure|server|api|model|upstream|backend|realtime|gpt|oai)"
_CLIENT = r"(?:client|browser|front-?end|user|app|caller|twilio|downstream|agent)"
_THE = r"(?: the| our| my)? ?(?:\w+ )?"
_ARROW_OUT = r"(?:-{1,3}>|={1,2}>|>{2,3}|→|⟶|➡|⇒)"
_ARROW_IN = r"(?:<-{1,3}|<={1,2}|<{2,3}|←|⟵|⬅|⇐)"
_DIRECTED = re.compile(
    rf"(?<![a-z])(?:(?P<server>from{_THE}{_SERVER}|to{_THE}{_CLIENT}|{_SERVER} ?{_ARROW_OUT}|{_CLIENT} ?{_ARROW_IN}"
    rf"|{_SERVER}[_ ]?(?:to|2)[_ ]?{_CLIENT}|s2c)"
    rf"|(?P<client>to{_THE}{_SERVER}|from{_THE}{_CLIENT}|{_CLIENT} ?{_ARROW_OUT}|{_SERVER} ?{_ARROW_IN}"
    rf"|{_CLIENT}[_ ]?(?:to|2)[_ ]?{_SERVER}|c2s))(?![a-z])"
)
_VERB = re.compile(
    r"(?<![a-z])(?:(?P<server>receiv(?:ed|es?|ing)|recv|rcvd|got|incoming|inbound|rx|answer(?:ed|s)?|repl(?:ied|ies|y)"
    r"|return(?:ed|s)|responded|onmessage|on_message)"
    r"|(?P<client>sen(?:t|d|ds|ding)|emit(?:ted|s|ting)?|publish(?:ed|ing)?|outgoing|outbound|tx|transmit(?:ted)?))"
    r"(?![a-z])"
)
_SIGN = re.compile(
    rf"(?P<server>{_ARROW_IN}|[⬇↓◀▼]|[\[(<|]in[\])>|]|\bin ?[:|>\]]|^\s*<(?= ))"
    rf"|(?P<client>{_ARROW_OUT}|[⬆↑▶▲]|[\[(<|]out[\])>|]|\bout ?[:|>\]]|^\s*>(?= |\{{))"
)
_NOUN = re.compile(rf"(?<![a-z])(?:(?P<server>{_SERVER})|(?P<client>{_CLIENT}))(?![a-z])")
_LOOK_CHARACTERS = 160
_FIELDS = (
    "direction", "dir", "from", "source", "side", "sender", "origin", "sent_by", "way", "flow", "actor", "role", "kind",
    "type", "event_type", "action", "op", "channel", "name", "label", "msg", "message", "event", "stream", "level",
)  # fmt: skip
_FIELD_VALUE = re.compile(
    r"(?P<server>server|openai|azure|api|model|in|inbound|incoming|recv|receive|received|rx|down|downstream"
    r"|s2c|s->c|<|<-|<<|←"
    r"|(?:raw_)?server_event|raw_model_event|(?:server|openai)[_ -]?(?:to|->|2)[_ -]?client"
    r"|from[_ -]?(?:server|openai))"
    r"|(?P<client>client|user|app|browser|me|out|outbound|outgoing|send|sent|tx|up|upstream|c2s|c->s|>|->|>>|→"
    r"|client_event|client[_ -]?(?:to|->|2)[_ -]?(?:server|openai)|to[_ -]?(?:server|openai))"
)
_TRUST = 0.8
"""Share of the types that must agree on what a wording means."""
_SERVER_ENDINGS = frozenset(
    {"created", "updated", "done", "delta", "added", "completed", "failed", "started", "stopped", "committed",
     "cleared", "deleted", "retrieved", "truncated", "in_progress", "segment", "closed", "triggered", "received",
     "appended"}
)  # fmt: skip
_CLIENT_ENDINGS = frozenset(
    {"create", "update", "append", "commit", "clear", "cancel", "delete", "retrieve", "truncate", "start", "close"}
)


@dataclass(frozen=True, slots=True)
class Hint:
    """A wording, and the side it usually means."""

    wording: str
    """In small letters."""
    usual: Side | None
    """What it means in a client's log."""


NO_HINT = Hint("", None)


def in_words(text: str) -> Hint:
    """Return what the words before an event say of its sender."""
    tail = text[-_LOOK_CHARACTERS:].lower()
    for pattern in (_DIRECTED, _VERB, _SIGN, _NOUN):
        found = None
        for found in pattern.finditer(tail):  # noqa: B007 - the last one counts
            pass
        if found is not None:
            return Hint(found[0].strip(), Side.SERVER if found["server"] else Side.CLIENT)
    return NO_HINT


def in_fields(fields: Mapping[str, Any]) -> Hint:
    """Return what the fields of an object that wraps an event say of the event's sender."""
    for key in _FIELDS:
        value = fields.get(key)
        if isinstance(value, str) and len(value) < 40:
            found = _FIELD_VALUE.fullmatch(value.strip().lower())
            if found is not None:
                return Hint(f"{key}={found[0]}", Side.SERVER if found["server"] else Side.CLIENT)
    return NO_HINT


def assign(events: Sequence[tuple[str, Hint]]) -> list[Side]:
    """Return who sent each event, given its type and the hint beside it."""
    meanings = _meanings(events)
    sides = [meanings.get(hint.wording) or by_type(event_type) for event_type, hint in events]
    return _from_neighbours(sides, [event_type for event_type, _ in events])


def by_type(event_type: str) -> Side | None:
    """Return the one side that sends events of this type; None if both or neither are known to."""
    client, server = event_type in ALL_CLIENT_TYPES, event_type in ALL_SERVER_TYPES
    if client == server:
        return None
    return Side.CLIENT if client else Side.SERVER


def _meanings(events: Sequence[tuple[str, Hint]]) -> dict[str, Side]:
    """Return what each wording means in this log; one that stands beside both sides' types means nothing."""
    votes: dict[str, Counter[Side]] = defaultdict(Counter)
    usual: dict[str, Side] = {}
    for event_type, hint in events:
        if hint.usual is None:
            continue
        usual[hint.wording] = hint.usual
        side = by_type(event_type)
        if side is not None:
            votes[hint.wording][side] += 1
    meanings = {}
    for wording, side in usual.items():
        count = votes[wording]
        if not count:
            meanings[wording] = side
        elif count.most_common(1)[0][1] >= _TRUST * count.total():
            meanings[wording] = count.most_common(1)[0][0]
    return meanings


def _from_neighbours(sides: Sequence[Side | None], types: Sequence[str]) -> list[Side]:
    """Fill what is unknown: by how the type ends, else as the event before it."""
    out: list[Side] = []
    for side, event_type in zip(sides, types, strict=True):
        ending = event_type.rpartition(".")[2]
        if side is None and ending in _SERVER_ENDINGS:
            side = Side.SERVER
        elif side is None and ending in _CLIENT_ENDINGS:
            side = Side.CLIENT
        out.append(side or (out[-1] if out else Side.SERVER))
    return out
