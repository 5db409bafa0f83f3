"""Signals that have to wait: what ends this process comes to nothing half-written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Windows lacks some, others lack the last."""


@contextmanager
def deferred() -> Iterator[None]:
    """Keep signals that would end the process until the block is over, and have them do it then.

    Those that are ignored stay so. In another thread than the first, which gets no signals, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    known = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    taken = [number for number in known if signal.getsignal(number) not in {signal.SIG_IGN, None}]
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in taken}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in dict.fromkeys(came):
            signal.raise_signal(number)
