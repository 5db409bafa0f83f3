"""The terminal's driver: draws where a terminal is, and begins with the keys that were typed before it.

Textual's own draws on standard error, whatever that is: with `2>file` there was nothing to see, and the keys were gone.
"""

from __future__ import annotations

import sys
from time import sleep
from typing import Any

from textual import constants
from textual.driver import Driver

from realtime_inspector.tui import terminal
from realtime_inspector.tui.first_keys import FirstKeys

_TURN_S = 0.05


def driver_class(first: FirstKeys | None = None) -> type[Driver] | None:
    """Return the driver to use; None for Textual's choice, which is right wherever it can be seen.

    What has been reading the keys so far is waited for.
    """
    stream = terminal.stream()
    if stream is None or (first is None and stream is sys.__stderr__) or sys.platform == "win32":
        return None
    from textual._xterm_parser import XTermParser
    from textual.drivers.linux_driver import LinuxDriver

    class OutputDriver(LinuxDriver):
        """Draws on the stream that is a terminal."""

        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            self._file = stream  # type: ignore[assignment] # any text stream will do

        def run_input_thread(self) -> None:
            """Pass on what was typed before, and then what is typed."""
            while first is not None and not first.ended.wait(_TURN_S) and not self.exit_event.is_set():
                pass
            if first is not None and first.kept:
                self._pass_on(first.kept.decode(errors="replace"))
                first.kept = b""
            super().run_input_thread()

        def _pass_on(self, typed: str) -> None:
            parser = XTermParser(self._debug)
            for message in parser.feed(typed):
                self.process_message(message)
            sleep(constants.ESCAPE_DELAY)  # an escape at the end is a key by then
            for message in parser.tick():
                self.process_message(message)

    return OutputDriver
