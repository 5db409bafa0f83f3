"""What every test relies on, however the suite was started."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

# On a machine that does much else at the same time, everything is slow now and then: that is no property of ours.
# Nor is it what luck draws: how much of it is passed over, or too long.
CHANCE = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
PATIENT = settings(deadline=None, suppress_health_check=CHANCE)
# A commit that passed passes again: a test's examples are others only if it is. `--hypothesis-profile=thorough` looks
# for more. The older Python only has to show that nothing depends on the newer one.
EXAMPLES = 40 if sys.version_info >= (3, 13) else 6
settings.register_profile("often", PATIENT, max_examples=EXAMPLES, derandomize=True)
settings.register_profile("thorough", PATIENT, max_examples=1000)
settings.load_profile("often")

# What whoever runs the tests has set for other programs, or for this one, is not meant for them.
FOREIGN = re.compile(
    r"REALTIME_INSPECTOR_.*|OPENAI_.*|AZURE_OPENAI_.*|GITHUB_.*|CI_PROJECT_DIR|(?i:https?|wss?|all|no)_(?i:proxy)"
    r"|FORCE_COLOR|CLICOLOR_FORCE|NO_COLOR|COLUMNS|LINES|SSL_CERT_FILE|SSL_CERT_DIR|SSLKEYLOGFILE"
)
for name in filter(FOREIGN.fullmatch, list(os.environ)):
    del os.environ[name]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what it runs in the background so, and the programs that the tests start and stop would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among the tests: all of them stay, and each pass would look at all that there are."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(autouse=True)
def _extras_by_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let messages name pip's command for an extra: what installed this here is no property of ours."""
    from realtime_inspector.cli import extras

    monkeypatch.setattr(extras, "command", lambda extra, *_: f"pip install 'realtime-inspector[{extra}]'")


def pytest_xdist_auto_num_workers() -> int:
    """Have one worker more than processors: many tests wait for a socket or a screen, and one can go on meanwhile."""
    return (os.cpu_count() or 1) + 1
