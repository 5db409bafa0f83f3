"""An addon for mitmdump that writes every message of a WebSocket as a line of JSON, a file for each connection.

Lines are gathered for 10 ms, and messages are taken out of the flow, so that memory is not what limits it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic
from typing import IO, Any

import orjson
from mitmproxy import ctx, http


class Record:
    """The addon."""

    def __init__(self) -> None:
        self.files: dict[str, IO[bytes]] = {}
        self.lines: dict[str, list[bytes]] = {}

    def load(self, loader: Any) -> None:
        """Take the folder as an option."""
        loader.add_option("record", str, "", "folder of the recordings")

    def running(self) -> None:
        """Begin to write."""
        Path(ctx.options.record).mkdir(exist_ok=True)
        self.write()

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Make a line of a message."""
        assert flow.websocket is not None
        message = flow.websocket.messages.pop()
        side = "client" if message.from_client else "server"
        event = orjson.Fragment(message.content)
        orjson.loads(message.content)
        line = orjson.dumps({"t": monotonic(), "from": side, "event": event}, option=orjson.OPT_APPEND_NEWLINE)
        self.lines.setdefault(flow.id, []).append(line)

    def write(self) -> None:
        """Write what has come, and again soon."""
        for name, lines in self.lines.items():
            if name not in self.files:
                self.files[name] = Path(ctx.options.record, f"{name}.jsonl").open("wb", buffering=0)  # noqa: SIM115
            self.files[name].write(b"".join(lines))
        self.lines.clear()
        asyncio.get_running_loop().call_later(0.01, self.write)

    def done(self) -> None:
        """Write what is left."""
        if self.lines:
            self.write()


addons = [Record()]
