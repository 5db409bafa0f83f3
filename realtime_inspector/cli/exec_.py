"""`exec`: run one program against a recording; the exit code says whether both did what they should."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from realtime_inspector.capture import launch
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.cli import diagnostics, faulting
from realtime_inspector.cli.mock import finish, player_options, replay_options, say_mismatch
from realtime_inspector.cli.serving import listen_address, write_ready
from realtime_inspector.errors import InspectorError, UsageError

_KILLED = 128


_HELP = """Run CMD against a recording: `mock` for one program.

\b
  realtime-inspector exec --recording call.jsonl -- pytest tests/test_agent.py
  realtime-inspector exec --recording calls/ --match types -- npm test
  realtime-inspector exec --recording call.jsonl \\
      --report replay.xml --report-format junit -- npm test
  realtime-inspector exec --recording call.jsonl \\
      --forward api.openai.com -- python agent.py
  realtime-inspector exec --recording call.jsonl --fault expire -- npm test

For CMD alone, OPENAI_BASE_URL and REALTIME_INSPECTOR_URL (the WebSocket)
point to the recording, OPENAI_API_KEY is set if it is not, NO_PROXY keeps
proxies out of the way, and NODE_EXTRA_CA_CERTS lets npm `openai` trust it.

Exits 0 if CMD succeeded and the recording was met, 1 if not.
"""


@click.command(
    help=_HELP,
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": False},
)
@click.option(
    "--recording",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="the recording, or a folder of them",
)
@replay_options(speed="max", listen="127.0.0.1:0")
@click.option(
    "--forward",
    "hosts",
    multiple=True,
    metavar="HOST",
    help="lead clients here that know this host alone, such as api.openai.com, by HTTPS_PROXY and a certificate for it",
)
@click.argument("cmd", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD...")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    recording: Path,
    cmd: tuple[str, ...],
    hosts: tuple[str, ...],
    listen: str,
    ready_file: Path | None,
    **chosen: Any,
) -> None:
    """Run CMD against a recording: `mock` for one program."""
    from realtime_inspector.replay.load import load
    from realtime_inspector.replay.server import Address
    from realtime_inspector.replay.thread import serving

    scripts = load(recording)
    options = player_options(chosen)
    host, port = listen_address(listen)
    more = {"address": Address(host, port), "strict": chosen["strict"], "faults": faulting.between(chosen)}
    with serving(scripts, options, told=say_mismatch, hinted=say_mismatch, **more) as server:
        if ready_file is not None:
            write_ready(ready_file, host=host, port=server.port, url=server.base_url.removesuffix("/v1"))
        with (
            trusted(child_environment(os.environ, server.base_url, server.ws_url)) as pointed,
            led(pointed, server.port, hosts) as environment,
        ):
            ended = run(cmd, environment)
    report = server.report()
    finish(report, chosen["report_file"], chosen["report_format"])
    if not report.connections:
        diagnostics.say(f"{cmd[0]} has to take the address from {launch.BASE_URL} or {launch.WS_URL} {_or_led(hosts)}")
    if ended.stopped_by is not None:
        ctx.exit(_KILLED + ended.stopped_by)
    if ended.code != 0:
        diagnostics.say(f"{cmd[0]} {_how(ended.returncode)}")
    ctx.exit(report.exit_code if ended.code == 0 else 1)


def _or_led(hosts: Sequence[str]) -> str:
    if not hosts:
        return "(docs/clients.md), or to be led here by --forward HOST"
    return (
        "(docs/clients.md): --forward leads those alone that read HTTPS_PROXY for their WebSocket, as aiohttp does "
        "with ClientSession(trust_env=True), which LiveKit and Azure Voice Live leave out, and Node from 22.21 on"
    )


def child_environment(environment: Mapping[str, str], base_url: str, ws_url: str) -> dict[str, str]:
    """Return the child's environment: ours, with what points it at the recording."""
    child = dict(environment)
    child[launch.BASE_URL] = base_url
    child[launch.WS_URL] = ws_url
    if not child.get("OPENAI_API_KEY"):
        child["OPENAI_API_KEY"] = "dummy"
    return {**child, **launch.without_proxy(environment)}


@contextmanager
def trusted(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Give the child's environment with our CA beside those it adds to the system's: npm `openai` speaks TLS alone."""
    with tempfile.TemporaryDirectory(prefix="realtime-inspector-") as folder:
        try:
            _, added = launch.certificates(Path(folder), environment, [LocalCA().certificate])
        except InspectorError as error:  # whoever speaks without TLS is not kept from it
            diagnostics.warn(f"{error}; a client that speaks TLS will not connect")
            yield environment
            return
        yield launch.environment(environment, launch.Pointers(added=added))


@contextmanager
def led(environment: Mapping[str, str], port: int, hosts: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Give the child's environment with what leads it here also if it knows one of the hosts alone."""
    if not hosts:
        yield environment
        return
    from realtime_inspector.replay.forward import forwarding

    with forwarding(port, hosts, environment) as door:
        yield door.environment
        door.drain()


def run(cmd: Sequence[str], environment: Mapping[str, str]) -> launch.Ended:
    """Run a program to its end, with our standard streams.

    Raises:
        UsageError: If it cannot be run.
    """
    try:
        return launch.run(cmd, environment)
    except OSError as error:
        raise UsageError(f"cannot run {cmd[0]!r}: {(error.strerror or str(error)).lower()}") from error


def _how(ended: int) -> str:
    if ended > 0:
        return f"exited with {ended}"
    try:
        return f"was ended by {signal.Signals(-ended).name}"
    except ValueError:
        return f"was ended by signal {-ended}"
