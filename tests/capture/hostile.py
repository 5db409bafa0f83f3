"""What must hold of any bytes on a connection, checked for one input: the corpus' tests and the fuzzer share it.

An input is one byte of options, then the bytes of both sides; `SWITCH_SIDE` stands where the other side goes on. What
is held to: nothing raises, any split of the bytes gives the same entries, the same lines and the same bytes to the
server, and every line can be read again.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import cast

from realtime_inspector.capture import frames, tap
from realtime_inspector.capture.http import Exchange
from realtime_inspector.capture.recorder import Recorder, Source
from realtime_inspector.capture.rewrite import Refusal, Rewriter
from realtime_inspector.capture.sink import Sink
from realtime_inspector.capture.tap import Tap
from realtime_inspector.capture.tee import Tee
from realtime_inspector.capture.upstream import Upstream
from realtime_inspector.capture.writer import Writer
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Side
from realtime_inspector.recording.redact import Redactor

SWITCH_SIDE = b"\xff\x00\xff"
UPGRADED, DEFLATE, NO_TAKEOVER, EOF_CLIENT, EOF_SERVER, TEE = 1, 2, 4, 8, 16, 128
"""Bits of the first byte: the connection is upgraded already, and how; who ends; the bytes are work for the tee."""
LIMIT_BYTES = 1000
"""Of a message and of a body, so that inputs beyond it are small."""

Chunk = tuple[Side, bytes]
_REQUEST = b"GET /v1/realtime?model=m HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
_ANSWER = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
_FAULT = re.compile(r"no longer recorded: \w+: |cannot be written as |cannot be told: ")
_REDACTOR = Redactor({"A_KEY": "secret-of-a-variable"})


def check(data: bytes, ways: int = 5) -> None:
    """Check all that must hold of an input, with its bytes in pieces in so many ways.

    Raises:
        AssertionError: If something does not.
    """
    if data and data[0] & TEE:
        asyncio.run(_check_tee(data[1:]))
        return
    options, chunks = decode(data)
    before = frames.MAX_MESSAGE_BYTES, tap.MAX_BODY_BYTES
    frames.MAX_MESSAGE_BYTES = tap.MAX_BODY_BYTES = LIMIT_BYTES
    try:
        entries = tapped(chunks, options)
        faults = [entry.members for entry in entries if _FAULT.search(str(entry.members.get("why")))]
        assert not faults, faults
        lines = recorded(chunks, options)
        sent = rewritten(chunks)
        cut_raw(chunks)
        assert lines == [jsonl.dump(_REDACTOR.entry(entry), n) for n, entry in enumerate(entries, 1)] * bool(lines)
        for n, line in enumerate(lines, 1):
            assert jsonl.parse(line).n == n
        for pieces in splits(chunks, data, ways):
            assert tapped(pieces, options) == entries
            assert recorded(pieces, options) == lines
            assert rewritten(pieces) == sent
            cut_raw(pieces)
    finally:
        frames.MAX_MESSAGE_BYTES, tap.MAX_BODY_BYTES = before


def decode(data: bytes) -> tuple[int, list[Chunk]]:
    """Return the options of an input, and what each side sends, in order."""
    options = data[0] if data else 0
    chunks: list[Chunk] = []
    if options & UPGRADED:
        deflate = b"Sec-WebSocket-Extensions: permessage-deflate"
        deflate += b"; server_no_context_takeover; client_no_context_takeover" if options & NO_TAKEOVER else b""
        chunks += [
            (Side.CLIENT, _REQUEST),
            (Side.SERVER, _ANSWER + (deflate + b"\r\n") * bool(options & DEFLATE) + b"\r\n"),
        ]
    for number, part in enumerate(data[1:].split(SWITCH_SIDE)):
        if part:
            chunks.append((Side.SERVER if number % 2 else Side.CLIENT, part))
    return options, chunks


def encode(options: int, chunks: Iterable[Chunk]) -> bytes:
    """Return the input that `decode` reads so."""
    side, data = Side.CLIENT, bytes([options])
    for sender, part in chunks:
        data += (b"" if sender is side else SWITCH_SIDE) + part
        side = sender
    return data


def splits(chunks: list[Chunk], seed: bytes, ways: int) -> Iterator[list[Chunk]]:
    """Return the chunks in so many of five other kinds of pieces: from single bytes to hundreds, by chance."""
    chance = random.Random(seed)
    for most in chance.sample((1, 2, 7, 20, 400), ways):
        yield [(side, piece) for side, data in chunks for piece in _pieces(data, most, chance)]


def _pieces(data: bytes, most: int, chance: random.Random) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = chance.randint(1, most)
        yield data[at : at + size]
        at += size


def tapped(chunks: Iterable[Chunk], options: int) -> list[Entry]:
    """Return what the tap makes of chunks and of the end of the connection, all at the time 0."""
    reader = Tap()
    entries = [entry for side, data in chunks for entry in reader.feed(side, data, 0.0)]
    for bit, side in ((EOF_CLIENT, Side.CLIENT), (EOF_SERVER, Side.SERVER)):
        if options & bit:
            entries += reader.eof(side, 0.0)
    return entries + reader.end(0.0)


class _Lines:
    """A file that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.lost = 0

    @property
    def next_number(self) -> int:
        return len(self.lines) + 1

    def put(self, block: bytes, count: int, t: float) -> None:
        lines = block.splitlines(keepends=True)
        assert len(lines) == count
        self.lines += lines

    def finish(self) -> None:
        pass


class _OneFile:
    """A writer of one file, without a thread."""

    def __init__(self) -> None:
        self.file = _Lines()

    def sink(self, path: Path, header: bytes) -> Sink:
        assert jsonl.parse_header(header).id
        return cast("Sink", self.file)


def recorded(chunks: Iterable[Chunk], options: int) -> list[bytes]:
    """Return the lines of a recording, all at the time 0."""
    writer = _OneFile()
    recorder = Recorder(Path("nowhere"), redactor=_REDACTOR, writer=cast("Writer", writer))
    track = recorder.track(Source("127.0.0.1:1"))
    at = track._began
    for side, data in chunks:
        for _ in track.steps(side, data, at) or ():
            pass
    for bit, side in ((EOF_CLIENT, Side.CLIENT), (EOF_SERVER, Side.SERVER)):
        if options & bit:
            track.eof(side, at)
    track.end(at)
    return writer.file.lines


def rewritten(chunks: Iterable[Chunk]) -> list[bytes | Refusal]:
    """Return what the relay sends to the server until the connection is upgraded, and its own answer."""
    rewriter = Rewriter(Upstream.parse("ws://up:1/prefix"), 1)
    sent = b""
    for side, data in chunks:
        if rewriter.upgraded:
            sent += data if side is Side.CLIENT else b""
            continue
        for piece in rewriter.client(data) if side is Side.CLIENT else rewriter.server(data):
            if isinstance(piece, Refusal):
                return [sent, piece]
            sent += piece
    return [sent]


def cut_raw(chunks: Iterable[Chunk]) -> None:
    """Make sure that the parts of HTTP and the rest are the bytes that came."""
    exchange = Exchange()
    came = {Side.CLIENT: b"", Side.SERVER: b""}
    cut = {Side.CLIENT: b"", Side.SERVER: b""}
    for side, data in chunks:
        came[side] += data
        parts = exchange.client(data) if side is Side.CLIENT else exchange.server(data)
        cut[side] += b"".join(part.raw for part in parts)
    rest = exchange.rest()
    assert (cut[Side.CLIENT] + rest[0], cut[Side.SERVER] + rest[1]) == (came[Side.CLIENT], came[Side.SERVER])


class _Valve:
    def __init__(self) -> None:
        self.shut_for: set[str] = set()

    def shut(self, reason: str) -> None:
        self.shut_for.add(reason)

    def open(self, reason: str) -> None:
        self.shut_for.remove(reason)


async def _check_tee(data: bytes) -> None:
    """Let each byte be a call that is put off: its weight, whether it works in steps, fails, or somebody drains."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)
    behind = [int(data[0]) if data else 0]
    tee = Tee(loop, 100, lambda: behind[0])
    valves = [_Valve(), _Valve()]
    done: list[int] = []
    for number, byte in enumerate(data):
        tee.put(valves[byte & 1], byte >> 3, _work(number, byte, done))
        if byte & 6 == 6:
            await asyncio.sleep(0)
        behind[0] = byte & 0x7F
    behind[0] = 0
    while len(done) < len(data):
        await asyncio.sleep(0.001)
    while any(valve.shut_for for valve in valves):
        await asyncio.sleep(0.001)
    assert done == list(range(len(data)))
    assert tee._bytes == 0


def _work(number: int, byte: int, done: list[int]) -> Callable[[], Iterator[None] | None]:
    def steps() -> Iterator[None]:
        yield
        done.append(number)
        if byte & 8:
            raise ValueError
        yield

    def at_once() -> None:
        done.append(number)
        if byte & 8:
            raise ValueError

    return steps if byte & 2 else at_once
