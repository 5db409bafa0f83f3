"""Files and streams larger than memory: mapped, not read, and what was passed is given back to the system."""

from __future__ import annotations

import mmap
import os
import shutil
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, cast

Data = bytes | mmap.mmap

SMALL_BYTES = 32 << 20
_GIVE_BACK_BYTES = 8 << 20
_COPIED_BYTES = 1 << 20
_HAS_ADVICE = hasattr(mmap.mmap, "madvise") and hasattr(mmap, "MADV_DONTNEED")  # not on Windows


def mapped(path: Path) -> Data:
    """Return the content of a file; of a large one only what is looked at comes into memory.

    A small one is read: whoever shortens a file that is mapped ends the process that looks at it.

    Raises:
        OSError: If it cannot be opened.
    """
    with path.open("rb") as file:
        return content_of(file)


def content_of(file: IO[bytes]) -> Data:
    """Return the content of an open file in the same way."""
    if file.seek(0, os.SEEK_END) < SMALL_BYTES:
        file.seek(0)
        return file.read()
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def stored(source: IO[bytes], begun: bytes = b"") -> IO[bytes]:
    """Return what comes out of a stream as a file without a name; a small one stays in memory.

    Args:
        source: The stream.
        begun: What was read of it before.

    Raises:
        OSError: If there is no room for it.
    """
    file = SpooledTemporaryFile(SMALL_BYTES)  # noqa: SIM115 - the caller closes it
    try:
        file.write(begun)
        shutil.copyfileobj(source, file, _COPIED_BYTES)
    except BaseException:
        file.close()
        raise
    return cast("IO[bytes]", file)


class Passed:
    """How far somebody who goes through a file has come; what lies behind takes no memory."""

    def __init__(self, data: Data, at: int) -> None:
        self._data, self._given_back = data, at

    def to(self, at: int) -> None:
        """Be told that all before is not needed for now; it is read again if it is looked at again."""
        if at - self._given_back < _GIVE_BACK_BYTES or not isinstance(self._data, mmap.mmap) or not _HAS_ADVICE:
            return
        begin = self._given_back // mmap.PAGESIZE * mmap.PAGESIZE
        self._data.madvise(mmap.MADV_DONTNEED, begin, at - begin)
        self._given_back = at
