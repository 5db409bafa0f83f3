"""A simulator in a thread of its own, with a loop of its own: for synchronous callers, and for tests of any kind.

with simulating("weather") as simulator:
    subprocess.run(…, env={"OPENAI_BASE_URL": simulator.base_url})
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from realtime_inspector.capture.looping import looping
from realtime_inspector.simulator.scenario import DEFAULT, Scenario
from realtime_inspector.simulator.server import Simulator


@contextmanager
def simulating(scenario: Scenario | str = DEFAULT, **more: Any) -> Iterator[Simulator]:
    """Simulate while the block runs; the arguments are those of `Simulator`.

    Raises:
        UsageError: If the scenario is wrong, or the address cannot be listened on.
    """
    simulator = Simulator(scenario, **more)
    with looping("simulator") as run:
        run(simulator.__aenter__())
        try:
            yield simulator
        finally:
            run(simulator.__aexit__(None, None, None))
