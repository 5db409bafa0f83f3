"""The tap: the raw bytes of both directions in, entries out.

No socket, no clock: `feed`, `eof` and `end` are told the time. The entries have no number yet; who writes them counts.
Nothing here raises: what cannot be read becomes a gap, and the tap looks no further at that side.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from realtime_inspector.capture.express import Read
from realtime_inspector.capture.frames import FrameReader, Inflater, gap, whole_text
from realtime_inspector.capture.http import Exchange, Head, Part
from realtime_inspector.recording.entry import Entry, Kind, Side

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Of a longer HTTP body the beginning is recorded."""


class Tap:
    """One connection. Feed it the bytes of both sides in the order in which they were read."""

    def __init__(self) -> None:
        self._exchange = Exchange()
        self._frames: dict[Side, FrameReader] | None = None
        self._bodies = {Side.CLIENT: _Message(Side.CLIENT), Side.SERVER: _Message(Side.SERVER)}
        self._blind: set[Side] = set()
        self._deaf = False

    def deafen(self) -> None:
        """Follow the connection from here on without keeping its messages; what is returned says nothing any more."""
        self._deaf = True
        for reader in (self._frames or {}).values():
            reader.deafen()

    def feed(self, side: Side, data: bytes, t: float) -> list[Entry]:
        """Return the entries that these bytes complete; `t` is when they were read."""
        return [whole_text(side, t, one) if isinstance(one, bytes) else one for one in self.read(side, data, t)]

    def read(self, side: Side, data: bytes, t: float) -> list[Read]:
        """Do the same as `feed`, with the payload alone for nearly every message; see `FrameReader.read`."""
        if side in self._blind:
            return []
        try:
            if self._frames is not None:
                return self._frames[side].read(data, t)
            return list(self._http(side, data, t))
        except Exception as error:
            self._blind.add(side)
            return [gap(side, t, f"this side is no longer recorded: {type(error).__name__}: {error}")]

    def between_frames(self, side: Side) -> bool:
        """Tell whether a side of a WebSocket has sent whole frames only."""
        return self._frames is not None and side not in self._blind and self._frames[side].between

    def eof(self, side: Side, t: float) -> list[Entry]:
        """Return what ends because a side sends no more: a body without a length is complete then."""
        if self._frames is not None or side in self._blind:
            return []
        message = self._bodies[side]
        if message.head is not None and message.ends_with_connection:
            return [message.take(t)]
        return []

    def end(self, t: float, how: str = "closed", error: str = "", by: str = "") -> list[Entry]:
        """Return what the end of the TCP connection cut off, and the entry that says how it ended.

        Args:
            t: When.
            how: `closed`, `reset` or `timeout`.
            error: What the system said, if anything.
            by: The side that ended it, if known.
        """
        entries = self.cut(t)
        members = {"how": how, "by": by, "error": error}
        present = {name: value for name, value in members.items() if value}
        return [*entries, Entry(0, t, Side.PROXY, Kind.END, members=present)]

    def cut(self, t: float) -> list[Entry]:
        """Return what has begun and will not be completed."""
        if self._frames is not None:
            return [entry for side in (Side.CLIENT, Side.SERVER) for entry in self._frames[side].end(t)]
        return [entry for side in (Side.CLIENT, Side.SERVER) for entry in self._cut_http(side, t)]

    def _cut_http(self, side: Side, t: float) -> Iterator[Entry]:
        message = self._bodies[side]
        if message.head is not None:
            yield message.take(t, cut=not message.ends_with_connection)
        elif side not in self._blind and self._exchange.inside_head(client=side is Side.CLIENT):
            yield gap(side, t, "the connection ended inside an HTTP head")

    def _http(self, side: Side, data: bytes, t: float) -> Iterator[Entry]:
        parts = self._exchange.client(data) if side is Side.CLIENT else self._exchange.server(data)
        message = self._bodies[side]
        for part in parts:
            message.add(part)
            if part.last and message.head is not None:
                yield message.take(t)
            if part.last and side is Side.SERVER:
                yield from self._go_on(t)
        problem = self._exchange.problem(client=side is Side.CLIENT)
        if problem:
            self._blind.add(side)
            yield gap(side, t, f"{problem}; this side is no longer recorded")
        elif self._exchange.upgraded is not None:
            yield from self._upgrade(self._exchange.upgraded, t)

    def _go_on(self, t: float) -> Iterator[Entry]:
        """Read what the client sent while it waited for an upgrade, if that is refused now."""
        if self._exchange.upgraded is None and not self._exchange.waiting and Side.CLIENT not in self._blind:
            yield from self._http(Side.CLIENT, b"", t)

    def _upgrade(self, answer: Head, t: float) -> Iterator[Entry]:
        if "websocket" not in answer.values("upgrade"):
            self._blind = {Side.CLIENT, Side.SERVER}
            yield gap(Side.SERVER, t, f"upgraded to {', '.join(answer.values('upgrade'))!r}, which is not recorded")
            return
        client, server = _inflaters(answer)
        self._frames = {
            Side.CLIENT: FrameReader(Side.CLIENT, client),
            Side.SERVER: FrameReader(Side.SERVER, server),
        }
        if self._deaf:
            self.deafen()
        early, behind = self._exchange.rest()
        yield from self._frames[Side.CLIENT].feed(early, t)
        yield from self._frames[Side.SERVER].feed(behind, t)


class _Message:
    """The request or response that a side is sending."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self.head: Head | None = None
        self._request: Head | None = None
        self._body: list[bytes] = []
        self._size = 0

    @property
    def ends_with_connection(self) -> bool:
        """Whether nothing in the head says where the body ends."""
        if self.head is None or self._side is Side.CLIENT:
            return False
        return not self.head.values("content-length") and "chunked" not in self.head.values("transfer-encoding")

    def add(self, part: Part) -> None:
        if part.head is not None:
            self.head, self._request = part.head, part.request
            self._body, self._size = [], 0
        if part.data and self._size < MAX_BODY_BYTES:
            self._body.append(part.data)
        self._size += len(part.data)

    def take(self, t: float, *, cut: bool = False) -> Entry:
        head, self.head = self.head, None
        assert head is not None  # noqa: S101 - every caller has just looked
        members = _request_members(head) if self._side is Side.CLIENT else _response_members(head, self._request)
        members.update(self._body_members(head, cut=cut))
        return Entry(0, t, self._side, Kind.REQUEST if self._side is Side.CLIENT else Kind.RESPONSE, members=members)

    def _body_members(self, head: Head, *, cut: bool) -> dict[str, Any]:
        data = b"".join(self._body)[:MAX_BODY_BYTES]
        members: dict[str, Any] = {}
        if cut or self._size > len(data):
            members["body_cut"] = True
        if not data:
            return members
        coding = ", ".join(value for value in head.values("content-encoding") if value != "identity")
        plain = _decoded(data, coding)
        if plain is None:
            return {**members, "body_bytes": self._size, "body_omitted": f"content-encoding {coding}"}
        try:
            return {**members, "body": plain.decode()}
        except UnicodeDecodeError:
            return {**members, "body_base64": b64encode(plain).decode()}


def _request_members(head: Head) -> dict[str, Any]:
    return {"method": head.method, "target": head.target, "headers": head.headers}


def _response_members(head: Head, request: Head | None) -> dict[str, Any]:
    members: dict[str, Any] = {"status": head.status, "reason": head.reason, "headers": head.headers}
    if request is not None:
        members["to"] = f"{request.method} {request.target}"
    return members


def _decoded(data: bytes, coding: str) -> bytes | None:
    """Return a body without its content coding: a compressed body could hide a key from redaction."""
    if not coding:
        return data
    if coding not in {"gzip", "x-gzip", "deflate"}:
        return None
    try:
        wbits = zlib.MAX_WBITS if coding == "deflate" else zlib.MAX_WBITS | 16
        return zlib.decompressobj(wbits).decompress(data, MAX_BODY_BYTES)
    except zlib.error:
        return None


def _inflaters(answer: Head) -> tuple[Inflater | None, Inflater | None]:
    """Return the decompression of the client's and the server's messages, as the 101 settled it."""
    for extension in answer.values("sec-websocket-extensions"):
        name, *parameters = (word.strip() for word in extension.split(";"))
        if name == "permessage-deflate":
            names = {parameter.partition("=")[0].strip() for parameter in parameters}
            return (
                Inflater(context_takeover="client_no_context_takeover" not in names),
                Inflater(context_takeover="server_no_context_takeover" not in names),
            )
    return None, None
