"""The bytes of one file of a recording, at any offset, whether it is compressed or not, also while it grows.

A `.zst` is inflated into an unnamed temporary file as it is indexed: random access then costs a seek, and memory stays
flat.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from realtime_inspector.errors import RecordingError
from realtime_inspector.recording import zst


class Plain:
    """The bytes of a recording that is not compressed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file: IO[bytes] = path.open("rb", buffering=0)
        except OSError as error:
            raise RecordingError(f"{path}: {error.strerror}") from error
        opened = os.fstat(self._file.fileno())
        self._identity = (opened.st_dev, opened.st_ino)

    @property
    def problem(self) -> str:
        """Why nothing more can be read; empty while all is well."""
        return ""

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def prepare(self, max_bytes: int) -> bool:
        """Make more of it ready to be read; tell whether all is that is in the file by now."""
        return True

    def size(self) -> int:
        """Return how many bytes can be read."""
        return os.fstat(self._file.fileno()).st_size

    def replaced(self) -> bool:
        """Tell whether another file has taken the place of this one; a file that is gone can still be read."""
        try:
            now = self.path.stat()
        except OSError:
            return False
        return (now.st_dev, now.st_ino) != self._identity

    def progress(self, offset: int) -> float:
        """Return how much of the file is before an offset, between 0 and 1."""
        return offset / max(1, self.size())

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes from an offset, fewer at the end."""
        parts: list[bytes] = []
        try:
            while size > 0 and (part := _read_at(self._file.fileno(), size, offset)):
                parts.append(part)
                offset, size = offset + len(part), size - len(part)
        except OSError as error:
            raise RecordingError(f"{self.path}: {error.strerror}") from error
        return parts[0] if len(parts) == 1 else b"".join(parts)


class Inflated(Plain):
    """The bytes of a compressed recording, inflated into a temporary file without a name."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        import tempfile

        self._packed = self._file
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed with the index
        self._inflater = zst.Inflater()
        self._blocks: Iterator[bytes] = iter(())

    @property
    def problem(self) -> str:
        """Why nothing more can be inflated; empty while all is well."""
        return self._inflater.problem

    def close(self) -> None:
        """Let both files go."""
        super().close()
        self._packed.close()

    def prepare(self, max_bytes: int) -> bool:
        """Inflate one more block; tell whether all that is in the file by now was inflated."""
        block = next(self._blocks, b"")
        if not block:
            packed = self._packed.read(max(1, max_bytes // 4))
            if not packed or self._inflater.problem:
                return True
            self._blocks = self._inflater.feed(packed)
            block = next(self._blocks, b"")
        self._keep(block)
        return False

    def _keep(self, block: bytes) -> None:
        try:
            self._file.seek(0, os.SEEK_END)
            left = memoryview(block)
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            told = f"{self.path}: cannot be inflated into the folder for temporary files ({error.strerror})"
            raise RecordingError(f"{told}; make room there, set TMPDIR, or inflate it with `zstd -d`") from error

    def progress(self, offset: int) -> float:
        """Return how much of the compressed file was inflated: the rest follows at once."""
        return self._packed.tell() / max(1, os.fstat(self._packed.fileno()).st_size)


def open_source(path: Path) -> Plain:
    """Open a file, compressed or not."""
    plain = Plain(path)
    if plain.read(0, len(zst.MAGIC)) != zst.MAGIC:
        return plain
    plain.close()
    return Inflated(path)


def _read_at(file: int, size: int, offset: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file, size, offset)
    os.lseek(file, offset, os.SEEK_SET)
    return os.read(file, size)
