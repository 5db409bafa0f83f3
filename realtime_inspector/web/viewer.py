"""One viewer: a process of the terminal interface, between whose pipes and a browser's WebSocket everything passes.

The process ends when the viewer leaves, however that happens: its input ends, and it is made to end if that is not
enough.
"""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

GRACE_S = 3.0
"""For so long a process may end by itself before the next, harder way is taken."""
LEFT = "You left the view."
BROKEN = "The view has broken off; the terminal that serves it says why."
DRIVER = "realtime_inspector.tui.remote:RemoteDriver"
MOST_CELLS = 1000
"""A wider or higher screen is none."""
_PRELUDE = b"__GANGLION__\n"
_HEAD_BYTES = 5
_SECRETS = ("REALTIME_INSPECTOR_TOKEN", "REALTIME_INSPECTOR_SERVE_TOKEN")
_LONGEST_PING = 100


class Viewer(AppService):
    """Runs the interface for one browser."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        write_bytes: Callable[[bytes], Awaitable[None]],
        write_str: Callable[[str], Awaitable[None]],
        end: Callable[[str], Awaitable[None]],
    ) -> None:
        async def close() -> None:
            await end(LEFT if self._exited else BROKEN)

        super().__init__(
            command[0],
            write_bytes=write_bytes,
            write_str=write_str,
            close=close,
            download_manager=DownloadManager(),
        )
        self._arguments = command
        self._left = self._exited = False

    @property
    def leaving(self) -> bool:
        """Whether the viewer has left, and the process is about to end."""
        return self._left

    @property
    def pid(self) -> int | None:
        """The process's number, once it was started."""
        return self._process.pid if self._process is not None else None

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Start the interface: without a shell, so that no file's name can be read as anything else."""
        environment = {**self._build_environment(*map(_cells, (width, height))), "TEXTUAL_DRIVER": DRIVER}
        for name in _SECRETS:
            environment.pop(name, None)
        self._process = await asyncio.create_subprocess_exec(
            *self._arguments, stdin=PIPE, stdout=PIPE, env=environment, start_new_session=os.name == "posix"
        )
        self._stdin = self._process.stdin
        return self._process

    async def run(self) -> None:
        """Pass on what the interface draws, until it ends."""
        drawn = self._process.stdout if self._process is not None else None
        if drawn is None:
            return
        with suppress(asyncio.IncompleteReadError):
            while await drawn.readline() not in {_PRELUDE, b""}:
                pass
            while True:
                head = await drawn.readexactly(_HEAD_BYTES)
                payload = await drawn.readexactly(int.from_bytes(head[1:], "big"))
                await self._pass_on(head[:1], payload)
        if not self._left:
            await self.remote_close()

    async def _pass_on(self, kind: bytes, payload: bytes) -> None:
        """Pass on one packet; once the viewer has left, read on all the same: the process may wait for that."""
        self._exited = self._exited or (kind == b"M" and b'"exit"' in payload)
        if kind == b"D" and not self._left:
            try:
                await self.on_data(payload)
            except ConnectionError:
                self._left = True

    async def take(self, text: str) -> None:
        """Take what the browser sent; what is no message of its terminal is passed over."""
        try:
            message = json.loads(text)
        except ValueError:
            return
        match message:
            case ["stdin", str(typed)]:
                await self.send_bytes(typed.encode(errors="replace"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                await self.set_terminal_size(_cells(width), _cells(height))
            case ["ping", str(number)] if len(number) < _LONGEST_PING:
                await self.remote_write_str(json.dumps(["pong", number]))
            case ["blur"]:
                await self.blur()
            case ["focus"]:
                await self.focus()

    async def stop(self) -> None:
        """End the process, and wait until it has ended."""
        self._left = True
        process = self._process
        if process is None:
            return
        for end in (self.stdin.close, process.terminate, process.kill):
            with suppress(ProcessLookupError, TimeoutError):
                end()
                async with asyncio.timeout(GRACE_S):
                    await process.wait()
                break
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None


def _cells(number: Any) -> int:
    return max(1, min(int(number), MOST_CELLS))
