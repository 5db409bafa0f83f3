"""The configurations for coding agents start what this program takes."""

from __future__ import annotations

import json
import tomllib

import pytest

from realtime_inspector.cli import commands
from realtime_inspector.cli.agent import replaying, tools
from tests.pages import ROOT, fences

PAGE = ROOT / "docs/agents.md"
SERVERS = [
    *(next(iter(json.loads(text).values()))["realtime-inspector"] for text in fences(PAGE, "json")),
    *(tomllib.loads(text)["mcp_servers"]["realtime-inspector"] for text in fences(PAGE, "toml")),
]


@pytest.mark.parametrize("server", SERVERS, ids=["claude-and-cursor", "vscode", "codex"])
def test_a_configuration_is_a_command_line_of_this_program(server: dict[str, object]) -> None:
    arguments = server["args"]
    assert isinstance(arguments, list)
    assert (server["command"], arguments[0]) == ("realtime-inspector", "mcp")
    command = commands.load("mcp")
    assert command is not None
    command.make_context("mcp", arguments[1:])


def test_the_page_lists_every_tool() -> None:
    every = (*tools.LOOKING, replaying.REPLAY, replaying.program([], 1))
    table = [line.split("`")[1] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert table == [tool.name for tool in every]
