"""The log of the WebSocket library: nothing of it is shown."""

from __future__ import annotations

import logging


def quiet() -> logging.Logger:
    """Return a logger that says nothing: what happens, and what a peer does wrong, is in the report."""
    logger = logging.getLogger("realtime_inspector.replay")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger
