"""`mcp`: the recordings of a folder for a coding agent, over the Model Context Protocol."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from realtime_inspector.cli import folders, linting
from realtime_inspector.cli.agent.answers import MIN_TOKENS, Answers
from realtime_inspector.errors import UsageError

_HELP = """Let a coding agent look into recordings: an MCP server on stdin and stdout.

\b
  realtime-inspector mcp
  realtime-inspector mcp --dir calls --max-tokens 4000
  realtime-inspector mcp --allow-exec -- python agent.py

It lists the recordings of one folder, says what is wrong in them and why the
assistant was silent, reads events, judges a pasted log and replays. It opens
nothing outside that folder and writes nothing; secrets and audio are in no
answer. With --allow-exec the agent may run CMD, and nothing else, against a
recording. Needs the extra `mcp`; docs/agents.md says how to add it to Claude
Code, Codex, Cursor and VS Code.
"""


@click.command("mcp", help=_HELP, context_settings={"allow_interspersed_args": False})
@folders.option("the folder that may be looked into; it need not be there yet")
@click.option("--max-tokens", type=click.IntRange(min=MIN_TOKENS), default=8000, show_default=True, metavar="N",
              help="what an answer may take, counted as three bytes each")  # fmt: skip
@click.option("--allow-exec", is_flag=True, help="let the agent run CMD against a recording")
@click.option("--exec-timeout", type=click.FloatRange(min=1), default=300.0, show_default="300", metavar="SECONDS",
              help="how long CMD may take")  # fmt: skip
@click.argument("cmd", nargs=-1, type=click.UNPROCESSED, metavar="[-- CMD...]")
def command(folder: Path, max_tokens: int, allow_exec: bool, exec_timeout: float, cmd: tuple[str, ...]) -> None:
    """Serve an agent until it closes our standard input."""
    if bool(cmd) is not allow_exec:
        raise UsageError("--allow-exec and a CMD go together: mcp --allow-exec -- python agent.py")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: a file; give the folder that it is in")
    if find_spec("mcp") is None:
        raise UsageError("mcp needs the MCP SDK; install it with `pip install 'realtime-inspector[mcp]'`")
    from realtime_inspector.cli.agent import replaying, serving, tools
    from realtime_inspector.cli.agent.folder import Folder

    linting.project()  # what is wrong in the configuration is said now, not in the first answer
    shown = Folder(folder)
    desk = tools.Desk(shown, Answers(max_tokens, shown.place), linting.project)
    offered = [*tools.LOOKING, replaying.REPLAY]
    if allow_exec:
        offered.append(replaying.program(cmd, exec_timeout))
    serving.serve(desk, offered)
