"""Where clients come in: the listening sockets of a relay, and who has to wait at them."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import Any

from realtime_inspector.capture.room import OUT_OF_FILES, Room
from realtime_inspector.errors import UsageError, words_of

REST_S = 0.1
"""How long nobody is let in when the system has no more of something."""
_BACKLOG = 1024
_OTHER_LOOP = (
    "a relay needs a loop that watches sockets: asyncio.SelectorEventLoop, or `relay_in_thread`, which has one"
)


class Door:
    """Listens on every address that a name has, all with one port."""

    def __init__(
        self,
        host: str,
        port: int,
        room: Room,
        fits: Callable[[], bool],
        welcome: Callable[[socket.socket, str], object],
        *,
        share_port: bool = False,
    ) -> None:
        """Listen nowhere yet.

        Args:
            host: Address or name.
            port: Port; 0 takes a free one.
            room: Says it if there is none.
            fits: Tells whether there is room for one more.
            welcome: Gets each client's socket, and its address in words.
            share_port: Others listen on the same port; the system spreads the connections.
        """
        self.host = host
        self.port = port
        self._room = room
        self._fits = fits
        self._welcome = welcome
        self._share_port = share_port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: list[socket.socket] = []

    @property
    def authority(self) -> str:
        """Host and port as a client of this machine uses them."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def listen(self) -> None:
        """Take the port, and let nobody in yet.

        Raises:
            UsageError: If the address is taken or not ours.
        """
        try:
            addresses = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            for family, _, _, _, address in dict.fromkeys(addresses):
                self._bind(family, address)
        except OSError as error:
            if not self._listeners or error.errno == errno.EADDRINUSE:
                self.shut()
                raise UsageError(cannot_listen(self.host, self.port, error)) from error
        except UnicodeError as error:
            raise UsageError(cannot_listen(self.host, self.port, error)) from None

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let clients in.

        Raises:
            UsageError: If the loop cannot watch sockets, as the usual one of Windows.
        """
        self._loop = loop
        try:
            for listener in self._listeners:
                loop.add_reader(listener, self._accept, loop, listener)
        except NotImplementedError:
            self._loop = None
            self.shut()
            raise UsageError(_OTHER_LOOP) from None

    def shut(self) -> None:
        """Stop listening."""
        for listener in self._listeners:
            if self._loop is not None:
                self._loop.remove_reader(listener)
            listener.close()
        self._listeners.clear()

    def _bind(self, family: int, address: Any) -> None:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name == "posix":  # on Windows it would let two proxies have one port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if self._share_port:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((address[0], self.port, *address[2:]))
            listener.listen(_BACKLOG)
            listener.setblocking(False)
        except OSError:
            listener.close()
            raise
        self._listeners.append(listener)
        self.port = listener.getsockname()[1]

    def _accept(self, loop: asyncio.AbstractEventLoop, listener: socket.socket) -> None:
        for _ in range(_BACKLOG):
            if not self._fits():
                self._room.lacks(self._room.full)
                self._rest(loop, listener)
                return
            try:
                sock, address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in OUT_OF_FILES:
                    self._room.lacks(words_of(error))
                    self._rest(loop, listener)
                return
            sock.setblocking(False)
            self._welcome(sock, f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}")

    def _rest(self, loop: asyncio.AbstractEventLoop, listener: socket.socket) -> None:
        """Leave new connections waiting for a moment."""
        loop.remove_reader(listener)
        loop.call_later(REST_S, self._resume, loop, listener)

    def _resume(self, loop: asyncio.AbstractEventLoop, listener: socket.socket) -> None:
        if listener.fileno() >= 0:
            loop.add_reader(listener, self._accept, loop, listener)


def cannot_listen(host: str, port: int, error: OSError | UnicodeError) -> str:
    """Return why a server cannot have the address of its --listen, and what to do."""
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    number = getattr(error, "errno", None)
    if isinstance(error, UnicodeError):
        return f"{host!r} is no host; choose another address with --listen"
    if number == errno.EADDRINUSE:
        free = where.removesuffix(str(port)) + "0"
        return (
            f"{where} is taken by another program; stop it, or choose another port with "
            f"--listen {free} (0 takes a free one)"
        )
    if number == errno.EADDRNOTAVAIL or "could not bind on any address" in str(error):  # as asyncio puts it
        return f"cannot listen on {where}: this machine has no such address; choose another with --listen"
    if isinstance(error, socket.gaierror):
        return f"cannot listen on {where}: the name is not known; choose another with --listen"
    if isinstance(error, PermissionError):
        return f"cannot listen on {where}: permission denied; choose a port from 1024 on with --listen"
    said = os.strerror(number) if number is not None and number > 0 else words_of(error)  # not what asyncio adds to it
    return f"cannot listen on {where}: {said[:1].lower() + said[1:]}; choose another address with --listen"
