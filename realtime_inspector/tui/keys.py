"""Keys handled one after another.

Textual hands each key to the widget that has the focus when the key arrives, and looks for its action when it comes
back, several turns of the loop later. Of keys typed fast, those after `/` would still go to the list and be lost. Here
a key waits until the one before it has had its effect, the focus it moved included.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from textual.app import App
from textual.dom import DOMNode
from textual.events import Callback, Key

PATIENCE_S = 1.0
"""A key whose widget went away meanwhile is waited for no longer than this."""


class KeyQueue:
    """The keys that wait for their turn."""

    def __init__(self, app: App[None], hand_over: Callable[[Key], Awaitable[None]]) -> None:
        self._app = app
        self._hand_over = hand_over
        self._waiting: asyncio.Queue[Key] = asyncio.Queue()

    def put(self, event: Key) -> None:
        """Let a key wait for its turn."""
        self._waiting.put_nowait(event)

    async def run(self) -> None:
        """Hand over one key after another, until cancelled."""
        while True:
            event = await self._waiting.get()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._focus(), PATIENCE_S)
            target = self._app.focused or self._app.screen
            await self._hand_over(event)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._effect(target), PATIENCE_S)

    async def _focus(self) -> None:
        """Wait until the screen, perhaps a new one, has given the focus to something."""
        while self._app.focused is None:  # noqa: ASYNC110 - Textual tells nobody when a screen gets its first focus
            await asyncio.sleep(0.005)

    async def _effect(self, target: DOMNode) -> None:
        """Wait until whatever the key set off has happened.

        A callback follows the key through the queues that it goes through, and once more for the message that the key
        made its widget send.
        """
        follower = _Follower([*target.ancestors_with_self, *target.ancestors_with_self])
        follower.go_on()
        await follower.arrived.wait()


class _Follower:
    """What goes through the queues of some nodes, one after another.

    Not by `call_later`: that makes a callable of its own each time, whose signature the framework then looks up, which
    takes ten times as long as the way through the queue.
    """

    def __init__(self, nodes: Iterable[DOMNode]) -> None:
        self._nodes = iter(nodes)
        self.arrived = asyncio.Event()

    def go_on(self) -> None:
        """Line up at the next node."""
        for node in self._nodes:
            node.post_message(Callback(callback=self.go_on))
            return
        self.arrived.set()
