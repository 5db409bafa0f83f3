"""A process that starts relays by forking, so that killing twenty of them takes seconds: `URL FOLDER` → `PID PORT`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import cryptography.hazmat.primitives.asymmetric.ec  # noqa: F401 - loaded once, before forking

from realtime_inspector.capture.relay import Relay, new_event_loop


async def serve(url: str, folder: str) -> None:
    async with Relay(url, Path(folder)) as relay:
        sys.stdout.write(f"{os.getpid()} {relay.port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if os.fork() == 0:
            url, folder = line.split(" ", 1)
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(serve(url, folder.rstrip("\n")))


if __name__ == "__main__":
    main()
