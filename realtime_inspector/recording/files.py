"""Recordings on disk: reading them whole, following them while they grow, finding them.

The one part of this stage that touches files, with `repair.py`. A recording is untrusted input and may be cut off
anywhere: what can be read is read, and what cannot is named in `Recording.problems`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn

from realtime_inspector.errors import NotAnEntry, RecordingError
from realtime_inspector.recording import jsonl, versions, zst
from realtime_inspector.recording.entry import Entry, Header

SUFFIXES = (".jsonl", ".jsonl.zst")
"""How the name of a recording ends."""

_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that could not be read, or is not as it was written."""

    line: int
    message: str
    torn: bool = False
    """The file was cut off here, as after a crash: `repair` mends it."""


@dataclass(slots=True)
class Recording:
    """A recording opened for reading. Iterate it for its entries, as often as you like."""

    path: Path
    header: Header
    problems: list[Problem] = field(default_factory=list)
    """What the last iteration could not read."""
    content: bytes | None = None
    """The file's bytes, where they do not stand at `path` (standard input)."""

    def __iter__(self) -> Iterator[Entry]:
        """Yield every entry that can be read, in the order of the file."""
        reader = _Reader(self.path)
        self.problems = reader.problems
        try:
            with open_bytes(self.path, self.content) as stream:
                whole = _lines(stream)
                next(whole, None)
                for line in whole:
                    entry = reader.read(line)
                    if entry is not None:
                        yield entry
                reader.end(damage(stream))
        except OSError as error:
            _unreadable(self.path, error)


def open_recording(path: Path, content: bytes | None = None) -> Recording:
    """Open a recording and read its header; `content` stands for a file that is not at `path`.

    Raises:
        RecordingError: If the file cannot be read, is no recording, or was written by a newer release.
    """
    try:
        with open_bytes(path, content) as stream:
            first = stream.readline(jsonl.MAX_LINE_BYTES)
            problem = damage(stream)
    except OSError as error:
        _unreadable(path, error)
    if not first:
        raise RecordingError(f"{path}: {problem or 'empty; a recording begins with a header line'}")
    return Recording(path, read_header(path, first), content=content)


def read_header(path: Path, line: bytes) -> Header:
    """Read a recording's first line; `path` is for the messages.

    Raises:
        RecordingError: If it is not a header, or a newer release wrote it.
    """
    try:
        header = jsonl.parse_header(line)
        versions.check(header)
    except RecordingError as error:
        is_other = isinstance(error, NotAnEntry) and not line.lstrip().startswith(b'{"recording"')
        hint = f"; if it is a log, `realtime-inspector import {path}` makes a recording of it" if is_other else ""
        raise type(error)(f"{path}:1: {error}{hint}") from None
    return header


def is_recording(path: Path) -> bool:
    """Tell whether the file begins like a recording; never raises."""
    try:
        open_recording(path)
    except RecordingError:
        return False
    return True


def find(folder: Path) -> list[Path]:
    """Return the recordings of a folder and its subfolders, by name.

    Raises:
        RecordingError: If the folder, or one of its subfolders, cannot be listed: what is there is not known.
    """

    def refuse(error: OSError) -> NoReturn:
        _unreadable(Path(error.filename or folder), error)

    return sorted(
        path
        for parent, _, names in os.walk(folder, onerror=refuse)
        for name in names
        if name.endswith(SUFFIXES) and (path := Path(parent, name)).is_file()
    )


def open_bytes(path: Path, content: bytes | None = None) -> IO[bytes]:
    """Open a recording's bytes, inflating what is compressed as it is read, whatever its name."""
    stream: IO[bytes] = path.open("rb", buffering=_BUFFER_BYTES) if content is None else io.BytesIO(content)
    start = stream.read(len(zst.MAGIC))
    stream.seek(0)
    if start != zst.MAGIC:
        return stream
    return io.BufferedReader(zst.InflatedFile(stream), _BUFFER_BYTES)


def damage(stream: IO[bytes]) -> str:
    """Return what is wrong with a stream's compression, as far as it was read; empty if nothing is."""
    raw = stream.raw if isinstance(stream, io.BufferedReader) else None
    return raw.problem if isinstance(raw, zst.InflatedFile) else ""


def _unreadable(path: Path, error: OSError) -> NoReturn:
    raise RecordingError(f"{path}: {error.strerror or error}") from error


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file; one that is too long is cut there, and its rest is passed over."""
    while line := stream.readline(jsonl.MAX_LINE_BYTES):
        yield line
        while len(line) == jsonl.MAX_LINE_BYTES and not line.endswith(b"\n"):
            line = stream.readline(jsonl.MAX_LINE_BYTES)


class _Reader:
    """Turns lines into entries, and keeps what is wrong with them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self._line = 1
        """The header's."""
        self._n = 0
        self._unread = 0
        """Lines since the last entry that were not entries."""
        self._torn = False

    def read(self, line: bytes) -> Entry | None:
        """Return the line's entry; None if it has none."""
        self._line += 1
        ended = line.endswith(b"\n")
        try:
            if not ended and len(line) >= jsonl.MAX_LINE_BYTES:
                raise NotAnEntry(f"not an entry: longer than {jsonl.MAX_LINE_BYTES} bytes")
            entry = jsonl.parse(line, self._line)
        except NotAnEntry as error:
            self._unread += 1
            if ended or len(line) >= jsonl.MAX_LINE_BYTES:
                self._add(str(error))
            else:
                self._tear("the last line is cut off")
            return None
        self._check_n(entry.n)
        return entry

    def end(self, damage: str) -> None:
        """Say what is wrong with the end of the file, `damage` with its compression."""
        if damage and not self._torn:
            self._tear(damage)

    def _check_n(self, n: int) -> None:
        expected = self._n + self._unread + 1
        if n > expected:
            missing = f"{self._n + 1} to {n - 1} are" if n - self._n > 2 else f"{n - 1} is"
            self._add(f"entry {n} follows {self._n}: {missing} missing, so the file was edited")
        elif n <= self._n:
            self._add(f"entry {n} follows {self._n}: the file was edited")
        self._n, self._unread = n, 0

    def _tear(self, what: str) -> None:
        self._torn = True
        self._add(f"{what}; run `realtime-inspector repair {self.path}`", torn=True)

    def _add(self, message: str, torn: bool = False) -> None:
        self.problems.append(Problem(self._line, f"{self.path}:{self._line}: {message}", torn))


class Follower:
    """A recording read while it grows. Holds a place in the file; `poll` returns what has come since."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Header | None = None
        """None until its line is whole."""
        self.restarts = 0
        """How often the file was replaced or cut short, and read anew: what was read before is no longer in it."""
        self._identity: tuple[int, int] | None = None
        self._reader = _Reader(path)
        self._offset = 0
        self._rest = bytearray()
        """The beginning of a line that is not whole yet."""
        self._inflater: zst.Inflater | None = None

    @property
    def problems(self) -> list[Problem]:
        """What could not be read so far."""
        return self._reader.problems

    def poll(self, max_bytes: int = 4 << 20) -> list[Entry]:
        """Return the entries whose lines were completed since the last call, of at most `max_bytes` of the file.

        Raises:
            RecordingError: If the file is gone, or is no recording.
        """
        try:
            with self.path.open("rb", buffering=0) as stream:
                self._notice(os.fstat(stream.fileno()))
                stream.seek(self._offset)
                block = stream.read(max_bytes)
        except OSError as error:
            _unreadable(self.path, error)
        if self._offset == 0:
            if len(block) < len(zst.MAGIC):
                return []
            self._inflater = zst.Inflater() if block.startswith(zst.MAGIC) else None
        self._offset += len(block)
        plain = [block] if self._inflater is None else self._inflater.feed(block)
        return [entry for part in plain for line in self._split(part) if (entry := self._read(line)) is not None]

    def _notice(self, now: os.stat_result) -> None:
        identity = (now.st_dev, now.st_ino)
        if self._identity is not None and (identity != self._identity or now.st_size < self._offset):
            self.restarts += 1
            self.header = None
            self._reader = _Reader(self.path)
            self._offset = 0
            self._rest.clear()
        self._identity = identity

    def _split(self, part: bytes) -> Iterator[bytes]:
        *whole, rest = part.split(b"\n")
        for line in whole:
            yield bytes(self._rest) + line + b"\n"
            self._rest.clear()
        if len(self._rest) <= jsonl.MAX_LINE_BYTES:
            self._rest += rest

    def _read(self, line: bytes) -> Entry | None:
        if self.header is None:
            self.header = read_header(self.path, line)
            return None
        if len(line) > jsonl.MAX_LINE_BYTES:
            line = line[: jsonl.MAX_LINE_BYTES]
        return self._reader.read(line)
