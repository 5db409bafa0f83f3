"""A turn through LiteLLM's proxy, which calls the API through ours.

pip install 'litellm[proxy]' websockets
python docs/clients/litellm_proxy.py http://127.0.0.1:8765

LiteLLM asks for `/v1/realtime`, whatever path stands in `api_base`.
"""

# ruff: noqa: D103, S603, T201

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from websockets.asyncio.client import connect

CONFIG = """
model_list:
  - model_name: gpt-realtime
    litellm_params:
      model: openai/gpt-realtime
      api_base: {api_base}
      api_key: os.environ/OPENAI_API_KEY
"""
QUESTION = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello, who is there?"}]}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def talk(port: int, key: str) -> None:
    async for connection in connect(  # until LiteLLM listens
        f"ws://127.0.0.1:{port}/v1/realtime?model=gpt-realtime",
        additional_headers={"Authorization": f"Bearer {key}"},
        proxy=None,
    ):
        for event in ({"type": "conversation.item.create", "item": QUESTION}, {"type": "response.create"}):
            await connection.send(json.dumps(event))
        async for message in connection:
            event = json.loads(message)
            if event["type"] == "error":
                sys.exit(event["error"]["message"])
            if event["type"] == "response.done":
                print(*(part.get("transcript", "") for item in event["response"]["output"] for part in item["content"]))
                await connection.close()
                return


def main(api_base: str) -> None:
    port, key = free_port(), f"sk-{secrets.token_hex(16)}"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(CONFIG.format(api_base=api_base))
        litellm = Path(sys.executable).with_name("litellm")
        command = [litellm, "--config", config, "--host", "127.0.0.1", "--port", str(port)]
        variables = os.environ | {"LITELLM_MASTER_KEY": key, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        with subprocess.Popen(command, stdout=sys.stderr, env=variables) as process:
            try:
                asyncio.run(asyncio.wait_for(talk(port, key), 100))
            finally:
                process.terminate()


main(*sys.argv[1:])
