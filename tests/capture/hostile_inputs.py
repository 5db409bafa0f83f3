"""Inputs for `hostile.check`: those to begin with, and the corpus that fuzzing left."""

from __future__ import annotations

import json
import sys
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from websockets.frames import Opcode

from realtime_inspector.recording.entry import Side
from tests.capture import hostile
from tests.capture.hostile import DEFLATE, EOF_CLIENT, EOF_SERVER, NO_TAKEOVER, TEE, UPGRADED, encode
from tests.capture.wire import REQUEST, SWITCH, client_frame, server_frame

_GUIDES = ("/realtime_inspector/capture/", "/realtime_inspector/recording/")


def seeds() -> Iterator[bytes]:
    """Return one input for each thing that the tap knows."""
    event = b'{"type":"session.update","session":{"voice":"marin"}}'
    up, down = client_frame(event), server_frame(event)
    yield encode(0, [(Side.CLIENT, REQUEST + up), (Side.SERVER, SWITCH + down), (Side.CLIENT, up)])
    yield from (encode(UPGRADED | EOF_SERVER, wire) for wire in _frames(event))
    yield from (
        encode(UPGRADED | DEFLATE | flags, wire) for flags in (0, NO_TAKEOVER) for wire in _deflated(event, flags)
    )
    yield from (encode(EOF_CLIENT | EOF_SERVER, wire) for wire in _http())
    yield bytes([TEE, *range(0, 256, 5)])


def _frames(event: bytes) -> Iterator[list[tuple[Side, bytes]]]:
    yield [(Side.CLIENT, client_frame(event) * 3), (Side.SERVER, server_frame(event) * 3 + b"\x88\x02\x03\xe8")]
    for size in (0, 1, 125, 126, 127, 999, 1000, 1001):
        yield [(Side.SERVER, server_frame(b"x" * size) + server_frame(event))]
    ping = server_frame(b"p", Opcode.PING)
    fragments = server_frame(event[:9], fin=False) + ping + server_frame(b"", Opcode.CONT, fin=False)
    yield [(Side.SERVER, fragments + server_frame(event[9:], Opcode.CONT) + ping)]
    yield [(Side.CLIENT, server_frame(event)), (Side.SERVER, client_frame(event, Opcode.BINARY))]
    yield [(Side.SERVER, bytes([first, 1, 65])) for first in (0x83, 0x8B, 0x80, 0x01, 0xC1, 0xA1, 0x8A, 0x82)]
    for length in (126, 65535, 65536, 2**31, 2**63 - 1, 2**63, 2**64 - 1):
        yield [(Side.SERVER, b"\x81\x7f" + length.to_bytes(8) + event), (Side.SERVER, server_frame(event))]
    key = b'{"type":"x","api_key":"sk-aaaaaaaaaaaaaaaaaaaaaaaa","a":"secret-of-a-variable"}'
    yield [(Side.CLIENT, client_frame(key) + client_frame(b'{"a":\n1}') + client_frame(b"[1]") + client_frame(b"\xff"))]
    audio = b'{"type":"response.output_audio.delta","delta":"' + b"QUJD" * 160 + b'"}'
    yield [(Side.SERVER, server_frame(audio) * 2)]


def _deflated(event: bytes, flags: int) -> Iterator[list[tuple[Side, bytes]]]:
    stream = zlib.compressobj(wbits=-15)
    wire = b""
    for text in (event, b"", event, b"x" * 1200, event):
        stream = zlib.compressobj(wbits=-15) if flags else stream
        wire += server_frame((stream.compress(text) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4], rsv1=True)
    yield [(Side.SERVER, wire + server_frame(event))]
    yield [(Side.SERVER, server_frame(b"\xff\xff", rsv1=True) + wire)]


def _http() -> Iterator[list[tuple[Side, bytes]]]:
    get, post = b"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello"
    counted = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nT: 1\r\n\r\n"
    yield [(Side.CLIENT, get + post + b"\r\n" + get), (Side.SERVER, counted + chunked + counted)]
    yield [(Side.CLIENT, get), (Side.SERVER, b"HTTP/1.0 200 OK\r\n\r\nuntil the end")]
    yield [(Side.CLIENT, REQUEST + REQUEST), (Side.SERVER, b"HTTP/1.1 100 Continue\r\n\r\n" + counted + SWITCH)]
    yield [(Side.CLIENT, get), (Side.SERVER, chunked.replace(b"\r\n1\r\n", b"\r\nzz\r\n") + counted)]
    yield [(Side.CLIENT, post.replace(b"5", b"x") + get), (Side.SERVER, b"HTTP/2 200\r\n\r\n" + counted)]
    yield [(Side.CLIENT, b"CONNECT a:1 HTTP/1.1\r\n\r\n"), (Side.SERVER, b"HTTP/1.1 101 x\nUpgrade: h2c\n\nPRI")]
    packed = zlib.compress(b'{"value":"x"}')
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(packed)
    yield [(Side.CLIENT, b"GET http://up:1/v HTTP/1.1\r\nhost:x\r\n\r\n"), (Side.SERVER, head + packed)]


def kept(path: Path) -> list[bytes]:
    """Read a corpus: a line of JSON with base64 in it for each input."""
    return [b64decode(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def write(path: Path, inputs: Iterable[bytes]) -> None:
    """Write a corpus."""
    path.write_text("".join(f"{json.dumps(b64encode(data).decode())}\n" for data in inputs))


def distilled(inputs: list[bytes], most_bytes: int) -> list[bytes]:
    """Return the inputs that reach a step of the code, or an outcome, that none before them did."""
    seen: set[object] = set()
    chosen: dict[bytes, None] = {}
    size = 0
    for data in inputs:
        reached = _reached(data)
        if not reached <= seen and data not in chosen and size + len(data) * 4 // 3 + 3 <= most_bytes:
            seen |= reached
            chosen[data] = None
            size += len(data) * 4 // 3 + 3
    return list(chosen)


def _reached(data: bytes) -> set[object]:
    """Return from which line to which an input leads, and of what kinds the entries are."""
    found: set[object] = set()
    last: dict[FrameType, int] = {}

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if not any(guide in frame.f_code.co_filename for guide in _GUIDES):
            return None
        if event == "line":
            found.add((frame.f_code.co_filename, last.get(frame), frame.f_lineno))
            last[frame] = frame.f_lineno
        return trace

    if data[:1] and data[0] & TEE:
        sys.settrace(trace)
        try:
            hostile.check(data)
        finally:
            sys.settrace(None)
        return found
    options, chunks = hostile.decode(data)
    sys.settrace(trace)
    try:
        entries = hostile.tapped(chunks, options)
        hostile.recorded(chunks, options)
        hostile.rewritten(chunks)
    finally:
        sys.settrace(None)
    kinds = [f"{entry.side} {entry.kind} {entry.members.get('why', '')}"[:60] for entry in entries]
    found.update(zip(kinds, [*kinds[1:], ""], strict=True))
    return found
