"""The lines of docs/clients.md for the clients that are installed here, run as they stand on the page."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.recording.entry import Entry
from realtime_inspector.recording.files import find, open_recording
from tests.clients.test_clients import recording_proxy
from tests.pages import ROOT

PAGE = ROOT / "docs/clients.md"
KEYS = {"OPENAI_API_KEY": "sk-not-a-key-0123456789", "AZURE_OPENAI_API_KEY": "azure-key-0123456789"}
SCRIPTS = {
    "azure_openai.py": ("openai", "{proxy} gpt-realtime", 2),
    "livekit_agents.py": ("livekit", "", 1),
    "pipecat_ai.py": ("pipecat", "ws://{proxy}/v1/realtime", 1),
    "voicelive.py": ("azure.ai.voicelive", "http://{proxy}", 1),
}
"""Script of docs/clients/ → the module it needs, its arguments, its connections. `scripts/try_clients.py` runs all."""


def recorded(folder: Path) -> list[list[Entry]]:
    """Return the recordings, which the linter finds no error in."""
    paths = find(folder)
    for path in paths:
        assert [found.message for found in lint(open_recording(path)) if found.severity is Severity.ERROR] == []
        assert not any(key in path.read_text() for key in KEYS.values())
    return [list(open_recording(path)) for path in paths]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_client_is_answered_and_recorded(script: str, tmp_path: Path) -> None:
    module, arguments, connections = SCRIPTS[script]
    pytest.importorskip(module)
    with recording_proxy(tmp_path) as port:
        proxy = f"127.0.0.1:{port}"
        own = KEYS | {"OPENAI_BASE_URL": f"http://{proxy}/v1", "NO_PROXY": "127.0.0.1"}
        command = [sys.executable, str(PAGE.parent / "clients" / script), *arguments.format(proxy=proxy).split()]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | own)
    assert ran.stdout.splitlines() == ["This is the weather desk."] * connections, ran.stderr
    assert len(recorded(tmp_path)) == connections


def test_azure_s_client_goes_to_the_deployment_with_its_own_header(tmp_path: Path) -> None:
    pytest.importorskip("openai")
    from openai import AzureOpenAI

    with recording_proxy(tmp_path) as port:
        client = AzureOpenAI(
            azure_endpoint=f"http://127.0.0.1:{port}",
            websocket_base_url=f"ws://127.0.0.1:{port}/openai",
            api_key=KEYS["AZURE_OPENAI_API_KEY"],
            api_version="2025-04-01-preview",
        )
        with client.realtime.connect(model="my-deployment") as connection:
            assert connection.recv().type == "session.created"
        client.close()
    ((asked, *_),) = recorded(tmp_path)
    assert asked.members["target"] == "/openai/realtime?api-version=2025-04-01-preview&deployment=my-deployment"
    assert (asked.header("api-key"), asked.header("authorization")) == ("[redacted:api-key]", None)


def test_the_agents_sdk_is_pointed_at_the_proxy_by_the_line(tmp_path: Path) -> None:
    pytest.importorskip("agents")
    from agents.realtime import RealtimeAgent, RealtimeRunner

    (line,) = re.findall(r"^\| `openai-agents` .*`model_config=(\{.*\})`", PAGE.read_text(), re.MULTILINE)

    async def talk(config: Any) -> str:
        session = await RealtimeRunner(RealtimeAgent(name="weather")).run(model_config=config)
        async with session:
            await session.send_message("Hello, who is there?")
            async for event in session:
                if event.type in {"agent_end", "error"}:
                    return str(event.type)
        return "ended"

    with pytest.MonkeyPatch.context() as patch, recording_proxy(tmp_path) as port:
        patch.setenv("OPENAI_API_KEY", KEYS["OPENAI_API_KEY"])
        patch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")
        config = eval(line.replace("8765", str(port)), {})  # the page's own line
        assert asyncio.run(talk(config)) == "agent_end"
    assert len(recorded(tmp_path)) == 1
