"""The one path that the relay answers itself: whether it is ready, for whatever starts and watches it."""

from __future__ import annotations

import json
import os

from realtime_inspector import __version__

READY_PATH = "/__realtime_inspector/ready"
"""Never forwarded; no API has a path like it."""


def ready_answer(*, connections: int, draining: bool) -> bytes:
    """Return the whole answer: 200 while new connections are welcome, 503 from the beginning of the end.

    Args:
        connections: How many are open.
        draining: No new ones are taken.
    """
    status = "503 Service Unavailable" if draining else "200 OK"
    said = {"ready": not draining, "connections": connections, "pid": os.getpid(), "realtime_inspector": __version__}
    body = json.dumps(said) + "\n"
    headers = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return f"HTTP/1.1 {status}\r\n{headers}\r\n{body}".encode()
