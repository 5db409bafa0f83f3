"""The one path that the relay answers itself: that it is ready, for whatever starts and watches it."""

from __future__ import annotations

import json
import os

from realtime_inspector import __version__
from realtime_inspector.capture.rewrite import READY_PATH, Refusal

READY_REQUEST = f"GET {READY_PATH} ".encode()
"""How a request for it begins."""


class Ready(Refusal):
    """The answer: it listens. A relay that ends takes no connections, so there is no other answer."""

    __slots__ = ()

    @property
    def body(self) -> str:
        """Who answers."""
        return json.dumps({"ready": True, "pid": os.getpid(), "realtime_inspector": __version__}) + "\n"


READY = Ready(200, "OK", "ready", "")
