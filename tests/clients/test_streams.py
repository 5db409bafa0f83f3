"""The `openai` package in a translation and in a session of the Live API: simulated, recorded, met by its recording."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.analysis.dialogue import dialogue
from realtime_inspector.analysis.lint import events, lint
from realtime_inspector.capture.relay import Relay
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.files import find, open_recording
from realtime_inspector.replay.load import load
from realtime_inspector.replay.thread import serving
from realtime_inspector.simulator import Simulator
from realtime_inspector.simulator.scenario import parse
from realtime_inspector.simulator.voice import USER, silence, speech_lasting

pytestmark = pytest.mark.skipif(not find_spec("openai"), reason="the SDK is not installed")

SCENARIO = parse('[[turn]]\nheard = "Guten Tag."\nsay = "Good day."\nduration_ms = 400\n', "test")
AUDIO = speech_lasting("guten tag", 600, USER) + silence(1400)
PIECE = 9600
"""Bytes of 200 ms."""


@asynccontextmanager
async def translation(client: Any) -> AsyncIterator[tuple[Any, Any]]:
    """Have something translated; gives the connection, and what takes audio."""
    async with client.realtime.translations.connect(model="gpt-realtime-translate") as connection:
        await connection.session.update(session={"audio": {"input": {"transcription": {"model": "whisper"}}}})
        yield connection, connection.session.input_audio_buffer.append


@asynccontextmanager
async def live(client: Any) -> AsyncIterator[tuple[Any, Any]]:
    """Talk to the Live API; gives the connection, and what takes audio."""
    async with client.live.connect() as connection:
        await connection.session.start(session={"model": "gpt-live-1"})
        yield connection, connection.session.input_audio.append


async def talk(kind: Any, base_url: str) -> list[str]:
    """Say something and return what was heard, to the end."""
    import openai

    heard = []
    async with openai.AsyncOpenAI(api_key="sk-none", base_url=base_url) as client, kind(client) as (connection, append):
        async for event in connection:
            if event.type in {"session.updated", "session.started"}:
                for at in range(0, len(AUDIO), PIECE):
                    await append(audio=b64encode(AUDIO[at : at + PIECE]).decode())
            elif event.type == "session.output_transcript.delta":
                heard.append(event.delta)
                if "day" in event.delta:
                    await connection.session.close()
            elif event.type == "session.closed":
                break
    return heard


async def recorded(kind: Any, folder: Path) -> list[str]:
    async with Simulator(SCENARIO) as simulator, Relay(f"ws://127.0.0.1:{simulator.port}", folder) as relay:
        return await talk(kind, f"http://127.0.0.1:{relay.port}/v1")


@pytest.mark.parametrize("kind", [translation, live])
def test_it_is_recorded_read_and_met_again(kind: Any, tmp_path: Path) -> None:
    seen = asyncio.run(recorded(kind, tmp_path))
    assert "".join(seen).strip() == "Good day."

    (path,) = find(tmp_path)
    session = Session()
    for event in events(open_recording(path)):
        session.apply(event)
    said = {(line.who, line.text.strip()) for line in dialogue(session)}
    assert said == {("user", "Guten Tag."), ("assistant", "Good day.")}
    assert session.input_audio.total_ms == 2000
    assert lint(open_recording(path)) == []

    with serving(load(path)) as again:
        assert asyncio.run(talk(kind, again.base_url)) == seen
    assert again.report().exit_code == 0, again.report().text()
