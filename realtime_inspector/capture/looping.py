"""A loop in a thread of its own: for callers without one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def looping(
    name: str, loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
) -> Iterator[Callable[[Any], Any]]:
    """Run a loop while the block runs; gives a function that runs a coroutine there, and waits for what it returns."""
    loop = loop_factory()
    thread = threading.Thread(target=loop.run_forever, name=f"realtime-inspector {name}", daemon=True)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
