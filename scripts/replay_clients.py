"""Record a conversation with each client through the proxy, then play its recording to it three times.

    python scripts/replay_clients.py FOLDER [NAME ...]

The conversation is that of `tests/clients/`: a text turn, a tool call, a second turn, and an answer that the user talks
into, which is truncated. The server behind the proxy is the simulator. A client passes if the recording is met three
times in a row, and if it saw the same each time. Clients are installed as by `try_clients.py`, in the same FOLDER.

Prints a table; the exit code is 1 if a client did not pass.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from try_clients import CLIENTS, KEYS, SCENARIO, SCRIPTS, Client, install, serving

from realtime_inspector.recording.files import find, open_recording

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent / "conversations"
TIMEOUT_S = 90
TIMES = 3


@dataclass(frozen=True, slots=True)
class Talker:
    """A client that holds the conversation."""

    environment: str
    """Of `try_clients.py`."""
    command: str
    """`{server}` is host and port, `{ca}` the local certificate authority."""
    scenario: Path = SCENARIO


ENVIRONMENTS = CLIENTS | {
    "openai": Client(("openai[realtime]",), "python"),
    "openai-agents": Client(("openai-agents",), "python"),
}
TALKERS = {
    "openai, sync": Talker("openai", "python {here}/sdk.py openai_sync http://{server}/v1"),
    "openai, async": Talker("openai", "python {here}/sdk.py run_openai_async http://{server}/v1"),
    "openai, ephemeral key": Talker("openai", "python {here}/sdk.py run_ephemeral http://{server}/v1"),
    "openai, Azure": Talker("openai", "python {here}/sdk.py run_azure http://{server}"),
    "openai-agents": Talker(
        "openai-agents", "python {here}/sdk.py run_agents ws://{server}/v1/realtime?model=gpt-realtime"
    ),
    "pipecat-ai": Talker("pipecat-ai", "python {here}/pipecat_ai.py ws://{server}/v1/realtime", HERE / "in_order.toml"),
    "livekit-agents": Talker("livekit-agents", "OPENAI_BASE_URL=http://{server}/v1 python {here}/livekit_agents.py"),
    "azure-ai-voicelive": Talker("azure-ai-voicelive", "python {here}/voicelive.py http://{server}"),
    "npm openai, ws": Talker(
        "openai-node", "OPENAI_BASE_URL=https://{server}/v1 NODE_EXTRA_CA_CERTS={ca} node openai-node.mjs"
    ),
    "npm openai, native": Talker(
        "openai-node",
        "OPENAI_BASE_URL=https://{server}/v1 NODE_EXTRA_CA_CERTS={ca} "
        "node --experimental-websocket openai-node.mjs native",
    ),
    "@openai/agents-realtime": Talker(
        "agents-realtime", 'node agents-realtime.mjs "ws://{server}/v1/realtime?model=gpt-realtime"'
    ),
}


def run(talker: Talker, folder: Path, server: str) -> dict[str, Any]:
    """Hold the conversation once; return what the client saw, or what it complained with."""
    ca = subprocess.check_output([sys.executable, "-m", "realtime_inspector", "ca"], text=True).strip()
    for script in [*SCRIPTS.glob("openai-node.mjs"), *HERE.glob("*.mjs")]:  # Node looks for packages beside the script
        (folder / script.name).write_bytes(script.read_bytes())
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | KEYS | {"PATH": path, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
    command = ["bash", "-c", talker.command.format(server=server, ca=ca, here=HERE)]
    try:
        ran = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=folder, env=environment, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"no end within {TIMEOUT_S} s"}
    last = (ran.stdout.strip().splitlines() or [""])[-1]
    if ran.returncode != 0 or not last.startswith("{"):
        return {"failed": (ran.stderr.strip().splitlines() or ["no word"])[-1], "saw": last}
    return dict(json.loads(last))


def attempt(name: str, environments: Path) -> tuple[str, str, bool]:
    """Record one client and replay it; return what its row of the table says."""
    talker = TALKERS[name]
    install(ENVIRONMENTS[talker.environment], environments / talker.environment)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with serving(["simulate", "--scenario", str(talker.scenario)], folder) as server:
            arguments = ["proxy", "--upstream", f"ws://{server}", "--dir", str(folder / "recordings")]
            with serving(arguments, folder) as proxy:
                live = run(talker, environments / talker.environment, proxy)
        if "failed" in live:
            return f"not recorded: {live}", "", False
        paths = find(folder / "recordings")
        entries = sum(1 for path in paths for _ in open_recording(path))
        verdicts = [replay(talker, environments, folder, number, live) for number in range(TIMES)]
    seen = ", ".join(f"{what} {len(one) if isinstance(one, list) else one}" for what, one in live.items())
    told = f"{entries} entries: {seen}"
    bad = next((verdict for verdict in verdicts if verdict), "")
    return told, bad, not bad


def replay(talker: Talker, environments: Path, folder: Path, number: int, live: dict[str, Any]) -> str:
    """Play the recording once; return what went wrong, if something did."""
    mine = folder / f"replay-{number}"
    mine.mkdir()
    report = mine / "report.json"
    arguments = [
        "mock",
        str(folder / "recordings"),
        "--speed",
        "recorded" if number else "max",
        "--report",
        str(report),
    ]
    with serving(arguments, mine) as server:
        again = run(talker, environments / talker.environment, server)
    told = json.loads(report.read_text())
    if told["exit_code"] != 0:
        mismatches = [one["message"] for played in told["connections"] for one in played["mismatches"]]
        return f"replay {number + 1}: {(mismatches or [told])[0]}"
    return "" if again == live else f"replay {number + 1}: it saw {again}, not {live}"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    passed = True
    print("| client | recorded | replayed three times |\n|---|---|---|", flush=True)
    for chosen in sys.argv[2:] or list(TALKERS):
        told, bad, well = attempt(chosen, Path(sys.argv[1]).absolute())
        passed = passed and well
        print(f"| {chosen} | {told} | {'the same' if well else bad[:600]} |", flush=True)
    sys.exit(not passed)
