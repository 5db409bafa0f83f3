"""WebSocket frames of one direction joined to messages: RFC 6455, permessage-deflate by RFC 7692. No socket, no clock.

What the peers make of a frame is their affair: a broken rule of the protocol is noted as a gap where the message cannot
be told, and the next frame is read as if nothing had happened.
"""

from __future__ import annotations

import secrets
import zlib
from struct import Struct
from typing import Any

from realtime_inspector.capture.express import Read, apply_mask, whole_texts
from realtime_inspector.recording.entry import Entry, Kind, Side

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""A longer message, as sent or inflated, is forwarded and not recorded."""

_FIN, _RSV1, _RSV23, _OPCODE = 0x80, 0x40, 0x30, 0x0F
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_U16, _U64 = Struct(">H"), Struct(">Q")
_MAX_CONTROL_BYTES = 125
_JOINED_FRAGMENTS = 1000
"""So many are joined: an object for each of a million takes more than what is in them."""
_DEFLATE_TAIL = b"\x00\x00\xff\xff"


def gap(side: Side, t: float, why: str, lost: int = 1) -> Entry:
    """Return the entry that says that messages of a side could not be recorded."""
    return Entry(0, t, Side.PROXY, Kind.GAP, members={"lost": lost, "why": why, "of": str(side)})


class Inflater:
    """The decompression of one direction, as negotiated.

    The window bits of the negotiation are not needed: the largest window reads every smaller one.
    """

    def __init__(self, *, context_takeover: bool) -> None:
        self._takeover = context_takeover
        self._stream: Any = zlib.decompressobj(-zlib.MAX_WBITS)
        self._lost = False

    def inflate(self, payload: bytes) -> bytes:
        """Return the message.

        Raises:
            ValueError: If it cannot be inflated, or is too long; with a context taken over, nor can any later one.
        """
        if self._lost:
            raise ValueError("is compressed, and the context was lost with an earlier message")
        try:
            message: bytes = self._stream.decompress(payload + _DEFLATE_TAIL, MAX_MESSAGE_BYTES)
        except zlib.error as error:
            self.skip()
            raise ValueError(f"cannot be inflated: {error}") from None
        if self._stream.unconsumed_tail:
            self.skip()
            raise ValueError(f"is longer than {MAX_MESSAGE_BYTES} bytes when inflated")
        if self._stream.eof or not self._takeover:
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        return message

    def skip(self) -> None:
        """Note that a message was not inflated: with a context taken over, the later ones cannot be either."""
        self._lost = self._takeover
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)


def whole_text(side: Side, t: float, payload: bytes) -> Entry:
    """Return the entry of a text message of which only the payload was kept."""
    return Entry(0, t, side, Kind.MESSAGE, payload)


def close_frame(code: int, reason: str, *, masked: bool) -> bytes:
    """Return a close frame, masked as a client has to send it."""
    payload = code.to_bytes(2) + reason.encode()
    if not masked:
        return bytes([0x88, len(payload)]) + payload
    key = secrets.token_bytes(4)
    return bytes([0x88, 0x80 | len(payload)]) + key + bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))


class FrameReader:
    """One direction of a WebSocket. Feed it bytes as they come; it returns what they complete, and never raises."""

    def __init__(self, side: Side, inflater: Inflater | None = None) -> None:
        self._side = side
        self._inflater = inflater
        self._limit = MAX_MESSAGE_BYTES
        self._waiting: list[bytes] = []
        self._have = 0
        self._need = 2
        self._skip = 0
        self._dead = False
        self._first: int | None = None
        """First byte of the message under way, None between messages."""
        self._fragments: list[bytes] = []
        self._joined = bytearray()
        """What stands before these: fragments may be many, and small."""
        self._count = 0
        """How many fragments of it there are."""
        self._size = 0
        self._lost = ""
        """Why the message under way cannot be recorded, if it cannot."""

    def feed(self, data: bytes, t: float) -> list[Entry]:
        """Return the messages, pings, pongs and closes that end in these bytes."""
        return [whole_text(self._side, t, one) if isinstance(one, bytes) else one for one in self.read(data, t)]

    def read(self, data: bytes, t: float) -> list[Read]:
        """Do the same as `feed` without an object for each message: this is what every byte of a call goes through."""
        found: list[Read] = []
        if self._have or self._skip or self._dead:
            at = self._complete(data, t, found)
        else:
            at = whole_texts(data, 0, self._limit, found) if self._first is None else 0
        end = at if at == len(data) else self._frames(data, at, t, found)
        if end < len(data):
            self._waiting = [data[end:]]
            self._have = len(data) - end
        return found

    def _complete(self, data: bytes, t: float, found: list[Read]) -> int:
        """Go on with the frame of which a part is there; return where in `data` it ends."""
        at = self._skipped(data, 0)
        while self._have and at < len(data):
            piece = data[at : at + self._need - self._have]
            self._waiting.append(piece)
            self._have += len(piece)
            at += len(piece)
            if self._have == self._need:
                begun = b"".join(self._waiting)
                whole = self._frames(begun, 0, t, found)
                self._waiting, self._have = ([], 0) if whole else ([begun], len(begun))
                at = self._skipped(data, at)
        return at

    def _skipped(self, data: bytes, at: int) -> int:
        """Return where bytes follow that are wanted: not those of a message that is too long."""
        if self._dead:
            return len(data)
        skip = min(self._skip, len(data) - at)
        self._skip -= skip
        return at + skip

    def _frames(self, data: bytes, at: int, t: float, found: list[Read]) -> int:
        """Read every frame that is whole; return where the first begins that is not."""
        while at < len(data):
            if self._first is None:
                at = whole_texts(data, at, self._limit, found)
            end = self._frame(data, at, t, found) if at < len(data) else at
            if end == 0:
                break
            at = end
        return at

    def deafen(self) -> None:
        """Keep no message from here on: nobody wants them, only where frames begin and end."""
        self._limit = 0

    @property
    def between(self) -> bool:
        """Whether no frame has begun that is not complete."""
        return not (self._dead or self._have or self._skip)

    def end(self, t: float) -> list[Entry]:
        """Return what the end of the connection cut off, as a gap."""
        if self._dead or not (self._have or self._skip or self._first is not None):
            return []
        self._dead = True
        return [gap(self._side, t, "the connection ended inside a message")]

    def _frame(self, data: bytes, at: int, t: float, found: list[Read]) -> int:
        """Read the frame that begins at `at`; return where it ends, or 0 if it is not all there."""
        available = len(data) - at
        if available < 2:
            self._need = 2
            return 0
        first, second = data[at], data[at + 1]
        length = second & 0x7F
        start = at + 2 + (second >> 7) * 4
        if length > _MAX_CONTROL_BYTES:
            extended = _U16 if length == 126 else _U64
            start += extended.size
            if len(data) >= start:
                length = extended.unpack_from(data, at + 2)[0]
        end = start + length
        if len(data) < end:
            return self._incomplete(data, at, start, length, t, found)
        payload = data[start:end]
        if second & 0x80:
            payload = apply_mask(payload, data[start - 4 : start])
        self._take(first, payload, t, found)
        return end

    def _incomplete(self, data: bytes, at: int, start: int, length: int, t: float, found: list[Read]) -> int:
        if len(data) < start:
            self._need = start - at
            return 0
        if length > self._limit:
            self._too_long(data[at], length, t, found)
            self._skip = length - (len(data) - start)
            return len(data)
        self._need = start - at + length
        return 0

    def _too_long(self, first: int, length: int, t: float, found: list[Read]) -> None:
        if length >> 63:
            self._dead = True
            found.append(gap(self._side, t, "a frame of impossible length; the rest of this side is not recorded"))
            return
        self._begin(first, t, found)
        self._lose(f"a message of more than {self._limit} bytes")
        if first & _FIN:
            self._finish(t, found)

    def _take(self, first: int, payload: bytes, t: float, found: list[Read]) -> None:
        opcode = first & _OPCODE
        if opcode >= _CLOSE:
            found.append(self._control(first, opcode, payload, t))
        elif opcode > _BINARY:
            found.append(gap(self._side, t, f"a frame with the reserved opcode {opcode:#x}"))
        else:
            self._begin(first, t, found)
            self._add(payload)
            if first & _FIN:
                self._finish(t, found)

    def _add(self, payload: bytes) -> None:
        if self._lost:
            return
        self._fragments.append(payload)
        self._count += 1
        self._size += len(payload)
        if self._count % _JOINED_FRAGMENTS == 0:
            self._joined += b"".join(self._fragments)
            self._fragments.clear()
        if self._size > self._limit:
            self._lose(f"a message of more than {self._limit} bytes")

    def _begin(self, first: int, t: float, found: list[Read]) -> None:
        """Take the first byte of a data frame: it begins a message, or goes on with the one under way."""
        if first & _OPCODE == _CONTINUATION:
            if self._first is None:
                self._first = first & _OPCODE
                self._lose("a continuation of no message")
            return
        if self._first is not None:
            self._give_up("a message that was not finished before the next", t, found)
        self._first = first
        if first & _RSV23 or (first & _RSV1 and self._inflater is None):
            self._lose("a message with reserved bits of an extension that is not known")

    def _lose(self, why: str) -> None:
        self._lost = self._lost or why
        self._fragments.clear()
        self._joined.clear()

    def _finish(self, t: float, found: list[Read]) -> None:
        first = self._first or 0
        if self._lost:
            self._give_up(self._lost, t, found)
            return
        count, fragments = self._count, self._fragments
        if self._joined:
            fragments.insert(0, bytes(self._joined))
        payload = fragments[0] if len(fragments) == 1 else b"".join(fragments)
        compressed = bool(first & _RSV1)
        self._reset()
        if compressed and self._inflater is not None:
            try:
                payload = self._inflater.inflate(payload)
            except ValueError as error:
                found.append(gap(self._side, t, f"a message that {error}"))
                return
        binary = first & _OPCODE == _BINARY
        found.append(Entry(0, t, self._side, Kind.MESSAGE, payload, binary, count, compressed))

    def _give_up(self, why: str, t: float, found: list[Read]) -> None:
        found.append(gap(self._side, t, why))
        if self._first and self._first & _RSV1 and self._inflater is not None:
            self._inflater.skip()
        self._reset()

    def _reset(self) -> None:
        self._first = None
        self._fragments = []
        self._joined.clear()
        self._count = self._size = 0
        self._lost = ""

    def _control(self, first: int, opcode: int, payload: bytes, t: float) -> Entry:
        if opcode > _PONG:
            return gap(self._side, t, f"a frame with the reserved opcode {opcode:#x}")
        if opcode == _CLOSE:
            return Entry(0, t, self._side, Kind.CLOSE, members=_close_members(payload))
        return Entry(0, t, self._side, Kind.PING if opcode == _PING else Kind.PONG, payload)


def _close_members(payload: bytes) -> dict[str, Any]:
    if len(payload) < 2:
        return {"code": None, "reason": ""}
    return {"code": _U16.unpack_from(payload)[0], "reason": payload[2:].decode(errors="replace")}
