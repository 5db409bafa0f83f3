"""Signals a loop is told of: by the loop itself, and where it cannot be, by the handler of the process."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from realtime_inspector.cli import signals


class DeafLoop(asyncio.SelectorEventLoop):
    """Is told of no signals, as on Windows."""

    def add_signal_handler(self, *_: object) -> None:
        raise NotImplementedError


@pytest.mark.parametrize("loop_factory", [asyncio.SelectorEventLoop, DeafLoop])
def test_a_loop_is_told_of_a_signal_wherever_it_sleeps(loop_factory: type[asyncio.SelectorEventLoop]) -> None:
    async def work() -> int:
        came: asyncio.Queue[int] = asyncio.Queue()
        signals.tell(signal.SIGTERM, came.put_nowait, 7)
        signal.raise_signal(signal.SIGTERM)
        return await came.get()

    before = signal.getsignal(signal.SIGTERM)
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            assert runner.run(work()) == 7
        if loop_factory is DeafLoop:
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_is_told_of_nothing() -> None:
    async def work() -> None:
        signals.tell(signal.SIGTERM, print)

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_ends_a_console_of_windows_ends_in_good_order_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGABRT, raising=False)
    assert signals.ending()[signal.SIGABRT] == signal.SIGTERM
