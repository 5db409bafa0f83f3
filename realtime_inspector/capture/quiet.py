"""The log of the WebSocket library: nothing of it is shown."""

from __future__ import annotations

import logging


def quiet() -> logging.Logger:
    """Return a logger that says nothing: what happens, and what a peer does wrong, is told in words of our own."""
    logger = logging.getLogger("realtime_inspector.websockets")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger
