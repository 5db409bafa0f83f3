"""What the documents tell clients of the SDKs to do, done: the variables, the URLs, and the pytest plugin."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pytest
from websockets.sync.client import connect

from realtime_inspector.recording import files
from tests.capture.wire import wait_for
from tests.cli.helpers import write_recording
from tests.pages import README, ROOT, code, fences
from tests.replay.helpers import TEXT, client_messages

pytest_plugins = ["pytester"]

CLIENTS = ROOT / "docs/clients.md"
TALK = f"""
import json
import os
import sys

from websockets.sync.client import connect

TURN = {client_messages(TEXT)!r}


def run_my_agent(base_url=None):
    url = (base_url or os.environ["OPENAI_BASE_URL"]).replace("http", "ws", 1)
    key = {{"Authorization": "Bearer " + os.environ.get("OPENAI_API_KEY", "any")}}
    with connect(url + "/realtime?model=gpt-realtime", additional_headers=key, proxy=None) as connection:
        for message in TURN:
            connection.send(json.dumps(message))
        for received in connection:
            if "rate_limits.updated" in received:
                return
"""
OPENAI = """
from openai import OpenAI

with OpenAI().realtime.connect(model="gpt-realtime") as connection:
    print(connection.recv().type)
"""
NODE = """
require("https").get(process.env.OPENAI_BASE_URL + "/models", (answer) => console.log("answered"))
"""


def line_of(page: Path, beginning: str) -> str:
    """Return the one line of code of a page that begins so, without its comment."""
    lines = {re.sub(r"\s+#\s.*", "", line) for line in code(page) if line.startswith(beginning)}
    (line,) = lines
    return line


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for the path, with this program, this Python and this pytest in it."""
    folder = tmp_path_factory.mktemp("bin")
    for name, module in {"realtime-inspector": "-m realtime_inspector", "python": "", "pytest": "-m pytest"}.items():
        (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def environment(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables of a shell that has nothing of this machine's configuration."""
    kept = {name: value for name, value in os.environ.items() if not re.search("REALTIME_INSPECTOR|PROXY|OPENAI", name)}
    kept.pop("SSL_CERT_FILE", None)
    return kept | {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "OPENAI_API_KEY": "sk-not-a-key",
        "REALTIME_INSPECTOR_DATA_DIR": str(tmp_path_factory.mktemp("data")),
    }


def shell(line: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line as a reader would."""
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, env=environment, cwd=folder
    )


@contextmanager
def started(line: str, environment: dict[str, str], folder: Path) -> Iterator[str]:
    """Run a server on a port of its own; gives its URL."""
    ready = folder / f"{line.split()[1]}.json"
    own = {"REALTIME_INSPECTOR_LISTEN": "127.0.0.1:0", "REALTIME_INSPECTOR_READY_FILE": str(ready)}
    process = subprocess.Popen(
        ["bash", "-c", f"exec {line}"], env=environment | own, cwd=folder, stderr=subprocess.PIPE
    )
    try:
        wait_for(lambda: ready.exists() or process.poll() is not None)
        yield json.loads(ready.read_text())["url"]
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture(scope="module")
def proxied(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Run the simulator, and the README's proxy before it; gives the proxy's address and its folder."""
    folder = tmp_path_factory.mktemp("proxied")
    with started("realtime-inspector simulate", environment, folder) as server:
        upstream = {"REALTIME_INSPECTOR_UPSTREAM": server.replace("http", "ws", 1)}
        with started(line_of(README, "realtime-inspector proxy"), environment | upstream, folder) as url:
            yield url.removeprefix("http://"), folder


POINTED = sorted({line for page in (README, CLIENTS) for line in code(page) if line.startswith("OPENAI_BASE_URL=")})


@pytest.mark.parametrize("line", [line for line in POINTED if "NODE_" not in line])
def test_the_python_sdk_is_pointed_at_the_proxy_by_the_line(
    line: str, proxied: tuple[str, Path], environment: dict[str, str]
) -> None:
    pytest.importorskip("openai")
    address, folder = proxied
    before = set(files.find(folder))
    ran = shell(f"{line.replace('127.0.0.1:8765', address)} python -c '{OPENAI}'", environment, folder)
    assert ran.stdout == "session.created\n", ran.stderr
    (path,) = set(files.find(folder)) - before
    assert "sk-not-a-key" not in path.read_text()


@pytest.mark.parametrize(
    "line", [line for line in POINTED if line.endswith('NODE_EXTRA_CA_CERTS="$(realtime-inspector ca)"')]
)
def test_node_trusts_the_proxy_by_the_line(line: str, proxied: tuple[str, Path], environment: dict[str, str]) -> None:
    if not which("node"):
        pytest.skip("no node here")
    address, folder = proxied
    ran = shell(f"{line.replace('127.0.0.1:8765', address)} node -e '{NODE}'", environment, folder)
    assert ran.stdout == "answered\n", ran.stderr


@pytest.mark.parametrize(
    "url",
    sorted(
        {url for page in (README, CLIENTS) for url in re.findall(r"ws://[^\s\"]+/realtime[^\s\"]*", page.read_text())}
    ),
)
def test_a_url_that_a_client_is_given_leads_through_the_proxy(url: str, proxied: tuple[str, Path]) -> None:
    address, _ = proxied
    whole = url.replace("127.0.0.1:8765", address)
    whole = whole if "?" in whole else f"{whole}?model=m"
    with connect(whole, additional_headers={"Authorization": "Bearer k"}, proxy=None) as connection:
        assert json.loads(connection.recv())["type"] == "session.created"


def test_the_example_for_pytest_passes(pytester: pytest.Pytester) -> None:
    (example,) = fences(README, "python")
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers -p no:cacheprovider")
    pytester.makepyfile(test_agent=f"import pytest\n{TALK}\n\n{example}")
    write_recording(pytester.path / "recordings/test_agent/test_it_answers.jsonl", TEXT)
    mode = line_of(README, "pytest --realtime").split()[1:]
    pytester.runpytest_inprocess("-n0").assert_outcomes(passed=1)
    pytester.runpytest_inprocess("-n0", *mode).assert_outcomes(passed=1)
