"""A recording's bytes in blocks of whole lines, without a copy of each: for who looks at lines where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from realtime_inspector.recording.jsonl import MAX_LINE_BYTES

BLOCK_BYTES = 1 << 19
"""What is read at once: more does not fit into a processor's cache."""


def blocks(stream: IO[bytes], size: int = BLOCK_BYTES) -> Iterator[tuple[bytearray, int]]:
    """Yield a buffer and where the whole lines in it end; the buffer is filled anew for the next ones.

    A line that is too long for the buffer makes it larger. Of one that is longer than `MAX_LINE_BYTES`, so many bytes
    are given, without a line break, and the rest is passed over; else only the last line may lack its break.
    """
    buffer, filled = bytearray(size), 0
    while True:
        count = _fill(stream, buffer, filled)
        whole = buffer.rfind(b"\n", filled, filled + count) + 1
        filled += count
        if not count:
            if filled:
                yield buffer, filled
            return
        if not whole:
            if filled < len(buffer):
                continue
            if filled < MAX_LINE_BYTES:
                buffer.extend(bytes(min(len(buffer), MAX_LINE_BYTES - filled)))
                continue
            yield buffer, filled
            buffer, filled = bytearray(size), 0
            rest = _behind_line(stream)
            buffer[: len(rest)], filled = rest, len(rest)
            continue
        yield buffer, whole
        rest = bytes(memoryview(buffer)[whole:filled])
        if len(buffer) > size > len(rest):
            buffer = bytearray(size)
        buffer[: len(rest)], filled = rest, len(rest)


def _fill(stream: IO[bytes], buffer: bytearray, filled: int) -> int:
    with memoryview(buffer) as whole, whole[filled:] as free:
        count: int = stream.readinto(free)  # type: ignore[attr-defined]  # what a binary file has, though not IO[bytes]
    return count


def _behind_line(stream: IO[bytes]) -> bytes:
    """Pass over the rest of a line; return nothing, for what follows it is not read yet."""
    while (line := stream.readline(1 << 20)) and not line.endswith(b"\n"):
        pass
    return b""
