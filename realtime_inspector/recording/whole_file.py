"""Files never seen half-written, and, where they hold what a recording says, for their owner only."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

Opener = Callable[[str, int], int]
BINARY = getattr(os, "O_BINARY", 0)
"""For `os.open`: without it Windows ends lines as it likes, and a compressed file is none any more."""


def private(path: str, flags: int) -> int:
    """Open a file that is its owner's alone, as the `opener` of `open`."""
    return os.open(path, flags, 0o600)


@contextmanager
def replacing(out: Path, opener: Opener | None = private) -> Iterator[IO[bytes]]:
    """Give a stream; what is written to it stands in the file when the block was left without an error.

    What is no file (`/dev/null`, a pipe) is written to as it is: it must not become one.

    Raises:
        OSError: If it cannot be written.
    """
    if _is_device(out):
        with out.open("wb") as stream:
            yield stream
        return
    growing = _beside(out)
    try:
        with open(growing, "wb", opener=opener) as stream:
            yield stream
        growing.replace(out)
    finally:
        with suppress(OSError):
            growing.unlink(missing_ok=True)


def check(out: Path) -> None:
    """Raise at once what `replacing` would raise later; leaves nothing behind.

    Raises:
        OSError: If it cannot be written.
    """
    if out.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not _is_device(out):
        growing = _beside(out)
        growing.touch()
        growing.unlink()


def _beside(out: Path) -> Path:
    return out.with_name(f".{out.name}.{os.getpid()}.tmp")


def _is_device(out: Path) -> bool:
    """Tell whether it is a device or a pipe, `/dev/stdout` too, which may lead to a file."""
    return out.exists() and not out.is_dir() and (out.parts[:2] == ("/", "dev") or not out.is_file())
