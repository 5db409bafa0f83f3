"""An entry read as protocol.

Every entry becomes exactly one event, and reading never raises: what is not an event of the API gets a type of ours,
beginning with `wire.`. Audio is taken out of the body and only counted; it is read again on request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from realtime_inspector.recording.entry import Entry, Kind, Side

WIRE_REQUEST = "wire.request"
WIRE_RESPONSE = "wire.response"
WIRE_PREFIX = "wire."
WIRE_MALFORMED = "wire.malformed"
"""A text message that is not a JSON object."""
WIRE_UNTYPED = "wire.untyped"
"""A JSON object without a `type` that is a string, or with one that begins like ours."""
WIRE_BINARY = "wire.binary"
WIRE_CLOSE = "wire.close"
WIRE_END = "wire.end"
"""The TCP connection ended. Every finished recording has exactly one; the reader adds it where it is missing."""

AUDIO_FIELDS = {
    "input_audio_buffer.append": "audio",
    "response.output_audio.delta": "delta",
    "response.audio.delta": "delta",
    "session.input_audio_buffer.append": "audio",  # translations
    "session.input_audio.append": "audio",  # the Live API
    "session.output_audio.fixture.play": "audio",
    "session.output_audio.delta": "delta",  # both
}
"""Event type → the field that holds base64 audio."""

APPENDS = frozenset({"input_audio_buffer.append", "session.input_audio_buffer.append", "session.input_audio.append"})
"""The client events that hold the user's audio; the server acknowledges none of them."""

MOST_DEPTH = 100
"""What is nested deeper is read as malformed: no event of the API is, and whoever walks through one has to end."""

_KIND_TYPES = {
    Kind.REQUEST: WIRE_REQUEST,
    Kind.RESPONSE: WIRE_RESPONSE,
    Kind.PING: "wire.ping",
    Kind.PONG: "wire.pong",
    Kind.CLOSE: WIRE_CLOSE,
    Kind.END: WIRE_END,
    Kind.GAP: "wire.gap",
    Kind.NOTE: "wire.note",
}
_AUDIO = re.compile(rb'"(?:audio|delta)"\s*:\s*"')
_NAMES = {list: "array", str: "string", bool: "boolean", type(None): "null"}


@dataclass(frozen=True, slots=True)
class Event:
    """One entry as protocol."""

    entry: Entry
    type: str
    """The API's type, or one of ours beginning with `wire.`."""
    body: Mapping[str, Any]
    """The JSON object, the audio of an `AUDIO_FIELDS` event replaced by `""`; for a wire type, the entry's members."""
    audio_bytes: int = 0
    """Decoded length of the audio that was taken out of `body`."""

    @property
    def n(self) -> int:
        """The entry's number."""
        return self.entry.n

    @property
    def t(self) -> float:
        """The entry's time, in seconds."""
        return self.entry.t

    @property
    def side(self) -> Side:
        """Who sent it."""
        return self.entry.side

    @property
    def from_client(self) -> bool:
        """Whether the client sent it."""
        return self.entry.side is Side.CLIENT

    @property
    def from_server(self) -> bool:
        """Whether the server sent it."""
        return self.entry.side is Side.SERVER

    @property
    def is_wire(self) -> bool:
        """Whether the type is ours, not the API's."""
        return self.type.startswith(WIRE_PREFIX)

    def get(self, path: str, default: Any = None) -> Any:
        """Return what the body has at a dotted path (`session.audio.input.format`), or the default."""
        return dig(self.body, path, default)

    def audio(self) -> str:
        """Return the base64 text that was taken out of `body`; empty for an event without audio.

        Where the recording leaves audio out, it is what was left of it: nothing, or as much as shows that it was none.
        """
        field = AUDIO_FIELDS.get(self.type)
        text = orjson.loads(self.entry.payload).get(field) if field else ""
        return text if isinstance(text, str) else ""


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def without_audio(event: Event) -> bytes:
    """Return the message as it was on the wire, without the characters of its audio; they are found by position."""
    payload = event.entry.payload
    found = _AUDIO.search(payload) if event.audio_bytes and event.type in AUDIO_FIELDS else None
    return payload if found is None else payload[: found.end()] + payload[payload.find(b'"', found.end()) :]


def dig(value: Any, path: str, default: Any = None) -> Any:
    """Return what nested objects have at a dotted path, or the default; a JSON null counts as absent."""
    for name in _steps(path):
        if type(value) is not dict and (
            value is None or not isinstance(value, Mapping)
        ):  # asking for a Mapping is slow
            return default
        value = value.get(name)
    return default if value is None else value


def read(entry: Entry, parsed: dict[str, Any] | None = None) -> Event:
    """Return the entry as an event; `parsed` is its payload, where somebody has parsed it and needs it no more."""
    if entry.kind is not Kind.MESSAGE:
        return Event(entry, _KIND_TYPES[entry.kind], entry.members)
    if entry.binary:
        return Event(entry, WIRE_BINARY, {})
    body, audio_bytes = _body(entry.payload) if parsed is None else _sounds_out(parsed)
    if entry.members:
        audio_bytes = _left_out(entry, body, audio_bytes)
    if isinstance(body, dict) and is_deep(body):
        body = f"objects within objects, more than {MOST_DEPTH} deep"
    if not isinstance(body, dict):
        return Event(entry, WIRE_MALFORMED, {"problem": body})
    kind = body.get("type")
    if not isinstance(kind, str) or not kind or kind.startswith(WIRE_PREFIX):
        kind = WIRE_UNTYPED
    return Event(entry, kind, body, audio_bytes)


def is_deep(value: Any, most: int = MOST_DEPTH) -> bool:
    """Tell whether objects and lists are nested more than so deep."""
    parts = value.values() if type(value) is dict else value if type(value) is list else ()
    for part in parts:  # `any` takes twice the time, with every event
        if type(part) is dict or type(part) is list:  # noqa: SIM102 - and so does asking for both at once
            if most <= 1 or is_deep(part, most - 1):
                return True
    return False


def base64_bytes(text: str) -> int:
    """Return how many bytes a base64 text stands for, by its length and padding."""
    padding = len(text) - len(text.rstrip("="))
    return max(0, len(text) * 3 // 4 - min(padding, 2))


def _body(payload: bytes) -> tuple[dict[str, Any] | str, int]:
    """Return the parsed payload (a string says why it could not be) and the length of the audio taken out of it."""
    try:
        body = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        return f"not JSON: {error}", 0
    if not isinstance(body, dict):
        return f"a JSON {_NAMES.get(type(body), 'number')}, not an object", 0
    return _sounds_out(body)


def _sounds_out(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Take the audio out of a body; return it and the length of the audio."""
    field = AUDIO_FIELDS.get(str(body.get("type")))
    text = body.get(field) if field is not None else None
    if field is None or not isinstance(text, str):
        return body, 0
    body[field] = ""
    return body, base64_bytes(text)


def _left_out(entry: Entry, body: dict[str, Any] | str, counted: int) -> int:
    """Return how many bytes of audio it had where the recording left them out, else what was counted."""
    said = entry.members.get("audio")
    field = AUDIO_FIELDS.get(str(body.get("type"))) if isinstance(body, dict) else None
    size = dig(said, f"{field}.bytes") if field else None
    return size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else counted
