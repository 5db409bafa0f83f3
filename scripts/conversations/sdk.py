"""The conversation of tests/clients/conversation.py with the Python SDKs: python sdk.py FUNCTION URL.

Prints what it saw as one line of JSON.
"""

# ruff: noqa: D103

import asyncio
import json
import sys
from typing import Any

from tests.clients import conversation
from tests.clients.conversation import Seen, Talk


async def _talk(client: Any) -> Seen:
    talk = Talk()
    async with client.realtime.connect(model="gpt-realtime") as connection:
        for event in talk.start():
            await connection.send(event)
        async for received in connection:
            for answer in talk.take(received.to_dict()):
                await connection.send(answer)
            if talk.over:
                break
    return talk.seen


def run_ephemeral(base_url: str) -> Seen:
    """Ask for an ephemeral key over HTTP first, and open the socket with that."""
    from openai import AsyncOpenAI

    async def main() -> Seen:
        async with AsyncOpenAI(api_key="sk-test", base_url=base_url) as client:
            made = await client.realtime.client_secrets.create(session={"type": "realtime"})
        async with AsyncOpenAI(api_key=made.value, base_url=base_url) as client:
            return await _talk(client)

    return asyncio.run(main())


def run_azure(base_url: str) -> Seen:
    from openai import AsyncAzureOpenAI

    async def main() -> Seen:
        socket = base_url.replace("http", "ws", 1) + "/openai"
        version = "2025-04-01-preview"
        async with AsyncAzureOpenAI(
            azure_endpoint=base_url, websocket_base_url=socket, api_version=version, api_key="none"
        ) as client:
            return await _talk(client)

    return asyncio.run(main())


if __name__ == "__main__":
    name, url = sys.argv[1:]
    hold = globals().get(name) or getattr(conversation, name)
    seen = hold(url)
    parts = ("said", "calls", "ended", "truncated", "errors")
    print(json.dumps({part: getattr(seen, part) for part in parts}))
