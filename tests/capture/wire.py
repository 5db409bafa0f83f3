"""Raw sockets on both ends of the relay, and frames written by hand: what the tests of capture share."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from websockets.frames import Frame, Opcode

from realtime_inspector.recording.entry import Entry
from realtime_inspector.recording.files import find, open_recording

TIMEOUT_S = 60.0
REQUEST = b"GET /v1/realtime?model=m HTTP/1.1\r\nhOsT: 127.0.0.1:1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nConnection: upgrade\r\nx-request-id: req_1\r\n\r\n"


def client_frame(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, rsv1: bool = False) -> bytes:
    """Return a masked frame."""
    return _with_rsv1(Frame(opcode, data, fin).serialize(mask=True), rsv1)


def server_frame(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, rsv1: bool = False) -> bytes:
    """Return a frame without a mask."""
    return _with_rsv1(Frame(opcode, data, fin).serialize(mask=False), rsv1)


def _with_rsv1(frame: bytes, rsv1: bool) -> bytes:
    return bytes([frame[0] | (0x40 if rsv1 else 0)]) + frame[1:]


_PEERS: list[Peer] = []


def close_all() -> None:
    """Close every socket that a test opened."""
    while _PEERS:
        _PEERS.pop().close()


class Peer:
    """A socket that is read in whole expectations, with a time limit."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.settimeout(TIMEOUT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _PEERS.append(self)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def read(self, size: int) -> bytes:
        """Return exactly so many bytes, or fewer if the other side ends before."""
        data = bytearray()
        while len(data) < size and (more := self.sock.recv(size - len(data))):
            data += more
        return bytes(data)

    def read_head(self) -> bytes:
        data = b""
        while not data.endswith(b"\r\n\r\n") and (more := self.sock.recv(1)):
            data += more
        return data

    def read_all(self) -> bytes:
        """Return what comes until the other side ends."""
        data = bytearray()
        while more := self.sock.recv(65536):
            data += more
        return bytes(data)

    def below(self) -> Peer:
        """Return the socket below TLS: the ssl module of Python 3.11 takes a reset for an end."""
        return Peer(socket.socket(fileno=os.dup(self.sock.fileno())))

    def half_close(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        """End with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Upstream:
    """A listening socket; the test plays the server."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(TIMEOUT_S)
        self.port: int = self.listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def accept(self) -> Peer:
        return Peer(self.listener.accept()[0])

    def close(self) -> None:
        self.listener.close()


@contextmanager
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    try:
        yield server
    finally:
        server.close()


def connect(port: int) -> Peer:
    return Peer(socket.create_connection(("127.0.0.1", port), TIMEOUT_S))


def upgraded(port: int, server: Upstream) -> tuple[Peer, Peer]:
    """Return both ends of a connection that is a WebSocket already."""
    client = connect(port)
    client.send(REQUEST)
    return client, switched(client, server)


def switched(client: Peer, server: Upstream) -> Peer:
    """Return the server's end of a connection whose client has asked for a WebSocket, and has got it."""
    peer = server.accept()
    assert peer.read_head()
    peer.send(SWITCH)
    assert client.read(len(SWITCH)) == SWITCH
    return peer


def refused(port: int) -> bool:
    """Tell whether nobody listens any more; whoever was still queued when the listening ended sees a reset first."""
    try:
        connect(port).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass
    return False


def wait_for(what: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    until = time.monotonic() + TIMEOUT_S
    while not what():
        if time.monotonic() > until:
            raise AssertionError("it did not happen in time")
        time.sleep(0.002)


def finished(folder: Path, count: int = 1) -> list[list[Entry]]:
    """Return the entries of that many finished recordings, as soon as there are so many."""

    def entries() -> list[list[Entry]]:
        return [list(open_recording(path)) for path in find(folder) if path.stat().st_size]

    wait_for(lambda: sum(1 for each in entries() if each and each[-1].kind == "end") >= count)
    return entries()


def outline(entries: list[Entry]) -> list[str]:
    """Return entries as short lines: who, what, how much."""
    return [f"{entry.side} {entry.kind} {_detail(entry)}".rstrip() for entry in entries]


def _detail(entry: Entry) -> str:
    match entry.kind:
        case "request":
            return f"{entry.members['method']} {entry.members['target']}"
        case "response":
            return f"{entry.members['status']}"
        case "close":
            return f"{entry.members['code']} {entry.members['reason']}"
        case "end":
            return f"{entry.members['how']} by {entry.members.get('by')}"
        case "gap":
            return f"{entry.members['lost']} {entry.members['why']}"
        case _:
            return entry.payload[:40].decode("latin-1")
