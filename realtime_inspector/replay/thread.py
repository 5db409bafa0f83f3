"""A replay server in a thread of its own, with a loop of its own: for synchronous callers, and for tests of any kind.

with serving(load(path)) as server:
    subprocess.run(…, env={"OPENAI_BASE_URL": server.base_url})
server.report()
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from realtime_inspector.capture.looping import looping
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.script import Script
from realtime_inspector.replay.server import ReplayServer


@contextmanager
def serving(scripts: Sequence[Script], options: Options | None = None, **more: Any) -> Iterator[ReplayServer]:
    """Serve recordings while the block runs; the arguments are those of `ReplayServer`.

    When the block is left, everything the clients still had to say has been taken in, and every socket is closed.

    Raises:
        UsageError: If the address cannot be listened on.
    """
    with looping("replay") as run:
        server = run(_started(scripts, options, more))
        try:
            yield server
        finally:
            run(server.__aexit__(None, None, None))


def drain(server: ReplayServer) -> None:
    """Wait, from another thread, until the server has taken in what clients have sent so far."""
    if server.loop is not None:
        asyncio.run_coroutine_threadsafe(server.drain(), server.loop).result()


async def _started(scripts: Sequence[Script], options: Options | None, more: dict[str, Any]) -> ReplayServer:
    return await ReplayServer(scripts, options, **more).__aenter__()
