"""A relay as one would write it with `picows`: frames in, frames out, a line of JSON for each message.

python picows_relay.py LISTEN UPSTREAM FOLDER [CA]
"""

from __future__ import annotations

import asyncio
import signal
import ssl
import sys
import time
from itertools import count
from pathlib import Path
from typing import IO

import orjson
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_connect, ws_create_server

WRITE_S = 0.01
_Waiting = list[tuple[WSMsgType, bytes, bool]]


class Side(WSListener):  # type: ignore[misc, unused-ignore] # untyped where picows is not installed
    """One end of a connection."""

    def __init__(self, relay: Relay, number: int, name: str) -> None:
        self.relay = relay
        self.number = number
        self.name = name
        self.lines = relay.lines.setdefault(number, [])
        self.transport: WSTransport
        self.other: Side | None = None
        self.waiting: _Waiting = []

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Send it on, and make a line of it."""
        if frame.msg_type == WSMsgType.CLOSE:
            if self.other is not None:
                self.other.transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
            return
        payload = frame.get_payload_as_bytes()
        if self.other is None:
            self.waiting.append((frame.msg_type, payload, frame.fin))
        else:
            self.other.transport.send(frame.msg_type, payload, frame.fin)
        if frame.msg_type == WSMsgType.TEXT and frame.fin:
            orjson.loads(payload)
            line = {"t": time.monotonic(), "from": self.name, "event": orjson.Fragment(payload)}
            self.lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Disconnect the other."""
        if self.other is not None:
            self.other.transport.disconnect()

    def pause_writing(self) -> None:
        """Read no more for this end."""
        if self.other is not None:
            self.other.transport.underlying_transport.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        if self.other is not None:
            self.other.transport.underlying_transport.resume_reading()


class Relay:
    """Pairs of connections, and their files."""

    def __init__(self, upstream: int, folder: Path, ca: str | None) -> None:
        self.url = f"wss://localhost:{upstream}" if ca else f"ws://127.0.0.1:{upstream}"
        self.tls = ssl.create_default_context(cafile=ca) if ca else None
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.lines: dict[int, list[bytes]] = {}
        self.files: dict[int, IO[bytes]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.numbers = count()

    def accept(self, request: WSUpgradeRequest) -> Side:
        """Take a client, and connect it to the server."""
        client = Side(self, next(self.numbers), "client")
        task = asyncio.get_running_loop().create_task(self.connect(client, request.path.decode()))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return client

    async def connect(self, client: Side, path: str) -> None:
        """Connect to the server."""
        server = Side(self, client.number, "server")
        await ws_connect(lambda: server, self.url + path, ssl_context=self.tls, enable_auto_pong=False)
        client.other, server.other = server, client
        for side in (client, server):
            for kind, payload, fin in side.waiting:
                assert side.other is not None
                side.other.transport.send(kind, payload, fin)

    def write(self) -> None:
        """Write what has come."""
        for number, lines in self.lines.items():
            if lines:
                if number not in self.files:
                    self.files[number] = (self.folder / f"{number}.jsonl").open("wb", buffering=0)
                self.files[number].write(b"".join(lines))
                lines.clear()


async def main() -> None:
    """Relay until SIGTERM."""
    listen, upstream, folder, *ca = sys.argv[1:]
    relay = Relay(int(upstream), Path(folder), ca[0] if ca else None)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await ws_create_server(relay.accept, "127.0.0.1", int(listen), enable_auto_pong=False)
    while not stop.is_set():
        await asyncio.sleep(WRITE_S)
        relay.write()
    relay.write()


if __name__ == "__main__":
    uvloop.run(main())
