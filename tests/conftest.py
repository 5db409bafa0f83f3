"""What every test relies on, however the suite was started."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

# On a machine that does much else at the same time, everything is slow now and then: that is no property of ours.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what it runs in the background so, and the programs that the tests start and stop would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """Have one worker more than processors: many tests wait for a socket or a screen, and one can go on meanwhile."""
    return (os.cpu_count() or 1) + 1
