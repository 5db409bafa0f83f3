"""Private things taken out of a recording, wherever they stand: in JSON, in JSON within JSON, in pieces of a stream.

What is replaced, is replaced where it stands, by a name that is the same for the same thing; ids, order, times and the
number of messages stay. A transcript that arrives in pieces is looked at as a whole, and what takes the place of an
address is spread over the pieces in which it came: the pieces still add up to the whole that follows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import orjson

from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.json_strings import Found, find
from realtime_inspector.recording.private import Finder, Match, Pseudonyms
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.recording.splicing import splice

SECRET = "secret"  # noqa: S105 - the name of a kind
_IDS = frozenset(
    {"approval_request_id", "call_id", "conversation_id", "event_id", "id", "item_id", "model", "object",
     "previous_item_id", "response_id", "session_id", "type"}
)  # fmt: skip
"""Members of an event that name something, or say what it is: never changed."""
_PLAIN_HEADERS = ("sec-", "x-request-id", "date", "content-length", "cf-", "openai-processing-ms", "host")
_MAX_DEPTH = 4
_LONG = 256
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")


@dataclass(frozen=True, slots=True)
class Replaced:
    """One place at which something was replaced."""

    entry: int
    line: int
    path: str
    kind: str
    name: str
    """What stands there now."""


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


@dataclass(slots=True)
class _Stream:
    """A text that comes in pieces."""

    pieces: list[str] = field(default_factory=list)
    edited: list[str] | None = None
    found: list[tuple[int, Match, str]] = field(default_factory=list)
    """The piece in which something begins, and what took its place."""
    at: int = 0
    """The next piece."""


_Key = tuple[Any, ...]


class Scrubber:
    """Takes private things out of recordings; one for all recordings in which the same name shall mean the same."""

    def __init__(self, finder: Finder | None = None, redactor: Redactor | None = None) -> None:
        """Prepare.

        Args:
            finder: What is private.
            redactor: What is secret; by default nothing but what looks like a key.
        """
        self.pseudonyms = Pseudonyms()
        self.replaced: list[Replaced] = []
        """What was replaced since the last `scrub` began."""
        self._finder = finder or Finder()
        self._redactor = redactor or Redactor()
        self._streams: dict[_Key, _Stream] = {}
        self._here: list[tuple[str, str, str]] = []

    def header(self, header: Header) -> Header:
        """Return a recording's header without private things."""
        plain = self._redactor.header(header)
        url = self._url(plain.url)
        tags = {name: self._plain(value, f"tags.{name}") for name, value in plain.tags.items()}
        scrubbed = replace(plain, url=url, tags=tags)
        self._note(Entry(0, 0.0, Side.PROXY, Kind.NOTE, line=1))
        return scrubbed

    def scrub(self, entries: Iterable[Entry], again: Iterable[Entry]) -> Iterator[Entry]:
        """Yield a recording's entries without private things; it is read twice, for a stream is known at its end."""
        self._streams = {}
        for entry in entries:
            self.pseudonyms.reserve(entry.payload)
            stream = self._stream(entry)
            if stream is not None:
                self._streams.setdefault(stream[0], _Stream()).pieces.append(stream[1])
        for entry in again:
            yield self._entry(entry)

    def _entry(self, entry: Entry) -> Entry:
        plain = self._redactor.entry(entry)
        for path in plain.redacted[len(entry.redacted) :]:
            self._here.append((path, SECRET, "[redacted]"))
        if plain.kind is Kind.MESSAGE:
            payload = plain.payload if plain.binary else self._payload(plain)
            scrubbed = replace(plain, payload=payload) if payload != plain.payload else plain
        elif plain.kind in {Kind.PING, Kind.PONG}:
            scrubbed = plain
        else:
            members = {name: self._member(name, value) for name, value in plain.members.items()}
            scrubbed = replace(plain, members=members) if self._here else plain
        paths = tuple(dict.fromkeys(path for path, _, _ in self._here))
        self._note(entry)
        if not paths and scrubbed is plain:
            return entry
        return replace(scrubbed, redacted=tuple(dict.fromkeys((*scrubbed.redacted, *(paths or ("delta",))))))

    def _note(self, entry: Entry) -> None:
        self.replaced += [Replaced(entry.n, entry.line, path, kind, name) for path, kind, name in self._here]
        self._here = []

    # messages

    def _payload(self, entry: Entry) -> bytes:
        stream = self._stream(entry)
        if stream is not None:
            return self._piece(entry, self._streams[stream[0]])
        try:
            text = entry.payload.decode()
        except UnicodeDecodeError:
            return entry.payload
        if find(text) is None:
            return self._plain(text, "text").encode()
        return self._document(text, 0).encode()

    def _document(self, text: str, depth: int, lead: str = "") -> str:
        """Return JSON with its strings scrubbed, the rest of it byte for byte."""
        pieces: list[str] = []
        at = 0
        for edit in self._edits(text, depth, lead):
            pieces += (text[at : edit.start], edit.text)
            at = edit.end
        return "".join(pieces) + text[at:]

    def _edits(self, text: str, depth: int, lead: str = "") -> Iterator[_Edit]:
        for found in find(text) or ():
            name = str(found.path[-1]) if found.path else ""
            if depth == 0 and (found.is_key or name in _IDS):
                continue
            path = f"{lead}.{found.name}" if lead else found.name
            new = self._number(found, name, path) if found.number else self._string(found, name, path, depth)
            if new is not None:
                yield _Edit(found.start, found.end, orjson.dumps(new).decode())

    def _string(self, found: Found, name: str, path: str, depth: int) -> str | None:
        value = found.value
        if len(value) >= _LONG and _BASE64.issuperset(value):
            return None
        if depth < _MAX_DEPTH and value.lstrip()[:1] in ("{", "[") and find(value) is not None:
            new = self._document(value, depth + 1, path)
        else:
            new = self._plain(value, path, "" if found.is_key else name)
        return new if new != value else None

    def _number(self, found: Found, name: str, path: str) -> str | None:
        match = self._finder.number(found.value, name)
        return self._name(match, path) if match is not None else None

    def _plain(self, text: str, path: str, name: str = "") -> str:
        pieces: list[str] = []
        at = 0
        for match in self._finder.find(text, name):
            pieces += (text[at : match.start], self._name(match, path))
            at = match.end
        return "".join(pieces) + text[at:]

    def _name(self, match: Match, path: str) -> str:
        name = self.pseudonyms.of(match)
        self._here.append((path, match.kind, name))
        return name

    # streams

    def _stream(self, entry: Entry) -> tuple[_Key, str] | None:
        """Return which stream of text a message is a piece of, and the piece."""
        if entry.kind is not Kind.MESSAGE or entry.binary or b".delta" not in entry.payload:
            return None
        try:
            body = orjson.loads(entry.payload)
        except orjson.JSONDecodeError:
            return None
        kind, delta = (body.get("type"), body.get("delta")) if isinstance(body, dict) else (None, None)
        if not isinstance(kind, str) or not kind.endswith(".delta") or kind.endswith("audio.delta"):
            return None
        if not isinstance(delta, str):
            return None
        names = ("response_id", "item_id", "output_index", "content_index", "call_id")
        return (kind, *(str(body.get(name)) for name in names)), delta

    def _piece(self, entry: Entry, stream: _Stream) -> bytes:
        if stream.edited is None:
            stream.edited = self._spread(stream)
        place, stream.at = stream.at, stream.at + 1
        self._here += [("delta", match.kind, name) for at, match, name in stream.found if at == place]
        new = stream.edited[place]
        if new == stream.pieces[place]:
            return entry.payload
        return splice(entry.payload, _putting("delta", orjson.dumps(new).decode()))[0]

    def _spread(self, stream: _Stream) -> list[str]:
        """Return the pieces with what is private replaced; a replacement is shared out over the pieces it covers."""
        whole = "".join(stream.pieces)
        edits = self._stream_edits(whole, stream)
        made: list[str] = []
        start = 0
        for piece in stream.pieces:
            made.append("".join(_shown(whole, start, start + len(piece), edits)))
            start += len(piece)
        return made

    def _stream_edits(self, whole: str, stream: _Stream) -> list[_Edit]:
        before, self._here = self._here, []
        edits = []
        ends = list(_ends(stream.pieces))
        if find(whole) is None:
            for match in self._finder.find(whole):
                name = self.pseudonyms.of(match)
                edits.append(_Edit(match.start, match.end, name))
                stream.found.append((_piece_of(ends, match.start), match, name))
        else:
            for edit in self._edits(whole, 1):
                edits.append(edit)
                place = _piece_of(ends, edit.start)
                stream.found += [(place, Match(0, 0, kind, ""), name) for _, kind, name in self._here]
                self._here = []
        self._here = before
        return edits

    # everything else

    def _member(self, name: str, value: Any) -> Any:
        if name == "headers":
            return [[key, self._header(str(key), str(text))] for key, text in value]
        if not isinstance(value, str) or name in {"how", "method", "body_base64"}:
            return value
        if name in {"target", "to"}:
            return self._url(value)
        return (
            self._document(value, 1, name) if name == "body" and find(value) is not None else self._plain(value, name)
        )

    def _header(self, name: str, value: str) -> str:
        return value if name.lower().startswith(_PLAIN_HEADERS) else self._plain(value, f"headers.{name}")

    def _url(self, url: str) -> str:
        path, mark, query = url.partition("?")
        members = []
        for member in query.split("&") if query else ():
            name, sign, value = member.partition("=")
            plain = unquote(value)
            new = self._plain(plain, f"target.{name}", unquote(name))
            members.append(member if new == plain else f"{name}{sign}{quote(new, safe='[]:')}")
        return path + mark + "&".join(members)


def _putting(path: str, new: str) -> Callable[[Found, str], str | None]:
    return lambda found, raw: new if found.name == path else None


def _ends(pieces: Iterable[str]) -> Iterator[int]:
    end = 0
    for piece in pieces:
        end += len(piece)
        yield end


def _piece_of(ends: list[int], at: int) -> int:
    return next((place for place, end in enumerate(ends) if at < end), len(ends) - 1)


def _shown(whole: str, start: int, end: int, edits: Iterable[_Edit]) -> Iterator[str]:
    """Yield what a piece from `start` to `end` says, with its share of each edit that reaches into it."""
    at = start
    for edit in edits:
        if edit.end <= start or edit.start >= end:
            continue
        yield whole[at : max(at, edit.start)]
        size = edit.end - edit.start
        first, last = (max(start, edit.start) - edit.start, min(end, edit.end) - edit.start)
        yield edit.text[len(edit.text) * first // size : len(edit.text) * last // size]
        at = min(end, edit.end)
    yield whole[at:end]
