"""The `openai` package in a translation and in a session of the Live API: recorded, and met by its recording."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from realtime_inspector.analysis.dialogue import dialogue
from realtime_inspector.analysis.lint import events, lint
from realtime_inspector.capture.relay import Relay
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import transcript
from realtime_inspector.recording.files import find, open_recording
from realtime_inspector.replay.causes import build
from realtime_inspector.replay.load import load
from realtime_inspector.replay.thread import serving
from tests.streams import CLOSED, LIVE, TRANSLATION, heard, sent, spoken

pytestmark = pytest.mark.skipif(not find_spec("openai"), reason="the SDK is not installed")

AUDIO = b64encode(bytes(9600)).decode()
"""200 ms."""


async def translate(base_url: str) -> list[str]:
    """Have something translated; return what was heard."""
    import openai

    heard = []
    async with (
        openai.AsyncOpenAI(api_key="sk-none", base_url=base_url) as client,
        client.realtime.translations.connect(model="gpt-realtime-translate") as connection,
    ):
        await connection.session.update(session={"audio": {"output": {"language": "de"}}})
        async for event in connection:
            if event.type == "session.updated":
                for _ in range(3):
                    await connection.session.input_audio_buffer.append(audio=AUDIO)
            elif event.type == "session.output_transcript.delta":
                heard.append(event.delta)
            elif event.type == "session.output_audio.delta":
                await connection.session.close()
            elif event.type == "session.closed":
                break
    return heard


async def live(base_url: str) -> list[str]:
    """Talk to the Live API; return what was heard."""
    import openai

    heard = []
    async with (
        openai.AsyncOpenAI(api_key="sk-none", base_url=base_url) as client,
        client.live.connect() as connection,
    ):
        await connection.session.start(session={"type": "live", "model": "gpt-live-1"})  # type: ignore[typeddict-unknown-key]
        async for event in connection:
            if event.type == "session.started":
                for _ in range(3):
                    await connection.session.input_audio.append(audio=AUDIO)
            elif event.type == "session.output_transcript.delta":
                heard.append(event.delta)
            elif event.type == "session.output_audio.delta":
                await connection.session.close()
            elif event.type == "session.closed":
                break
    return heard


CALLS = {
    "translation": (
        translate,
        TRANSLATION + sent(3, "session.input_audio_buffer.append") + spoken("Guten Tag.") + CLOSED,
        [("assistant", "Guten Tag.")],
    ),
    "live": (
        live,
        LIVE + sent(3) + heard("Hello", 0, 400) + spoken("Hi.") + CLOSED,
        [("user", "Hello"), ("assistant", "Hi.")],
    ),
}


async def through_the_proxy(client: Callable[[str], Awaitable[list[str]]], upstream: int, folder: Path) -> list[str]:
    async with Relay(f"ws://127.0.0.1:{upstream}", folder) as relay:
        return await client(f"http://127.0.0.1:{relay.port}/v1")


@pytest.mark.parametrize("name", CALLS)
def test_it_is_recorded_read_and_met_again(name: str, tmp_path: Path) -> None:
    client, text, said = CALLS[name]
    with serving([build(transcript.entries(text), name=name)]) as server:
        seen = asyncio.run(through_the_proxy(client, server.port, tmp_path))
    assert server.report().exit_code == 0, server.report().text()

    (path,) = find(tmp_path)
    session = Session()
    for event in events(open_recording(path)):
        session.apply(event)
    assert [(line.who, line.text) for line in dialogue(session)] == said
    assert session.input_audio.total_ms == 600
    assert lint(open_recording(path)) == []

    with serving(load(path)) as again:
        assert asyncio.run(client(again.base_url)) == seen == [words for who, words in said if who == "assistant"]
    assert again.report().exit_code == 0, again.report().text()
