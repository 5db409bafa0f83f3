"""Lines of the pages that no test can run: why not, and what of them holds all the same."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

from realtime_inspector.cli import commands
from tests.pages import ROOT, Shown

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def installs(line: str) -> None:
    """Hold that the extras are ours, and that the folder or the address is called as the project."""
    name = PROJECT["project"]["name"]
    for extra in re.findall(r"\[(\w+)\]", line):
        assert extra in PROJECT["project"]["optional-dependencies"]
    assert {"realtime-inspector", "rti"} <= set(PROJECT["project"]["scripts"])
    assert re.search(rf" '?\.|/{name}\b| {name}$", line)


def of_uv(line: str) -> None:
    """Hold that a group that is named is one."""
    for group in re.findall(r"--group (\w+)", line):
        assert group in PROJECT["dependency-groups"]


def tests(line: str) -> None:
    """Hold that the profile of hypothesis that is named is one."""
    for profile in re.findall(r"--hypothesis-profile=(\w+)", line):
        assert f'register_profile("{profile}"' in (ROOT / "tests/conftest.py").read_text(encoding="utf-8")
    assert any(each.startswith("pytest>") for each in PROJECT["dependency-groups"]["test"])


def script(line: str) -> None:
    """Hold that the script is there, compiles, and tells of itself with these words."""
    words = shlex.split(line)
    text = (ROOT / words[1]).read_text(encoding="utf-8")
    compile(text, words[1], "exec")
    (usage,) = re.findall(rf"^    python {words[1]}(.*)$", text, re.MULTILINE)
    least, most = len(re.findall(r"(?<!\[)\b[A-Z]+\b(?! \.\.\.\])", usage)), "[" in usage
    assert len(words) - 2 == least or (len(words) - 2 > least and most)


def benchmark(line: str) -> None:
    """Hold that the benchmark takes these options."""
    folder = ROOT / line.partition(" -m ")[2].split()[0].replace(".", "/")
    source = (folder / "__main__.py").read_text(encoding="utf-8")
    assert [
        option for option in re.findall(r" (--[a-z]+)", line.partition(" -m ")[2]) if f'"{option}"' not in source
    ] == []


def shell_script(line: str) -> None:
    """Hold that the shell can read it."""
    subprocess.run(["bash", "-n", ROOT / line.split()[1]], check=True)


def image(line: str) -> None:
    """Hold that image, port, volume and command of a container are those of the Dockerfile."""
    words = shlex.split(line)
    if words[1] == "build":
        assert words[2:] == ["--tag", "realtime-inspector", "."]
        return
    at = words.index("realtime-inspector")
    for port in (words[n + 1] for n, word in enumerate(words) if word == "--publish"):
        assert f"EXPOSE {port.rpartition(':')[2]}\n" in DOCKERFILE
    (volume,) = (words[n + 1].split(":")[1] for n, word in enumerate(words) if word == "--volume")
    assert f"VOLUME {volume}\n" in DOCKERFILE
    is_a_line(shlex.join(words[at:] if words[at + 1 :] else [*words, "proxy"][at:]))


def is_a_line(line: str) -> None:
    """Hold that what it has of our program is a line that this takes."""
    (arguments,) = Shown("", line).calls or Shown("", line.rpartition(" -- ")[2]).calls
    command = commands.load(arguments[0])
    assert command is not None
    command.make_context(arguments[0], arguments[1:])


def asks_the_proxy(line: str) -> None:
    """Hold that its URL is one that a test of `test_docs_clients.py` opens, and its header what the SDKs send."""
    assert re.search(r"ws://127\.0\.0\.1:8765/v1/realtime\?model=[\w-]+", line)
    assert '"Authorization: Bearer $OPENAI_API_KEY"' in line


def default_port(line: str) -> None:
    """Hold that the port is where `serve` listens."""
    command = commands.load("serve")
    assert command is not None
    (listen,) = (str(option.default) for option in command.params if option.name == "listen")
    assert f"-L {listen.rpartition(':')[2]}:{listen} " in line


def man_page(_: str) -> None:
    """Hold that the page is where `man` looks, once it is installed."""
    assert list((ROOT / "share/man/man1").glob("realtime-inspector.1*"))
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]["share"] == "share"


def is_read(line: str) -> None:
    """Hold that the tests it is for read the variable."""
    assert line.partition("=")[0] in (ROOT / "tests/capture/test_mitm_system.py").read_text(encoding="utf-8")


def nothing(_: str) -> None:
    """Hold nothing: it is another program's line, and has no word of ours."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a line is not run, and what is looked at instead."""

    reason: str
    holds: Callable[[str], None]


REGISTRY = "asks a package registry"
MACHINE = "changes the machine, as root"
ITSELF = "is what runs these tests"
MINUTES = "takes minutes, and the network"
FOREIGN = "is another program's, which is not here"
OUTSIDE = {
    "pip install uv": Why(REGISTRY, nothing),
    "pip install arize-phoenix": Why(REGISTRY, nothing),
    "apt install pipx": Why(MACHINE, nothing),
    "apt install pipx && pipx install uv": Why(MACHINE, nothing),
    "brew install uv": Why(MACHINE, nothing),
    "uv tool install .": Why(REGISTRY, installs),
    "uv tool install '.[intercept]'": Why(REGISTRY, installs),
    "uv tool install '.[mcp]'": Why(REGISTRY, installs),
    "uv tool install '.[web]'": Why(REGISTRY, installs),
    "uv tool uninstall realtime-inspector": Why(MACHINE, installs),
    "pipx install .": Why(REGISTRY, installs),
    "pipx install '.[mcp]'": Why(REGISTRY, installs),
    "pip install ../realtime-inspector": Why(REGISTRY, installs),
    "pip install '../realtime-inspector[mcp]'": Why(REGISTRY, installs),
    "pipx install git+https://HOST/OWNER/realtime-inspector@COMMIT": Why(REGISTRY, installs),
    "pip install git+https://HOST/OWNER/realtime-inspector@COMMIT": Why(REGISTRY, installs),
    "uv pip install --extra NAME …": Why(REGISTRY, of_uv),
    "uv venv --python 3.11 .venv-low": Why(REGISTRY, of_uv),
    "uv pip install --no-config --python .venv-low --resolution lowest-direct -r pyproject.toml": Why(REGISTRY, of_uv),
    "uv pip install --no-config --python .venv-low --group test": Why(REGISTRY, of_uv),
    "uv pip install --no-config --python .venv-low --no-deps --editable .": Why(REGISTRY, of_uv),
    "uv export --no-dev --no-hashes --no-annotate --no-header --no-emit-project > constraints.txt":
        Why(REGISTRY, of_uv),
    "uv run pytest": Why(ITSELF, tests),
    "uv run pytest --hypothesis-profile=thorough": Why(ITSELF, tests),
    "bash .ci/run": Why(ITSELF, shell_script),
    "python scripts/make_recordings.py": Why("makes files of the repository anew, in half a minute", script),
    "python scripts/try_clients.py /tmp/clients": Why(MINUTES, script),
    "python scripts/replay_clients.py FOLDER": Why(MINUTES, script),
    "python scripts/try_formats.py": Why(MINUTES, script),
    "uv run python -m benchmarks.proxy --rt --output measured.md": Why("measures, for an hour, as root", benchmark),
    "uv run python -m benchmarks.lint": Why("measures, for minutes", benchmark),
    "uv run python -m benchmarks.replay": Why("measures, for minutes", benchmark),
    "uv run --with pyte python -m benchmarks.tui": Why("measures, for minutes", benchmark),
    "docker build --tag realtime-inspector .": Why("needs Docker and a registry", image),
    'docker run --rm --user "$(id -u)" --publish 127.0.0.1:8765:8765 --volume "$PWD/recordings:/recordings" '
    "realtime-inspector": Why("needs Docker", image),
    'docker run --rm --user "$(id -u)" --volume "$PWD/recordings:/recordings:ro" realtime-inspector lint '
    "/recordings": Why("needs Docker", image),
    "realtime-inspector proxy --mode local:my_agent": Why("needs root and Linux 6.8; tests/capture/test_mitm_system.py "
                                                          "does it by hand", is_a_line),
    "TRY_SYSTEM_MODES=1": Why("needs root", is_read),
    "claude mcp add realtime-inspector -- realtime-inspector mcp": Why(FOREIGN, is_a_line),
    'wscat -H "Authorization: Bearer $OPENAI_API_KEY" -c "ws://127.0.0.1:8765/v1/realtime?model=gpt-realtime"':
        Why(FOREIGN, asks_the_proxy),
    'websocat -H="Authorization: Bearer $OPENAI_API_KEY" "ws://127.0.0.1:8765/v1/realtime?model=gpt-realtime"':
        Why(FOREIGN, asks_the_proxy),
    "mitmdump -w calls.flow": Why(FOREIGN, nothing),
    "mitmproxy -r calls.flow": Why(FOREIGN, nothing),
    "mitmproxy -nr call.flow": Why(FOREIGN, nothing),
    "phoenix serve": Why(FOREIGN, nothing),
    "ssh -L 8768:127.0.0.1:8768 the-machine": Why("needs another machine", default_port),
    "man realtime-inspector": Why("needs an installation", man_page),
}  # fmt: skip
"""Line → why no test runs it."""
