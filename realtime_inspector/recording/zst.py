"""Zstandard inflated as it is read, from a file that may be cut off anywhere or still be growing.

What a torn frame still holds is given out, and the tear is named in `problem` instead of raised.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

MAGIC = b"\x28\xb5\x2f\xfd"
"""The first bytes of a compressed file."""

_BLOCK_BYTES = 1 << 20
_BUFFER_BYTES = 1 << 17


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


class Inflater:
    """Compressed bytes in, plain bytes out. Frames may follow each other; memory stays flat whatever they hold."""

    def __init__(self) -> None:
        self._new = _zstd().ZstdDecompressor
        self._error = _zstd().ZstdError
        self._frame = self._new()
        self._started = False
        self.problem = ""
        """Why nothing more can be read; empty while all is well."""

    @property
    def torn(self) -> bool:
        """Whether the bytes fed so far end inside a frame."""
        return self._started and not self._frame.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what the bytes hold, in blocks of at most a megabyte."""
        while not self.problem and (data or not (self._frame.needs_input or self._frame.eof)):
            if self._frame.eof:
                self._frame = self._new()
            self._started = True
            try:
                block = self._frame.decompress(data, _BLOCK_BYTES)
            except self._error as error:
                self.problem = f"not readable any further as zstd: {error}"
                return
            data = self._frame.unused_data if self._frame.eof else b""
            if block:
                yield block


class InflatedFile(io.RawIOBase):
    """A compressed file as a raw stream of its plain bytes; wrap it in `io.BufferedReader`."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._inflater = Inflater()
        self._blocks = self._inflate()
        self._rest = memoryview(b"")

    @property
    def problem(self) -> str:
        """What is wrong with the compressed file, as far as it was read; empty if nothing is."""
        return self._inflater.problem or ("the last zstd frame is cut off" if self._inflater.torn else "")

    def readable(self) -> bool:
        """Say yes, as a raw stream must."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer as far as one block goes."""
        if not self._rest:
            self._rest = memoryview(next(self._blocks, b""))
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def close(self) -> None:
        """Close the compressed file too."""
        self._stream.close()
        super().close()

    def _inflate(self) -> Iterator[bytes]:
        while data := self._stream.read(_BLOCK_BYTES):
            yield from self._inflater.feed(data)


def open_bytes(path: Path, content: bytes | None = None, buffer_bytes: int = _BUFFER_BYTES) -> IO[bytes]:
    """Open a recording's bytes, inflating what is compressed as it is read, whatever its name.

    Raises:
        OSError: If it cannot be opened or read.
    """
    stream: IO[bytes] = path.open("rb", buffering=buffer_bytes) if content is None else io.BytesIO(content)
    start = stream.read(len(MAGIC))
    stream.seek(0)
    if start != MAGIC:
        return stream
    return io.BufferedReader(InflatedFile(stream), buffer_bytes)


def compress(stream: IO[bytes]) -> IO[bytes]:
    """Return a stream that compresses into another one; closing it leaves the other open."""
    compressed: IO[bytes] = _zstd().ZstdFile(stream, "wb")
    return compressed
