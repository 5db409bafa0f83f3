"""What was checked, and the formats in which continuous integration wants to hear of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from realtime_inspector.cli.ci.checked import Suite

FORMATS = ("github", "gitlab", "sarif", "junit", "ctrf", "markdown")
"""A module of this package each."""

Writer = Callable[[Sequence[Suite]], Iterable[str]]


def writer(name: str) -> Writer:
    """Return what writes suites in one of the formats."""
    return cast(Writer, importlib.import_module(f"{__name__}.{name}").lines)
