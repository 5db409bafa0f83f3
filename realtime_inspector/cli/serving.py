"""What commands that serve have in common: where they listen, and how they say that they do."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_inspector.cli import signals
from realtime_inspector.errors import UsageError, words_of
from realtime_inspector.recording.whole_file import Opener, check, replacing

_LAST_PORT = 65535

if TYPE_CHECKING:
    import asyncio

    import click

STANDARD_OUTPUT = Path("-")


def listen_address(listen: str, option: str = "--listen") -> tuple[str, int]:
    """Return host and port of a `--listen HOST:PORT`; without a host, this machine alone.

    Raises:
        UsageError: If it is none.
    """
    host, colon, port = listen.rpartition(":")
    closed = host.startswith("[") == host.endswith("]")
    if not port.isdecimal() or not colon or int(port) > _LAST_PORT or not closed:
        host = host if closed else f"[{host.strip('[]')}]"
        such = port if port.isdecimal() and int(port) <= _LAST_PORT else "8765"
        raise UsageError(f"{option} {listen!r} is no HOST:PORT, such as {host or '127.0.0.1'}:{such}")
    return host.strip("[]") or "127.0.0.1", int(port)


def stopped() -> asyncio.Future[int]:
    """Return what is done when somebody stops the running loop: the signal, SIGINT or SIGTERM.

    SIGINT also where a shell started us in the background, and so has it ignored.
    """
    import asyncio

    loop = asyncio.get_running_loop()
    by: asyncio.Future[int] = loop.create_future()

    def stop(number: int) -> None:
        if not by.done():
            by.set_result(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signals.tell(number, stop, int(number))
    return by


def write_ready(path: Path, *, host: str, port: int, url: str, opener: Opener | None = None) -> None:
    """Write the file that says where it listens, as JSON; a `url` with a token in it wants a private one.

    Raises:
        UsageError: If it cannot be written.
    """
    ready = {"host": host, "port": port, "url": url, "pid": os.getpid()}
    write_whole(path, json.dumps(ready) + "\n", "--ready-file", opener)


def write_whole(path: Path, text: str, option: str, opener: Opener | None = None) -> None:
    """Write a file that an option named; nobody can see it half-written.

    Raises:
        UsageError: If it cannot be written.
    """
    try:
        with replacing(path, opener) as stream:
            stream.write(text.encode())
    except OSError as error:
        raise UsageError(f"{option} {path}: {words_of(error)}") from error


def writable(_: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a file that `write_whole` could not write, before anything is run: the callback of its option.

    Raises:
        UsageError: If it cannot be written.
    """
    if path is not None and path != STANDARD_OUTPUT:
        try:
            check(path)
        except OSError as error:
            raise UsageError(f"{option.opts[-1]} {path}: {words_of(error)}") from error
    return path
