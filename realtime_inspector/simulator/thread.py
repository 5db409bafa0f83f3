"""A simulator in a thread of its own, with a loop of its own: for synchronous callers, and for tests of any kind.

with simulating("weather") as simulator:
    subprocess.run(…, env={"OPENAI_BASE_URL": simulator.base_url})
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from realtime_inspector.simulator.scenario import DEFAULT, Scenario
from realtime_inspector.simulator.server import Simulator


@contextmanager
def simulating(scenario: Scenario | str = DEFAULT, **more: Any) -> Iterator[Simulator]:
    """Simulate while the block runs; the arguments are those of `Simulator`.

    Raises:
        UsageError: If the scenario is wrong, or the address cannot be listened on.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="realtime-inspector simulator", daemon=True)
    thread.start()
    try:
        simulator = Simulator(scenario, **more)
        asyncio.run_coroutine_threadsafe(simulator.__aenter__(), loop).result()
        try:
            yield simulator
        finally:
            asyncio.run_coroutine_threadsafe(simulator.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
