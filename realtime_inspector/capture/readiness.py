"""The one path that the relay answers itself: that it is ready, for whatever starts and watches it."""

from __future__ import annotations

import asyncio
import json
import os
import socket

from realtime_inspector import __version__
from realtime_inspector.capture.rewrite import READY_PATH, Refusal

READY_REQUEST = f"GET {READY_PATH} ".encode()
"""How a request for it begins."""
_LOOKS = 100
_LOOK_S = 0.01
_REQUEST_BYTES = 65536


class Ready(Refusal):
    """The answer: it listens. A relay that ends takes no connections, so there is no other answer."""

    __slots__ = ()

    @property
    def body(self) -> str:
        """Who answers."""
        return json.dumps({"ready": True, "pid": os.getpid(), "realtime_inspector": __version__}) + "\n"


READY = Ready(200, "OK", "ready", "")


async def asks_ready(sock: socket.socket) -> bool:
    """Tell whether a connection begins with the request that is ours to answer; take nothing from it."""
    for _ in range(_LOOKS):
        begun = sock.recv(len(READY_REQUEST), socket.MSG_PEEK)
        if begun == READY_REQUEST or not READY_REQUEST.startswith(begun):
            return begun == READY_REQUEST
        await asyncio.sleep(_LOOK_S)
    return False


async def say_ready(loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
    """Answer, and leave no recording behind."""
    sock.recv(_REQUEST_BYTES)
    await loop.sock_sendall(sock, READY.answer())
    sock.close()
