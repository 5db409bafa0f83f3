"""Signals that a running loop is told of, on every system.

Windows has no `add_signal_handler`, and a loop that waits for a socket there sleeps through ctrl+c: it is woken now and
then, and told by the handler that any program can set.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable

BEAT_S = 0.2
"""How long ctrl+c may take on Windows."""


def tell(number: int, call: Callable[..., object], *args: object) -> None:
    """Have the running loop call something whenever a signal comes; nothing, in another thread than the first."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(number, call, *args)
    except NotImplementedError:
        _tell_by_handler(loop, number, lambda: call(*args))


def _tell_by_handler(loop: asyncio.AbstractEventLoop, number: int, call: Callable[[], object]) -> None:
    def came(_number: int, _frame: object) -> None:
        if loop.is_closed():
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(call)

    def beat() -> None:
        loop.call_later(BEAT_S, beat)

    signal.signal(number, came)
    beat()


def ending() -> dict[int, int]:
    """Return the signals that end what serves, and what each means: SIGTERM or SIGINT.

    A terminal that is closed is a SIGTERM, unless `nohup` or the like keeps that from us; so is ctrl+break.
    """
    means = {int(number): int(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for name in ("SIGHUP", "SIGBREAK"):  # SIGBREAK is Windows'
        hangup = getattr(signal, name, None)
        if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
            means[int(hangup)] = int(signal.SIGTERM)
    return means
