"""Where the screen is drawn: standard error, as the framework does it, or standard output if only that is a terminal.

Or neither, where the environment names another driver. Nothing here imports the framework.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

DRIVER = "TEXTUAL_DRIVER"
"""Names the framework's driver: where it is set, somebody else draws, and no terminal is needed."""


def is_elsewhere() -> bool:
    """Tell whether somebody else draws, such as a browser: who looks is not at this machine."""
    return bool(os.environ.get(DRIVER))


def stream() -> TextIO | None:
    """Return the stream to draw on; None if there is no terminal, or somebody else draws."""
    if is_elsewhere():
        return None
    return next((each for each in (sys.__stderr__, sys.__stdout__) if each is not None and _is_terminal(each)), None)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False
