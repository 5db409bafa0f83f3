"""Real clients against the simulator, unchanged: what they need from a server is there."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime_inspector.simulator import Simulator
from realtime_inspector.simulator.scenario import parse
from tests.simulator.driving import TOOLS, WEATHER

openai = pytest.importorskip("openai")

SCENARIO = parse("[pace]\nspeed = 100\ndelay_ms = 0\n" + WEATHER, "test")


def base_url(simulator: Simulator) -> str:
    return simulator.url.replace("ws", "http", 1).removesuffix("/realtime")


def test_the_openai_client_gets_a_secret_and_holds_a_tool_turn() -> None:
    async def talk() -> list[str]:
        async with Simulator(SCENARIO) as simulator, asyncio.timeout(60):
            client = openai.AsyncOpenAI(api_key="sk-test", base_url=base_url(simulator))
            secret = await client.realtime.client_secrets.create(session={"type": "realtime"})
            short = openai.AsyncOpenAI(api_key=secret.value, base_url=base_url(simulator))
            async with short.realtime.connect(model="gpt-realtime-2.1") as connection:
                return await _tool_turn(connection)

    assert asyncio.run(talk()) == ["get_weather", "It rains in Oslo."]


async def _tool_turn(connection: Any) -> list[str]:
    await connection.session.update(session={"type": "realtime", "tools": TOOLS})
    await connection.response.create()
    seen = []
    async for event in connection:
        if event.type == "response.function_call_arguments.done":
            seen.append(event.name)
            output = {"type": "function_call_output", "call_id": event.call_id, "output": "rain"}
        elif event.type == "response.output_audio_transcript.done":
            seen.append(event.transcript)
        elif event.type == "response.done":
            if len(seen) == 2:
                return seen
            await connection.conversation.item.create(item=output)
            await connection.response.create()
    return seen


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_agent_of_the_agents_sdk_runs_its_tool_and_speaks() -> None:
    from agents import function_tool
    from agents.realtime import RealtimeAgent, RealtimeRunner

    asked: list[str] = []

    @function_tool
    def get_weather(city: str) -> str:
        """Look up the weather."""
        asked.append(city)
        return "rain"

    async def talk() -> list[str]:
        runner = RealtimeRunner(RealtimeAgent(name="weather", tools=[get_weather]))
        async with Simulator(SCENARIO) as simulator, asyncio.timeout(60):
            session = await runner.run(
                model_config={"url": f"{simulator.url}?model=gpt-realtime-2.1", "api_key": "sk-test"}
            )
            kinds: list[str] = []
            async with session:
                await session.send_message("How is the weather in Oslo?")
                async for event in session:
                    kinds.append(event.type)
                    if event.type in {"audio_end", "error"}:
                        break
            return kinds

    kinds = asyncio.run(talk())
    assert "error" not in kinds
    assert {"tool_start", "tool_end", "audio", "audio_end"} <= set(kinds)
    assert asked == ["Oslo"]
