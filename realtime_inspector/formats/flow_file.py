"""Flow files of mitmproxy, written and read by mitmproxy itself (extra `intercept`).

`mitmproxy -nr FILE` shows what is written here: one flow with its messages. What a flow has no place for is kept in its
metadata, by `keeping.py`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from realtime_inspector.errors import RecordingError, UsageError
from realtime_inspector.formats import flow_pieces, har, imported, keeping
from realtime_inspector.formats.imported import Imported
from realtime_inspector.formats.reading import Readable
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.lines import Problem

if TYPE_CHECKING:
    from mitmproxy import http, websocket

    from realtime_inspector.formats.flow_pieces import Messages
    from realtime_inspector.formats.mapped import Data

VIA = "import:mitm"
OWN = "realtime_inspector"
"""Our key of a flow's metadata."""
_PORTS = {"wss": 443, "https": 443}
_NO_FRAME, _NO_CODE = 1006, 1005
_IDENTIFIED = ("flow", "client", "server")
"""What mitmproxy gives ids that it draws: the same recording would be other bytes each time."""


def write(recording: Readable) -> Iterator[bytes]:
    """Yield a flow file of one recording, which must be one that can be read twice.

    Raises:
        UsageError: If mitmproxy is not installed.
    """
    if not _is_installed():
        raise UsageError(_absent("--to mitm"))
    from mitmproxy.io import FlowWriter

    flow = _flow(recording)
    flow.id, flow.client_conn.id, flow.server_conn.id = (_id(recording.header.id, of) for of in _IDENTIFIED)
    flow.metadata[OWN] = orjson.dumps(keeping.keep(recording)).decode()
    out = BytesIO()
    FlowWriter(out).add(flow)  # type: ignore[no-untyped-call]  # mitmproxy types part of its functions only
    yield out.getvalue()


def read(content: Data, path: Path) -> list[Imported]:
    """Read the WebSockets of a flow file.

    Raises:
        RecordingError: If mitmproxy is not installed, cannot read it, or finds no WebSocket in it.
    """
    if not _is_installed():
        raise RecordingError(f"{path}: a flow file of mitmproxy; {_absent('reading it')}")
    found: list[Imported] = []
    count = 0
    problems: list[Problem] = []
    try:
        for flow, messages in flow_pieces.flows(content):
            count += 1
            if flow is not None and flow.websocket is not None:
                found.append(_session(flow, flow.websocket, messages, path))
    except flow_pieces.NoFlow as error:
        if not found:
            raise RecordingError(f"{path}: a flow file that mitmproxy cannot read: {error}") from None
        problems.append(Problem(1, f"{path}: what comes after flow {count} cannot be read: {error}"))
    if not found:
        raise RecordingError(f"{path}: {count} flows without a WebSocket among them")
    found[0].problems += problems
    return found


def _is_installed() -> bool:
    """Load mitmproxy, if it is there; what its own dependencies say of each other meanwhile is nobody's business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import mitmproxy.io
        except ImportError:
            return False
    return bool(mitmproxy.io)


def _id(recording: str, of: str) -> str:
    return str(UUID(bytes=sha256(f"{of} of {recording}".encode("utf-8", "backslashreplace")).digest()[:16], version=4))


def _absent(what: str) -> str:
    return f"{what} needs mitmproxy; install it with `pip install 'realtime-inspector[intercept]'`"


def _flow(recording: Readable) -> http.HTTPFlow:
    from mitmproxy import connection, http, websocket

    requests, responses, rest = _parts(recording)
    request, response = next(reversed(requests), None), next(reversed(responses), None)
    header = recording.header
    started = imported.unix(header.started) or 0.0
    url = imported.split(har.url_of(request, header))
    secure = url.scheme in _PORTS
    host, port = url.hostname or "localhost", url.port or (443 if secure else 80)
    client = connection.Client(peername=_address(header.client), sockname=("127.0.0.1", 0), timestamp_start=started)
    flow = http.HTTPFlow(client, connection.Server(address=(host, port)))
    members = request.members if request is not None else {}
    begun = started + (request.t if request is not None else 0.0)
    flow.timestamp_created = begun
    target = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    flow.request = http.Request(
        host, port, str(members.get("method", "GET")).encode(), b"https" if secure else b"http", b"",
        target.encode(), b"HTTP/1.1", _fields(request), b"", None, begun, begun,
    )  # fmt: skip
    if response is not None:
        answered = started + response.t
        flow.response = http.Response(
            b"HTTP/1.1", int(response.members.get("status", 0)), str(response.members.get("reason", "")).encode(),
            _fields(response), str(response.members.get("body") or "").encode(), None, answered, answered,
        )  # fmt: skip
    flow.websocket = websocket.WebSocketData(messages=[_message(e, started) for e in rest if keeping.is_message(e)])
    _close(flow.websocket, rest, started)
    return flow


def _parts(recording: Readable) -> tuple[list[Entry], list[Entry], list[Entry]]:
    requests: list[Entry] = []
    responses: list[Entry] = []
    rest: list[Entry] = []
    for entry in recording:
        place = {Kind.REQUEST: requests, Kind.RESPONSE: responses}.get(entry.kind, rest)
        place.append(entry)
    return requests, responses, rest


def _fields(entry: Entry | None) -> http.Headers:
    from mitmproxy import http

    pairs = entry.headers if entry is not None else []
    return http.Headers([(name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, value in pairs])


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if host and port.isdecimal() else ("127.0.0.1", 0)


def _message(entry: Entry, started: float) -> websocket.WebSocketMessage:
    from mitmproxy import websocket

    opcode = har.BINARY if entry.binary else har.TEXT
    from_client = entry.side is Side.CLIENT
    return websocket.WebSocketMessage(opcode, from_client, entry.payload, round(started + entry.t, 6))


def _close(data: websocket.WebSocketData, rest: list[Entry], started: float) -> None:
    """Tell how the connection was closed, as far as that is known."""
    close = next((entry for entry in rest if entry.kind is Kind.CLOSE), None)
    end = next((entry for entry in rest if entry.kind is Kind.END), None)
    if close is not None:
        code = close.members.get("code")
        data.closed_by_client = close.side is Side.CLIENT
        data.close_code = code if isinstance(code, int) else _NO_CODE
        data.close_reason = str(close.members.get("reason") or "")
    elif end is not None:
        data.closed_by_client, data.close_code = False, _NO_FRAME
    last = close or end
    if last is not None:
        data.timestamp_end = round(started + last.t, 6)


def _session(flow: http.HTTPFlow, data: websocket.WebSocketData, messages: Messages, path: Path) -> Imported:
    problems: list[Problem] = []
    started = flow.request.timestamp_start
    scheme = "wss" if flow.request.scheme in _PORTS else "ws"
    host = flow.request.pretty_host
    standard = flow.request.port == (443 if scheme == "wss" else 80)
    url = f"{scheme}://{host}{'' if standard else f':{flow.request.port}'}{flow.request.path}"
    header = Header(imported.name_of("mitm", flow.id), imported.iso(started), "", VIA, url)
    own = flow.metadata.get(OWN)
    if isinstance(own, str):
        try:
            return _restored(orjson.loads(own), messages, path)
        except ValueError as error:
            problems.append(Problem(1, f"{path}: a flow was changed since realtime-inspector wrote it ({error})"))
    begun, ended = list(_handshake(flow)), list(_ending(data, started))

    def entries(found: list[Problem]) -> Iterator[Entry]:
        return imported.numbered(chain(begun, _readable(_messages(messages, started), path, found), ended))

    return Imported(path, header, imported.noting(problems, entries), problems)


def _restored(kept: Any, messages: Messages, path: Path) -> Imported:
    """Return the connection as it was when we wrote it.

    Raises:
        ValueError: If it was changed since.
    """
    header = keeping.header_of(kept)
    others, said = keeping.others_of(kept.get("entries")), kept.get("messages")
    started = imported.unix(header.started) or 0.0
    if not isinstance(said, list):
        raise ValueError("no messages")

    def entries() -> Iterator[Entry]:
        return keeping.weave(others, said, _messages(messages, started))

    for _ in entries():  # whether it fits is seen at its end
        pass
    return Imported(path, replace(header, via=VIA), imported.Anew(entries))


def _messages(messages: Messages, started: float) -> Iterator[Entry]:
    for message in messages():
        side = Side.CLIENT if message.from_client else Side.SERVER
        t = round(max(0.0, message.timestamp - started), 6)
        yield Entry(0, t, side, Kind.MESSAGE, message.content, binary=not message.is_text)


def _readable(messages: Iterator[Entry], path: Path, problems: list[Problem]) -> Iterator[Entry]:
    """Yield messages up to one that cannot be read."""
    count = 0
    try:
        for count, message in enumerate(messages, 1):  # noqa: B007 - it is told where they end
            yield message
    except flow_pieces.NoFlow as error:
        problems.append(Problem(1, f"{path}: what comes after message {count} cannot be read: {error}"))


def _handshake(flow: http.HTTPFlow) -> Iterator[Entry]:
    request, response = flow.request, flow.response
    members = {"method": request.method, "target": request.path, "headers": _pairs(request.headers)}
    yield Entry(0, 0.0, Side.CLIENT, Kind.REQUEST, members=members)
    if response is not None:
        t = max(0.0, response.timestamp_start - request.timestamp_start)
        told = {"status": response.status_code, "reason": response.reason, "headers": _pairs(response.headers)}
        yield Entry(0, round(t, 6), Side.SERVER, Kind.RESPONSE, members=told)


def _pairs(headers: http.Headers) -> list[list[str]]:
    return [[name.decode(errors="replace"), value.decode(errors="replace")] for name, value in headers.fields]


def _ending(data: websocket.WebSocketData, started: float) -> Iterator[Entry]:
    if data.timestamp_end is None:
        return
    t = round(max(0.0, data.timestamp_end - started), 6)
    side = Side.CLIENT if data.closed_by_client else Side.SERVER
    if data.close_code == _NO_FRAME:
        yield Entry(0, t, Side.PROXY, Kind.END, members={"how": "reset"})
        return
    code = None if data.close_code == _NO_CODE else data.close_code
    yield Entry(0, t, side, Kind.CLOSE, members={"code": code, "reason": data.close_reason or ""})
    yield Entry(0, t, Side.PROXY, Kind.END, members={"how": "closed"})
