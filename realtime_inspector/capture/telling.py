"""Telling somebody who may be gone: a closed standard error, the callback of a test that is over."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import ParamSpec

_P = ParamSpec("_P")


def safely(tell: Callable[_P, object]) -> Callable[_P, None]:
    """Return the same without its exceptions: calls and recordings go on whether anybody listens or not."""

    def told(*args: _P.args, **kwargs: _P.kwargs) -> None:
        with contextlib.suppress(Exception):
            tell(*args, **kwargs)

    return told
