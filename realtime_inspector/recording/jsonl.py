"""An entry as a line of JSON, and back, byte for byte.

A message that is one line of JSON holding an object is written as it was on the wire, as the last member of its line:
nothing is serialised anew, so spacing, key order and number forms survive.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import orjson

from realtime_inspector.errors import NotAnEntry
from realtime_inspector.recording.entry import Entry, Header, Kind, Side, message

MAX_LINE_BYTES = 256 * 1024 * 1024
"""A longer line is refused when read: a recording is untrusted input."""
MOST_S = 1_000_000_000
"""No time is as long: some thirty years."""

PART_END = b'{"next_part":'
"""How the line begins that ends a part; see `PartEnd`."""

_W = TypeVar("_W", Kind, Side)
_EVENT = b',"event":'
_ENVELOPE_BYTES = 4096
"""The payload of a message begins within so many bytes of its line, unless very much was redacted."""
_ENVELOPE = frozenset(
    {"n", "t", "from", "kind", "fragments", "compressed", "invalid_utf8", "redacted", "event", "text", "base64"}
)
_HEADER = frozenset({"recording", "id", "started", "tool", "via", "url", "client", "tags"})
_USUAL = re.compile(
    rb'\{"n":([1-9][0-9]{0,17}),"t":([0-9]{1,9}\.[0-9]{6}),"from":"(client|server|proxy)","kind":"message","event":'
)
"""How nearly every line begins: a message that came in one piece, with nothing replaced in it."""
_SIDES = {side.encode(): side for side in Side}
_TEXT = "a string"
_HEADERS = "a list of [name, value]"
_MEMBERS: Mapping[Kind, Mapping[str, str]] = {
    Kind.REQUEST: {"method": _TEXT, "target": _TEXT, "headers": _HEADERS},
    Kind.RESPONSE: {"status": "a whole number", "headers": _HEADERS},
    Kind.CLOSE: {"code": "a whole number or null"},
    Kind.END: {"how": _TEXT},
    Kind.GAP: {"lost": "a whole number"},
    Kind.NOTE: {"text": _TEXT},
}
"""What a kind must have, and as what; views and rules rely on it."""
_MAY = {"reason": _TEXT, "body": _TEXT, "body_base64": _TEXT, "error": _TEXT, "why": _TEXT}
"""What some kinds may have besides, unless it is null."""


def dump_header(header: Header) -> bytes:
    """Return the first line of a recording, with its line break."""
    members = {
        **header.extra,
        "recording": header.version,
        "id": header.id,
        "started": header.started,
        "tool": header.tool,
        "via": header.via,
        "url": header.url,
        "client": header.client,
        "tags": dict(header.tags),
    }
    first = {name: members.pop(name) for name in ("recording", "id", "started")}
    return orjson.dumps(first | members, option=orjson.OPT_APPEND_NEWLINE)


class PartEnd(NamedTuple):
    """The last line of a part of a recording: no entry, but where the next one stands."""

    part: int
    """The part that goes on."""
    first: int
    """Number of its first entry."""


def dump_part_end(end: PartEnd) -> bytes:
    """Return the line that ends a part, with its line break."""
    return b'{"next_part":%d,"first":%d}\n' % end


def part_end(line: bytes) -> PartEnd | None:
    """Read a line as the one that ends a part; None if it is anything else."""
    if not line.startswith(PART_END):
        return None
    try:
        members = orjson.loads(line)
        return PartEnd(_whole(members["next_part"], "next_part", least=2), _whole(members["first"], "first", least=1))
    except (KeyError, ValueError):
        return None


def part_header(line: bytes, part: int, first: int) -> bytes:
    """Return the header of a further part, whose entries begin with number `first`; `line` is the first part's."""
    return line.rstrip(b"\n").removesuffix(b"}") + b',"part":%d,"first":%d}\n' % (part, first)


def dump(entry: Entry, n: int | None = None) -> bytes:
    """Return the entry's line, with its line break; `n` is its number, if not the entry's own."""
    n = entry.n if n is None else n
    if entry.kind is Kind.MESSAGE:
        return _dump_message(entry, n)
    members: dict[str, Any] = dict(entry.members)
    if entry.kind in {Kind.PING, Kind.PONG}:
        members["base64"] = b64encode(entry.payload).decode()
    if entry.redacted:
        members["redacted"] = entry.redacted
    return _envelope(entry, n) + _more(members) + b"}\n"


def is_event(payload: bytes) -> bool:
    """Tell whether a text message can stand in a line as it is: one line of JSON that holds an object."""
    return _event(payload) is not None


def _event(payload: bytes) -> dict[str, Any] | None:
    if payload.find(b"\n") >= 0 or payload.find(b"\r") >= 0 or not payload.lstrip(b" \t").startswith(b"{"):
        return None
    try:
        body: dict[str, Any] = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return body


def parse_header(line: bytes) -> Header:
    """Read the first line of a recording.

    Raises:
        NotAnEntry: If it is not a header.
    """
    members = _object(line, "not a recording's header")
    try:
        tags = members.get("tags")
        return Header(
            id=str(members["id"]),
            started=str(members["started"]),
            tool=str(members.get("tool", "")),
            via=str(members.get("via", "")),
            url=str(members.get("url", "")),
            client=str(members.get("client", "")),
            tags={name: str(value) for name, value in tags.items()} if isinstance(tags, dict) else {},
            version=_whole(members["recording"], "recording"),
            extra={name: value for name, value in members.items() if name not in _HEADER},
        )
    except (KeyError, ValueError) as error:
        raise NotAnEntry(f"not a recording's header: {_missing(error)}") from error


def parse(line: bytes, number: int = 0) -> Entry:
    """Read one line as an entry; `number` is the line's place in its file.

    Raises:
        NotAnEntry: If it is not an entry, with what is wrong.
    """
    return parse_both(line, number)[0]


def parse_both(line: bytes, number: int = 0) -> tuple[Entry, dict[str, Any] | None]:
    """Read one line as an entry, and return its payload parsed where that was done on the way; else None.

    Raises:
        NotAnEntry: If it is not an entry, with what is wrong.
    """
    line = line.rstrip(b"\r\n")
    usual = _USUAL.match(line)
    if usual is not None and line.endswith(b"}"):
        payload = line[usual.end() : -1]
        body = _event(payload)
        if body is not None:
            n, t, side = usual.groups()
            return message(int(n), float(t), _SIDES[side], payload, number), body
    members, verbatim = _split(line)
    try:
        return _entry(members, verbatim, number), None
    except (KeyError, TypeError, ValueError) as error:
        raise NotAnEntry(f"not an entry: {_missing(error)}") from error


def _envelope(entry: Entry, n: int) -> bytes:
    return b'{"n":%d,"t":%.6f,"from":"%b","kind":"%b"' % (n, entry.t, entry.side.encode(), entry.kind.encode())


def _more(members: Mapping[str, Any]) -> bytes:
    return b"," + orjson.dumps(members)[1:-1] if members else b""


def _dump_message(entry: Entry, n: int) -> bytes:
    parts = [_envelope(entry, n)]
    if entry.fragments > 1:
        parts.append(b',"fragments":%d' % entry.fragments)
    if entry.compressed:
        parts.append(b',"compressed":true')
    if entry.redacted:
        parts.append(b',"redacted":' + orjson.dumps(entry.redacted))
    if entry.members:
        parts.append(_more(entry.members))
    parts += _dump_payload(entry)
    return b"".join(parts)


def _dump_payload(entry: Entry) -> tuple[bytes, ...]:
    if entry.binary:
        return b',"base64":"', b64encode(entry.payload), b'"}\n'
    if is_event(entry.payload):
        return _EVENT, entry.payload, b"}\n"
    try:
        return b',"text":', orjson.dumps(entry.payload.decode()), b"}\n"
    except UnicodeDecodeError:
        return b',"invalid_utf8":true,"base64":"', b64encode(entry.payload), b'"}\n'


def _split(line: bytes) -> tuple[Mapping[str, Any], bytes | None]:
    """Return a line's members, and the payload as it was on the wire where it stands last in the line."""
    at = line.find(_EVENT, 0, _ENVELOPE_BYTES)
    if at > 0 and line.endswith(b"}") and is_event(line[at + len(_EVENT) : -1]):
        try:
            members = orjson.loads(line[:at] + b"}")
        except orjson.JSONDecodeError:
            pass
        else:
            return members, line[at + len(_EVENT) : -1]
    return _object(line, "not an entry"), None


def _object(line: bytes, problem: str) -> dict[str, Any]:
    try:
        members = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise NotAnEntry(f"{problem}: {_unread(line, error)}") from None
    if not isinstance(members, dict):
        raise NotAnEntry(f"{problem}: a JSON {type(members).__name__}, not an object")
    return members


def _unread(line: bytes, error: orjson.JSONDecodeError) -> str:
    """Return why a line is no JSON."""
    if not line.strip():
        return "an empty line"
    try:
        line.decode()
    except UnicodeDecodeError as undecoded:
        return f"byte {undecoded.start + 1} is not of a text in UTF-8"
    cut = " (line is cut off)" if line.startswith(b"{") and not line.rstrip().endswith(b"}") else ""
    return f"{error}{cut}"


def _entry(members: Mapping[str, Any], verbatim: bytes | None, number: int) -> Entry:
    kind = _word(Kind, members["kind"], "kind")
    payload = verbatim or b""
    if kind is Kind.MESSAGE and verbatim is None:
        payload = _payload(members)
    elif kind in {Kind.PING, Kind.PONG}:
        payload = _bytes(members["base64"])
    further = _further(members, kind)
    _check(further, kind)
    return Entry(
        n=_whole(members["n"], "n", least=1),
        t=_time(members["t"]),
        side=_word(Side, members["from"], "from"),
        kind=kind,
        payload=payload,
        binary=kind is Kind.MESSAGE and "base64" in members and not members.get("invalid_utf8"),
        fragments=_whole(members.get("fragments", 1), "fragments", least=1),
        compressed=members.get("compressed") is True,
        members=further,
        redacted=_paths(members.get("redacted", [])),
        line=number,
    )


def _payload(members: Mapping[str, Any]) -> bytes:
    if isinstance(members.get("event"), dict):  # edited by hand or by a tool: the meaning is kept, the spacing was not
        return orjson.dumps(members["event"])
    if "text" in members:
        if not isinstance(members["text"], str):
            raise ValueError('"text" is not a string')
        return members["text"].encode()
    if "base64" in members:
        return _bytes(members["base64"])
    raise ValueError('a message with none of "event", "text" and "base64"')


def _further(members: Mapping[str, Any], kind: Kind) -> Mapping[str, Any]:
    known = _ENVELOPE - {"text"} if kind is Kind.NOTE else _ENVELOPE
    return {name: value for name, value in members.items() if name not in known}


def _check(members: Mapping[str, Any], kind: Kind) -> None:
    needed = _MEMBERS.get(kind, {})
    for name in needed:
        if name not in members:
            raise KeyError(name)
    for name, value in members.items():
        wanted = needed.get(name) or (_HEADERS if name == "headers" else "" if value is None else _MAY.get(name, ""))
        if not _is(wanted, value):
            raise ValueError(f'"{name}" is not {wanted}')


def _is(wanted: str, value: Any) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    match wanted:
        case "a string":
            return isinstance(value, str)
        case "a whole number":
            return whole
        case "a whole number or null":
            return whole or value is None
        case "a list of [name, value]":
            return isinstance(value, list) and all(
                isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
                for pair in value
            )
        case _:
            return True


def _word(words: type[_W], value: Any, name: str) -> _W:
    try:
        return words(value)
    except ValueError:
        known = ", ".join(words)
        raise ValueError(f'"{name}" is {value!r}; known are {known}') from None


def _whole(value: Any, name: str, least: int = 0) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f'"{name}" is {value!r}, not a whole number from {least}')
    return value


def _time(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not -MOST_S < value < MOST_S:
        raise ValueError(f'"t" is {value!r}, not a number of seconds below {MOST_S:,}')
    return float(value)


def _bytes(value: Any) -> bytes:
    try:
        return b64decode(value, validate=True)
    except (TypeError, ValueError) as error:
        raise ValueError(f'"base64" is not base64: {error}') from None


def _paths(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(path, str) for path in value):
        raise ValueError('"redacted" is not a list of paths')
    return tuple(value)


def _missing(error: Exception) -> str:
    return f'no "{error.args[0]}"' if isinstance(error, KeyError) else str(error)
