"""`proxy`: records what passes between clients and the API."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import click

from realtime_inspector.capture.relay import Relay, new_event_loop
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.cli import diagnostics
from realtime_inspector.cli.serving import listen_address, write_ready
from realtime_inspector.errors import InspectorError

_INTERRUPTED = 130
_FILES = 65536
"""So many open files are asked for: a connection takes three."""


@click.command(short_help="record what passes between a client and the API")
@click.option(
    "--listen", default="127.0.0.1:8765", show_default=True, metavar="HOST:PORT", help="port 0 takes a free one"
)
@click.option(
    "--upstream",
    default="wss://api.openai.com",
    show_default=True,
    metavar="URL",
    help="the server; a path is put before every target that does not begin with it",
)
@click.option(
    "--upstream-ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="certificates in PEM of a private server's CA",
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("recordings"),
    show_default=True,
    help="folder of the recordings",
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="write host, port, url and pid there, as JSON, once it listens",
)
@click.pass_context
def command(
    ctx: click.Context, listen: str, upstream: str, upstream_ca: Path | None, folder: Path, ready_file: Path | None
) -> None:
    """Record what passes between clients and the API.

    Point a client's base URL at it: every connection becomes a file, with secrets taken out. HTTP and WebSocket, plain
    and TLS, all on one port and any path. Stop it with ctrl+c.
    """
    host, port = listen_address(listen)
    _raise_file_limit()
    relay = Relay(upstream, folder, host=host, port=port, upstream_ca=upstream_ca, say=diagnostics.say)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        ended_by = runner.run(_serve(relay, ready_file))
    if ended_by == signal.SIGINT:
        ctx.exit(_INTERRUPTED)


async def _serve(relay: Relay, ready_file: Path | None) -> int:
    """Relay until a signal comes; return which."""
    loop = asyncio.get_running_loop()
    ended_by: asyncio.Future[int] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: ctrl+c is a KeyboardInterrupt there
            loop.add_signal_handler(number, _end, ended_by, number)
    async with relay:
        if ready_file is not None:
            write_ready(ready_file, host=relay.host, port=relay.port, url=relay.url)
        diagnostics.say(
            f"recording {relay.url} -> {relay.upstream.url}{relay.upstream.prefix} in {relay.recorder.folder}"
        )
        for line in await asyncio.to_thread(_hints, relay):
            diagnostics.say(line)
        return await ended_by


def _end(ended_by: asyncio.Future[int], number: int) -> None:
    if not ended_by.done():
        ended_by.set_result(number)


def _hints(relay: Relay) -> list[str]:
    """Return what to do next, to be copied."""
    path = relay.upstream.prefix or "/v1"
    secure = f"https://localhost:{relay.port}{path}"
    lines = [
        f"  Python, and most:  OPENAI_BASE_URL={relay.url}{path}",
        f"  a whole URL:       {relay.ws_url}{path}/realtime?model=MODEL",
    ]
    try:
        authority = LocalCA().certificate
    except InspectorError as error:
        lines.append(f"  no TLS for clients: {error}")
    else:
        lines.append(f"  Node (TLS only):   OPENAI_BASE_URL={secure} NODE_EXTRA_CA_CERTS={authority}")
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY")):
        lines.append("  a proxy is set in this environment; for the client set NO_PROXY=127.0.0.1,localhost")
    if relay.exposed:
        lines.append(f"  it listens on {relay.host}: everybody who reaches that address can use it")
    return [*lines, "ctrl+c ends it"]


def _raise_file_limit() -> None:
    """Allow as many open files as the system lets us: a low limit would refuse calls."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
