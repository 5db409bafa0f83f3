"""Clients that say what a recorded one said and note how punctual the answers are; a process of its own.

    python -m benchmarks.replay.load RECORDING PORT SESSIONS RAMP_S [max]

With `max` the clients do not pause before they speak.

They speak just enough of WebSocket to be cheap: no library stands between an event's arrival and its time.
"""

from __future__ import annotations

import asyncio
import sys
import time
from array import array
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

import orjson

from realtime_inspector.recording.entry import Kind, Side
from realtime_inspector.recording.files import open_recording

_UPGRADE = (
    b"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + b64encode(bytes(16)) + b"\r\n\r\n"
)
_TEXT, _CLOSE = 0x81, 0x88
_LENGTH_16, _LENGTH_64 = 126, 127


@dataclass(frozen=True, slots=True)
class Said:
    """What the client says next."""

    frame: bytes
    after: int
    """How many events of the server it had seen."""
    delay_s: float
    """Between the last of them and this."""


@dataclass(frozen=True, slots=True)
class Part:
    """The client's part of a recording."""

    says: tuple[Said, ...]
    times: array[float]
    """Of every event of the server: how long after the client's last message it comes."""


def part(path: Path, *, pauses: bool) -> Part:
    """Read the client's part of a recording."""
    says: list[Said] = []
    times = array("d")
    last = spoke = 0.0
    for entry in open_recording(path):
        if entry.kind is Kind.RESPONSE:
            last = spoke = entry.t
        if entry.kind is not Kind.MESSAGE:
            continue
        if entry.side is Side.CLIENT:
            says.append(Said(_frame(_TEXT, entry.payload), len(times), (entry.t - last) * pauses))
            spoke = entry.t
        else:
            times.append(entry.t - spoke)
            last = entry.t
    return Part(tuple(says), times)


class Client(asyncio.Protocol):
    """One session."""

    def __init__(self, played: Part, late: array[float]) -> None:
        self.done: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.came = 0
        self._part, self._late = played, late
        self._data = bytearray()
        self._open = False
        self._said = 0
        self._spoke = 0.0
        self._clock = asyncio.get_running_loop().time

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the socket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(_UPGRADE)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, before its end or behind it."""
        if not self.done.done():
            self.done.set_result(0.0)

    def data_received(self, data: bytes) -> None:
        """Take events in."""
        now = self._clock()
        self._data += data
        if not self._open:
            head = self._data.find(b"\r\n\r\n")
            if head < 0:
                return
            del self._data[: head + 4]
            self._open = True
            self._spoke = self._began = now
        while (size := _size(self._data)) and len(self._data) >= size:
            kind = self._data[0]
            del self._data[:size]
            if kind == _TEXT:
                self._event(now)

    def _event(self, now: float) -> None:
        if self.came < len(self._part.times):
            self._late.append(now - self._spoke - self._part.times[self.came])
        self.came += 1
        says = self._part.says
        while self._said < len(says) and says[self._said].after <= self.came:
            said = says[self._said]
            self._said += 1
            asyncio.get_running_loop().call_later(said.delay_s, self._say, said.frame)
        if self.came == len(self._part.times):
            self._transport.write(_frame(_CLOSE, (1000).to_bytes(2, "big")))
            self.done.set_result(now - self._began)

    def _say(self, frame: bytes) -> None:
        self._spoke = self._clock()
        self._transport.write(frame)


async def hold(played: Part, port: int, sessions: int, ramp_s: float) -> dict[str, object]:
    """Hold the sessions; return what was measured."""
    loop = asyncio.get_running_loop()
    late = array("d")
    began = loop.time()
    clients = []
    for number in range(sessions):
        await asyncio.sleep(began + ramp_s * number / sessions - loop.time())
        _, client = await loop.create_connection(lambda: Client(played, late), "127.0.0.1", port)
        clients.append(client)
    took = await asyncio.gather(*(client.done for client in clients))
    return {
        "late_ms": _percentiles(late),
        "events": sum(client.came for client in clients),
        "whole": sum(client.came == len(played.times) for client in clients),
        "took_s": sorted(took)[len(took) // 2],
        "cpu_s": time.process_time(),
    }


def _percentiles(late: array[float]) -> dict[str, float]:
    off = sorted(abs(value) * 1000 for value in late) or [0.0]
    return {name: off[min(len(off) - 1, int(len(off) * share))] for name, share in _SHARES.items()}


_SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


def _size(data: bytearray) -> int:
    """Return how long the first frame is; 0 while that cannot be told."""
    if len(data) < 2:
        return 0
    length = data[1] & 127
    if length < _LENGTH_16:
        return 2 + length
    wide = 2 if length == _LENGTH_16 else 8
    return 2 + wide + int.from_bytes(data[2 : 2 + wide], "big") if len(data) >= 2 + wide else 0


def _frame(kind: int, payload: bytes) -> bytes:
    """Return a masked frame; the mask is zero, which changes nothing."""
    length = len(payload)
    if length < _LENGTH_16:
        size = bytes([128 | length])
    elif length < 1 << 16:
        size = bytes([128 | _LENGTH_16]) + length.to_bytes(2, "big")
    else:
        size = bytes([128 | _LENGTH_64]) + length.to_bytes(8, "big")
    return bytes([kind]) + size + bytes(4) + payload


if __name__ == "__main__":
    recording, port, sessions, ramp_s, *fast = sys.argv[1:]
    measured = asyncio.run(hold(part(Path(recording), pauses=not fast), int(port), int(sessions), float(ramp_s)))
    print(orjson.dumps(measured).decode())
