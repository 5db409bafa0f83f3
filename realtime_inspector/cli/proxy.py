"""`proxy`: records what passes between clients and the API."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from realtime_inspector.capture.launch import API
from realtime_inspector.capture.mitm import REVERSE, Interceptor
from realtime_inspector.capture.relay import Relay, new_event_loop
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.cli import diagnostics, intercepting
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
    "--mode",
    default=REVERSE,
    show_default=True,
    metavar="MODE",
    help="reverse: clients are pointed at it; forward: it is their HTTPS_PROXY; or local[:PROGRAM], socks5, "
    "transparent, wireguard",
)
@click.option(
    "--upstream",
    metavar="URL",
    help="the server, in every mode; a path is put before every target that does not begin with it "
    f"[default: {API}, and in other modes than reverse where the client goes]",
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
    ctx: click.Context,
    listen: str,
    mode: str,
    upstream: str | None,
    upstream_ca: Path | None,
    folder: Path,
    ready_file: Path | None,
) -> None:
    """Record what passes between clients and the API.

    Point a client's base URL at it: every connection becomes a file, with secrets taken out. HTTP and WebSocket, plain
    and TLS, all on one port and any path. Stop it with ctrl+c.

    The other modes are for clients that cannot be pointed anywhere. They open TLS with a CA of their own, which the
    client has to trust, record what belongs to the Realtime API, and need the extra `intercept`.
    """
    host, port = listen_address(listen)
    _raise_file_limit()
    options: dict[str, Any] = {"host": host, "port": port, "upstream_ca": upstream_ca, "say": diagnostics.say}
    if mode == REVERSE:
        relay = Relay(upstream or API, folder, **options)
        served, loop_factory = _serve(relay, partial(_hints, relay), ready_file), new_event_loop
    else:
        interceptor = Interceptor(mode, folder, upstream=upstream, **options)
        served = _serve(interceptor, partial(intercepting.hints, interceptor), ready_file)
        loop_factory = asyncio.new_event_loop
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        ended_by = runner.run(served)
    if ended_by == signal.SIGINT:
        ctx.exit(_INTERRUPTED)


async def _serve(proxy: Relay | Interceptor, hints: Callable[[], list[str]], ready_file: Path | None) -> int:
    """Run until a signal comes; return which."""
    loop = asyncio.get_running_loop()
    ended_by: asyncio.Future[int] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: ctrl+c is a KeyboardInterrupt there
            loop.add_signal_handler(number, _end, ended_by, number)
    async with proxy:
        if ready_file is not None:
            write_ready(ready_file, host=proxy.host, port=proxy.port, url=proxy.url)
        for line in await asyncio.to_thread(hints):
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
        f"recording {relay.url} -> {relay.upstream.url}{relay.upstream.prefix} in {relay.recorder.folder}",
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
