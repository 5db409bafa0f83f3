"""Reading HAR: each WebSocket in it, as Chrome, mitmproxy, HTTP Toolkit and Playwright write them.

Chrome and mitmproxy count a message's `time` in seconds since 1970, Playwright in milliseconds (-1 where it was told to
leave times out). Playwright's `attach` keeps the messages in a file of their own beside the HAR, one on a line, which
`response.content._file` names; a `.har.zip` holds both. Messages are read when they are asked for, one at a time.

Source: Playwright, `server/har/harTracer.ts` of 2026-06 (read 2026-11-23).
"""

from __future__ import annotations

import zipfile
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import IO, Any

import orjson

from realtime_inspector.errors import RecordingError
from realtime_inspector.formats import imported, keeping
from realtime_inspector.formats.har import BINARY, OWN, TEXT
from realtime_inspector.formats.imported import Imported
from realtime_inspector.formats.json_pieces import Walk
from realtime_inspector.formats.mapped import Data, content_of, mapped, stored
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.lines import Problem

VIA = "import:har"
_MARK = b"\xef\xbb\xbf"
_MOST_BYTES = 4 << 30
"""More is not unpacked: an archive may promise any amount."""
_MILLISECONDS, _MOST_TIME = 1e11, 1e14
"""A time beyond the first is none in seconds, beyond the second none at all."""
_CLOSE, _PING, _PONG = 8, 9, 10
_KINDS = {_PING: Kind.PING, _PONG: Kind.PONG}
_SIDES = {"send": Side.CLIENT, "receive": Side.SERVER}

Listed = Callable[[list[Problem]], Iterator[Any]]
"""Yields the messages of a connection as they stand in the file; notes what is no JSON."""
Attached = Callable[[str], Data | None]
"""Returns what a HAR keeps in a file of its own; None if it is not there."""


def read(content: Data, path: Path) -> list[Imported]:
    """Read the WebSockets of a HAR.

    Raises:
        RecordingError: If it is not whole, or has no WebSocket in it.
    """

    def beside(name: str) -> Data | None:
        try:
            return mapped(path.parent / name)
        except OSError:
            return None

    return _read(content, path, beside)


def read_zip(file: IO[bytes], path: Path) -> list[Imported]:
    """Read the WebSockets of a zipped HAR; what is large in it is unpacked into a file without a name.

    Raises:
        RecordingError: If it is no archive with a HAR in it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            files = {each.filename: each for each in archive.infolist()}
            har = next((name for name in files if name.endswith(".har")), None)
            if har is None:
                raise RecordingError(f"{path}: an archive without a .har in it; name a recording, or a HAR")
            if sum(each.file_size for each in files.values()) > _MOST_BYTES:
                raise RecordingError(
                    f"{path}: more than {_MOST_BYTES} bytes when unpacked; unpack it, and name the HAR"
                )
            return _read(
                _unpacked(archive, har), path, lambda name: _unpacked(archive, name) if name in files else None
            )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise RecordingError(f"{path}: an archive that cannot be unpacked: {error}") from error


def _unpacked(archive: zipfile.ZipFile, name: str) -> Data:
    with archive.open(name) as member, stored(member) as file:
        return content_of(file)


def _read(content: Data, path: Path, attached: Attached) -> list[Imported]:
    found = []
    count = 0
    try:
        for number, places in enumerate(_entries(content)):
            count += 1
            session = _session(content, places, number, path, attached)
            if session is not None:
                found.append(session)
    except ValueError as error:
        raise RecordingError(f"{path}: a HAR that is not whole ({error}); save it again") from None
    if not found:
        raise RecordingError(
            f"{path}: a HAR of {count} requests without a WebSocket; "
            "open the network panel before the connection is made, and save with content"
        )
    return found


def _entries(content: Data) -> Iterator[dict[str, int]]:
    """Yield each entry of a HAR: where its members are.

    Raises:
        ValueError: If the HAR is not whole.
    """
    walk = Walk(content, len(_MARK) if content[: len(_MARK)] == _MARK else 0)
    has_entries = False
    for name in walk.members():
        if name != "log":
            walk.skip()
            continue
        for inner in walk.members():
            has_entries = has_entries or inner == "entries"
            if inner != "entries" or not walk.sees(b"["):
                walk.skip()
                continue
            for _ in walk.elements():
                if walk.sees(b"{"):
                    yield _places(walk)
                else:
                    walk.skip()
    if not has_entries:
        raise ValueError("no entries")


def _places(walk: Walk) -> dict[str, int]:
    return {name: walk.skip() for name in walk.members()}


def _session(content: Data, places: Mapping[str, int], number: int, path: Path, attached: Attached) -> Imported | None:
    """Return one connection; None for an entry that is plain HTTP."""
    problems: list[Problem] = []
    entry = _loaded(content, places, ("request", "_resourceType"))
    at = places.get("_webSocketMessages")
    listed = _within(content, at) if at is not None and Walk(content, at).sees(b"[") else None
    if listed is None and not _is_websocket(entry):
        return None
    entry |= _loaded(content, places, ("response", "timings", "startedDateTime"))
    if listed is None:
        name = _get(entry, "response", "content", "_file")
        listed = _attached(name, path, attached, problems) if isinstance(name, str) else _nothing
    try:
        restored = _restored(content, places.get(OWN), listed, path, problems)
        if restored is not None:
            return restored
    except ValueError as error:
        problems.append(_changed(path, error))
    return _foreign(entry, number, listed, path, problems)


def _loaded(content: Data, places: Mapping[str, int], names: Iterable[str]) -> dict[str, Any]:
    return {name: Walk(content, places[name]).load() for name in names if name in places}


def _restored(content: Data, at: int | None, listed: Listed, path: Path, problems: list[Problem]) -> Imported | None:
    """Return the connection as it was when we wrote it; None if we did not.

    Raises:
        ValueError: If it was changed since.
    """
    if at is None or not Walk(content, at).sees(b"{"):
        return None
    places = _places(Walk(content, at))
    own = _loaded(content, places, ("header", "entries"))
    header = keeping.header_of(own)
    others = keeping.others_of(own.get("entries"))
    started = imported.unix(header.started) or 0.0
    said = _within(content, places.get("messages", at))

    def entries(found: list[Problem]) -> Iterator[Entry]:
        return keeping.weave(others, said(found), _messages(listed(found), started, path, found))

    for _ in entries([]):  # whether it fits is seen at its end
        pass
    return Imported(path, replace(header, via=VIA), imported.noting(problems, entries), problems)


def _foreign(entry: Mapping[str, Any], number: int, listed: Listed, path: Path, problems: list[Problem]) -> Imported:
    header = _header(entry, number)
    started = imported.unix(header.started) or 0.0
    if next(listed([]), _nothing) is not _nothing and not _has_times(listed([])):
        header = replace(header, tags={**header.tags, **imported.NO_TIMES})
    first = next(_messages(listed([]), started, path, []), None)
    handshake = _handshake(entry, first.t if first is not None else 0.0)

    def entries(found: list[Problem]) -> Iterator[Entry]:
        return imported.numbered(chain(handshake, _messages(listed(found), started, path, found)))

    return Imported(path, header, imported.noting(problems, entries), problems)


def _nothing(_: list[Problem]) -> Iterator[Any]:
    return iter(())


def _within(content: Data, at: int) -> Listed:
    """Return the elements of a list; what is no JSON becomes None, which is no message either."""

    def listed(_: list[Problem]) -> Iterator[Any]:
        walk = Walk(content, at)
        for _element in walk.elements():
            try:
                yield walk.load()
            except orjson.JSONDecodeError:
                yield None

    return listed


def _changed(path: Path, error: Exception) -> Problem:
    return Problem(1, f"{path}: it was changed since realtime-inspector wrote it ({error}); only its messages are read")


def _is_websocket(entry: Mapping[str, Any]) -> bool:
    url = _get(entry, "request", "url")
    return entry.get("_resourceType") == "websocket" or (isinstance(url, str) and url.startswith(("ws:", "wss:")))


def _attached(name: str, path: Path, attached: Attached, problems: list[Problem]) -> Listed:
    """Read messages from a file of their own, which must stand beside the HAR."""
    if name != Path(name).name or "\\" in name or name in {"", ".", ".."}:
        problems.append(Problem(1, f"{path}: it names {name!r} for its messages, which is no file beside it"))
        return _nothing
    content = attached(name)
    if content is None:
        problems.append(Problem(1, f"{path}: its messages are in {name}, which is not beside it"))
        return _nothing
    walk = Walk(content)
    if walk.sees(b"["):
        return _within(content, walk.at)

    def listed(found: list[Problem]) -> Iterator[Any]:
        for line in _lines(content):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:
                found.append(Problem(1, f"{path}: a line of {name} is no JSON, and was left out"))

    return listed


def _lines(content: Data) -> Iterator[bytes]:
    """Yield the lines of what may be larger than memory."""
    at = 0
    while at < len(content):
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        if line := content[at:end].strip():
            yield line
        at = end + 1


def _header(entry: Mapping[str, Any], number: int) -> Header:
    begun = imported.unix(str(entry.get("startedDateTime", "")))
    url = _get(entry, "request", "url")
    url = url if isinstance(url, str) else ""
    name = imported.name_of("har", number, url, entry.get("startedDateTime"))
    tags = {} if begun is not None else {"date": "unknown"}
    return Header(id=name, started=imported.iso(begun or 0.0), via=VIA, url=url, tags=tags)


def _has_times(messages: Iterable[Any]) -> bool:
    return any(_seconds(message) is not None for message in messages)


def _seconds(message: Any) -> float | None:
    """Return when a message passed, in seconds since 1970; None if it does not say."""
    value = message.get("time") if isinstance(message, dict) else None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < _MOST_TIME:
        return None
    return value / 1000 if value > _MILLISECONDS else value


def _messages(listed: Iterable[Any], started: float, path: Path, problems: list[Problem]) -> Iterator[Entry]:
    """Yield the messages of a connection; one without a time came with the one before it."""
    t = 0.0
    for message in listed:
        seconds = _seconds(message)
        t = t if seconds is None else round(max(0.0, seconds - started), 6)
        try:
            yield _message(message, t)
        except ValueError as error:
            problems.append(Problem(1, f"{path}: {error}, and was left out"))


def _message(message: Any, t: float) -> Entry:
    data = message.get("data") if isinstance(message, dict) else None
    side = _SIDES.get(str(message.get("type"))) if isinstance(message, dict) else None
    if side is None or not isinstance(data, str):
        raise ValueError("a message has no direction or no data")
    opcode = message.get("opcode", TEXT)
    if isinstance(opcode, int) and opcode in _KINDS:
        return Entry(0, t, side, _KINDS[opcode], data.encode())
    if opcode == _CLOSE:
        code = message.get("code")
        members = {"code": code if isinstance(code, int) else None, "reason": data}
        return Entry(0, t, side, Kind.CLOSE, members=members)
    if opcode == BINARY:
        try:
            return Entry(0, t, side, Kind.MESSAGE, b64decode(data, validate=True), binary=True)
        except ValueError:
            raise ValueError("a binary message is no base64") from None
    return Entry(0, t, side, Kind.MESSAGE, data.encode())


def _handshake(entry: Mapping[str, Any], first_t: float) -> list[Entry]:
    """Return the upgrade of a WebSocket, as far as it was kept; its answer came before the first message."""
    request, response = _get(entry, "request"), _get(entry, "response")
    found = []
    url = _get(entry, "request", "url")
    if isinstance(request, dict) and isinstance(url, str):
        parts = imported.split(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        members = {"method": str(request.get("method", "GET")), "target": target, "headers": _headers(request)}
        found.append(Entry(0, 0.0, Side.CLIENT, Kind.REQUEST, members=members))
    status = _get(entry, "response", "status")
    if isinstance(response, dict) and isinstance(status, int) and 100 <= status < 600:
        wait = _get(entry, "timings", "wait")
        waited = wait / 1000 if isinstance(wait, int | float) and wait > 0 else 0.0
        reason = str(response.get("statusText", ""))
        told: dict[str, Any] = {"status": status, "reason": reason, "headers": _headers(response)}
        body = _get(entry, "response", "content", "text")
        if isinstance(body, str) and body:
            told["body"] = body
        found.append(Entry(0, round(min(first_t, waited), 6), Side.SERVER, Kind.RESPONSE, members=told))
    return found


def _headers(part: Mapping[str, Any]) -> list[list[str]]:
    listed = part.get("headers")
    listed = listed if isinstance(listed, list) else []
    pairs = [(each.get("name"), each.get("value")) for each in listed if isinstance(each, dict)]
    return [[str(name), str(value)] for name, value in pairs if name and not str(name).startswith(":")]


def _get(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
