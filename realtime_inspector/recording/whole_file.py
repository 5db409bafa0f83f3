"""Files that hold what a recording says: for their owner only, and never to be seen half-written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def replacing(out: Path) -> Iterator[IO[bytes]]:
    """Give a stream; what is written to it stands in the file when the block was left without an error.

    Raises:
        OSError: If it cannot be written.
    """
    growing = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        with open(growing, "wb", opener=private) as stream:
            yield stream
        growing.replace(out)
    finally:
        with suppress(OSError):
            growing.unlink(missing_ok=True)


def private(path: str, flags: int) -> int:
    """Open a file that is its owner's alone, as the `opener` of `open`."""
    return os.open(path, flags, 0o600)
