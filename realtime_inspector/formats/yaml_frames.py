"""Test recordings of WebSockets in YAML, as test suites of Python clients keep them for lack of a library.

    version: 1
    interactions:
    - kind: message            # left out in older ones
      direction: received      # or sent; closed for the end
      at: 0.072                # seconds since the first, in newer ones
      data: {type: session.created, …}
    - {kind: close, code: 1000, reason: '', ok: true}

They hold the order of messages, not their bytes, many not their times, and most keep a few bytes of each piece of
audio only: the recording says so (`left_out`), so no rule asks for what is not there. YAML is read by PyYAML, where it
is installed, and by its safe loader alone.

Source: the suite of pydantic-ai, `tests/realtime/ws_cassettes.py` (read 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from realtime_inspector.errors import RecordingError
from realtime_inspector.formats import imported, log_gaps, log_sessions
from realtime_inspector.formats.imported import Imported
from realtime_inspector.protocol.event import read as read_event
from realtime_inspector.protocol.realtime.left_out import WIRE
from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.lines import Problem

VIA = "import:yaml"
_LISTS = ("interactions", "frames", "messages")
_TIMES = ("at", "t", "offset", "elapsed")
_LONGEST_S = 7 * 86400.0
"""What is greater is no time since the first message: it may be one of the day, or since 1970."""
_SIDES = {
    **dict.fromkeys(("sent", "send", "out", "outgoing", "outbound", "client", ">"), Side.CLIENT),
    **dict.fromkeys(("received", "receive", "recv", "in", "incoming", "inbound", "server", "<"), Side.SERVER),
}


def read(content: bytes, path: Path) -> list[Imported]:
    """Read each connection of such a file: a suite that tests how its client connects again has several in one.

    Raises:
        RecordingError: If PyYAML is not installed, or it is no such file.
    """
    document = _load(content, path)
    listed: list[Any] = next((document[name] for name in _LISTS if isinstance(document.get(name), list)), [])
    problems: list[Problem] = []
    entries = list(imported.numbered(_entries(listed, path, problems)))
    if not any(entry.kind is Kind.MESSAGE for entry in entries):
        raise RecordingError(
            f"{path}: no WebSocket message in it: an item has a direction (sent, received) and data; "
            "HTTP of vcrpy is not what this reads"
        )
    parts = log_sessions.sessions(entries)
    headers = (_header(part, imported.name_of("yaml", content, *([n] if n else []))) for n, part in enumerate(parts))
    read = [Imported(path, header, part) for part, header in zip(parts, headers, strict=True)]
    read[0].problems = problems
    return read


def _header(entries: list[Entry], name: str) -> Header:
    missing = log_gaps.left_out(read_event(entry) for entry in entries)
    tags = {} if any(entry.t for entry in entries) else dict(imported.NO_TIMES)
    tags |= {"date": "unknown", "left_out": " ".join(sorted({WIRE, *missing}))}
    return Header(name, imported.iso(0.0), via=VIA, tags=tags)


def _load(content: bytes, path: Path) -> Mapping[str, Any]:
    try:
        import yaml  # type: ignore[import-untyped]  # its types are another package
    except ImportError:
        raise RecordingError(
            f"{path}: YAML; reading it needs PyYAML; install it with `pip install 'realtime-inspector[yaml]'`"
        ) from None
    try:
        document = yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        place = getattr(error, "problem_mark", None)
        line = f":{place.line + 1}" if place is not None else ""
        what = getattr(error, "problem", None) or type(error).__name__
        raise RecordingError(f"{path}{line}: no YAML that can be read: {what}") from None
    return document if isinstance(document, dict) else {}


def _entries(listed: list[Any], path: Path, problems: list[Problem]) -> Iterator[Entry]:
    t = 0.0
    for number, item in enumerate(listed, 1):
        entry = _entry(item) if isinstance(item, dict) else None
        if entry is not None:
            t = max(t, _time(item))
            yield replace(entry, t=t)
        else:
            problems.append(Problem(1, f"{path}: item {number} has no direction, or no data of JSON, and was left out"))


def _entry(item: Mapping[str, Any]) -> Entry | None:
    direction = str(item.get("direction", item.get("from", item.get("side", item.get("type", "")))))
    data = next((item[name] for name in ("data", "payload", "message", "event", "text") if name in item), None)
    if item.get("kind") == "close" or direction in {"closed", "close"}:
        told = data if isinstance(data, dict) else item
        code = told.get("code")
        members = {"code": code if isinstance(code, int) else None, "reason": str(told.get("reason") or "")}
        return Entry(0, 0.0, Side.SERVER, Kind.CLOSE, members=members)
    side = _SIDES.get(direction.lower())
    if side is None or data is None:
        return None
    if isinstance(data, bytes):
        return Entry(0, 0.0, side, Kind.MESSAGE, data, binary=True)
    payload = data.encode(errors="replace") if isinstance(data, str) else imported.payload_of(data)
    return Entry(0, 0.0, side, Kind.MESSAGE, payload) if payload is not None else None


def _time(item: Mapping[str, Any]) -> float:
    """Return the seconds since the first message; 0 where the file has no time, or none of that kind."""
    at = next((item[name] for name in _TIMES if name in item), 0.0)
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < _LONGEST_S:
        return 0.0
    return float(at)
