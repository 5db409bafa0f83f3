"""The conversation of tests/clients/conversation.py with `azure-ai-voicelive`: python voicelive.py http://HOST:PORT.

Prints what it saw as one line of JSON.
"""

# ruff: noqa: D103

import asyncio
import json
import os
import sys

from azure.ai.voicelive.aio import connect
from azure.core.credentials import AzureKeyCredential

from tests.clients.conversation import Talk


async def main(endpoint: str) -> None:
    talk = Talk()
    key = AzureKeyCredential(os.environ["OPENAI_API_KEY"])
    async with connect(endpoint=endpoint, credential=key, model="gpt-realtime") as connection:
        for event in talk.start():
            await connection.send(event)
        async for received in connection:
            for answer in talk.take(received.as_dict()):
                await connection.send(answer)
            if talk.over:
                break
    seen = talk.seen
    told = {
        "said": seen.said,
        "calls": seen.calls,
        "ended": seen.ended,
        "truncated": seen.truncated,
        "errors": seen.errors,
    }
    print(json.dumps(told))


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 60))
