"""What the pages presuppose, put in place: a folder, programs on the path, the API behind a proxy on this machine.

A line is started word for word. What its words leave open is said by the documented variables alone: a free port to
listen on, and HTTPS_PROXY with a certificate, behind which the simulator is `api.openai.com`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Entry, Kind, Side
from tests.capture.wire import wait_for
from tests.docs import agent
from tests.docs.forking import PORTS, Mill, Process
from tests.replay.helpers import OPEN

HOSTS = ("api.openai.com", "RESOURCE.openai.azure.com")
KEY = "sk-a-key-that-is-none-0123456789"
CALL = (
    OPEN
    + "".join(f"> {json.dumps(message)}\n" for message in agent.TURN)
    + """
    < {"type": "session.updated", "session": {"id": "sess_1", "instructions": "Be brief."}}
    < {"type": "conversation.item.added", "item": {"id": "item_u1", "type": "message", "role": "user"}}
    < {"type": "conversation.item.done", "item": {"id": "item_u1", "type": "message", "role": "user"}}
    +90ms < {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}
    < {"type": "response.output_item.added", "response_id": "resp_1", "output_index": 0, "item": {"id": "item_a1", "type": "message", "role": "assistant"}}
    +90ms < {"type": "response.output_audio.delta", "response_id": "resp_1", "item_id": "item_a1", "delta": "<100ms>"}
    < {"type": "response.output_audio.delta", "response_id": "resp_1", "item_id": "item_a1", "delta": "<100ms>"}
    < {"type": "response.output_audio.delta", "response_id": "resp_1", "item_id": "item_a1", "delta": "<100ms>"}
    < {"type": "response.done", "response": {"id": "resp_1", "status": "completed", "output": [{"id": "item_a1", "type": "message"}]}}
    < {"type": "rate_limits.updated", "rate_limits": []}
    x> 1000
    x< 1000
    x
    """  # noqa: E501
)
"""What the reader's program does, as a recording."""
PROGRAMS = {
    "realtime-inspector": '"{python}" -m realtime_inspector',
    "python": '"{python}" -ISs',
    "pytest": 'env PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 "{python}" -m pytest -p no:cacheprovider',
    **dict.fromkeys(("node", "npm", "npx"), '"{python}" -ISs "{agent}"'),
}
"""Those on the path. What a reader runs with Node is our agent too, whatever is named."""
INTERRUPTED = 130
Variables = Mapping[str, str]
NONE: Variables = {}
TEST = """
import subprocess

def test_it():
    subprocess.run(["python", "my_agent.py"], check=True)
"""


@dataclass(slots=True)
class Stage:
    """A folder that has what the lines name, and what stands around it."""

    mill: Mill
    folder: Path
    base: Path
    environment: dict[str, str]
    ports: dict[str, int] = field(default_factory=dict)
    """Port of the pages → the free one that stands for it."""

    def start(
        self, line: str, variables: Variables = NONE, *, stdin: str = os.devnull, terminal: str | None = None
    ) -> Process:
        """Start a line that has our program alone; what its words leave open is in variables."""
        words = shlex.split(line)
        assert words[0] in ("realtime-inspector", "rti"), line
        return self._fork(words, variables, stdin, terminal)

    def _fork(
        self, argv: list[str], variables: Variables, stdin: str = os.devnull, terminal: str | None = None
    ) -> Process:
        streams = self.base / f"streams/{len(self.mill.started)}"
        own = self.environment | self._led() | dict(variables)
        return self.mill.start(argv, self.folder, own, streams=streams, stdin=stdin, terminal=terminal)

    def _led(self) -> dict[str, str]:
        return {PORTS: json.dumps(self.ports)}

    def run(self, line: str, variables: Variables = NONE) -> Process:
        """Run a line that has our program alone to its end."""
        process = self.start(line, variables)
        process.wait()
        return process

    @contextmanager
    def serving(self, line: str, variables: Variables = NONE, *, code: int = INTERRUPTED) -> Iterator[Server]:
        """Run a line that serves on a free port, until ctrl+c; then it exits with that code."""
        named = re.search(r"--ready-file (\S+)", line)
        ready = self.folder / named[1] if named else self.base / f"{len(self.mill.started)}.json"
        own = {"REALTIME_INSPECTOR_LISTEN": "127.0.0.1:0", "REALTIME_INSPECTOR_READY_FILE": str(ready)}
        process = self.start(line, own | dict(variables))
        wait_for(lambda: ready.exists() or process.ended())
        assert ready.exists(), process.read()
        yield Server(process, _base(json.loads(ready.read_bytes())["url"]))
        assert process.code is not None or process.end() == code, process.read()

    def shell(self, line: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a line as a reader would, in a shell."""
        own = self.environment | self._led() | more
        return subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=own, cwd=self.folder)

    def agent(self, url: str, **changed: object) -> Process:
        """Start the reader's program, pointed at a server, and changed as `AGENT` can say."""
        return self._fork(["my_agent.py"], {"OPENAI_BASE_URL": f"{url}/v1", "AGENT": json.dumps(changed)})

    def talk(self, url: str, **changed: object) -> str:
        """Have the reader's program talk to a server; return what it saw."""
        agent = self.agent(url, **changed)
        agent.wait()
        return agent.read("out")

    def python(self, path: str, variables: Variables) -> Process:
        """Start a program in Python."""
        return self._fork([path], variables)

    def recorded(self, folder: str) -> list[Entry]:
        """Return the entries of all recordings of a folder, which have no key in them."""
        paths = files.find(self.folder / folder) if (self.folder / folder).exists() else []
        assert [path for path in paths if KEY in path.read_text(encoding="utf-8")] == []
        return [entry for path in paths for entry in files.open_recording(path)]


def _base(url: str) -> str:
    return url.replace("ws://", "http://").removesuffix("/v1/realtime")


@dataclass(frozen=True, slots=True)
class Server:
    """A line that serves."""

    process: Process
    url: str
    """Without the path of the API."""

    def says(self, text: str) -> None:
        """Wait until it has said so."""
        wait_for(lambda: text in self.process.read() or self.process.ended())
        assert text in self.process.read()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def types(entries: list[Entry], side: Side) -> list[str]:
    """Return the types of the messages of one side."""
    return [body["type"] for body in bodies([entry for entry in entries if entry.side is side])]


def bodies(entries: list[Entry]) -> list[dict[str, Any]]:
    """Return the messages as JSON."""
    return [json.loads(entry.payload) for entry in entries if entry.kind is Kind.MESSAGE]
