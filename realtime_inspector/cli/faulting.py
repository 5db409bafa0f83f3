"""The options of commands that serve with faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from realtime_inspector.cli import diagnostics
from realtime_inspector.errors import UsageError

if TYPE_CHECKING:
    from realtime_inspector.cli.capturing import Settings
    from realtime_inspector.replay.faults.sockets import Between

NAMES = ("flaky-network", "slow-server", "rate-limited", "session-expiry", "mid-audio-stall", "strange-server")
"""The profiles, for a help that loads none of them."""

OPTIONS: list[Callable[..., Any]] = [
    click.option(
        "--fault",
        "faults",
        multiple=True,
        metavar="FAULT",
        help="what goes wrong, such as 'stall 4s nth 3 on type:*.delta'; see docs/faults.md",
    ),
    click.option(
        "--fault-profile",
        "profiles",
        multiple=True,
        type=click.Choice(NAMES),
        metavar="NAME",
        help=f"a set of faults: {', '.join(NAMES)}",
    ),
    click.option("--fault-seed", default="0", metavar="SEED", help="the same seed gives the same chances"),
]
"""For `mock`, `exec`, `simulate`, `proxy` and `run`."""


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of faults."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def between(chosen: Mapping[str, Any]) -> Between | None:
    """Return the faults that a command line asks for; None without any.

    Raises:
        UsageError: If one of them is none; where it is wrong is shown beneath it first.
    """
    if not chosen["faults"] and not chosen["profiles"]:
        return None
    from realtime_inspector.recording.printable import printable
    from realtime_inspector.replay.faults.expression import FaultError
    from realtime_inspector.replay.faults.profiles import plan
    from realtime_inspector.replay.faults.sockets import Between
    from realtime_inspector.tui.memory import saved_filters

    try:
        saved = saved_filters() if any("@" in fault for fault in chosen["faults"]) else {}
        made = plan(chosen["faults"], chosen["profiles"], chosen["fault_seed"], saved)
    except FaultError as error:
        diagnostics.say(printable(error.text) + "\n" + " " * error.position + "^")
        raise UsageError(f"--fault: {error.problem}") from None
    return Between(made, lambda done: diagnostics.say(printable(str(done))))


def behind(stack: ExitStack, settings: Settings, between: Between) -> Settings:
    """Put the faults between a relay and its server, so that it records what clients see.

    Raises:
        UsageError: If the server is reached in a way that the faults do not know.
    """
    from realtime_inspector.replay.faults.gate import gate_in_thread

    for option, value in (("--via", settings.via), ("--client-cert", settings.certificate)):
        if value is not None:
            raise UsageError(f"--fault does not go with {option}; leave one of them out")
    server = settings.server
    gate = stack.enter_context(gate_in_thread(server, between, upstream_ca=settings.upstream_ca))
    texts = "; ".join(fault.text for fault in between.plan.faults)
    diagnostics.say(f"between the proxy and {server}: {texts}")
    tags = {**settings.tags, "faults": texts}
    return replace(settings, upstream=gate.url, upstream_ca=None, behind=server, tags=tags)
