"""How a connection was refused or ended, as the messages of WebSocket libraries say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.recording.entry import Kind, Side

_BOTH = re.compile(
    r"(?P<first>received|sent) (?P<code>\d{4}) \([^()\n]{0,60}\) ?(?P<reason>[^;\n]{0,200});"
    r" (?:then (?:received|sent)|no close frame)"
)
_CLOSED = re.compile(
    r"(?i)\b(?:clos(?:ed|e|ing)|disconnect(?:ed|ion)?)\b[^\n{]{0,60}?"
    r"(?:\bcode\b\W{0,4}|\(|: ?|with )(?P<code>[1-4]\d{3})\b"
    r"(?:[^\n{]{0,20}?\breason\b\W{0,4}(?P<reason>[^\n}]{0,200}))?"
)
_CODE = re.compile(
    r"(?i)\bclose[_ ]?(?:status[_ ]?)?code\b\W{0,4}(?P<code>[1-4]\d{3})\b"
    r"(?:[^\n{]{0,20}?\breason\b\W{0,4}(?P<reason>[^\n}]{0,200}))?"
)
_LOST = re.compile(r"(?i)no close frame received or sent|connection reset by peer|ECONNRESET")
_REFUSED = re.compile(
    r"(?i)(?:rejected WebSocket connection: HTTP|unexpected server response:|WSServerHandshakeError:|handshake status"
    r"|handshake failed[^\n]{0,40}?(?:status|HTTP)|invalid (?:response )?status(?: code)?:?"
    r"|server returned HTTP(?:/1\.1)?) {0,2}(?P<status>[345]\d\d)\b"
)
_ABNORMAL = {1005: "no status in the close frame", 1006: "closed with code 1006: no close frame came"}


@dataclass(frozen=True, slots=True)
class Ending:
    """What the words say became of the connection."""

    at: int
    """Place in the text."""
    kind: Kind
    side: Side
    members: Mapping[str, Any]


def endings_in(text: str, start: int, end: int) -> Iterator[Ending]:
    """Yield the refusals and closes told between two places of a text, in order; one told twice is given once."""
    found = [_refusal(match) for match in _REFUSED.finditer(text, start, end)]
    for pattern in (_BOTH, _CLOSED, _CODE):
        found += [_close(match) for match in pattern.finditer(text, start, end)]
    found += [
        Ending(match.start(), Kind.END, Side.PROXY, {"how": "reset", "error": match[0]})
        for match in _LOST.finditer(text, start, end)
    ]
    seen: set[tuple[Kind, Any]] = set()
    for ending in sorted(found, key=lambda ending: ending.at):
        what = (ending.kind, ending.members.get("code") or ending.members.get("status"))
        if what not in seen:
            seen.add(what)
            yield ending


def _refusal(found: re.Match[str]) -> Ending:
    members = {"status": int(found["status"]), "reason": "", "headers": []}
    return Ending(found.start(), Kind.RESPONSE, Side.SERVER, members)


def _close(found: re.Match[str]) -> Ending:
    groups = found.groupdict()
    code = int(groups["code"])
    if code == 1006:  # never in a frame: it says that there was none
        return Ending(found.start(), Kind.END, Side.PROXY, {"how": "reset", "error": _ABNORMAL[code]})
    side = Side.CLIENT if groups.get("first") == "sent" else Side.SERVER
    reason = (groups.get("reason") or "").strip(" \t'\"()")
    return Ending(found.start(), Kind.CLOSE, side, {"code": None if code == 1005 else code, "reason": reason})
