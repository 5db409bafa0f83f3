"""A program on a terminal of its own, whose keys are timed until the screen shows what they were pressed for.

The screen is an emulator's (pyte): an answer counts when it can be read, not when its first byte was sent. A thread of
its own notes when each piece came, so that the emulator's work on the piece before does not count.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import perf_counter
from typing import Any

WIDTH, HEIGHT = 120, 40
PATIENCE_S = 60.0

Screen = Sequence[str]
Shows = Callable[[Screen], object]

_READ_BYTES = 1 << 16
_SWITCH_S = 0.0002
"""So much later at most than it came a piece is noted."""
_UNKNOWN = re.compile(rb"\x1b\[[<>=?][0-9;]*[um]|\x1b\[\?[0-9;]*\$p|\x1bP.*?\x1b\\")
"""What asks the terminal something, or sets what the emulator does not know: it would print it."""


class NeverShownError(Exception):
    """The screen did not come to show what was waited for."""


class Terminal:
    """One program, run until `close`."""

    def __init__(self, command: Sequence[str], home: Path) -> None:
        """Start a program that keeps what it wants to keep in a folder of its own."""
        pyte: Any = importlib.import_module("pyte")
        sys.setswitchinterval(_SWITCH_S)
        self._screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.ByteStream(self._screen)
        self._lines = [""] * HEIGHT
        self._pieces: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        environment = {**os.environ, "TERM": "xterm-256color", "HOME": str(home), "PYTHONPYCACHEPREFIX": str(home)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.began = perf_counter()
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), environment)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def screen(self) -> Screen:
        """The lines that are shown."""
        cells, changed = self._screen.buffer, list(self._screen.dirty)
        self._screen.dirty.clear()
        for y in changed:
            self._lines[y] = "".join(cells[y][x].data for x in range(WIDTH))
        return list(self._lines)

    def press(self, keys: str, shows: Shows, patience_s: float = PATIENCE_S) -> float:
        """Send keys; return how many seconds it took until the screen showed what they are for."""
        began = perf_counter()
        os.write(self._master, keys.encode())
        return self.until(shows, patience_s) - began

    def until(self, shows: Shows, patience_s: float = PATIENCE_S) -> float:
        """Wait until something is shown; return when the bytes that drew it came.

        Raises:
            NeverShownError: If it was not, for a long time.
        """
        began = at = perf_counter()
        while not shows(self.screen):
            if perf_counter() - began > patience_s:
                raise NeverShownError("\n".join(line.rstrip() for line in self.screen))
            at = self._read(0.25) or at
        return at

    def rest(self, seconds: float, patience_s: float = PATIENCE_S) -> bool:
        """Read on until nothing came for so long; tell whether that was so in the end."""
        began = perf_counter()
        while self._read(seconds):
            if perf_counter() - began > patience_s:
                return False
        return True

    def memory(self) -> tuple[float, float]:
        """Return the most that was resident so far, in megabytes, and what of it is not a file's now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        figures = dict(re.findall(r"^(VmHWM|RssAnon):\s+(\d+) kB", status, re.MULTILINE))
        return int(figures["VmHWM"]) / 1000, int(figures["RssAnon"]) / 1000

    def close(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._listener.join()
        os.close(self._master)

    def _read(self, seconds: float) -> float:
        """Take in what was drawn, if anything comes within so long; return when, or 0."""
        try:
            at, data = self._pieces.get(timeout=seconds)
        except Empty:
            return 0.0
        if not data:
            raise NeverShownError("the program ended")
        self._stream.feed(_UNKNOWN.sub(b"", data))
        return at

    def _listen(self) -> None:
        """Note what comes, and when, until the program has ended."""
        data = b"-"
        while data:
            try:
                data = os.read(self._master, _READ_BYTES)
            except OSError:
                data = b""
            self._pieces.put((perf_counter(), data))
