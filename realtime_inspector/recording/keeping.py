"""A recording being written by whoever has its entries one by one, without a thread: a drive, a cut, an import.

What the proxy records goes through `capture/`, which must not wait for a disk. Here it may.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

from realtime_inspector.errors import UsageError
from realtime_inspector.recording import jsonl
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.recording.whole_file import BINARY


class Keeper:
    """Writes one file, for its owner only; each entry is a whole line on the disk when `add` returns."""

    def __init__(self, path: Path, header: Header, redactor: Redactor) -> None:
        """Begin the file; one that is there is replaced.

        Raises:
            UsageError: If it cannot be written.
        """
        self.path = path
        self.entries = 0
        self._redactor = redactor
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, 0o600)
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error
        self._write(jsonl.dump_header(redactor.header(header)))

    def add(self, entry: Entry) -> None:
        """Write one entry, under the next number and without secrets.

        Raises:
            UsageError: If the disk does not take it.
        """
        self.entries += 1
        self._write(jsonl.dump(self._redactor.entry(entry), self.entries))

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Keeper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, line: bytes) -> None:
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            raise UsageError(f"{self.path}: cannot be written: {error.strerror or error}") from error
