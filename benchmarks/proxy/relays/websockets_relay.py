"""A relay as one would write it with `websockets`: messages in, messages out, a line of JSON for each.

python websockets_relay.py LISTEN UPSTREAM FOLDER [CA]
"""

from __future__ import annotations

import asyncio
import signal
import ssl
import sys
import time
from itertools import count
from pathlib import Path
from typing import IO, Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

WRITE_S = 0.01
_OPTIONS: dict[str, Any] = {"compression": None, "max_size": None, "ping_interval": None}


class Relay:
    """Copies between pairs of connections."""

    def __init__(self, upstream: int, folder: Path, ca: str | None) -> None:
        self.url = f"wss://localhost:{upstream}" if ca else f"ws://127.0.0.1:{upstream}"
        self.tls = ssl.create_default_context(cafile=ca) if ca else None
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.lines: dict[int, list[bytes]] = {}
        self.files: dict[int, IO[bytes]] = {}
        self.numbers = count()

    async def handle(self, client: ServerConnection) -> None:
        """Relay one connection."""
        assert client.request is not None
        number = next(self.numbers)
        url = self.url + client.request.path
        async with connect(url, proxy=None, ssl=self.tls, **_OPTIONS) as server:
            await asyncio.gather(
                self.copy(client, server, number, "client"), self.copy(server, client, number, "server")
            )

    async def copy(
        self,
        source: ClientConnection | ServerConnection,
        target: ClientConnection | ServerConnection,
        number: int,
        side: str,
    ) -> None:
        """Copy one direction."""
        lines = self.lines.setdefault(number, [])
        try:
            while True:
                message = await source.recv(decode=False)
                await target.send(message, text=True)
                orjson.loads(message)
                entry = {"t": time.monotonic(), "from": side, "event": orjson.Fragment(message)}
                lines.append(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
        except ConnectionClosed:
            await target.close()

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
    async with serve(relay.handle, "127.0.0.1", int(listen), **_OPTIONS):
        while not stop.is_set():
            await asyncio.sleep(WRITE_S)
            relay.write()
    relay.write()


if __name__ == "__main__":
    asyncio.run(main())
