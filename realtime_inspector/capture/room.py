"""How many calls there are descriptors for: beyond that, new ones wait at the door until others have ended.

A connection that is taken and then cannot be passed on, for want of a descriptor, would be an error to its client.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable

SAY_AGAIN_S = 60.0
OUT_OF_FILES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_MORE = "raise the limit of open files (`ulimit -n`), or run several --workers"
_SPARE = 16
"""So many descriptors are left for all else: names, certificates, files that are being closed."""


class Room:
    """Counts descriptors, and says that there are too few."""

    def __init__(self, say: Callable[[str], None], files: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        """Have room for calls with so many descriptors together; 0 if nobody knows how many there are."""
        self.files = files
        self._say = say
        self._clock = clock
        self._calls = 0
        """How many there were when it was last asked."""
        self._said_at = -SAY_AGAIN_S

    def fits_another(self, calls: int, recordings: int) -> bool:
        """Tell whether there is room for one more: for its two sockets and its file, and those of the others.

        Args:
            calls: How many there are.
            recordings: How many files are not closed.
        """
        self._calls = calls
        needed = 2 * calls + max(calls, recordings)
        return not calls or not self.files or needed + 3 <= self.files

    @property
    def full(self) -> str:
        """Why there is no room, in words."""
        noun = "connection has" if self._calls == 1 else "connections have"
        return f"{self._calls} {noun} all files that may be open"

    def lacks(self, why: str) -> None:
        """Say that there is no room, now and then."""
        now = self._clock()
        if now - self._said_at >= SAY_AGAIN_S:
            self._said_at = now
            self._say(f"new connections have to wait, those that are open go on: {why}; {_MORE}")


def files_for_calls() -> int:
    """Return how many descriptors are left for calls, 0 if nobody knows."""
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        used = len(os.listdir("/dev/fd"))  # noqa: PTH208 - names that are gone the next moment
    except (ImportError, OSError):  # Windows has no such limit
        return 0
    return max(1, limit - used - _SPARE) if limit != resource.RLIM_INFINITY else 0
