"""A turn of the `openai` package's Azure client through the proxy, then one of its plain client at Azure's GA path.

    pip install 'openai[realtime]'
    realtime-inspector proxy --upstream wss://RESOURCE.openai.azure.com
    python docs/clients/azure_openai.py 127.0.0.1:8765 DEPLOYMENT

The key is that of AZURE_OPENAI_API_KEY; it is sent as `api-key` by the first, and as `Authorization` by the second.
"""

# ruff: noqa: D103, T201

import asyncio
import os
import sys
from typing import Any

from openai import AsyncAzureOpenAI, AsyncOpenAI


async def talk(client: Any, model: str) -> None:
    async with client.realtime.connect(model=model) as connection:
        content = [{"type": "input_text", "text": "Hello, who is there?"}]
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        await connection.response.create()
        async for event in connection:
            if event.type == "error":
                sys.exit(event.error.message)
            if event.type == "response.done":
                print(*(part.transcript for item in event.response.output for part in item.content or ()))
                return


async def main(proxy: str, deployment: str) -> None:
    dated = AsyncAzureOpenAI(
        azure_endpoint=f"http://{proxy}",
        azure_deployment=deployment,
        websocket_base_url=f"ws://{proxy}/openai",
        api_version="2025-04-01-preview",
    )
    await talk(dated, deployment)
    key = os.environ["AZURE_OPENAI_API_KEY"]
    await talk(AsyncOpenAI(base_url=f"http://{proxy}/openai/v1", api_key=key), deployment)


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 60))
