"""Tells when both sides wait for each other: a client that hangs does not say what it did not say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from realtime_inspector.replay.player import Player
from realtime_inspector.replay.report import Played

QUIET_S = 5.0
"""So long nothing may come and nothing be due before that is told."""
_LOOKS = 2
"""So often within that time."""


class Watch:
    """Looks at one player now and then, while `with` runs, and tells once for each place at which it stands still."""

    def __init__(self, player: Player, tell: Callable[[str], object], quiet_s: float = QUIET_S) -> None:
        """Prepare.

        Args:
            player: Whom to look at.
            tell: Gets a line of text.
            quiet_s: How long nothing may happen.
        """
        self._player, self._tell, self._quiet_s = player, tell, quiet_s
        self._seen = -1
        self._looks = 0
        """How often nothing new was seen, one look after the other."""
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        """Begin."""
        self._wait()

    def __exit__(self, *raised: object) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._quiet_s / _LOOKS, self._look)

    def _look(self) -> None:
        happened = self._player.happened
        self._looks = self._looks + 1 if happened == self._seen and self._player.rests else 0
        self._seen = happened
        if self._looks == _LOOKS:
            lacks = Played.of(self._player).lacks
            if lacks:
                self._tell(f"{self._player.script.name}: nothing has come for {self._quiet_s:g} s; {_next(lacks)}")
        self._wait()


def _next(lacks: str) -> str:
    return f"in the recording the client goes on with {lacks}: it may wait for an answer that it has not asked for"
