"""A recording served from the screen to a client that does what the recorded one did, and to one that does not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from websockets.asyncio.client import connect

from realtime_inspector.replay.options import Options
from realtime_inspector.tui import playing
from realtime_inspector.tui.playing import Playing, Progress
from realtime_inspector.tui.screens.serving import ServingScreen
from tests.tui import sample
from tests.tui.driving import app_on, drive, dump, press, settled, until

CALL = """
> GET /v1/realtime?model=gpt-realtime
< 101
< {"type":"session.created","session":{"id":"s1","model":"gpt-realtime"}}
> {"type":"response.create"}
< {"type":"response.created","response":{"id":"r1"}}
< {"type":"response.done","response":{"id":"r1","status":"completed"}}
x> 1000
x
"""


def test_a_client_is_served_and_what_does_not_fit_is_told(tmp_path: Path) -> None:
    call = sample.write(tmp_path / "call.jsonl", CALL)

    async def play(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, "r", "s")
        await until(pilot, lambda: "no client yet" in dump(pilot.app))
        screen = pilot.app.screen
        assert isinstance(screen, ServingScreen)
        assert screen.server is not None
        async with connect(screen.server.ws_url, proxy=None) as client:
            await asyncio.wait_for(client.recv(), 60)
            await client.send('{"type":"response.create"}')
            await asyncio.wait_for(client.recv(), 60)
            await asyncio.wait_for(client.recv(), 60)
            await until(pilot, lambda: "1 of 1" in dump(pilot.app) and "3 of 3" in dump(pilot.app))
        async with connect(screen.server.ws_url, proxy=None) as client:
            await asyncio.wait_for(client.recv(), 60)
            await client.send('{"type":"conversation.item.create","item":{"type":"message"}}')
            await until(pilot, lambda: "What did not fit (1)" in dump(pilot.app))
        before = screen.server
        await pilot.press("s")
        await until(pilot, lambda: screen.server not in (None, before) and "without any delay" in dump(pilot.app))
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.screen is not screen)

    drive(app_on(call), play, (100, 40))


def test_what_is_left_is_named_and_hostile_text_is_written_out() -> None:
    left = Progress(1, 3, 2, 2, over=True, extras=("x",), never_came=("response.create (line 7)",))
    now = Playing("http://127.0.0.1:1/v1", Options(), (left,), ("a\x1b[31m\nb",), refusing=True)
    shown = [line.text for line in playing.lines(now)]
    assert "  never came: response.create (line 7), and 1 more" in shown
    assert "a\\e[31m" in shown
    assert "policy      causal: the same by meaning, each event after what caused it" in shown
    assert shown[-1].startswith("no further client is let in")
    whole = Progress(1, 1, 2, 2, over=True)
    assert "  all of the recording happened" in [line.text for line in playing.lines(Playing("", Options(), (whole,)))]
