"""`proxy --tui`: the screens beside a proxy, in a process of their own: what is drawn takes no time from a call.

What the proxy has to say meanwhile would be written across the screens: it is kept, and said when they are left. The
proxy goes on without them: a key too many must not end a call.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from realtime_inspector.cli import diagnostics
from realtime_inspector.errors import UsageError

_KEPT = 200
"""So many of the last things said are kept, a line each."""
_END_S = 10.0
"""So long the screens may take to give the terminal back."""


class _Kept(io.TextIOBase):
    """Takes what is said in place of the terminal, and keeps the last of it."""

    def __init__(self) -> None:
        self.texts: deque[str] = deque(maxlen=_KEPT)

    def write(self, text: str) -> int:
        """Keep a text."""
        self.texts.append(text)
        return len(text)


class Screens:
    """The screens of a folder."""

    def __init__(self, folder: Path, command: Sequence[str] | None = None) -> None:
        self._folder = folder
        self._command = command or [sys.executable, "-m", "realtime_inspector", "open", str(folder)]
        self._over = False
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: threading.Thread | None = None

    def open(self) -> None:
        """Show the folder; until the screens are left, nothing else is written to the terminal."""
        terminal = sys.stderr
        kept = _Kept()
        self._process = process = subprocess.Popen(self._command, stderr=terminal)  # noqa: S603 - ourselves
        sys.stderr = kept

        def wait() -> None:
            process.wait()
            left = not self._over  # by the user, not by our end
            sys.stderr = terminal
            terminal.write("".join(kept.texts))
            terminal.flush()
            if left:
                again = f"`{diagnostics.PROGRAM} open {self._folder}`"
                diagnostics.say(f"the screens are left, and the proxy goes on; {again} shows them again")

        self._waiting = threading.Thread(target=wait)
        self._waiting.start()

    def close(self) -> None:
        """Take the screens away if they are still there."""
        self._over = True
        if self._process is None or self._waiting is None:
            return
        if self._process.poll() is None:
            if os.name == "nt":  # no other process can be sent a ctrl+c there
                self._process.terminate()
            else:
                self._process.send_signal(signal.SIGINT)  # at a SIGTERM they would not give the terminal back
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._waiting.join()


@contextmanager
def screens(folder: Path) -> Iterator[Screens]:
    """Give the screens of a folder, and take them away in the end.

    Raises:
        UsageError: If there is no terminal to show them on.
    """
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        raise UsageError(
            f"--tui needs a terminal; leave it out, and look from one with `{diagnostics.PROGRAM} open {folder}`"
        )
    shown = Screens(folder)
    try:
        yield shown
    finally:
        shown.close()
