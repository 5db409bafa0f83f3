"""Hold a turn with each client of docs/clients.md: simulator, proxy, and the client as it is published.

    python scripts/try_clients.py FOLDER [NAME ...]

Installs the newest release of each client into an environment of its own in FOLDER (a minute each, kept for the next
run), and runs its script of docs/clients/ against the proxy. Prints what was heard and what the linter says of it; the
exit code is 1 if a client got no answer, or was not recorded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from realtime_inspector.analysis.lint import lint
from realtime_inspector.recording.files import find, open_recording

SCRIPTS = Path(__file__).parent.parent / "docs/clients"
SCENARIO = Path(__file__).parent.parent / "tests/clients/scenario.toml"
KEYS = {"OPENAI_API_KEY": "sk-not-a-key", "AZURE_OPENAI_API_KEY": "not-a-key-either"}
TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Client:
    """How one is installed and run; `{proxy}` is the proxy's address, `{ca}` its certificate authority."""

    packages: tuple[str, ...]
    command: str
    connections: int = 1

    @property
    def node(self) -> bool:
        """Whether it comes from npm."""
        return "node" in self.command.split() or "wscat" in self.command


CLIENTS = {
    "livekit-agents": Client(
        ("livekit-agents", "livekit-plugins-openai"),
        "OPENAI_BASE_URL=http://{proxy}/v1 python {scripts}/livekit_agents.py",
    ),
    "pipecat-ai": Client(("pipecat-ai[openai]",), "python {scripts}/pipecat_ai.py ws://{proxy}/v1/realtime"),
    "azure-openai": Client(("openai[realtime]",), "python {scripts}/azure_openai.py {proxy} gpt-realtime", 2),
    "azure-ai-voicelive": Client(("azure-ai-voicelive[aiohttp]",), "python {scripts}/voicelive.py http://{proxy}"),
    "openai-node": Client(
        ("openai", "ws"),
        "OPENAI_BASE_URL=https://{proxy}/v1 NODE_EXTRA_CA_CERTS={ca} node openai-node.mjs",
    ),
    "agents-realtime": Client(
        ("@openai/agents-realtime", "zod"),
        'node agents-realtime.mjs "ws://{proxy}/v1/realtime?model=gpt-realtime"',
    ),
    "litellm": Client(("litellm[proxy]", "websockets"), "python {scripts}/litellm_proxy.py http://{proxy}", 2),
    "websocat": Client(
        ("websocat",),
        '(echo \'{{"type": "response.create"}}\'; sleep 3) | websocat -t -B 1000000 '
        """-H="Authorization: Bearer $OPENAI_API_KEY" "ws://{proxy}/v1/realtime?model=gpt-realtime\"""",
    ),
    "wscat": Client(
        ("wscat",),
        'sleep 6 | node_modules/.bin/wscat -c "ws://{proxy}/v1/realtime?model=gpt-realtime" '
        """-H "Authorization: Bearer $OPENAI_API_KEY" -x '{{"type": "response.create"}}' -w 5""",
    ),
}


def install(client: Client, folder: Path) -> None:
    """Install a client, if it is not there."""
    if folder.exists():
        return
    if client.node:
        folder.mkdir(parents=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, *client.packages], check=True)
        return
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin/pip", "install", "--quiet", *client.packages], check=True)


@contextmanager
def serving(arguments: list[str], folder: Path) -> Iterator[str]:
    """Run a server of this program; gives its address."""
    ready = folder / f"{arguments[0]}.json"
    command = [sys.executable, "-m", "realtime_inspector", *arguments, "--listen", "127.0.0.1:0", "--ready-file", ready]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            while not ready.exists() and process.poll() is None:
                time.sleep(0.05)
            served = json.loads(ready.read_text())
            yield f"{served['host']}:{served['port']}"
        finally:
            process.terminate()


def talk(client: Client, folder: Path, proxy: str) -> tuple[str, str]:
    """Run a client; return the last line that it printed, and that it complained with."""
    ca = subprocess.check_output([sys.executable, "-m", "realtime_inspector", "ca"], text=True).strip()
    command = client.command.format(proxy=proxy, ca=ca, scripts=SCRIPTS)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    if client.node:
        for script in SCRIPTS.glob("*.mjs"):  # Node looks for packages beside the script
            (folder / script.name).write_bytes(script.read_bytes())
    try:
        ran = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env=os.environ | KEYS | {"PATH": path},
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return "", f"no end within {TIMEOUT_S} s"
    lines = ran.stdout.strip().splitlines() or [""]
    return (lines[-1], "") if ran.returncode == 0 else ("", (ran.stderr.strip().splitlines() or ["?"])[-1])


def attempt(name: str, environments: Path) -> bool:
    """Try one client, and say what came of it."""
    client = CLIENTS[name]
    install(client, environments / name)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with serving(["simulate", "--scenario", str(SCENARIO)], folder) as server:
            arguments = ["proxy", "--upstream", f"ws://{server}", "--dir", str(folder / "recordings")]
            with serving(arguments, folder) as proxy:
                heard, problem = talk(client, environments / name, proxy)
        recorded = [open_recording(path) for path in find(folder / "recordings")]
        found = sorted({f.rule for recording in recorded for f in lint(recording)})
        entries = sum(1 for recording in recorded for _ in recording)
    well = bool(heard) and len(recorded) == client.connections
    print(f"{'ok' if well else 'NOT OK':7} {name}: {(heard or problem)[:90]!r}")
    print(f"        {len(recorded)} recorded, {entries} entries; lint: {', '.join(found) or 'nothing'}", flush=True)
    return well


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    chosen = sys.argv[2:] or list(CLIENTS)
    tried = {name: attempt(name, Path(sys.argv[1]).absolute()) for name in chosen}
    sys.exit(not all(tried.values()))
