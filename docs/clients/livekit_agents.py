"""A turn of `livekit-agents` through the proxy: the model is pointed at it by OPENAI_BASE_URL, nothing else differs.

pip install livekit-agents livekit-plugins-openai
OPENAI_BASE_URL=http://127.0.0.1:8765/v1 python docs/clients/livekit_agents.py
"""

# ruff: noqa: D103, T201

import asyncio

from livekit.agents import Agent, AgentSession, utils
from livekit.plugins import openai


async def main() -> None:
    async with utils.http_context.open(), AgentSession(llm=openai.realtime.RealtimeModel()) as session:
        await session.start(Agent(instructions="Be brief."))
        result = await session.run(user_input="Hello, who is there?")
        print(*(event.item.text_content for event in result.events if event.type == "message"))


asyncio.run(asyncio.wait_for(main(), 60))
