"""Real clients against recordings: the OpenAI SDK, the Agents SDK, and the habits of LiveKit."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from realtime_inspector.replay.server import ReplayServer
from realtime_inspector.replay.thread import serving
from tests.replay.helpers import SPEECH, TOOLS, Live, client_messages, script, types

openai = pytest.importorskip("openai")


@pytest.fixture(autouse=True)
def _past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture
def tools() -> Iterator[ReplayServer]:
    """Serve a text turn and one with two tool calls."""
    with serving([script(TOOLS)]) as server:
        yield server


def text_item(text: str) -> Any:
    """Return a message of the user."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


OUTPUTS = {"sky": '{"sky": "clear"}', "heat": '{"celsius": 21}'}
METADATA = {"metadata": {"client_event_id": "rc_77cc88dd"}}


def test_the_openai_sdk_holds_two_turns_with_tools(tools: ReplayServer) -> None:
    with (
        openai.OpenAI(api_key="dummy", base_url=tools.base_url) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        connection.session.update(session={"type": "realtime", "instructions": "Be brief."})
        connection.conversation.item.create(item=text_item("Hi"))
        connection.response.create()
        for event in connection:
            if event.type == "response.done" and event.response.id == "resp_1":
                connection.conversation.item.create(item=text_item("Weather?"))
                connection.response.create(response=METADATA)
            if event.type == "response.done" and event.response.id == "resp_2":
                for call in event.response.output or []:
                    assert call.type == "function_call"
                    name = {"call_1": "sky", "call_2": "heat"}[call.call_id or ""]
                    output = {"type": "function_call_output", "call_id": call.call_id, "output": OUTPUTS[name]}
                    connection.conversation.item.create(item=output)
                connection.response.create()
            if event.type == "response.done" and event.response.id == "resp_3":
                break
    assert tools.report().met, tools.report().text()


async def _speak(base_url: str, chunk_ms: int) -> list[str]:
    heard: list[str] = []
    async with (
        openai.AsyncOpenAI(api_key="dummy", base_url=base_url) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.session.update(session=client_messages(SPEECH)[0]["session"])
        for _ in range(3000 // chunk_ms):
            await connection.input_audio_buffer.append(audio=b64encode(bytes(48 * chunk_ms)).decode())
        async for event in connection:
            heard.append(event.type)
            if event.type == "input_audio_buffer.speech_started" and event.item_id == "item_v2":
                await connection.conversation.item.truncate(item_id="item_a1", content_index=0, audio_end_ms=123)
            if event.type == "conversation.item.truncated":
                await connection.conversation.item.retrieve(item_id="item_a1")
            if event.type == "conversation.item.retrieved":
                break
    return heard


@pytest.mark.parametrize("chunk_ms", [10, 20, 100, 500])
def test_the_openai_sdk_talks_into_an_answer_whatever_its_chunks_are(chunk_ms: int) -> None:
    with serving([script(SPEECH)]) as server:
        heard = asyncio.run(_speak(server.base_url, chunk_ms))
    assert server.report().met, server.report().text()
    assert heard.count("response.created") == 2
    assert server.players[0].session.responses["resp_1"].reason == "turn_detected"


AGENTS = """
    > GET /v1/realtime?model=gpt-realtime {"upgrade": "websocket"}
    < 101
    < {"type": "session.created", "event_id": "e0", "session": {"type": "realtime", "object": "realtime.session", "id": "sess_1", "model": "gpt-realtime"}}
    > {"type": "session.update", "session": {"type": "realtime"}}
    < {"type": "session.updated", "event_id": "e1", "session": {"type": "realtime", "object": "realtime.session", "id": "sess_1", "model": "gpt-realtime"}}
    > {"type": "session.update", "session": {"type": "realtime", "tracing": "auto"}}
    < {"type": "session.updated", "event_id": "e2", "session": {"type": "realtime", "object": "realtime.session", "id": "sess_1", "model": "gpt-realtime", "tracing": "auto"}}
    > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Weather?"}]}}
    > {"type": "response.create"}
    < {"type": "conversation.item.added", "event_id": "e3", "item": {"id": "item_1", "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_text", "text": "Weather?"}]}}
    < {"type": "response.created", "event_id": "e4", "response": {"id": "resp_1", "object": "realtime.response", "status": "in_progress", "output": []}}
    < {"type": "response.output_item.added", "event_id": "e5", "response_id": "resp_1", "output_index": 0, "item": {"id": "item_2", "type": "function_call", "status": "in_progress", "name": "sky", "call_id": "call_1", "arguments": ""}}
    < {"type": "response.function_call_arguments.done", "event_id": "e6", "response_id": "resp_1", "item_id": "item_2", "output_index": 0, "call_id": "call_1", "name": "sky", "arguments": "{}"}
    < {"type": "response.output_item.done", "event_id": "e7", "response_id": "resp_1", "output_index": 0, "item": {"id": "item_2", "type": "function_call", "status": "completed", "name": "sky", "call_id": "call_1", "arguments": "{}"}}
    < {"type": "response.done", "event_id": "e8", "response": {"id": "resp_1", "object": "realtime.response", "status": "completed", "output": [{"id": "item_2", "type": "function_call", "status": "completed", "name": "sky", "call_id": "call_1", "arguments": "{}"}]}}
    > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "call_1", "output": "clear"}}
    < {"type": "conversation.item.added", "event_id": "e9", "item": {"id": "item_3", "type": "function_call_output", "call_id": "call_1", "output": "clear"}}
    > {"type": "response.create"}
    < {"type": "response.created", "event_id": "e10", "response": {"id": "resp_2", "object": "realtime.response", "status": "in_progress", "output": []}}
    < {"type": "response.done", "event_id": "e11", "response": {"id": "resp_2", "object": "realtime.response", "status": "completed", "output": []}}
"""  # noqa: E501


async def _run_agent(url: str) -> list[str]:
    from agents import function_tool, set_tracing_disabled
    from agents.realtime import RealtimeAgent, RealtimeRunner

    set_tracing_disabled(True)

    @function_tool
    def sky() -> str:
        """How the sky is."""
        return "clear"

    agent: RealtimeAgent[Any] = RealtimeAgent(name="weather", tools=[sky])
    session = await RealtimeRunner(agent).run(model_config={"url": url, "api_key": "dummy"})
    outputs, ended = [], 0
    async with session:
        await session.send_message("Weather?")
        async for event in session:
            if event.type == "error":
                raise AssertionError(event.error)
            if event.type == "tool_end":
                outputs.append(str(event.output))
            raw = getattr(getattr(event, "data", None), "data", None)
            ended += isinstance(raw, dict) and raw.get("type") == "response.done"
            if ended == 2:
                break
    return outputs


def test_the_agents_sdk_calls_its_tool_and_goes_on() -> None:
    from realtime_inspector.replay.options import Options

    options = Options(ignore=("session",))  # what it configures is its own, and grows with its versions
    with serving([script(AGENTS)], options) as server:
        outputs = asyncio.run(_run_agent(server.ws_url))
    assert outputs == ["clear"]
    assert server.report().met, server.report().text()


def test_a_client_like_livekit_finds_its_own_ids_in_every_answer() -> None:
    """It waits for its own item id and metadata, cancels once or twice, and truncates when it likes."""
    update, item, respond, second, ask, *outputs = client_messages(TOOLS)
    live = Live(script(TOOLS))
    live.send({**update, "event_id": "session_update_1a2b3c4d"})
    for event_id in ("cancel_1", "cancel_2"):
        live.send({"type": "response.cancel", "event_id": event_id})
    item["item"]["id"] = "item_5e6f7a8b"
    added, *_ = live.send(item)
    assert added["item"]["id"] == "item_5e6f7a8b"
    live.send(respond)
    second["item"]["id"] = "item_9c0d1e2f"
    added, *_ = live.send(second)
    assert (added["item"]["id"], added["previous_item_id"]) == ("item_9c0d1e2f", "item_a1")
    ask["response"]["metadata"]["client_event_id"] = "rc_12345678"
    got = live.send(ask)
    assert json.dumps(got).count("rc_12345678") == 2
    assert "rc_00aa11bb" not in json.dumps(got)
    live.send(*outputs, {"type": "conversation.item.retrieve", "item_id": "item_9c0d1e2f"})
    assert types(live.got).count("error") == 2, "one for each cancel"
    assert live.report().met, live.report().text()
