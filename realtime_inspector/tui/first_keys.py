"""Keys that are pressed while the framework loads: those that move the cursor do so at once, the others wait for it.

A thread reads them beside the imports. From the first key on that it does not know, all are left to the framework.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from select import select
from threading import Event, Thread
from typing import TYPE_CHECKING

from realtime_inspector.errors import RecordingError

if TYPE_CHECKING:
    from realtime_inspector.tui.first_frame import SessionFrame

_READ_BYTES = 4096
_SPLIT_S = 0.05
"""The rest of a key that comes in two pieces comes within so long."""
_SWITCH_S = 0.0001
"""So long at most an import goes on while a key is answered: each line that is read waits for it once."""
_KEY = re.compile(rb"\x1b\[\??[0-9;]*\$?[@-~]|\x1bO.|.", re.DOTALL)
_BEGUN = re.compile(rb"\x1b(\[\??[0-9;]*\$?|O)?\Z")
_NO_KEY = re.compile(rb"\x1b\[(\?[0-9;]*\$?[a-z]|[0-9;]*t|[IO])")
"""What a terminal says by itself, asked by the framework: it changes nothing for the keys around it."""
_LINES: Mapping[bytes, int] = {
    b"j": 1, b"\x1b[B": 1, b"\x1bOB": 1,
    b"k": -1, b"\x1b[A": -1, b"\x1bOA": -1,
}  # fmt: skip
_PAGES: Mapping[bytes, int] = {b"\x1b[6~": 1, b"\x04": 1, b"\x1b[5~": -1, b"\x15": -1}
_FIRST = frozenset({b"g", b"\x1b[H", b"\x1bOH", b"\x1b[1~"})


class FirstKeys:
    """The keys from the first frame on, until `end`."""

    def __init__(self, frame: SessionFrame, typed: int, out: int) -> None:
        """Answer them in a frame; `typed` and `out` are the terminal's descriptors."""
        self.frame = frame
        """Where the cursor is; nobody else's until this has ended."""
        self.kept = b""
        """What is left to the framework, once it has ended."""
        self.ended = Event()
        self._typed = typed
        self._out = out
        self._until, self._end = os.pipe()
        self._switch_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        self._thread = Thread(target=self._run, name="first-keys", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Answer no more of them; what was not answered stands in `kept`, or was not read yet."""
        if self._end >= 0:
            os.close(self._end)
            self._thread.join()
            os.close(self._until)
            self._end = -1
            sys.setswitchinterval(self._switch_s)

    def _run(self) -> None:
        try:
            while self._answer(self._read()):
                pass
        finally:
            self.ended.set()

    def _read(self) -> bytes:
        """Return what was typed, whole keys; nothing at the end."""
        if self._until in select([self._typed, self._until], [], [])[0]:
            return b""
        typed = os.read(self._typed, _READ_BYTES)
        while _BEGUN.search(typed) and select([self._typed], [], [], _SPLIT_S)[0]:
            typed += os.read(self._typed, _READ_BYTES)
        return typed

    def _answer(self, typed: bytes) -> bool:
        """Do what is known of it, and keep the rest; tell whether there may be more."""
        keys = list(_KEY.finditer(typed))
        for key in keys:
            if _NO_KEY.fullmatch(key[0]):
                self.kept += key[0]
            elif not self._go(self._to(key[0])):
                self.kept += typed[key.start() :]
                return False
        return bool(keys)

    def _go(self, y: int | None) -> bool:
        """Go to a row, if there is one to go to; tell whether that is done."""
        if y is None:
            return False
        with suppress(OSError, RecordingError):  # whoever shows the recording then meets it again, and tells it
            _write(self._out, self.frame.go(y).encode())
            return True
        return False

    def _to(self, key: bytes) -> int | None:
        """Return the row that a key leads to; None if it does something else."""
        here = self.frame.cursor
        if key in _LINES:
            return here + _LINES[key]
        if key in _PAGES:
            return here + _PAGES[key] * max(1, self.frame.room - 1)
        return 0 if key in _FIRST else None


def _write(descriptor: int, text: bytes) -> None:
    """Write it at one go where that is possible: the framework may write its own beside it."""
    while text:
        text = text[os.write(descriptor, text) :]
