"""A request that goes where it was meant for, with another key: nothing else in it is changed."""

from __future__ import annotations

from collections.abc import Callable

from realtime_inspector.capture.http import Head
from realtime_inspector.capture.rewrite import Refusal, Rewriter
from realtime_inspector.capture.upstream import Upstream


class Rekeyer(Rewriter):
    """Changes the heads of requests until the upgrade, and leaves `Host` and target alone."""

    def __init__(self, server: Upstream, change: Callable[[bytes], bytes]) -> None:
        super().__init__(server, server.port)
        self._put = change

    def _rewrite(self, head: Head) -> bytes | Refusal:
        return self._put(head.raw)
