"""HAR: the archive of browsers' network panels, with the messages of a WebSocket as Chrome has them.

`_webSocketMessages` is Chrome's: `type` (`send`, `receive`), `time` in seconds since 1970, `opcode`, and `data`, which
is base64 for a binary message. What HAR has no place for is kept in a member of our own, by `keeping.py`.

Source: HAR 1.2; Chrome DevTools, `HAREntry` in `front_end/models/har` (read 2026-11-23).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from realtime_inspector.formats import imported, keeping
from realtime_inspector.formats.reading import Readable
from realtime_inspector.recording.entry import Entry, Header, Kind, Side

OWN = "_realtimeInspector"
"""Our member of an entry: what `keeping.keep` gives, or `of`, the recording whose plain HTTP an entry is."""
TEXT, BINARY = 1, 2
"""Opcodes."""


@dataclass(slots=True)
class Exchange:
    """A request and its answer, as far as there is one."""

    request: Entry | None = None
    response: Entry | None = None


def write(recording: Readable) -> Iterator[bytes]:
    """Yield a HAR of one recording, which must be one that can be read twice."""
    upgrade, plain, last_t = _exchanges(recording)
    header = recording.header
    started = imported.unix(header.started) or 0.0
    creator = {"name": "realtime-inspector", "version": header.tool.rpartition(" ")[2] or "0"}
    yield b'{"log":' + orjson.dumps({"version": "1.2", "creator": creator, "pages": []})[:-1] + b',"entries":[\n'
    for exchange in plain:
        yield orjson.dumps(_entry(exchange, header, started) | {OWN: {"of": header.id}}) + b",\n"
    whole = {"time": round(last_t * 1000, 3), "_resourceType": "websocket", OWN: keeping.keep(recording)}
    yield orjson.dumps(_entry(upgrade, header, started) | whole)[:-1] + b',"_webSocketMessages":['
    before = b"\n"
    for message in filter(keeping.is_message, recording):
        yield before + orjson.dumps(_message(message, started))
        before = b",\n"
    yield b"]}]}}\n"


def _exchanges(recording: Readable) -> tuple[Exchange, list[Exchange], float]:
    """Return the upgrade, the plain exchanges beside it, and the time of the last entry."""
    found: list[Exchange] = []
    last_t = 0.0
    for entry in recording:
        last_t = max(last_t, entry.t)
        if entry.kind is Kind.REQUEST:
            found.append(Exchange(entry))
        elif entry.kind is Kind.RESPONSE:
            waiting = next((each for each in found if each.response is None), None)
            if waiting is not None:
                waiting.response = entry
    upgrade = next((each for each in reversed(found) if _is_upgrade(each)), Exchange())
    return upgrade, [each for each in found if each is not upgrade], last_t


def _is_upgrade(exchange: Exchange) -> bool:
    if exchange.response is not None and exchange.response.members.get("status") == 101:
        return True
    return exchange.request is not None and (exchange.request.header("upgrade") or "").lower() == "websocket"


def _entry(exchange: Exchange, header: Header, started: float) -> dict[str, Any]:
    """Return one exchange as HAR has it; what a recording does not know is -1 there, as HAR wants it."""
    begun = exchange.request.t if exchange.request is not None else 0.0
    wait_ms = max(0.0, (exchange.response.t - begun) * 1000) if exchange.response is not None else 0.0
    return {
        "startedDateTime": imported.iso(started + begun) if begun else header.started,
        "time": round(wait_ms, 3),
        "request": _request(exchange.request, header),
        "response": _response(exchange.response),
        "cache": {},
        "timings": {"blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": round(wait_ms, 3),
                    "receive": 0},
    }  # fmt: skip


def _request(entry: Entry | None, header: Header) -> dict[str, Any]:
    url = url_of(entry, header)
    request: dict[str, Any] = {
        "method": str(entry.members.get("method", "GET")) if entry is not None else "GET",
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(entry),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(imported.split(url).query, keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": 0,
    }
    body = entry.members.get("body") if entry is not None else None
    if entry is not None and isinstance(body, str) and body:
        request["postData"] = {"mimeType": entry.header("content-type") or "", "text": body}
        request["bodySize"] = len(body.encode())
    return request


def _response(entry: Entry | None) -> dict[str, Any]:
    members = entry.members if entry is not None else {}
    body = str(members.get("body") or "")
    kind = (entry.header("content-type") if entry is not None else None) or "x-unknown"
    return {
        "status": members.get("status", 0),
        "statusText": str(members.get("reason", "")),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(entry),
        "content": {"size": len(body.encode()), "mimeType": kind} | ({"text": body} if body else {}),
        "redirectURL": (entry.header("location") if entry is not None else None) or "",
        "headersSize": -1,
        "bodySize": -1,
    }


def _headers(entry: Entry | None) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in entry.headers] if entry is not None else []


def url_of(entry: Entry | None, header: Header) -> str:
    """Return the whole URL of a request: where the connection went, and the target, where the first has no path."""
    target = str(entry.members.get("target", "")) if entry is not None else ""
    base = header.url or "wss://api.openai.com"
    parts = imported.split(base)
    upgrades = entry is None or (entry.header("upgrade") or "").lower() == "websocket"
    if not target.startswith("/") or (upgrades and parts.path not in {"", "/"}):
        return base
    scheme = parts.scheme if upgrades else {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.netloc}{target}"


def _message(entry: Entry, started: float) -> dict[str, Any]:
    return {
        "type": "send" if entry.side is Side.CLIENT else "receive",
        "time": round(started + entry.t, 6),
        "opcode": BINARY if entry.binary else TEXT,
        "data": b64encode(entry.payload).decode() if entry.binary else entry.payload.decode(errors="replace"),
    }
