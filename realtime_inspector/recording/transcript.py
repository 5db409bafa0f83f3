"""A session as a transcript: the notation of rules, documentation and tests.

One line an entry, in the order of the wire:

    > {"type": "response.create"}                 the client's message; what is not JSON is sent as is
    < {"type": "response.created", …}             the server's
    +120ms > {"type": "response.cancel"}          120 ms after the line before (also `+2s`); without it, 1 ms
    -3s < {"type": "error"}                       3 s before the line before: a clock that was set back
    > GET /v1/realtime?model=m {"api-key": "k"}    the upgrade request, with headers
    < 101                                         its answer; `< 401 {"error": …}` is a refusal with its body
    b> AAAA                                       a binary message, in base64
    x> 1000 bye        x< 1011                    a close by the client or the server; `x>` alone: an empty close frame
    x                                             the connection ended; `x reset` by a TCP reset
    ! 12 disk full                                a gap: 12 messages could not be recorded
    +3s .                                         nothing happens for that long
    = {"after": "01KAN3"}                         members of the recording's header
    # words                                       a comment; at the end of a line, after two spaces, a remark on it

`"<100ms>"` as the value of an `audio` or `delta` stands for that much silence (PCM, 24 kHz), in base64;
`"<100ms speech>"` for as many bytes of a sound of `sounds.py`.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.sounds import SOUNDS, sound

STEP_S = 0.001
"""Time between two lines that do not say."""

_LINE = re.compile(r"^(?:(?P<wait>[+-][\d.]+)(?P<unit>ms|s)\s*)?(?P<sign>[<>.!=]|b[<>]|x[<>]?)(?:\s+(?P<rest>.*))?$")
_REMARK = re.compile(r"\s{2,}#\s*(.*)$")
_REQUEST = re.compile(r"^(?P<method>GET|POST|DELETE|PUT) (?P<target>\S+)(?:\s+(?P<headers>\{.*\}))?$")
_STATUS = re.compile(r"^(?P<status>[1-5]\d\d)(?:\s+(?P<body>.*))?$")
_SILENCE = re.compile(r'"<([\d.]+)ms(?: (' + "|".join(SOUNDS) + r'))?>"')
_PCM_BYTES_PER_MS = 48


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a transcript says."""

    entries: list[Entry]
    remarks: dict[int, str]
    """Entry's `n` → the remark at the end of its line."""
    end_t: float
    """Time of the last line, in seconds, a `.` included."""
    header: Header | None = None
    """What it says of the recording; None if it says nothing."""


def parse(text: str) -> Transcript:
    """Read a transcript.

    Raises:
        ValueError: If a line is not of the notation, with its number.
    """
    entries: list[Entry] = []
    remarks: dict[int, str] = {}
    header: Header | None = None
    t = 0.0
    for number, raw in enumerate(text.splitlines(), 1):
        line, remark = _without_remark(raw.strip())
        if not line or line.startswith("#"):
            continue
        found = _LINE.match(line)
        if found is None:
            raise ValueError(f"transcript line {number}: {line!r} begins with none of > < b x . ! = #")
        t += _wait_s(found["wait"], found["unit"])
        if found["sign"] == ".":
            continue
        if found["sign"] == "=":
            header = replace(header or Header("", ""), extra=orjson.loads(found["rest"] or "{}"))
            continue
        members = _entry_members(found["sign"], (found["rest"] or "").strip())
        entries.append(Entry(n=len(entries) + 1, t=round(t, 6), line=len(entries) + 2, **members))
        if remark:
            remarks[len(entries)] = remark
    return Transcript(entries, remarks, t, header)


def entries(text: str) -> list[Entry]:
    """Return the entries of a transcript."""
    return parse(text).entries


def render(entries: Iterable[Entry]) -> str:
    """Return entries as a transcript, one line each; audio stays as it is, times are rounded to milliseconds."""
    lines = []
    before = 0
    for entry in entries:
        now = round(entry.t * 1000)
        line = _render(entry)
        comment = line.startswith("#")
        lines.append((f"+{now - before}ms " if now - before > 1 and not comment else "") + line)
        before = before if comment else max(now, before)
    return "\n".join(lines) + "\n"


def _without_remark(line: str) -> tuple[str, str]:
    found = _REMARK.search(line)
    return (line[: found.start()], found[1].strip()) if found else (line, "")


def _wait_s(wait: str | None, unit: str | None) -> float:
    if wait is None:
        return STEP_S
    return float(wait) / (1000 if unit == "ms" else 1)


def _entry_members(sign: str, rest: str) -> dict[str, Any]:
    if sign == "x":
        return {"side": Side.PROXY, "kind": Kind.END, "members": {"how": rest or "closed"}}
    if sign == "!":
        lost, _, why = rest.partition(" ")
        return {"side": Side.PROXY, "kind": Kind.GAP, "members": {"lost": int(lost), "why": why}}
    side = Side.CLIENT if sign.endswith(">") else Side.SERVER
    if sign.startswith("x"):
        code, _, reason = rest.partition(" ")
        return {"side": side, "kind": Kind.CLOSE, "members": {"code": int(code) if code else None, "reason": reason}}
    if sign.startswith("b"):
        return {"side": side, "kind": Kind.MESSAGE, "payload": b64decode(rest), "binary": True}
    return _http_members(side, rest) or {
        "side": side,
        "kind": Kind.MESSAGE,
        "payload": _SILENCE.sub(_silence, rest).encode(),
    }


def _http_members(side: Side, rest: str) -> dict[str, Any] | None:
    request = _REQUEST.match(rest)
    if request is not None and side is Side.CLIENT:
        headers = list(orjson.loads(request["headers"]).items()) if request["headers"] else []
        members = {"method": request["method"], "target": request["target"], "headers": headers}
        return {"side": side, "kind": Kind.REQUEST, "members": members}
    status = _STATUS.match(rest)
    if status is not None and side is Side.SERVER:
        members = {"status": int(status["status"]), "reason": "", "headers": []}
        if status["body"]:
            members["body"] = status["body"]
        return {"side": side, "kind": Kind.RESPONSE, "members": members}
    return None


def _silence(found: re.Match[str]) -> str:
    size = round(float(found[1]) * _PCM_BYTES_PER_MS)
    return '"' + b64encode(sound(found[2], size) if found[2] else bytes(size)).decode() + '"'


def _render(entry: Entry) -> str:
    sign = ">" if entry.side is Side.CLIENT else "<"
    members = entry.members
    match entry.kind:
        case Kind.REQUEST:
            headers = orjson.dumps(dict(entry.headers)).decode()
            return f"{sign} {members.get('method')} {members.get('target')} {headers}"
        case Kind.RESPONSE:
            return f"{sign} {members.get('status')} {members.get('body', '')}".rstrip()
        case Kind.CLOSE:
            code = members.get("code")
            return f"x{sign} {'' if code is None else code} {members.get('reason') or ''}".rstrip()
        case Kind.END:
            return "x" if members.get("how") == "closed" else f"x {members.get('how')}"
        case Kind.GAP:
            return f"! {members.get('lost')} {members.get('why')}"
        case Kind.MESSAGE if not entry.binary:
            return f"{sign} {_one_line(entry.payload)}"
        case Kind.MESSAGE:
            return f"b{sign} {b64encode(entry.payload).decode()}"
        case _:
            return f"# {entry.kind} of the {entry.side}"


def _one_line(payload: bytes) -> str:
    """Return a text message on one line; laid-out JSON is closed up."""
    if b"\n" in payload or b"\r" in payload:
        try:
            payload = orjson.dumps(orjson.loads(payload))
        except (orjson.JSONDecodeError, orjson.JSONEncodeError):
            payload = b" ".join(payload.split())
    return payload.decode(errors="replace")
