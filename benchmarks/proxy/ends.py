"""The ends of connections: what each sends, and how it finds out whether what it gets is what the other end sent."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import random
import re
from collections import deque
from typing import Protocol, cast

from websockets.speedups import apply_mask

POOL = 64
"""So many different messages a side sends, over and over."""
HIGH_WATER_BYTES = 1 << 20
_ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY = base64.b64encode(b"benchmarks.proxy")


def payloads(size: int, *, client: bool) -> list[bytes]:
    """Return the messages of a side: an event with audio, as most are, in JSON as `orjson` writes it."""
    chance = random.Random(size * 2 + client)
    made = []
    for number in range(POOL):
        head = b'{"type":"input_audio_buffer.append","event_id":"event_%08d","audio":"' % number
        if not client:
            head = b'{"type":"response.output_audio.delta","event_id":"event_%08d","item_id":"a","delta":"' % number
        audio = base64.b64encode(chance.randbytes(size))[: max(8, size - len(head) - 2)]
        made.append(head + audio + b'"}')
    return made


def framed(payload: bytes, mask: bytes) -> bytes:
    """Return one whole text frame, masked if there is a mask."""
    bit = 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        head = bytes([0x81, bit | size])
    elif size < 65536:
        head = bytes([0x81, bit | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x81, bit | 127]) + size.to_bytes(8, "big")
    return head + mask + (apply_mask(payload, mask) if mask else payload)


class Kind:
    """What all senders of one side send: the same messages, one after the other, from the first."""

    def __init__(self, size: int, *, client: bool) -> None:
        self.client = client
        self.payloads = payloads(size, client=client)
        chance = random.Random(client)
        self.frames = [framed(payload, chance.randbytes(4) if client else b"") for payload in self.payloads]
        self.length = len(self.frames[0])
        self.cycle = b"".join(self.frames)
        self.twice = self.cycle * (2 + 256 * 1024 // len(self.cycle))
        """Long enough that what comes in one read is a part of it, wherever it begins."""


class Receiver:
    """Takes in one direction of a connection and compares."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.count = 0
        self.changed = 0
        self._at = 0
        """How many bytes of the stream came."""
        self._rest = b""
        self._verbatim = True

    def feed(self, data: bytes) -> int:
        """Return how many messages end in these bytes."""
        kind, before = self.kind, self.count
        if self._verbatim:
            offset = self._at % len(kind.cycle)
            if len(data) <= len(kind.twice) - offset and data == kind.twice[offset : offset + len(data)]:
                self._at += len(data)
                self.count = self._at // kind.length
                return self.count - before
            self._verbatim = False  # other masks, as proxies make that frame anew
            begun = self._at % kind.length
            self._rest = kind.twice[offset - begun : offset] if begun else b""
        return self._by_frame(data)

    def _by_frame(self, data: bytes) -> int:
        data = self._rest + data
        kind, at, before = self.kind, 0, self.count
        while len(data) - at >= kind.length:
            frame = data[at : at + kind.length]
            known = kind.frames[self.count % POOL]
            head = kind.length - len(kind.payloads[0]) - (4 if kind.client else 0)
            payload = frame[head:]
            if kind.client:
                payload = apply_mask(payload[4:], payload[:4])
            self.changed += frame[:head] != known[:head] or payload != kind.payloads[self.count % POOL]
            self.count += 1
            at += kind.length
        self._rest = data[at:]
        return self.count - before


class Hub(Protocol):
    """Who is told what happens at an end."""

    kinds: list[Kind]
    """What the server sends, and what clients send."""

    def upgraded(self, end: End) -> None:
        """Note that an end is ready."""

    def writable(self, end: End) -> None:
        """Note that an end takes more."""

    def arrived(self, end: End, count: int) -> None:
        """Note that so many messages came."""


class Tunnel(asyncio.Protocol):
    """Asks a forward proxy for a connection to a server."""

    def __init__(self, authority: str) -> None:
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._authority = authority.encode()
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        asked = b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (self._authority, self._authority)
        cast("asyncio.Transport", transport).write(asked)

    def data_received(self, data: bytes) -> None:
        """Read the answer."""
        self._head += data
        if b"\r\n\r\n" in self._head and not self.answered.done():
            if re.match(rb"HTTP/1\.[01] 200", self._head):
                self.answered.set_result(None)
            else:
                self.answered.set_exception(SystemExit(f"no tunnel: {self._head[:200]!r}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        if not self.answered.done():
            self.answered.set_exception(SystemExit("the proxy closed a connection before it answered"))


class End(asyncio.Protocol):
    """One end of a connection: a client's or the server's."""

    def __init__(self, hub: Hub, *, client: bool, number: int = -1) -> None:
        self.hub = hub
        self.client = client
        self.number = number
        self.transport: asyncio.Transport
        self.outgoing = hub.kinds[client]
        self.receiver = Receiver(hub.kinds[not client])
        self.sent = 0
        self.paused = False
        self.sent_at: deque[float] = deque()
        self._head = b""
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade, if it is a client."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        if self.client:
            path = b"/v1/realtime?model=m&connection=%d" % self.number
            head = b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" % path
            self.transport.write(head + b"Sec-WebSocket-Key: %b\r\nSec-WebSocket-Version: 13\r\n\r\n" % _KEY)

    def data_received(self, data: bytes) -> None:
        """Compare what came."""
        if self.open:
            self.hub.arrived(self, self.receiver.feed(data))
            return
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if end:
            self._upgrade(head)
            if rest:
                self.data_received(rest)

    def _upgrade(self, head: bytes) -> None:
        self.open = True
        if self.client:
            if not head.startswith(b"HTTP/1.1 101"):
                raise SystemExit(f"no upgrade: {head[:200]!r}")
        else:
            number = re.search(rb"connection=(\d+)", head)
            key = re.search(rb"(?im)^sec-websocket-key: *(\S+)", head)
            self.number = int(number[1]) if number else -1
            accept = base64.b64encode(hashlib.sha1((key[1] if key else b"") + _ACCEPT).digest())
            answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            self.transport.write(answer + b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept)
        self.hub.upgraded(self)

    def pause_writing(self) -> None:
        """Stop for the socket."""
        self.paused = True

    def resume_writing(self) -> None:
        """Go on."""
        self.paused = False
        self.hub.writable(self)

    def send(self, count: int = 1) -> None:
        """Send the next messages."""
        frames, at = self.outgoing.frames, self.sent % POOL
        self.sent += count
        self.transport.write(frames[at] if count == 1 else b"".join(frames[(at + n) % POOL] for n in range(count)))
