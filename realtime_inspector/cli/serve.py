"""`serve`: the screens in a browser. It needs the extra `web`, which is textual-serve."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from realtime_inspector.cli import diagnostics, folders, open_
from realtime_inspector.cli.serving import listen_address, stopped, write_ready
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.whole_file import private

if TYPE_CHECKING:
    from realtime_inspector.web.server import ViewServer

INSTALL = "pip install 'realtime-inspector[web]'"
_INTERRUPTED = 130
_START = "import sys; sys.path.append(sys.argv.pop(1)); from realtime_inspector.cli.main import main; sys.exit(main())"
"""Starts this program in another process whatever it was started by; with -P, nothing of the folder is imported."""

_HELP = """Show recordings in a browser, on the same screens as `open`.

\b
  realtime-inspector serve                  the folder ./recordings
  realtime-inspector serve call.jsonl
  realtime-inspector serve --listen 127.0.0.1:0 --ready-file ready.json

Prints the address to open. It has a token, which is a new one at each start;
without it nobody sees anything. Nothing can be written, deleted or started
from the browser, unless --allow-write says so. Stop it with ctrl+c.

Needs the extra `web`.
"""


@click.command(help=_HELP)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@folders.option("where the recordings are, if no PATH is given")
@click.option(
    "--listen", default="127.0.0.1:8768", show_default=True, metavar="HOST:PORT", help="port 0 takes a free one"
)
@click.option(
    "--token", metavar="TEXT", help="not a new one at each start; set REALTIME_INSPECTOR_SERVE_TOKEN, which ps hides"
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="a name it is reached by, besides localhost and the address it listens on",
)
@click.option(
    "--max-viewers",
    type=click.IntRange(1, 100),
    default=4,
    show_default=True,
    metavar="N",
    help="so many at once; each is a process",
)
@open_.screen_options(read_only=True)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="write host, port, url (with the token) and pid there, as JSON, once it listens",
)
@click.pass_context
def command(
    ctx: click.Context, /, paths: tuple[Path, ...], folder: Path, ready_file: Path | None, **chosen: Any
) -> None:
    """Show recordings in a browser."""
    _require()
    host, port = listen_address(chosen["listen"])
    shown = paths or (folder,)
    open_.check_there(shown)
    open_.check_readable(shown)
    _check_keys(chosen["keys"])
    from realtime_inspector.web.gate import Gate, given_token, is_loopback, new_token
    from realtime_inspector.web.server import ViewServer

    token = given_token(chosen["token"]) if chosen["token"] is not None else new_token()
    gate = Gate.of(token, host, chosen["hosts"])
    view = viewing(shown, theme=chosen["theme"], keys=chosen["keys"], read_only=chosen["read_only"])
    server = ViewServer(view, gate, host=host, port=port, max_viewers=chosen["max_viewers"])
    hints = _hints(shown, server, read_only=chosen["read_only"], exposed=not is_loopback(host))
    if asyncio.run(_serve(server, hints, ready_file)) == signal.SIGINT:
        ctx.exit(_INTERRUPTED)


def viewing(paths: Iterable[Path], *, theme: str, keys: Sequence[str], read_only: bool) -> list[str]:
    """Return the command line of one viewer's process."""
    root = Path(__file__).resolve().parents[2]
    wanted = ["--read-only" if read_only else "--allow-write", "--theme", theme, *(f"--key={key}" for key in keys)]
    return [sys.executable, "-P", "-c", _START, str(root), "open", *wanted, "--", *map(str, paths)]


def _require() -> None:
    if sys.platform == "win32":  # its pipes cannot be waited for, and no key would come through
        raise UsageError("serve needs Linux or macOS; `realtime-inspector open` shows the same here")
    if any(find_spec(name) is None for name in ("textual_serve", "aiohttp")):
        raise UsageError(f"serve needs textual-serve; install it with `{INSTALL}`")


def _check_keys(keys: Sequence[str]) -> None:
    """Say now what every viewer's process would say to nobody."""
    if keys:
        from realtime_inspector.tui import keymap

        keymap.read(keys)


async def _serve(server: ViewServer, hints: Iterator[str], ready_file: Path | None) -> int:
    """Serve until somebody stops it; return the signal that did."""
    async with server:
        ended = stopped()
        for line in hints:
            diagnostics.say(line)
        if ready_file is not None:
            write_ready(ready_file, host=server.host, port=server.port, url=server.address, opener=private)
        return await ended


def _hints(paths: Sequence[Path], server: ViewServer, *, read_only: bool, exposed: bool) -> Iterator[str]:
    """Yield what to do next, once it listens."""
    yield f"serving {', '.join(map(str, paths))} on {server.url}"
    yield f"  open in a browser:  {server.address}"
    if read_only:
        yield "  read-only: nothing is written, deleted or started; --allow-write changes that"
    else:
        yield "  whoever has this address can delete recordings, write files and start servers as you"
    if exposed:
        yield (
            f"  it listens on {server.host}: everybody who reaches that address and has the token sees the recordings,"
            " and nothing is encrypted on the way; an SSH tunnel to 127.0.0.1 is safer"
        )
    yield "ctrl+c ends it"
