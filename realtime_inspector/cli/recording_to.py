"""How recordings are kept, for the commands that make them: the options of their rotation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import click

from realtime_inspector.capture.retention import duration_s, size_bytes
from realtime_inspector.capture.sink import Rotation
from realtime_inspector.errors import UsageError

_LEAST_BYTES = 10_000
_LEAST_S = 1.0


def rotation_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options by which a long recording is kept in parts."""
    size = click.option("--rotate-size", metavar="SIZE", help="keep a recording in parts of at most this size: 100MB")
    every = click.option("--rotate-every", metavar="TIME", help="begin another part when one is this old: 1h, 30m")
    return size(every(function))


def rotation(size: str | None, every: str | None) -> Rotation:
    """Return what the options say.

    Raises:
        UsageError: If one is no size or time, or too small for one.
    """
    max_bytes = size_bytes(size, "--rotate-size", "100MB or 1GB") if size is not None else math.inf
    max_s = duration_s(every, "--rotate-every", "1h or 30m") if every is not None else math.inf
    if max_bytes < _LEAST_BYTES:
        raise UsageError(f"--rotate-size {size} would make a file of every few lines; give at least 10kB")
    if max_s < _LEAST_S:
        raise UsageError(f"--rotate-every {every} would make a file of every few lines; give at least 1s")
    return Rotation(max_bytes, max_s)
