"""The way to a server that has several addresses: the next is tried when one does not answer at once (RFC 8305)."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Sequence
from itertools import chain, zip_longest

from realtime_inspector.capture.room import OUT_OF_FILES

NEXT_S = 0.25
"""How long an address may take before the next is tried beside it."""
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""Errors of an address that this machine has no way to: others say more of the server."""

Address = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
"""As `getaddrinfo` gives them."""


async def dial(loop: asyncio.AbstractEventLoop, host: str, port: int) -> socket.socket:
    """Return a socket that is connected to a server, by the first of its addresses that answers.

    Raises:
        OSError: If none does.
    """
    addresses = in_turn(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return await _connected(loop, addresses[0]) if len(addresses) == 1 else await _first(loop, addresses)


def in_turn(addresses: Sequence[Address]) -> list[Address]:
    """Return addresses in the system's order, the two families by turns."""
    families = list(dict.fromkeys(address[0] for address in addresses))
    each = ([address for address in addresses if address[0] == family] for family in families)
    return [address for address in chain.from_iterable(zip_longest(*each)) if address is not None]


async def _first(loop: asyncio.AbstractEventLoop, addresses: Sequence[Address]) -> socket.socket:
    left = list(addresses)
    errors: list[OSError] = []
    trying: set[asyncio.Task[socket.socket]] = set()
    try:
        while left or trying:
            if left:
                trying.add(loop.create_task(_connected(loop, left.pop(0))))
            done, trying = await asyncio.wait(
                trying, timeout=NEXT_S if left else None, return_when=asyncio.FIRST_COMPLETED
            )
            won = [task.result() for task in done if _tried(task, errors)]
            for late in won[1:]:
                late.close()
            if won:
                return won[0]
        raise min(errors, key=_rank)
    finally:
        for task in trying:
            task.add_done_callback(_let_go)
            task.cancel()


async def _connected(loop: asyncio.AbstractEventLoop, address: Address) -> socket.socket:
    family, kind, protocol, _, place = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        await loop.sock_connect(sock, place)
    except BaseException:
        sock.close()
        raise
    return sock


def _tried(task: asyncio.Task[socket.socket], errors: list[OSError]) -> bool:
    """Tell whether an address has answered; note the error if it has not."""
    error = task.exception()
    if error is None:
        return True
    if not isinstance(error, OSError):
        raise error
    errors.append(error)
    return False


def _rank(error: OSError) -> int:
    """Return how much less an error says than others."""
    if error.errno in OUT_OF_FILES:
        return 0
    return 2 if error.errno in _NO_WAY else 1


def _let_go(task: asyncio.Task[socket.socket]) -> None:
    """Close what was connected too late."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()
