"""The stage for the lines of the pages."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_inspector.replay.forward import forwarding
from realtime_inspector.simulator import simulating
from realtime_inspector.simulator.scenario import load
from tests.cli.helpers import write_recording
from tests.docs import agent
from tests.docs.forking import Mill, milling
from tests.docs.stage import CALL, HOSTS, KEY, PROGRAMS, TEST, Stage, write
from tests.pages import ROOT


@pytest.fixture(scope="session")
def mill() -> Iterator[Mill]:
    """Run the Python that starts command lines."""
    with milling() as running:
        yield running


@pytest.fixture(scope="session")
def api() -> Iterator[dict[str, str]]:
    """Be the API: gives the variables that lead to it."""
    with simulating(load("chat").faster(100)) as server, forwarding(server.port, HOSTS, {}) as door:
        leading = {name: value for name, value in door.environment.items() if name.lower() != "no_proxy"}
        yield leading | {"SIMULATOR": server.url.removesuffix("/v1/realtime")}


@pytest.fixture
def stage(mill: Mill, api: dict[str, str], tmp_path: Path) -> Iterator[Stage]:
    """Stand in a folder that has what the lines name."""
    folder, tools = tmp_path / "folder", tmp_path / "bin"
    tools.mkdir()
    for name, text in PROGRAMS.items():
        (tools / name).write_text(f'#!/bin/sh\nexec {text.format(python=sys.executable, agent=agent.__file__)} "$@"\n')
        (tools / name).chmod(0o755)
    for name in ("my_agent.py", "agent.py", "my_server.py"):
        write(folder / name, Path(agent.__file__).read_text(encoding="utf-8"))
    write(folder / "tests/test_agent.py", TEST)
    for name in ("call", "before", "recordings/call", "recordings/order", "recordings/refund", "calls/call"):
        write_recording(folder / f"{name}.jsonl", CALL)
    write(folder / "recordings/missing-call-id.jsonl", (ROOT / "recordings/missing-call-id.jsonl").read_text("utf-8"))
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR", "COVERAGE_PROCESS_START") if name in os.environ}
    yield Stage(mill, folder, tmp_path, kept | api | {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "OPENAI_API_KEY": KEY,
        "REALTIME_INSPECTOR_DATA_DIR": str(tmp_path / "data"),
        "REALTIME_INSPECTOR_VIA": "env",
    })  # fmt: skip
    mill.end()
