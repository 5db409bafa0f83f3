"""The terminal's driver, which draws where a terminal is.

Textual's own draws on standard error, whatever that is: with `2>file` there was nothing to see, and the keys were gone.
"""

from __future__ import annotations

import sys
from typing import Any

from textual.driver import Driver

from realtime_inspector.tui import terminal


def driver_class() -> type[Driver] | None:
    """Return the driver to use; None for Textual's choice, which is right wherever it can be seen."""
    stream = terminal.stream()
    if stream is None or stream is sys.__stderr__ or sys.platform == "win32":
        return None
    from textual.drivers.linux_driver import LinuxDriver

    class OutputDriver(LinuxDriver):
        """Draws on standard output."""

        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            self._file = stream  # type: ignore[assignment] # any text stream will do

    return OutputDriver
