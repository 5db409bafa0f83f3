"""Both sides wait: what is told of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import ClassVar

import orjson
import pytest
from websockets.sync.client import connect

from realtime_inspector.replay.player import Player
from realtime_inspector.replay.thread import serving
from realtime_inspector.replay.watch import Watch
from tests.replay.helpers import TEXT, client_messages, script

SAID = [orjson.dumps(message) for message in client_messages(TEXT)]
HINT = (
    "call.jsonl: nothing has come for 0.01 s; in the recording the client goes on with response.create (line 8): "
    "it may wait for an answer that it has not asked for"
)


class Looking(Watch):
    """Counts how often it looked at a player that has heard two messages."""

    all: ClassVar[list[Looking]] = []

    def __init__(self, player: Player, tell: Callable[[str], object], quiet_s: float = 0.01) -> None:
        super().__init__(player, tell, quiet_s)
        self.looks = 0
        self.looked = threading.Event()
        Looking.all.append(self)

    def _look(self) -> None:
        super()._look()
        self.looks += len(self._player.matched) >= 2
        if self.looks > 8:
            self.looked.set()


def told_of(messages: list[bytes]) -> list[str]:
    """Return what is told of a client that says these and then waits."""
    player = Player(script(TEXT))
    player.open(0.0)
    for message in messages:
        player.receive(message, 0.0)
    told: list[str] = []

    async def look() -> None:
        watch = Looking(player, told.append, 0.01)
        with watch:
            await asyncio.to_thread(watch.looked.wait, 60)

    asyncio.run(look())
    return told


def test_a_client_that_waits_for_what_it_has_not_asked_for_is_told_of_once() -> None:
    assert told_of(SAID[:2]) == [HINT]


def test_a_client_that_has_said_all_waits_for_nothing() -> None:
    assert told_of(SAID) == []


def test_of_many_who_wait_at_the_same_place_one_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_inspector.replay.server.Watch", Looking)
    monkeypatch.setattr(Looking, "all", [])
    told: list[str] = []
    with serving([script(TEXT)] * 2, hinted=told.append) as server, ExitStack() as opened:
        for number in range(2):
            client = opened.enter_context(connect(server.ws_url, proxy=None))
            for message in SAID[:2]:
                client.send(message.decode())
            client.recv()
            assert Looking.all[number].looked.wait(60)
    assert told.count(HINT) == 1
