"""Recordings on disk: reading them whole, following them while they grow, mending a torn one.

The one module of this stage that touches files. A recording is untrusted input and may be cut off anywhere: what can be
read is read, and what cannot is named in `Recording.problems`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO

from realtime_inspector.errors import NotAnEntry, RecordingError
from realtime_inspector.recording import jsonl, versions
from realtime_inspector.recording.entry import Entry, Header

SUFFIXES = (".jsonl", ".jsonl.zst")
"""How the name of a recording ends."""

_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that could not be read."""

    line: int
    message: str
    torn: bool = False
    """The last line was cut off, as after a crash: `repair` cuts it."""


@dataclass(slots=True)
class Recording:
    """A recording opened for reading. Iterate it for its entries, as often as you like."""

    path: Path
    header: Header
    problems: list[Problem] = field(default_factory=list)
    """What the last iteration could not read."""

    def __iter__(self) -> Iterator[Entry]:
        """Yield every entry that can be read, in the order of the file."""
        self.problems.clear()
        with open_bytes(self.path) as stream:
            stream.readline()
            number = 1
            while line := stream.readline(jsonl.MAX_LINE_BYTES):
                number += 1
                try:
                    if line.endswith(b"\n") or line.rstrip().endswith(b"}"):
                        yield jsonl.parse(line, number)
                    else:
                        self._torn(number)
                except NotAnEntry as error:
                    self.problems.append(Problem(number, f"{self.path}:{number}: {error}"))

    def _torn(self, number: int) -> None:
        message = f"{self.path}:{number}: the last line is cut off; run `realtime-inspector repair {self.path}`"
        self.problems.append(Problem(number, message, torn=True))


def open_recording(path: Path) -> Recording:
    """Open a recording and read its header.

    Raises:
        RecordingError: If the file cannot be read, is no recording, or was written by a newer release.
    """
    try:
        with open_bytes(path) as stream:
            first = stream.readline(jsonl.MAX_LINE_BYTES)
    except (OSError, EOFError) as error:
        raise RecordingError(f"{path}: {error.strerror if isinstance(error, OSError) else error}") from error
    if not first:
        raise RecordingError(f"{path}: empty; a recording begins with a header line")
    try:
        header = jsonl.parse_header(first)
        versions.check(header)
    except RecordingError as error:
        raise type(error)(f"{path}:1: {error}") from error
    return Recording(path, header)


def is_recording(path: Path) -> bool:
    """Tell whether the file begins like a recording; never raises."""
    try:
        open_recording(path)
    except RecordingError:
        return False
    return True


def find(folder: Path) -> list[Path]:
    """Return the recordings of a folder and its subfolders, by name."""
    return sorted(path for suffix in SUFFIXES for path in folder.rglob(f"*{suffix}") if path.is_file())


def open_bytes(path: Path) -> IO[bytes]:
    """Open a recording's bytes, inflating a `.zst` as it is read."""
    stream: BinaryIO = path.open("rb", buffering=_BUFFER_BYTES)
    if path.suffix != ".zst":
        return stream
    return io.BufferedReader(_zstd_reader(stream), _BUFFER_BYTES)


def _zstd_reader(stream: BinaryIO) -> Any:
    import sys

    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.ZstdFile(stream)


class Follower:
    """A recording read while it grows. Holds a place in the file; `poll` returns what has come since."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Header | None = None
        self.problems: list[Problem] = []
        self._offset = 0
        self._line = 0

    def poll(self, max_bytes: int = 4 << 20) -> list[Entry]:
        """Return the entries whose lines were completed since the last call, at most about `max_bytes` of them.

        Raises:
            RecordingError: If the file is gone, or is no recording.
        """
        try:
            with self.path.open("rb") as stream:
                stream.seek(self._offset)
                block = stream.read(max_bytes)
                if b"\n" not in block and len(block) == max_bytes:
                    block += stream.readline(jsonl.MAX_LINE_BYTES)
        except OSError as error:
            raise RecordingError(f"{self.path}: {error.strerror}") from error
        whole = block[: block.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [entry for line in whole.splitlines(keepends=True) if (entry := self._read(line)) is not None]

    def _read(self, line: bytes) -> Entry | None:
        self._line += 1
        if self._line == 1:
            self.header = jsonl.parse_header(line)
            versions.check(self.header)
            return None
        try:
            return jsonl.parse(line, self._line)
        except NotAnEntry as error:
            self.problems.append(Problem(self._line, f"{self.path}:{self._line}: {error}"))
            return None
