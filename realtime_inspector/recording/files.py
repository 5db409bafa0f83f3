"""Recordings on disk: reading them whole, and finding them. How one is followed while it grows is in `follower.py`.

A recording is untrusted input and may be cut off anywhere: what can be read is read, and what cannot is named in
`Recording.problems`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn

from realtime_inspector.errors import NotAnEntry, RecordingError
from realtime_inspector.recording import jsonl, versions, zst
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.lines import Problem, Reader
from realtime_inspector.recording.parts import SUFFIXES, Part, grouped
from realtime_inspector.recording.printable import shell_word
from realtime_inspector.recording.zst import open_bytes

__all__ = ["SUFFIXES", "Problem", "Recording", "damage", "find", "find_parts", "is_recording",
           "open_bytes", "open_recording", "read_header", "unreadable"]  # fmt: skip


Walk = Callable[[IO[bytes], Reader], Iterator[Entry]]
"""Makes entries of what a file has behind its header. It may pass lines over that it takes for good, with `passed`."""


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
        """Yield every entry that can be read, in order, those of the parts behind this one too."""
        return self.entries(_every_line)

    def entries(self, walk: Walk) -> Iterator[Entry]:
        """Yield entries in order, those of the parts behind this one too; `walk` makes them of a file's lines."""
        reader = Reader()
        self.problems = reader.problems
        part: Part | None = Part(self.path, self.header)
        content = self.content
        while part is not None:
            yield from reader.begin(part)
            yield from self._entries(part.path, content, reader, walk)
            part = part.following(thorough=reader.expects_part) if content is None else None
        yield from reader.finish()

    def _entries(self, path: Path, content: bytes | None, reader: Reader, walk: Walk) -> Iterator[Entry]:
        try:
            with open_bytes(path, content) as stream:
                next(_lines(stream), None)
                yield from walk(stream, reader)
                reader.end(damage(stream))
        except OSError as error:
            unreadable(path, error)


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
        unreadable(path, error)
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
        command = f"realtime-inspector import {shell_word(str(path))}"
        hint = f"; if it is a log, `{command}` makes a recording of it" if is_other else ""
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
    """Return the recordings of a folder and its subfolders, by name; one that is kept in parts by its first.

    Raises:
        RecordingError: If the folder, or one of its subfolders, cannot be listed: what is there is not known.
    """
    return list(find_parts(folder))


def find_parts(folder: Path) -> dict[Path, list[Path]]:
    """Return the same, each with all files that belong to it, in order.

    Raises:
        RecordingError: As `find` does.
    """

    def refuse(error: OSError) -> NoReturn:
        unreadable(Path(error.filename or folder), error)

    return grouped(
        path
        for parent, _, names in os.walk(folder, onerror=refuse)
        for name in names
        if name.endswith(SUFFIXES) and (path := Path(parent, name)).is_file()
    )


def damage(stream: IO[bytes]) -> str:
    """Return what is wrong with a stream's compression, as far as it was read; empty if nothing is."""
    raw = stream.raw if isinstance(stream, io.BufferedReader) else None
    return raw.problem if isinstance(raw, zst.InflatedFile) else ""


def unreadable(path: Path, error: OSError) -> NoReturn:
    """Raise what is said of a file that the system does not give."""
    raise RecordingError(f"{path}: {error.strerror or error}") from error


def _every_line(stream: IO[bytes], reader: Reader) -> Iterator[Entry]:
    for line in _lines(stream):
        entry = reader.read(line)
        if entry is not None:
            yield entry


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file; one that is too long is cut there, and its rest is passed over."""
    while line := stream.readline(jsonl.MAX_LINE_BYTES):
        yield line
        while len(line) == jsonl.MAX_LINE_BYTES and not line.endswith(b"\n"):
            line = stream.readline(jsonl.MAX_LINE_BYTES)
