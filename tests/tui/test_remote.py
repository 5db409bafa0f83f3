"""The driver of a view whose screen is elsewhere, between two pipes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from textual import events, messages

from realtime_inspector.tui.remote import RemoteDriver

PATIENCE_S = 60.0


@dataclass
class App:
    """What a driver knows of its app."""

    came: Queue[Any] = field(default_factory=Queue)

    def post_message(self, message: Any) -> None:
        self.came.put(message)

    async def _post_message(self, message: Any) -> None:
        self.came.put(message)


@dataclass
class Ends:
    """A driver, its app, and the other ends of its pipes."""

    driver: RemoteDriver
    app: App
    keys: int
    screen: int

    def close(self, end: str) -> None:
        """Close an end, once: its number may be another's at once."""
        os.close(getattr(self, end))
        setattr(self, end, -1)


def packet(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "big") + payload


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    source, keys = os.pipe()
    screen, target = os.pipe()
    with os.fdopen(source, "rb", buffering=0) as stdin, os.fdopen(target, "wb", buffering=0) as stdout:
        monkeypatch.setattr(sys, "__stdin__", stdin)
        monkeypatch.setattr(sys, "__stdout__", stdout)
        app = App()
        loop = asyncio.new_event_loop()
        running = Thread(target=loop.run_forever)
        running.start()

        async def made() -> RemoteDriver:
            return RemoteDriver(app)

        opened = Ends(asyncio.run_coroutine_threadsafe(made(), loop).result(PATIENCE_S), app, keys, screen)
        yield opened
        loop.call_soon_threadsafe(loop.stop)
        running.join()
        loop.close()
        for descriptor in (opened.keys, opened.screen):
            if descriptor >= 0:
                os.close(descriptor)


def test_keys_and_sizes_come_in_packets_however_they_are_cut_and_the_end_of_them_ends_the_app(ends: Ends) -> None:
    size = json.dumps({"type": "resize", "width": 100, "height": 30}).encode()
    for byte in packet(b"D", "é".encode()) + packet(b"M", size) + packet(b"D", b"\x1b"):
        os.write(ends.keys, bytes([byte]))
    reading = Thread(target=ends.driver.run_input_thread)
    reading.start()
    came = [ends.app.came.get(timeout=PATIENCE_S) for _ in range(3)]
    keys = [each.key for each in came if isinstance(each, events.Key)]
    assert keys == ["é", "escape"]  # the second was told from the beginning of a longer key by waiting
    assert [each.size for each in came if isinstance(each, events.Resize)] == [(100, 30)]
    ends.close("keys")
    assert isinstance(ends.app.came.get(timeout=PATIENCE_S), messages.ExitApp)
    reading.join(PATIENCE_S)
    assert not reading.is_alive()


def test_an_app_that_ends_stops_the_reading(ends: Ends) -> None:
    reading = Thread(target=ends.driver.run_input_thread)
    reading.start()
    ends.driver.stop_application_mode()
    reading.join(PATIENCE_S)
    assert not reading.is_alive()
    assert ends.app.came.empty()
    assert b'{"type": "exit"}' in os.read(ends.screen, 4096)


def test_what_is_drawn_for_nobody_is_no_mistake(ends: Ends) -> None:
    ends.driver.write("hello")
    assert os.read(ends.screen, 4096) == packet(b"D", b"hello")
    ends.close("screen")
    ends.driver.write("hello")
