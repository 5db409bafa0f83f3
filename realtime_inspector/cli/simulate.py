"""`simulate`: the protocol-true server without a model, for a client in any language."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import click

from realtime_inspector.cli import diagnostics, faulting
from realtime_inspector.cli.serving import listen_address, stopped, write_ready
from realtime_inspector.simulator import scenario as scenarios
from realtime_inspector.simulator.server import Simulator

_INTERRUPTED = 130
_HELP = """Serve the Realtime API without a model.

\b
  realtime-inspector simulate
  realtime-inspector simulate --scenario my-scenario.toml
  realtime-inspector simulate --fault-profile rate-limited
  realtime-inspector simulate --fault 'close 1011 after 30s'

Events, errors, voice detection, tool calls and pacing are the API's; what the
assistant says stands in a scenario. Translations and the Live API are on
paths of their own. Any API key is taken. Stop it with ctrl+c.
"""


@click.command(help=_HELP)
@click.option(
    "--listen", default="127.0.0.1:8766", show_default=True, metavar="HOST:PORT", help="port 0 takes a free one"
)
@click.option(
    "--scenario",
    default=scenarios.DEFAULT,
    show_default=True,
    metavar="FILE|NAME",
    help=f"what the assistant answers: a .toml or .py file, or {', '.join(scenarios.names())}",
)
@click.option(
    "--dialect",
    type=click.Choice(["ga", "beta"]),
    default="ga",
    show_default=True,
    help="beta: flat sessions and the old names, as some servers other than OpenAI's still speak",
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="write host, port, url and pid there, as JSON, once it listens",
)
@faulting.options
@click.pass_context
def command(
    ctx: click.Context, /, listen: str, scenario: str, dialect: str, ready_file: Path | None, **chosen: Any
) -> None:
    """Serve the Realtime API without a model."""
    host, port = listen_address(listen)
    between = faulting.between(chosen)
    simulator = Simulator(scenario, host=host, port=port, between=between, dialect=dialect, say=diagnostics.warn)
    if asyncio.run(_serve(simulator, ready_file)) == signal.SIGINT:
        ctx.exit(_INTERRUPTED)


async def _serve(simulator: Simulator, ready_file: Path | None) -> int:
    """Serve until somebody stops it; return the signal that did."""
    async with simulator:
        ended = stopped()
        base_url = simulator.base_url
        diagnostics.say(f"simulating {simulator.scenario.name!r} on {simulator.url}")
        diagnostics.say(f"point a client at it: OPENAI_BASE_URL={base_url} OPENAI_API_KEY=any")
        if ready_file is not None:
            write_ready(ready_file, host=simulator.host, port=simulator.port, url=base_url.removesuffix("/v1"))
        return await ended
