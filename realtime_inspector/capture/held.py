"""Whether a recording is being written: its writer holds a lock on it, which ends when the writer does.

The writer's lock excludes, that of whoever looks is shared: on a disk of the network a lock has to fit the mode in
which its file is open, and two who look at once are not in each other's way.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def hold(descriptor: int) -> None:
    """Mark a file that is open for writing, until it is closed; do nothing where the system has no such lock."""
    try:
        import fcntl
    except ImportError:  # Windows deletes no file that is open
        return
    with contextlib.suppress(OSError):  # a file system without locks
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_held(path: Path) -> bool:
    """Tell whether somebody writes the file.

    Raises:
        OSError: If it cannot be opened.
    """
    try:
        import fcntl
    except ImportError:
        return False
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
