"""Runs the command line with a disk that stands still for 0.2 s after every 4 MB that were written to a recording."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence

STALL_S = 0.2
EVERY_BYTES = 4_000_000


class Disk:
    """The system's calls, with their stalls."""

    def __init__(self) -> None:
        self.left = EVERY_BYTES

    def stalls(self, call: Callable[..., int]) -> Callable[..., int]:
        """Return a call that writes and stands still now and then."""

        def stalling(descriptor: int, data: bytes | Sequence[bytes]) -> int:
            written = call(descriptor, data)
            self.left -= written
            if self.left <= 0:
                self.left = EVERY_BYTES
                time.sleep(STALL_S)
            return written

        return stalling


if __name__ == "__main__":
    disk = Disk()
    os.write = disk.stalls(os.write)
    os.writev = disk.stalls(os.writev)
    from realtime_inspector.cli.main import main

    sys.exit(main())
