"""The relay as `proxy` runs it: served until a signal comes, with what its user should know."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

from realtime_inspector.capture.mitm import Interceptor
from realtime_inspector.capture.relay import Relay, settle
from realtime_inspector.capture.telling import safely
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.cli import diagnostics, signals
from realtime_inspector.errors import InspectorError

_FILES = 65536
"""So many open files are asked for: a connection takes three."""


async def serve(
    proxy: Relay | Interceptor, ready: Callable[[], None], hints: Callable[[], list[str]], drain_s: float = 0.0
) -> int:
    """Run until a signal comes; return which.

    Args:
        proxy: What runs.
        ready: Called once it listens.
        hints: Gives lines to be said then; in a thread.
        drain_s: How long calls may go on after a SIGTERM. Ctrl+c ends them at once.
    """
    came: asyncio.Queue[int] = asyncio.Queue()
    for number, means in signals.ending().items():
        signals.tell(number, came.put_nowait, means)
    async with proxy:
        ready()
        for line in await asyncio.to_thread(hints):
            diagnostics.say(line)
        settle()
        ended_by = await came.get()
        if ended_by == signal.SIGTERM and drain_s > 0 and isinstance(proxy, Relay):
            ended_by = await _drain(proxy, drain_s, came)
    return ended_by


async def _drain(relay: Relay, timeout_s: float, came: asyncio.Queue[int]) -> int:
    """Let calls end; return the signal that ends the relay."""
    draining = asyncio.create_task(relay.drain(timeout_s))
    safely(diagnostics.say)(f"no new connections; open calls have {timeout_s:g} s to end, ctrl+c ends them at once")
    interrupted = asyncio.create_task(_interrupt(came))
    await asyncio.wait({draining, interrupted}, return_when=asyncio.FIRST_COMPLETED)
    ended_by = signal.SIGTERM if draining.done() else signal.SIGINT
    for task in (draining, interrupted):
        task.cancel()
    await asyncio.gather(draining, interrupted, return_exceptions=True)
    return ended_by


async def _interrupt(came: asyncio.Queue[int]) -> None:
    """Wait for ctrl+c. A second SIGTERM changes nothing: a group of processes often gets it twice."""
    while await came.get() != signal.SIGINT:
        pass


def hints(relay: Relay, *, key: bool = False) -> list[str]:
    """Return what to do next, to be copied; `key` says that the relay has one."""
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
    if relay.via is not None:
        lines.append(f"  the server is reached by the proxy {relay.via.url}")
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY")):
        lines.append("  a proxy is set in this environment; for the client set NO_PROXY=127.0.0.1,localhost")
    if key:
        lines.append("  clients need no key of their own: any will do, it is replaced")
    if relay.exposed:
        use = "use it, and your key" if key else "use it"
        lines.append(f"  it listens on {relay.host}: everybody who reaches that address can {use}")
    return [*lines, "ctrl+c ends it"]


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us: a low limit would refuse calls."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
