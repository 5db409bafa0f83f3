"""What other people's CI runs of this repository: the action, the hook, the image, and the page that shows them."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.cli import commands
from realtime_inspector.recording import files
from tests.cli.helpers import CommandLine, write_recording
from tests.pages import ROOT, fences
from tests.replay.helpers import TEXT
from tests.test_docs_clients import TALK

pytest_plugins = ["pytester"]

yaml = pytest.importorskip("ruamel.yaml", reason="no reader of YAML here")

PAGE = ROOT / "docs/ci.md"
OTHERS = re.compile(r"\b(npm|docker|mkdir|pipx?|pytest|python my_agent\.py)\b")
"""What needs another tool, a network or a client, and has a test of its own below, as far as there can be one."""


def load(text: str) -> Any:
    return yaml.YAML(typ="safe").load(text)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a checkout with two recordings, on a runner of GitHub's."""
    folder = tmp_path / "app"
    (folder / "recordings").mkdir(parents=True)
    for name in ("missing-call-id", "barge-in"):
        (folder / f"recordings/{name}.jsonl").write_bytes((ROOT / f"recordings/{name}.jsonl").read_bytes())
    for name in [name for name in os.environ if name.startswith(("REALTIME_INSPECTOR", "GITHUB_", "CI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(folder)
    return folder


def tool(folder: Path, script: str) -> Path:
    """Put a program of our name, and Python's, where the action has installed them."""
    (folder / "bin").mkdir(parents=True)
    for name, text in {"realtime-inspector": script, "python": f'exec "{sys.executable}" "$@"'}.items():
        (folder / f"bin/{name}").write_text(f"#!/bin/bash\n{text}\n")
        (folder / f"bin/{name}").chmod(0o755)
    return folder


OURS = f'exec "{sys.executable}" -m realtime_inspector "$@"'


# The action


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    found: dict[str, Any] = load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return found


def run_step(
    action: dict[str, Any], inputs: dict[str, str], tools: Path, folder: Path
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run the lines of the step that lints, as a runner does; gives what came of it and the file of outputs."""
    (step,) = (step for step in action["runs"]["steps"] if step.get("id") == "lint")
    values = {name: spec.get("default", "") for name, spec in action["inputs"].items()} | inputs
    known = {f"inputs.{key}": given for key, given in values.items()} | {"runner.temp": str(tools.parent)}

    def told(expression: re.Match[str]) -> str:
        return str(known[expression[1]])

    output = folder.parent / "output"
    environment = {name: re.sub(r"\$\{\{ ([\w.-]+) \}\}", told, value) for name, value in step["env"].items()}
    environment |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(folder.parent / "summary.md"),
        "GITHUB_WORKSPACE": str(folder),
    }
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env=os.environ | environment,
        cwd=folder / values["working-directory"],
        capture_output=True,
        text=True,
        check=False,
    )
    return ran, output


def test_the_action_lints_measures_and_writes_reports(action: dict[str, Any], checkout: Path) -> None:
    tools = tool(checkout.parent / "realtime-inspector", OURS)
    inputs = {"sarif": "findings.sarif", "budget": "ttfa_p95=1ms\nfindings=error\n", "select": "TOOL,INT"}
    ran, output = run_step(action, inputs, tools, checkout)

    assert ran.returncode == 1, ran.stderr
    assert "::error file=recordings/missing-call-id.jsonl,line=22,title=TOOL003 missing-call-id::" in ran.stdout
    assert "::error title=budget ttfa_p95::" in ran.stdout
    assert output.read_text() == "sarif=./findings.sarif\n"
    (run,) = json.loads((checkout / "findings.sarif").read_text())["runs"]
    assert {result["ruleId"] for result in run["results"]} == {"TOOL002", "TOOL003", "INT011"}
    assert (checkout.parent / "summary.md").read_text().count("### realtime-inspector") == 2


def test_an_input_is_an_argument_whatever_it_holds(action: dict[str, Any], checkout: Path) -> None:
    tools = tool(checkout.parent / "realtime-inspector", 'printf "<%s>" "$@" >> calls; echo >> calls')
    (checkout / "sub folder").mkdir()
    inputs = {
        "paths": "a b\n$(touch owned)\n\n-x",
        "ignore": '"; touch owned; "',
        "budget": "cost=$0.05\n`touch owned`",
        "junit": "out.xml",
        "working-directory": "sub folder",
    }
    ran, output = run_step(action, inputs, tools, checkout)

    assert ran.returncode == 0, ran.stderr
    given = '<--ignore="; touch owned; "><--budget=cost=$0.05><--budget=`touch owned`><--><a b><$(touch owned)><-x>'
    assert (checkout / "sub folder/calls").read_text().splitlines() == [
        f"<lint><--format><junit><--exit-zero>{given}",
        f"<lint>{given}",
        "<stats><--format><github><--budget=cost=$0.05><--budget=`touch owned`><--><a b><$(touch owned)><-x>",
    ]
    assert output.read_text() == "junit=sub folder/out.xml\n"
    assert not list(checkout.rglob("owned"))


def test_the_action_puts_no_input_into_a_script_pins_what_it_uses_and_uploads_nothing(action: dict[str, Any]) -> None:
    steps = action["runs"]["steps"]
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []
    used = [step["uses"] for step in steps if "uses" in step]
    assert [use for use in used if not re.fullmatch(r"actions/setup-python@[0-9a-f]{40}", use)] == []
    assert all(step["shell"] == "bash" for step in steps if "run" in step)
    assert not re.search(r"curl|wget|upload-", (ROOT / "action.yml").read_text().partition("runs:")[2])


def test_every_input_of_the_action_is_used_and_explained(action: dict[str, Any]) -> None:
    steps = json.dumps(action["runs"]["steps"])
    assert [name for name in action["inputs"] if f"inputs.{name} " not in steps] == []
    assert all(spec["description"] and "default" in spec for spec in action["inputs"].values())


def test_what_is_installed_is_pinned_within_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}
    for text in project["dependencies"]:
        wanted = Requirement(text)
        (exact,) = pinned[canonicalize_name(wanted.name)].specifier
        assert exact.operator == "=="
        assert Version(exact.version) in wanted.specifier


# The hook


HOOKS = load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_is_a_command_that_is_run_for_recordings_alone(hook: dict[str, Any]) -> None:
    program, name, *options = shlex.split(hook["entry"])
    command = commands.load(name)

    assert (program, hook["language"], hook["language_version"]) == ("realtime-inspector", "python", "python3")
    assert command is not None
    command.make_context(name, [*options, "recordings/call.jsonl"])
    wanted = re.compile(hook["files"])
    assert [path for path in map(str, files.find(ROOT / "recordings")) if not wanted.search(path)] == []
    assert wanted.search("tests/recordings/a/b.jsonl.zst")
    assert not wanted.search("data/train.jsonl")
    assert not wanted.search("recordings/README.md")


def test_the_hooks_fail_for_findings_and_for_private_things(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lint, scrub = (shlex.split(hook["entry"])[1:] for hook in HOOKS)
    rti = CommandLine(capsys)
    assert [rti(*lint, f"recordings/{name}.jsonl").code for name in ("missing-call-id", "barge-in")] == [1, 0]

    private = write_recording(checkout / "recordings/a.jsonl", TEXT.replace('"Hi"', '"ada@example.org"'))
    before = private.read_bytes()
    assert [rti(*scrub, path).code for path in (private, "recordings/barge-in.jsonl")] == [1, 0]
    assert private.read_bytes() == before


# The image


@pytest.fixture(scope="module")
def image() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile."""
    text = re.sub(r"\s*\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines]


def test_the_image_runs_as_nobody_in_particular(image: list[tuple[str, str]]) -> None:
    names = [name for name, _ in image]
    final = image[len(names) - names[::-1].index("FROM") :]
    user = next(rest.partition("--uid ")[2].split()[0] for name, rest in final if rest.startswith("useradd"))
    assert int(user) > 0, "by name, a cluster that lets no root in cannot tell"
    assert final.index(("USER", user)) < next(n for n, (name, _) in enumerate(final) if name == "ENTRYPOINT")
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+( AS build)?", rest) for name, rest in image if name == "FROM")


def test_any_user_can_record_in_the_image(image: list[tuple[str, str]]) -> None:
    (made,) = (rest.partition("install ")[2].split() for _, rest in image if "install --directory" in rest)
    variables = dict(pair.split("=", 1) for pair in shlex.split(dict(image)["ENV"]))
    assert made[1:3] == ["--mode", "1777"]
    assert {variables["REALTIME_INSPECTOR_DIR"], variables["REALTIME_INSPECTOR_DATA_DIR"]} == set(made[3:])


def test_everything_the_image_is_made_of_is_there_and_let_into_its_context(image: list[tuple[str, str]]) -> None:
    copied = [rest.split()[:-1] for name, rest in image if name == "COPY" and "--from" not in rest]
    sources = {source for some in copied for source in some}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources == let_in
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_image_is_healthy_when_the_proxy_is_ready(
    image: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instructions = dict(image)
    variables = dict(pair.split("=", 1) for pair in shlex.split(instructions["ENV"]))
    port = variables["REALTIME_INSPECTOR_PROXY_LISTEN"].rpartition(":")[2]
    assert port == instructions["EXPOSE"]
    check = json.loads(instructions["HEALTHCHECK"].partition("CMD ")[2])
    assert [json.loads(instructions[name]) for name in ("ENTRYPOINT", "CMD")] == [["realtime-inspector"], ["proxy"]]
    assert check[:2] == ["python", "-c"]

    with relay_in_thread("ws://127.0.0.1:9", tmp_path) as relay:
        monkeypatch.setenv("REALTIME_INSPECTOR_PROXY_LISTEN", f"0.0.0.0:{relay.port}")
        with pytest.raises(SystemExit) as healthy:
            exec(check[2], {})
    assert healthy.value.code is False
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        monkeypatch.setenv("REALTIME_INSPECTOR_PROXY_LISTEN", f"0.0.0.0:{deaf.getsockname()[1]}")
        with pytest.raises(OSError, match="refused"):
            exec(check[2], {})


# The page


def blocks() -> list[Any]:
    return [load(text) for text in fences(PAGE, "yaml")]


def shell_lines() -> Iterator[str]:
    """Yield the lines of the page that a shell runs: its blocks, and the steps of its workflows."""
    for text in fences(PAGE, "sh"):
        yield from (re.sub(r"\s{2,}#\s.*", "", line) for line in text.splitlines())
    for block in blocks():
        for job in [*block.get("jobs", {}).values(), *(job for job in block.values() if isinstance(job, dict))]:
            yield from (step["run"] for step in job.get("steps", ()) if "run" in step)
            yield from job.get("script", ())


@pytest.mark.parametrize("line", sorted({line for line in shell_lines() if not OTHERS.search(line)}))
def test_a_line_of_the_page_does_what_it_says(line: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command, _, target = line.partition(" > ")
    ran = CommandLine(capsys)(*shlex.split(command)[1:])
    fails = "lint" in command and "--exit-zero" not in command
    assert (ran.code, ran.err) == (int(fails), "all 2 recordings are whole\n" if "verify" in command else "")
    if target.endswith(".xml"):
        assert ran.out.startswith("<?xml")
    elif target:
        schema = json.loads((ROOT / "tests/cli/schemas/gitlab.json").read_text())
        jsonschema_rs.validator_for(schema).validate(json.loads(ran.out))


def test_exec_runs_a_client_against_the_recording_as_the_page_says(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recording(checkout / "recordings/call.jsonl", TEXT)
    (checkout / "my_agent.py").write_text(f"{TALK}\nrun_my_agent()\n")
    monkeypatch.setenv("PATH", f"{tool(checkout.parent, OURS) / 'bin'}{os.pathsep}{os.environ['PATH']}")
    lines = [line for line in shell_lines() if " exec " in line]
    for line in lines:
        ran = CommandLine(capsys)(*shlex.split(line.replace("npm test", "python my_agent.py"))[1:])
        assert (ran.code, "the recording was met" in ran.err) == (0, True), ran.err
    assert 'failures="0"' in (checkout / "replay.xml").read_text()
    assert (checkout / "replay.md").read_text() == "**no findings** in 1 recording\n"
    assert len(lines) == 5


def test_pytest_runs_as_the_page_says(pytester: pytest.Pytester) -> None:
    (line,) = (line for line in shell_lines() if line.startswith("pytest "))
    pytester.mkdir("tests").joinpath("test_agent.py").write_text("def test_it(): pass")
    pytester.runpytest_inprocess("-n0", "-p", "no:cacheprovider", *line.split()[1:]).assert_outcomes(passed=1)
    assert 'tests="1"' in (pytester.path / "report.xml").read_text()


def test_a_container_is_given_a_command_of_ours() -> None:
    for line in shell_lines():
        arguments = line.partition(" realtime-inspector ")[2] if line.startswith("docker run") else ""
        name, *rest = arguments.split() or ["proxy"]
        command = commands.load(name)
        assert command is not None, line
        command.make_context(name, rest)


def test_every_shell_line_of_the_page_is_run_or_needs_another_tool() -> None:
    lines = list(shell_lines())
    assert len(lines) > 15
    assert [line for line in lines if not OTHERS.search(line) and not line.startswith("realtime-inspector ")] == []
    assert sum("realtime-inspector" in line for line in lines if not OTHERS.search(line)) >= 8


def test_the_page_s_workflow_gives_the_action_inputs_that_it_has(action: dict[str, Any]) -> None:
    steps = [step for block in blocks() for job in block.get("jobs", {}).values() for step in job["steps"]]
    (ours,) = (step for step in steps if "realtime-inspector@" in step.get("uses", ""))
    assert set(ours["with"]) <= set(action["inputs"])
    outputs = set(re.findall(r"steps\.voice\.outputs\.(\w+)", PAGE.read_text(encoding="utf-8")))
    assert outputs <= set(action["outputs"])
    hooks = {hook["id"] for hook in HOOKS}
    (config,) = (block for block in blocks() if "repos" in block)
    assert {hook["id"] for repo in config["repos"] for hook in repo["hooks"]} <= hooks


def test_the_budgets_of_the_page_are_budgets(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (table,) = fences(PAGE, "toml")
    (checkout / "pyproject.toml").write_text(table)
    rti = CommandLine(capsys)
    assert "budget  kept      voice_to_voice_max is " in rti("stats", "recordings").out
    assert rti("lint", "recordings/barge-in.jsonl").code == 0
