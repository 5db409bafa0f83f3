"""An entry read as protocol.

Every entry becomes exactly one event, and reading never raises: what is not an event of the API gets a type of ours,
beginning with `wire.`. Audio is cut out by its position before anything is parsed, and decoded only on request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from realtime_inspector.recording.entry import Entry, Kind, Side

WIRE_REQUEST = "wire.request"
WIRE_RESPONSE = "wire.response"
WIRE_MALFORMED = "wire.malformed"
"""A text message that is not a JSON object."""
WIRE_UNTYPED = "wire.untyped"
"""A JSON object without a `type` that is a string."""
WIRE_BINARY = "wire.binary"
WIRE_CLOSE = "wire.close"
WIRE_END = "wire.end"
"""The TCP connection ended. Every finished recording has exactly one; the reader adds it where it is missing."""

AUDIO_FIELDS = {
    "input_audio_buffer.append": "audio",
    "response.output_audio.delta": "delta",
    "response.audio.delta": "delta",
}
"""Event type → the field that holds base64 audio."""

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
_LOOK_BYTES = 600
_CUT_BYTES = 64


@dataclass(frozen=True, slots=True)
class Event:
    """One entry as protocol."""

    entry: Entry
    type: str
    """The API's type, or one of ours beginning with `wire.`."""
    body: Mapping[str, Any]
    """The JSON object, the audio of an `AUDIO_FIELDS` event cut out of it; for a wire type, the entry's members."""
    audio_bytes: int = 0
    """Decoded length of the audio that was cut out of `body`."""

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
        return self.type.startswith("wire.")

    def get(self, path: str, default: Any = None) -> Any:
        """Return what the body has at a dotted path (`session.audio.input.format`), or the default."""
        return dig(self.body, path, default)

    def audio(self) -> str:
        """Return the base64 text that was cut out of `body`; empty for an event without audio."""
        span = _audio_span(self.entry.payload)
        if span is None or self.type not in AUDIO_FIELDS:
            return str(self.body.get(AUDIO_FIELDS.get(self.type, ""), ""))
        return self.entry.payload[span[0] : span[1]].decode("ascii", "replace")


def dig(value: Any, path: str, default: Any = None) -> Any:
    """Return what nested objects have at a dotted path, or the default; a JSON null counts as absent."""
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return default
        value = value.get(name)
    return default if value is None else value


def read(entry: Entry) -> Event:
    """Return the entry as an event."""
    if entry.kind is not Kind.MESSAGE:
        return Event(entry, _KIND_TYPES[entry.kind], entry.members)
    if entry.binary:
        return Event(entry, WIRE_BINARY, {})
    body, audio_bytes = _body(entry.payload)
    if not isinstance(body, dict):
        return Event(entry, WIRE_MALFORMED, {"problem": body if isinstance(body, str) else "not a JSON object"})
    kind = body.get("type")
    return Event(entry, kind if isinstance(kind, str) and kind else WIRE_UNTYPED, body, audio_bytes)


def _body(payload: bytes) -> tuple[Any, int]:
    """Return the parsed payload (a string says why it could not be) and the length of the audio cut out of it."""
    span = _audio_span(payload)
    try:
        if span is not None:
            start, end = span
            body = orjson.loads(payload[:start] + payload[end:])
            if isinstance(body, dict) and body.get(AUDIO_FIELDS.get(str(body.get("type")), "")) == "":
                return body, base64_bytes(payload[start:end])
        body = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        return f"not JSON: {error}", 0
    if isinstance(body, dict):
        text = body.get(AUDIO_FIELDS.get(str(body.get("type")), ""))
        if isinstance(text, str):
            return body, base64_bytes(text.encode())
    return (body, 0) if isinstance(body, dict) else (f"a JSON {type(body).__name__}, not an object", 0)


def _audio_span(payload: bytes) -> tuple[int, int] | None:
    """Return where a long unescaped `audio` or `delta` string stands in the payload."""
    found = _AUDIO.search(payload, 0, _LOOK_BYTES)
    if found is None:
        return None
    start = found.end()
    end = payload.find(b'"', start)
    if end - start < _CUT_BYTES or payload[end - 1 : end] == b"\\":
        return None
    return start, end


def base64_bytes(text: bytes) -> int:
    """Return how many bytes a base64 text stands for."""
    return len(text) * 3 // 4 - text[-2:].count(b"=")
