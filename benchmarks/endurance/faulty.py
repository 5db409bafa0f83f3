"""The command line with a disk and a clock that obey orders on standard input, a line each.

`eio`, `full`: what is written to a recording fails. `stall MIN MAX`: each megabyte stands still for so many seconds.
`open`: no file can be made. `works`: all is well again. `clock SECONDS`: the wall clock is moved.
"""

from __future__ import annotations

import errno
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any

EVERY_BYTES = 1_000_000
BACKLOG_BYTES = 8_000_000
"""So much may wait for the disk: an outage of seconds is then longer than memory lasts."""


class Faults:
    """The system's calls, as they are and as they are told to be."""

    def __init__(self) -> None:
        self.errno = 0
        self.no_files = False
        self.stall_s = (0.0, 0.0)
        self.clock_s = 0.0
        self._left = EVERY_BYTES

    def obey(self) -> None:
        """Do what is told, until nothing more is."""
        for line in sys.stdin:
            match line.split():
                case ["eio"]:
                    self.errno = errno.EIO
                case ["full"]:
                    self.errno = errno.ENOSPC
                case ["open"]:
                    self.no_files = True
                case ["stall", least, most]:
                    self.stall_s = float(least), float(most)
                case ["clock", seconds]:
                    self.clock_s += float(seconds)
                case _:
                    self.errno, self.no_files, self.stall_s = 0, False, (0.0, 0.0)

    def writes(self, call: Callable[[int, Any], int]) -> Callable[[int, Any], int]:
        """Return a call that writes as told."""

        def write(descriptor: int, data: bytes | Sequence[bytes]) -> int:
            if self.errno and descriptor > 2:
                raise OSError(self.errno, os.strerror(self.errno))
            written = call(descriptor, data)
            self._left -= written
            if self._left <= 0 and self.stall_s[1]:
                self._left = EVERY_BYTES
                time.sleep(random.uniform(*self.stall_s))
            return written

        return write

    def opens(self, call: Callable[..., int]) -> Callable[..., int]:
        """Return a call that opens as told."""

        def open_file(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            if self.no_files and flags & os.O_CREAT:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return call(path, flags, *rest, **more)

        return open_file

    def tells(self, call: Callable[[], float]) -> Callable[[], float]:
        """Return a clock that is moved."""
        return lambda: call() + self.clock_s


def main() -> int:
    """Run the command line."""
    faults = Faults()
    os.write = faults.writes(os.write)
    os.writev = faults.writes(os.writev)
    os.open = faults.opens(os.open)
    time.time = faults.tells(time.time)
    Thread(target=faults.obey, daemon=True).start()
    from realtime_inspector.capture import writer
    from realtime_inspector.cli.main import main as command

    writer.BACKLOG_BYTES = BACKLOG_BYTES
    return command()


if __name__ == "__main__":
    sys.exit(main())
