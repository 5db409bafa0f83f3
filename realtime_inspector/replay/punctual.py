"""What a player sends at its time, from a timer of the loop: the connection's task is not woken for it.

A task that waits for a message with a limit is woken, cancelled and begun anew for every event that is due; with a
thousand connections that costs more than the events themselves. Here it waits for messages alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from realtime_inspector.replay.connection import Connection
from realtime_inspector.replay.player import Action, Player, Send, Wait


class Punctual:
    """Waits for one client's messages, and sends what is due in the meantime."""

    def __init__(self, connection: Connection, player: Player) -> None:
        self._connection, self._player = connection, player
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Timeout | None = None
        self._left: list[Action] = []
        self._failed: Exception | None = None

    async def next(self, until: float | None) -> str | bytes | list[Action]:
        """Return the next message, or actions of which one is not to send or to wait, or the client does not read.

        Args:
            until: When something is due.

        Raises:
            ConnectionClosed: If the connection has ended.
        """
        self._arm(until)
        try:
            async with asyncio.timeout(None) as self._waiting:
                return await self._connection.recv()
        except TimeoutError:
            if self._failed is not None:
                raise self._failed from None
            left, self._left = self._left, []
            return left
        finally:
            self._waiting = None
            if self._timer is not None:
                self._timer.cancel()

    def _arm(self, until: float | None) -> None:
        self._timer = None if until is None else self._loop.call_at(until, self._due)

    def _due(self) -> None:
        try:
            actions = self._player.advance(self._loop.time())
        except Exception as error:  # told by the task, as if it had happened there
            self._failed = error
            actions = []
        if self._failed is None and _is_simple(actions) and self._connection.is_ready:
            self._connection.send_now([(one.payload, one.binary) for one in actions if isinstance(one, Send)])
            self._arm(next((one.until for one in actions if isinstance(one, Wait)), None))
        elif self._waiting is not None:
            self._left = actions
            self._waiting.reschedule(self._loop.time())


def _is_simple(actions: Sequence[Action]) -> bool:
    return all(type(action) in _SIMPLE for action in actions)


_SIMPLE = frozenset({Send, Wait})
