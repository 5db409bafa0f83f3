"""An entry as a line of JSON, and back, byte for byte.

A message that is one line of JSON holding an object is written as it was on the wire, as the last member of its line:
nothing is serialised anew, so spacing, key order and number forms survive.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import orjson

from realtime_inspector.errors import NotAnEntry
from realtime_inspector.recording.entry import Entry, Header, Kind, Side

MAX_LINE_BYTES = 256 * 1024 * 1024
"""A longer line is refused when read: a recording is untrusted input."""

_EVENT = b',"event":'
_ENVELOPE = frozenset(
    {"n", "t", "from", "kind", "fragments", "compressed", "invalid_utf8", "redacted", "event", "text", "base64"}
)
_HEADER = frozenset({"recording", "id", "started", "tool", "via", "url", "client", "tags"})


def dump_header(header: Header) -> bytes:
    """Return the first line of a recording, with its line break."""
    members = {
        "recording": header.version,
        "id": header.id,
        "started": header.started,
        "tool": header.tool,
        "via": header.via,
        "url": header.url,
        "client": header.client,
        "tags": dict(header.tags),
        **header.extra,
    }
    return orjson.dumps(members, option=orjson.OPT_APPEND_NEWLINE)


def dump(entry: Entry) -> bytes:
    """Return the entry's line, with its line break."""
    if entry.kind is Kind.MESSAGE:
        return _dump_message(entry)
    members: dict[str, Any] = dict(entry.members)
    if entry.kind in {Kind.PING, Kind.PONG}:
        members["base64"] = b64encode(entry.payload).decode()
    if entry.redacted:
        members["redacted"] = entry.redacted
    rest = orjson.dumps(members)[1:-1]
    return _envelope(entry) + (b"," + rest if rest else b"") + b"}\n"


def is_event(payload: bytes) -> bool:
    """Tell whether a text message can stand in a line as it is: one line of JSON that holds an object."""
    if not payload.lstrip(b" \t").startswith(b"{") or b"\n" in payload or b"\r" in payload:
        return False
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError:
        return False
    return True


def parse_header(line: bytes) -> Header:
    """Read the first line of a recording.

    Raises:
        NotAnEntry: If it is not a header.
    """
    members = _object(line, "not a recording's header")
    try:
        return Header(
            id=str(members["id"]),
            started=str(members["started"]),
            tool=str(members.get("tool", "")),
            via=str(members.get("via", "")),
            url=str(members.get("url", "")),
            client=str(members.get("client", "")),
            tags={str(name): str(value) for name, value in dict(members.get("tags") or {}).items()},
            version=int(members["recording"]),
            extra={name: value for name, value in members.items() if name not in _HEADER},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotAnEntry(f"not a recording's header: {_missing(error)}") from error


def parse(line: bytes, number: int = 0) -> Entry:
    """Read one line as an entry; `number` is the line's place in its file.

    Raises:
        NotAnEntry: If it is not an entry, with what is wrong.
    """
    line = line.rstrip(b"\r\n")
    members, payload = _split(line)
    try:
        kind = Kind(members["kind"])
        if kind is Kind.MESSAGE and payload is None:
            payload = _payload(members)
        elif kind in {Kind.PING, Kind.PONG}:
            payload = b64decode(members["base64"])
        return Entry(
            n=int(members["n"]),
            t=float(members["t"]),
            side=Side(members["from"]),
            kind=kind,
            payload=payload or b"",
            binary=kind is Kind.MESSAGE and "base64" in members and not members.get("invalid_utf8"),
            fragments=int(members.get("fragments", 1)),
            compressed=bool(members.get("compressed", False)),
            members=_further(members, kind),
            redacted=tuple(members.get("redacted", ())),
            line=number,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotAnEntry(f"not an entry: {_missing(error)}") from error


def _envelope(entry: Entry) -> bytes:
    return b'{"n":%d,"t":%.6f,"from":"%b","kind":"%b"' % (entry.n, entry.t, entry.side.encode(), entry.kind.encode())


def _dump_message(entry: Entry) -> bytes:
    parts = [_envelope(entry)]
    if entry.fragments > 1:
        parts.append(b',"fragments":%d' % entry.fragments)
    if entry.compressed:
        parts.append(b',"compressed":true')
    if entry.redacted:
        parts.append(b',"redacted":' + orjson.dumps(entry.redacted))
    parts.append(_dump_payload(entry))
    return b"".join(parts)


def _dump_payload(entry: Entry) -> bytes:
    if entry.binary:
        return b',"base64":"' + b64encode(entry.payload) + b'"}\n'
    if is_event(entry.payload):
        return _EVENT + entry.payload + b"}\n"
    try:
        return b',"text":' + orjson.dumps(entry.payload.decode()) + b"}\n"
    except UnicodeDecodeError:
        return b',"invalid_utf8":true,"base64":"' + b64encode(entry.payload) + b'"}\n'


def _split(line: bytes) -> tuple[Mapping[str, Any], bytes | None]:
    """Return the members before the payload, and the payload as it was on the wire where the line has it last."""
    at = line.find(_EVENT, 0, 4096)
    if at > 0 and line.endswith(b"}"):
        try:
            return orjson.loads(line[:at] + b"}"), line[at + len(_EVENT) : -1]
        except orjson.JSONDecodeError:
            pass
    return _object(line, "not an entry"), None


def _object(line: bytes, problem: str) -> dict[str, Any]:
    try:
        members = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        cut = " (line is cut off)" if not line.rstrip().endswith(b"}") else ""
        raise NotAnEntry(f"{problem}: {error}{cut}") from None
    if not isinstance(members, dict):
        raise NotAnEntry(f"{problem}: a JSON {type(members).__name__}, not an object")
    return members


def _payload(members: Mapping[str, Any]) -> bytes:
    if "event" in members:  # edited by hand or by a tool: the meaning is kept, the spacing was not
        return orjson.dumps(members["event"])
    if "text" in members:
        return str(members["text"]).encode()
    return b64decode(members["base64"])


def _further(members: Mapping[str, Any], kind: Kind) -> Mapping[str, Any]:
    known = _ENVELOPE - {"text"} if kind is Kind.NOTE else _ENVELOPE
    return {name: value for name, value in members.items() if name not in known}


def _missing(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)
