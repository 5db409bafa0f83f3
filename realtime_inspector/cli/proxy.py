"""`proxy`: records what passes between clients and the API."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from realtime_inspector.capture.audio import Audio
from realtime_inspector.capture.launch import API
from realtime_inspector.capture.mitm import REVERSE, Interceptor
from realtime_inspector.capture.relay import Relay, new_event_loop
from realtime_inspector.capture.tags import parse_tag
from realtime_inspector.capture.upstream import ClientCertificate
from realtime_inspector.cli import diagnostics, faulting, intercepting, metrics, recording_to, relaying
from realtime_inspector.cli.relaying import Settings
from realtime_inspector.cli.serving import listen_address, write_ready
from realtime_inspector.errors import UsageError

if TYPE_CHECKING:
    from realtime_inspector.replay.faults.sockets import Between

_INTERRUPTED = 130
_AUDIO = click.Choice([str(how) for how in Audio])
_PEM = click.Path(path_type=Path, exists=True, dir_okay=False)
_REVERSE_ALONE = ("drain", "workers", "faults", "profiles")
"""Options that the other modes do not have."""


_HELP = """Record what passes between clients and the API.

\b
  realtime-inspector proxy
  realtime-inspector proxy --upstream wss://RESOURCE.openai.azure.com
  realtime-inspector proxy --tag stage=test --audio-in drop
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
    "--via",
    metavar="URL",
    help="reach the server by this HTTP proxy, http://USER:PASSWORD@HOST:PORT; env: the one in HTTPS_PROXY",
)
@click.option("--client-cert", type=_PEM, help="a certificate in PEM, for a server that wants one of its clients")
@click.option("--client-key", type=_PEM, help="its key, if it stands in another file")
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
@click.option("--tag", "tags", metavar="NAME=VALUE", multiple=True, help="put into every recording's header")
@click.option("--only", metavar="GLOB", multiple=True, help="record only requests whose path fits: '/v1/realtime*'")
@click.option("--only-model", metavar="GLOB", multiple=True, help="record only requests whose model fits")
@click.option("--sample", type=float, default=1.0, metavar="PART", help="record this part of all connections: 0.1")
@click.option(
    "--audio-in", type=_AUDIO, default="keep", help="the user's audio: record it, its length and hash, or length"
)
@click.option("--audio-out", type=_AUDIO, default="keep", help="the same for the assistant's audio")
@click.option("--key-env", metavar="NAME", help="send the key in this variable upstream, in place of the client's")
@recording_to.rotation_options
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
@click.option(
    "--metrics",
    "metrics_at",
    metavar="HOST:PORT",
    help="answer Prometheus there, 127.0.0.1:9464 (extra `metrics`)",
)
@faulting.options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    listen: str,
    mode: str,
    upstream: str | None,
    upstream_ca: Path | None,
    folder: Path,
    ready_file: Path | None,
    tags: tuple[str, ...],
    drain: float,
    workers: int,
    rotate_size: str | None,
    rotate_every: str | None,
    client_cert: Path | None,
    client_key: Path | None,
    metrics_at: str | None,
    **chosen: Any,
) -> None:
    """Record what passes between clients and the API."""
    host, port = listen_address(listen)
    relaying.raise_file_limit()
    named = dict(map(parse_tag, tags))
    between, chosen = faulting.between(chosen), {name: chosen[name] for name in chosen if name not in faulting.NAMED}
    settings = Settings(
        folder,
        host=host,
        port=port,
        upstream=upstream or API,
        upstream_ca=upstream_ca,
        tags=named,
        drain_s=drain,
        rotation=recording_to.rotation(rotate_size, rotate_every),
        certificate=_certificate(client_cert, client_key),
        **_typed(chosen),
    )
    if mode == REVERSE:
        with ExitStack() as stack:
            if between is not None:
                settings = _behind_faults(stack, settings, between)
            ended_by = _relay(settings, workers, ready_file, metrics_at)
    else:
        _refuse_others(ctx, mode)
        interceptor = settings.interceptor(mode, upstream)
        hints = partial(intercepting.hints, interceptor, key=settings.key_env is not None)
        ended_by = _run(interceptor, hints, ready_file, asyncio.new_event_loop, metrics_at=metrics_at)
    if ended_by == signal.SIGINT:
        ctx.exit(_INTERRUPTED)


def _behind_faults(stack: ExitStack, settings: Settings, between: Between) -> Settings:
    """Put the faults between the proxy and its server, so that it records what clients see.

    Raises:
        UsageError: If the server is reached in a way that the faults do not know.
    """
    from realtime_inspector.replay.faults.gate import gate_in_thread

    for option, value in (("--via", settings.via), ("--client-cert", settings.certificate)):
        if value is not None:
            raise UsageError(f"--fault does not go with {option}; leave one of them out")
    gate = stack.enter_context(gate_in_thread(settings.upstream, between, upstream_ca=settings.upstream_ca))
    texts = [fault.text for fault in between.plan.faults]
    diagnostics.say(f"between the proxy and {settings.upstream}: {'; '.join(texts)}")
    return replace(settings, upstream=gate.url, upstream_ca=None, tags={**settings.tags, "faults": "; ".join(texts)})


def _typed(chosen: dict[str, Any]) -> dict[str, Any]:
    return {**chosen, "audio_in": Audio(chosen["audio_in"]), "audio_out": Audio(chosen["audio_out"])}


def _certificate(path: Path | None, key: Path | None) -> ClientCertificate | None:
    if path is None and key is not None:
        raise UsageError(f"--client-key {key} is of use with --client-cert FILE alone; give that too")
    return ClientCertificate(path, key) if path is not None else None


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


def _relay(settings: Settings, workers: int, ready_file: Path | None, metrics_at: str | None) -> int:
    """Run one relay, or several; return the signal that ended it."""
    if workers == 1:
        relay = settings.relay()
        hints = partial(relaying.hints, relay, key=settings.key_env is not None)
        return _run(relay, hints, ready_file, new_event_loop, settings.drain_s, metrics_at)
    from realtime_inspector.cli.workers import supervise

    def ready(port: int, url: str) -> None:
        if ready_file is not None:
            write_ready(ready_file, host=settings.host, port=port, url=url)

    return supervise(settings, workers, ready, metrics_at)


def _run(
    proxy: Relay | Interceptor,
    hints: Callable[[], list[str]],
    ready_file: Path | None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
    drain_s: float = 0.0,
    metrics_at: str | None = None,
) -> int:
    def ready() -> None:
        if ready_file is not None:
            write_ready(ready_file, host=proxy.host, port=proxy.port, url=proxy.url)

    with ExitStack() as stack:
        try:
            stack.enter_context(metrics.served(metrics_at, proxy.figures))
        except UsageError:
            proxy.recorder.close(0)
            raise
        runner = stack.enter_context(asyncio.Runner(loop_factory=loop_factory))
        return runner.run(relaying.serve(proxy, ready, hints, drain_s))
