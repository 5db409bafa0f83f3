"""`exec`: run one program against a recording; the exit code says whether both did what they should."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import click

from realtime_inspector.cli import diagnostics
from realtime_inspector.cli.mock import finish, player_options, replay_options, say_mismatch
from realtime_inspector.cli.serving import listen_address, write_ready
from realtime_inspector.errors import UsageError

_FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_KILLED = 128
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command(
    short_help="run a program against a recording",
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
@click.argument("cmd", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD...")
@click.pass_context
def command(
    ctx: click.Context, /, recording: Path, cmd: tuple[str, ...], listen: str, ready_file: Path | None, **chosen: Any
) -> None:
    """Run CMD against a recording: `mock` for one program.

    For CMD alone, OPENAI_BASE_URL and REALTIME_INSPECTOR_URL (the WebSocket) point to the recording, OPENAI_API_KEY is
    set if it is not, and NO_PROXY keeps proxies out of the way.

    Exits 0 if CMD succeeded and the recording was met, 1 if not.
    """
    from realtime_inspector.replay.load import load
    from realtime_inspector.replay.server import Address
    from realtime_inspector.replay.thread import serving

    scripts = load(recording)
    options = player_options(chosen)
    host, port = listen_address(listen)
    where = Address(host, port)
    with serving(scripts, options, address=where, strict=chosen["strict"], told=say_mismatch) as server:
        if ready_file is not None:
            write_ready(ready_file, host=host, port=server.port, url=server.base_url.removesuffix("/v1"))
        ended, stopped_by = run(cmd, child_environment(os.environ, server.base_url, server.ws_url))
    report = server.report()
    finish(report, chosen["report_file"])
    if stopped_by is not None:
        ctx.exit(_KILLED + stopped_by)
    if ended != 0:
        diagnostics.say(f"{cmd[0]} {_how(ended)}")
    ctx.exit(report.exit_code if ended == 0 else 1)


def child_environment(environment: Mapping[str, str], base_url: str, ws_url: str) -> dict[str, str]:
    """Return the child's environment: ours, with what points it at the recording."""
    child = dict(environment)
    child["OPENAI_BASE_URL"] = base_url
    child["REALTIME_INSPECTOR_URL"] = ws_url
    if not child.get("OPENAI_API_KEY"):
        child["OPENAI_API_KEY"] = "dummy"
    for name in ("NO_PROXY", "no_proxy"):  # some clients send even ws://127.0.0.1 through a proxy
        before = [host for host in child.get(name, "").split(",") if host]
        child[name] = ",".join([*before, *(host for host in _LOOPBACK if host not in before)])
    return child


def run(cmd: Sequence[str], environment: Mapping[str, str]) -> tuple[int, int | None]:
    """Run a program to its end, with our standard streams.

    Returns:
        Its exit code (negative if a signal ended it), and the signal that told us to stop, if one did.

    Raises:
        UsageError: If it cannot be run.
    """
    sys.stdout.flush()
    with _Signals() as signals:
        try:
            child = subprocess.Popen(list(cmd), env=dict(environment))  # noqa: S603 - running it is what was asked for
        except OSError as error:
            raise UsageError(f"cannot run {cmd[0]!r}: {(error.strerror or str(error)).lower()}") from error
        signals.pass_to(child)
        with child:
            return child.wait(), signals.stop


class _Signals:
    """Signals that come while it is entered are for the child; those that come before there is one, wait for it."""

    def __init__(self) -> None:
        self.stop: int | None = None
        """The first that asked to stop."""
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Signals:
        known = [getattr(signal, name) for name in _FORWARDED if hasattr(signal, name)]
        self._before = {number: signal.signal(number, self._take) for number in known}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def pass_to(self, child: subprocess.Popen[bytes]) -> None:
        """Name the child."""
        self._child = child
        for number in self._early:
            child.send_signal(number)

    def _take(self, number: int, _: FrameType | None) -> None:
        if number in {signal.SIGINT, signal.SIGTERM}:
            self.stop = self.stop or number
        if number == signal.SIGINT and _from_terminal():
            return
        if self._child is None:
            self._early.append(number)
        else:
            self._child.send_signal(number)


def _from_terminal() -> bool:
    """Tell whether ctrl+c reaches the child by itself: the terminal signals every process in the foreground."""
    try:
        return os.getpgrp() == os.tcgetpgrp(sys.stdin.fileno())
    except (AttributeError, OSError, ValueError):  # no terminal, or no such thing on this system
        return False


def _how(ended: int) -> str:
    if ended > 0:
        return f"exited with {ended}"
    try:
        return f"was ended by {signal.Signals(-ended).name}"
    except ValueError:
        return f"was ended by signal {-ended}"
