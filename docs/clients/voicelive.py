"""A turn of `azure-ai-voicelive` through the proxy: its endpoint may be plain HTTP.

pip install 'azure-ai-voicelive[aiohttp]'
python docs/clients/voicelive.py http://127.0.0.1:8765
"""

# ruff: noqa: D103, T201

import asyncio
import os
import sys

from azure.ai.voicelive.aio import connect
from azure.ai.voicelive.models import InputTextContentPart, UserMessageItem
from azure.core.credentials import AzureKeyCredential


async def main(endpoint: str) -> None:
    key = AzureKeyCredential(os.environ["OPENAI_API_KEY"])
    async with connect(endpoint=endpoint, credential=key, model="gpt-realtime") as connection:
        question = UserMessageItem(content=[InputTextContentPart(text="Hello, who is there?")])
        await connection.conversation.item.create(item=question)
        await connection.response.create()
        async for event in connection:
            if event.type.endswith("audio_transcript.done"):
                print(event["transcript"])
            if event.type == "response.done":
                return


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 60))
