"""A recording read while it grows, across its parts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from realtime_inspector.recording import files, jsonl, zst
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.lines import Problem, Reader
from realtime_inspector.recording.parts import Part

_PATIENCE_POLLS = 20
"""So often a part that was announced is looked for before it counts as missing."""


class Follower:
    """A recording read while it grows. Holds a place in the file; `poll` returns what has come since."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Header | None = None
        """None until its line is whole."""
        self.restarts = 0
        """How often the file was replaced or cut short, and read anew: what was read before is no longer in it."""
        self._part_path = path
        self._part_header: Header | None = None
        self._waited_polls = 0
        self._identity: tuple[int, int] | None = None
        self._reader = Reader()
        self._offset = 0
        self._rest = bytearray()
        """The beginning of a line that is not whole yet."""
        self._inflater: zst.Inflater | None = None

    @property
    def problems(self) -> list[Problem]:
        """What could not be read so far."""
        return self._reader.problems

    @property
    def growing(self) -> Path:
        """The part that grows, as far as is known."""
        return self._part_path

    def poll(self, max_bytes: int = 4 << 20) -> list[Entry]:
        """Return the entries whose lines were completed since the last call, of at most `max_bytes` of the file.

        Raises:
            RecordingError: If the file is gone, or is no recording.
        """
        try:
            with self._part_path.open("rb", buffering=0) as stream:
                if self._notice(os.fstat(stream.fileno())):
                    return []
                stream.seek(self._offset)
                block = stream.read(max_bytes)
        except OSError as error:
            files.unreadable(self._part_path, error)
        if self._offset == 0:
            if len(block) < len(zst.MAGIC):
                return []
            self._inflater = zst.Inflater() if block.startswith(zst.MAGIC) else None
        self._offset += len(block)
        plain = [block] if self._inflater is None else self._inflater.feed(block)
        found = [entry for part in plain for line in self._split(part) if (entry := self._read(line)) is not None]
        if not block and self._go_on():
            return found + self.poll(max_bytes)
        return found

    def _go_on(self) -> bool:
        """Turn to the next part, if there is one."""
        if self._part_header is None:
            return False
        expected = self._reader.part_end is not None
        part = Part(self._part_path, self._part_header).following(thorough=expected)
        if part is None:
            self._waited_polls += expected
            if self._waited_polls == _PATIENCE_POLLS:
                self._reader.miss()
            return False
        if self._rest:  # nothing of this line will come any more
            self._reader.read(bytes(self._rest))
        self._part_path, self._part_header = part.path, None
        self._begin_file()
        return True

    def _begin_file(self) -> None:
        self._identity, self._offset, self._inflater, self._waited_polls = None, 0, None, 0
        self._rest.clear()

    def _notice(self, now: os.stat_result) -> bool:
        """Notice that the file is another one than before; tell whether it is no longer the one to be read."""
        identity = (now.st_dev, now.st_ino)
        if self._identity is not None and (identity != self._identity or now.st_size < self._offset):
            self.restarts += 1
            self.header = self._part_header = None
            self._reader = Reader()
            self._begin_file()
            if self._part_path != self.path:
                self._part_path = self.path
                return True
        self._identity = identity
        return False

    def _split(self, part: bytes) -> Iterator[bytes]:
        *whole, rest = part.split(b"\n")
        for line in whole:
            yield bytes(self._rest) + line + b"\n"
            self._rest.clear()
        if len(self._rest) <= jsonl.MAX_LINE_BYTES:
            self._rest += rest

    def _read(self, line: bytes) -> Entry | None:
        if self._part_header is None:
            self._part_header = files.read_header(self._part_path, line)
            self.header = self.header or self._part_header
            missing = self._reader.begin(Part(self._part_path, self._part_header))
            return missing[0] if missing else None
        if len(line) > jsonl.MAX_LINE_BYTES:
            line = line[: jsonl.MAX_LINE_BYTES]
        return self._reader.read(line)
