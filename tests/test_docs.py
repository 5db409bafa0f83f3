"""The documents say what is so: commands, links, tables, and what the demo prints."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from shutil import which

import click
import orjson
import pytest

from realtime_inspector.analysis import catalogue
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.cli import commands
from realtime_inspector.cli import main as main_module
from realtime_inspector.errors import InspectorError, RecordingError, UpstreamError, UsageError
from realtime_inspector.formats import flow_file, har
from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Kind
from tests.cli.helpers import CommandLine, Ran
from tests.pages import PAGES, README, ROOT, Shown, code, fences, name_of, shown, typed

SHOWN = shown()
OFFLINE = {"lint", "show", "ls", "events", "tail", "stats", "explain", "export", "import", "report", "repair", "prune",
           "schema", "completion", "ca", "why", "diff", "cut", "concat", "scrub", "digest", "verify",
           "config"}  # fmt: skip
"""Commands that need no peer and end by themselves."""
LOG = """
2026-11-20 10:00:03 < {"type": "response.function_call_arguments.done", "call_id": "call_9f3", "arguments": "{}"}
2026-11-20 10:00:04 > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "ok"}}
2026-11-20 10:00:05 < {"type": "error", "error": {"code": "missing_required_parameter", "param": "item.call_id"}}
"""

YAML = """
interactions:
- {kind: message, direction: sent, data: {type: response.create}}
- {kind: message, direction: received, data: {type: response.done, response: {id: resp_1, status: completed}}}
"""

PRICES = """
read = "2026-11-20"
[models."gpt-realtime-2.1"]
text = { input = 4.00, cached = 0.40, output = 24.00 }
"""


def runs(line: Shown) -> bool:
    """Tell whether a line can run here, as it stands."""
    if re.search(r"\b(DIR|node|python|zsh|otlp|OPENAI_BASE_URL)\b", line.line):
        return False
    others = [["repair"], ["tail", "--lint"]]  # only mentioned; waits for calls
    return all(call and call not in others and call[0] in OFFLINE for call in line.calls)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder that has whatever the examples name, with the program on the path."""
    sample = (ROOT / "recordings/missing-call-id.jsonl").read_bytes()
    for name in (
        "call.jsonl",
        "one.jsonl",
        "before.jsonl",
        "after.jsonl",
        "shared.jsonl",
        "calls/one.jsonl",
        "recordings/call.jsonl",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(sample)
    (tmp_path / "recordings/missing-call-id.jsonl").write_bytes(sample)
    for name in ("report.txt", "pasted-log.txt"):
        (tmp_path / name).write_text(LOG)
    (tmp_path / "talk.jsonl").write_bytes((ROOT / "recordings/voice-turn.jsonl").read_bytes())
    (tmp_path / "network.har").write_bytes(b"".join(har.write(files.open_recording(tmp_path / "call.jsonl"))))
    if flow_file._is_installed():
        flow = flow_file.write(files.open_recording(tmp_path / "call.jsonl"))
        (tmp_path / "calls.flow").write_bytes(b"".join(flow))
    (tmp_path / "session.yaml").write_text(YAML)
    (tmp_path / "my-prices.toml").write_text(PRICES)
    (tmp_path / "lint-baseline.json").write_text('{"schema_version": 1, "recordings": {}}')
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/long_instructions.py").write_text(fences(ROOT / "docs/configuration.md", "python")[0])
    (tmp_path / ".config/fish/completions").mkdir(parents=True)
    tools = tmp_path / "bin"
    tools.mkdir()
    scripts = {"realtime-inspector": f'exec "{sys.executable}" -m realtime_inspector "$@"', "pbpaste": "cat report.txt"}
    for name, text in scripts.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("line", SHOWN, ids=str)
def test_every_command_line_is_one_that_this_program_takes(
    line: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where reports can be written
    for arguments in line.calls:
        if len(arguments) < 2:
            assert not arguments or commands.load(arguments[0]) is not None
            continue
        command = commands.load(arguments[0])
        assert command is not None
        command.make_context(arguments[0], arguments[1:])


def test_every_command_s_help_begins_with_examples() -> None:
    for listed in commands.table():
        command = commands.load(listed.name)
        assert command is not None
        text = command.get_help(click.Context(command, info_name=listed.name, max_content_width=80))
        assert f"{listed.name} --help" in {line.where for line in SHOWN}
        assert text.index("\n    ") < text.index("\nOptions:"), listed.name
        assert max(map(len, text.splitlines())) <= 80, listed.name


@pytest.mark.parametrize("line", sorted({line.line for line in SHOWN if runs(line)}))
def test_a_command_line_that_needs_no_peer_runs(line: str, world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if "jq " in line and not which("jq"):
        pytest.skip("no jq here")
    if "parquet" in line:
        pytest.importorskip("pyarrow")
    if line.endswith(".yaml"):
        pytest.importorskip("yaml")
    if line.endswith(".flow") and not flow_file._is_installed():
        pytest.skip("no mitmproxy here")
    if re.search(r"[|>$*]|^eval", line):
        shell = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        ran = Ran(shell.returncode, shell.stdout, shell.stderr)
    else:
        ran = CommandLine(capsys)(*shlex.split(line)[1:])
    assert ran.code in ({0, 1} if " lint" in line else {0}), ran.err
    assert not re.search("realtime-inspector:|jq: |bash: ", ran.err)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_option_that_a_page_names_with_its_command_is_one(page: Path) -> None:
    known = {listed.name for listed in commands.table()}
    for span in code(page):
        words = span.partition(" -- ")[0].split()
        if not words or words[0] not in known:
            continue
        command = commands.load(words[0])
        assert command is not None, span
        options = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= options, span


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_option_that_is_named_exists_somewhere(page: Path) -> None:
    known = {name for listed in commands.table() if (command := commands.load(listed.name)) is not None
             for option in command.params for name in (*option.opts, *option.secondary_opts)}  # fmt: skip
    known |= {"--help", "--realtime-record-mode", "--realtime-upstream"}
    known |= {"--disable-vcr", "--record-mode"}  # pytest-recording's
    named = {name for span in code(page) if not span.startswith(("uv ", "docker ", "pytest "))
             for name in re.findall(r"(?<![\w-])--[a-z][a-z-]+", span)}  # fmt: skip
    assert named <= known


def test_the_jq_line_of_the_format_lists_what_the_client_sent(world: Path) -> None:
    (line,) = (text for text in code(ROOT / "docs/format.md") if text.startswith("jq "))
    ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    if ran.returncode == 127:
        pytest.skip("no jq here")
    types = [orjson.loads(entry) for entry in ran.stdout.splitlines()]
    item = "conversation.item.create"
    assert [name for name in types if name] == ["session.update", item, "response.create", item]


def test_the_readme_shows_what_its_first_line_prints(tmp_path: Path) -> None:
    (excerpt, *_) = fences(README)
    line = next(line.line for line in typed() if "demo" in line.line)
    assert line == "pip install uv && uv run realtime-inspector demo"
    ran = _in_the_clone(line, tmp_path)
    printed = [_timeless(line) for line in (ran.stderr + ran.stdout).splitlines()]
    wanted = [_timeless(line) for line in excerpt.splitlines()]
    assert wanted[0] in printed, ran.stderr
    start = printed.index(wanted[0])
    assert printed[start : start + len(wanted)] == wanted
    assert 10 < len(wanted) <= 25


def _in_the_clone(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line as in a clone whose environment is ready; there is no network, so pip has put uv there already."""
    uv = os.environ.get("UV") or which("uv")
    tools = {
        "pip": "exit 0",
        "uv": f'exec "{uv}" "$@"' if uv else f'shift 2; exec "{sys.executable}" -m realtime_inspector "$@"',
    }
    for name, text in tools.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    ready = {"UV_NO_SYNC": "1", "UV_OFFLINE": "1", "UV_PROJECT_ENVIRONMENT": sys.prefix, "UV_PYTHON": sys.executable}
    own = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "REALTIME_INSPECTOR_DATA_DIR": str(folder)}
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ | ready | own
    )


def _timeless(line: str) -> str:
    return re.sub(r"\d+\.\d s", "N s", line).strip()


def test_the_readme_is_short_and_its_first_command_is_the_demo() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    assert text.index("realtime-inspector demo") < text.index("## ")


def test_the_readme_lists_the_commands_that_there_are() -> None:
    section = README.read_text(encoding="utf-8").partition("## Commands\n\n")[2]
    listed = re.findall(r"`([a-z]+)`", section.partition("\n\n")[0])
    assert listed == [command.name for command in commands.table() if command.installed]


def test_the_readme_tells_the_exit_codes() -> None:
    (sentence,) = re.findall(r"Exit codes: (.*?)[;.]", README.read_text(encoding="utf-8"), re.DOTALL)
    errors = {error.exit_code for error in (InspectorError, UsageError, UpstreamError, RecordingError)}
    assert set(map(int, re.findall(r"\b\d+\b", sentence))) == {0, 1, main_module.INTERRUPTED, *errors}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    lost = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert lost == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=name_of)
def test_every_rule_that_is_named_exists(page: Path) -> None:
    groups = "|".join(sorted({rule.id[:-3] for rule in all_rules()}))
    named = set(re.findall(rf"\b(?:{groups})\d{{3}}\b", page.read_text(encoding="utf-8")))
    assert named <= {*(rule.id for rule in all_rules()), *catalogue.builtin().without}


def test_every_file_that_contributors_are_sent_to_exists() -> None:
    spans = [span for span in code(ROOT / "CONTRIBUTING.md") if re.fullmatch(r"\S+/\S*|\S+\.(py|md|toml|json)", span)]
    places = (ROOT, ROOT / "realtime_inspector")
    lost = [name for name in spans if "<" not in name and not any((place / name).exists() for place in places)]
    assert lost == []
    assert len(spans) > 10


def test_the_format_names_every_member_and_kind() -> None:
    text = (ROOT / "docs/format.md").read_text(encoding="utf-8")
    header, entry, kinds = (set(re.findall(r"`(\w+)`", "\n".join(cells))) for cells in _first_columns(text))
    parts = orjson.loads((ROOT / "realtime_inspector/recording/schema.json").read_bytes())["$defs"]
    assert kinds == set(map(str, Kind))
    assert header == set(parts["header"]["properties"])
    assert entry == set(parts["entry"]["properties"])
    members = {name for part in parts.values() for name in part.get("properties", {})}
    assert {name for name in members if f"`{name}`" not in text} == set()


def _first_columns(text: str) -> list[list[str]]:
    """Return the first cell of each row, table by table."""
    tables = re.findall(r"^\|[^\n]+\n\|[-| ]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [[row.split("|")[1] for row in table.splitlines()] for table in tables]


def test_the_payload_of_a_line_is_where_the_format_says() -> None:
    (expression,) = (span for span in code(ROOT / "docs/format.md") if span.startswith("line[line.index"))
    path = ROOT / "recordings/tool-call.jsonl"
    lines = path.read_bytes().splitlines()[1:]
    said = [eval(expression, {"line": line}) for line in lines if b'"event":' in line]
    assert said == [entry.payload for entry in files.open_recording(path) if entry.kind is Kind.MESSAGE]
    assert len(said) > 20
