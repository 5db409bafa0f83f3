"""`attach`: a WebRTC or SIP call, recorded from beside it."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from realtime_inspector.capture import launch
from realtime_inspector.capture.recorder import Track
from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.capture.sideband import Call, call_id, listen
from realtime_inspector.capture.tags import parse_tag
from realtime_inspector.capture.upstream import Upstream
from realtime_inspector.cli import diagnostics, folders, output, signals
from realtime_inspector.cli.capturing import Settings
from realtime_inspector.cli.drive import KEY
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.printable import shell_word

_HELP = """Join a WebRTC or SIP call, and record what the server sends, until it ends.

\b
  realtime-inspector attach rtc_u1_9c6574da8b8a
  realtime-inspector attach 'wss://api.openai.com/v1/realtime?call_id=rtc_…'

The events of a WebRTC call pass on a data channel, which no proxy sees. The
server sends them on a WebSocket beside the call too: that is recorded, and
nothing is sent on it. CALL is the id in the Location of the answer to
POST /v1/realtime/calls, or in the webhook of a phone call. A call made with
an ephemeral key (ek_…) cannot be joined. `proxy --attach` joins by itself the
calls that are made through it.

The key is that of OPENAI_API_KEY, or of another variable (--key-env); it is in
no file. The path of the recording is printed. Leave the call with ctrl+c.
"""


@click.command("attach", help=_HELP)
@click.argument("call", metavar="CALL")
@click.option("--upstream", metavar="URL", help=f"the server of the call [default: OPENAI_BASE_URL, else {launch.API}]")
@click.option("--upstream-ca", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="certificates in PEM of a private server's CA")  # fmt: skip
@click.option("--via", metavar="URL",
              help="reach the server by this HTTP proxy, http://USER:PASSWORD@HOST:PORT; env: the one in "
                   "HTTPS_PROXY")  # fmt: skip
@folders.option("folder of the recordings")
@click.option("--tag", "tags", metavar="NAME=VALUE", multiple=True, help="put into the recording's header")
@click.option("--key-env", default=KEY, show_default=True, metavar="NAME", help="the variable that holds the key")
@click.pass_context
def command(ctx: click.Context, /, call: str, tags: tuple[str, ...], key_env: str, **chosen: Any) -> None:
    """Join a call, and record what the server sends."""
    found = call_id(call)
    origin = launch.Origin.of(os.environ, chosen.pop("upstream"))
    settings = Settings(
        **chosen, upstream=origin.upstream, tags=dict(map(parse_tag, tags)), key_env=_key(key_env, origin.upstream)
    )
    recorded: list[Path] = []
    options = {
        **settings.shared(),
        "say": diagnostics.warn,
        "via": settings.way(),
        "opened": partial(_opened, recorded),
    }
    try:
        with relay_in_thread(settings.server, settings.folder, **options) as relay:
            left = asyncio.run(_listen(relay.ws_url, Call.under(origin.path, found), settings.folder))
    finally:
        output.write_lines(map(str, recorded))
    diagnostics.say(f"{found}: {left.how}")
    for path in recorded:
        diagnostics.say(f"what happened in it: `{diagnostics.PROGRAM} show {shell_word(str(path))}`")
    if left.by == signal.SIGINT:
        raise KeyboardInterrupt


@dataclass(frozen=True, slots=True)
class _Left:
    """How listening ended."""

    how: str
    by: int = 0
    """The signal that ended it: SIGTERM or SIGINT; 0 if none did."""


def _key(name: str, server: str) -> str | None:
    """Return the variable of the key, if there is one: a server of this machine may want none.

    Raises:
        UsageError: If there is none for another.
    """
    if os.environ.get(name):
        return name
    if Upstream.parse(server).tls:
        raise UsageError(f"{name} is not set; set it to the key, or name another variable with --key-env")
    return None


def _opened(recorded: list[Path], track: Track) -> None:
    if track.path is not None:
        recorded.append(track.path)


async def _listen(address: str, call: Call, folder: Path) -> _Left:
    """Listen until the call ends, or a signal comes."""
    came: list[int] = []

    def leave(means: int) -> None:
        came.append(means)
        listening.cancel()

    def joined() -> None:
        diagnostics.say(f"joined {call.id}: its events are recorded in {folder}; ctrl+c leaves")

    listening = asyncio.create_task(listen(address, call, joined))
    for number, means in signals.ending().items():
        signals.tell(number, leave, means)
    try:
        return _Left(await listening)
    except asyncio.CancelledError:
        if not came:
            raise
        return _Left("left", came[0])
