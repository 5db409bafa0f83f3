"""`proxy`: records what passes between clients and the API."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click

from realtime_inspector.capture.launch import API
from realtime_inspector.capture.mitm import REVERSE, Interceptor
from realtime_inspector.capture.relay import Relay, new_event_loop
from realtime_inspector.cli import capturing, faulting, intercepting, metrics, relaying, watching
from realtime_inspector.cli.capturing import Settings
from realtime_inspector.cli.serving import listen_address, write_ready
from realtime_inspector.errors import UsageError

_INTERRUPTED = 130
_REVERSE_ALONE = ("drain", "workers", "faults", "profiles", "attach")
"""Options that the other modes do not have."""


_HELP = """Record what passes between clients and the API.

\b
  realtime-inspector proxy
  realtime-inspector proxy --upstream wss://RESOURCE.openai.azure.com
  realtime-inspector proxy --tag stage=test --audio-in drop
  realtime-inspector proxy --tui
  realtime-inspector proxy --lint
  realtime-inspector proxy --mode forward
  realtime-inspector proxy --fault 'stall 4s nth 3 on type:*.delta'

Point a client's base URL at it: every connection becomes a file, with secrets
taken out. HTTP and WebSocket, plain and TLS, all on one port and any path.
Stop it with ctrl+c. What is not recorded is forwarded all the same.

The other modes are for clients that cannot be pointed anywhere. They open TLS
with a CA of their own, which the client has to trust, record what belongs to
the Realtime API, and need the extra `intercept`.

GET /__realtime_inspector/ready is answered by the proxy itself, with 200, and
never forwarded.
"""


@click.command(help=_HELP)
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
@capturing.options(
    upstream="the server, in every mode; a path is put before every target that does not begin with it "
    f"[default: {API}, and in other modes than reverse where the client goes]"
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="write host, port, url and pid there, as JSON, once it listens",
)
@click.option(
    "--drain",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="let calls end so long after a SIGTERM",
)
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, metavar="N", help="so many processes on one port (Linux)"
)
@click.option("--tui", is_flag=True, help="show what is recorded on the full screen; the proxy outlives it")
@click.option(
    "--lint", "with_lint", is_flag=True, help="say what is wrong in calls as soon as it is certain, a line each"
)
@faulting.options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    listen: str,
    mode: str,
    ready_file: Path | None,
    drain: float,
    workers: int,
    tui: bool,
    with_lint: bool,
    **chosen: Any,
) -> None:
    """Record what passes between clients and the API."""
    host, port = listen_address(listen)
    relaying.raise_file_limit()
    between = faulting.between(chosen)
    settings = Settings.of(chosen, host=host, port=port, drain_s=drain)
    with ExitStack() as stack:
        if tui and workers > 1:
            raise UsageError("--tui does not go with --workers; leave one of them out")
        if tui and with_lint:
            raise UsageError("--tui shows what is wrong by itself; leave --lint out")
        shown = stack.enter_context(watching.screens(settings.folder)) if tui else None
        if with_lint:
            from realtime_inspector.cli import live

            stack.enter_context(live.beside(settings.folder, ends=True))
        stack.enter_context(settings.traces())
        listens = partial(_listens, ready_file, shown)
        if mode == REVERSE:
            if between is not None:
                settings = faulting.behind(stack, settings, between)
            ended_by = _relay(settings, workers, listens)
        else:
            _refuse_others(ctx, mode)
            interceptor = settings.interceptor(mode)
            hints = partial(intercepting.hints, interceptor, key=settings.key_env is not None)
            ended_by = _run(interceptor, settings, hints, listens, asyncio.new_event_loop)
    if ended_by == signal.SIGINT:
        ctx.exit(_INTERRUPTED)


def _listens(ready_file: Path | None, shown: watching.Screens | None, host: str, port: int, url: str) -> None:
    """Tell everybody who waits for it that the proxy listens."""
    if ready_file is not None:
        write_ready(ready_file, host=host, port=port, url=url)
    if shown is not None:
        shown.open()


def _refuse_others(ctx: click.Context, mode: str) -> None:
    """Refuse options that this mode would do nothing with.

    Raises:
        UsageError: If there is one.
    """
    for option in ctx.command.params:
        if option.name in _REVERSE_ALONE and ctx.params[option.name] not in {option.get_default(ctx), None, ()}:
            raise UsageError(
                f"{option.opts[0]} works in reverse mode alone, not in --mode {mode}; leave one of them out"
            )


def _relay(settings: Settings, workers: int, listens: Callable[[str, int, str], None]) -> int:
    """Run one relay, or several; return the signal that ended it."""
    if workers == 1:
        relay = settings.relay()
        hints = partial(relaying.hints, relay, key=settings.key_env is not None)
        return _run(relay, settings, hints, listens, new_event_loop)
    from realtime_inspector.cli.workers import supervise

    return supervise(settings, workers, partial(listens, settings.host))


def _run(
    proxy: Relay | Interceptor,
    settings: Settings,
    hints: Callable[[], list[str]],
    listens: Callable[[str, int, str], None],
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
) -> int:
    def ready() -> None:
        listens(proxy.host, proxy.port, proxy.url)

    with ExitStack() as stack:
        try:
            stack.enter_context(metrics.served(settings.metrics_at, proxy.figures))
        except UsageError:
            proxy.recorder.close(0)
            raise
        runner = stack.enter_context(asyncio.Runner(loop_factory=loop_factory))
        return runner.run(relaying.serve(proxy, ready, hints, settings.drain_s))
