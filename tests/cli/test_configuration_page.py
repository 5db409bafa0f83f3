"""`docs/configuration.md`: its files are a project, and its commands do there what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from realtime_inspector.protocol.realtime.dialects import DIALECTS
from tests.cli.helpers import CommandLine, write_recording
from tests.pages import ROOT, fences, shown

PAGE = ROOT / "docs/configuration.md"
LINES = [line.line for line in shown() if line.where == "docs/configuration.md"]
LONG = f'> {{"type": "session.update", "session": {{"type": "realtime", "instructions": "{"a" * 2001}"}}}}\nx'


@pytest.fixture
def project(rti: CommandLine) -> CommandLine:
    """Stand in the project that the page describes."""
    configuration, *_ = fences(PAGE, "toml")
    (rule,) = fences(PAGE, "python")
    Path("realtime-inspector.toml").write_text(configuration)
    Path("rules").mkdir()
    Path("rules/long_instructions.py").write_text(rule)
    for name in ("call.jsonl", "recordings/call.jsonl", "recordings/old/call.jsonl"):
        Path(name).parent.mkdir(exist_ok=True, parents=True)
        Path(name).write_bytes((ROOT / "recordings/missing-call-id.jsonl").read_bytes())
    return rti


def found(ran_out: str) -> set[str]:
    (recording,) = json.loads(ran_out)["recordings"]
    return {finding["rule"] for finding in recording["findings"]}


def test_its_commands_run_one_after_the_other_in_its_project(project: CommandLine) -> None:
    assert len(LINES) > 10
    for line in LINES:
        ran = project(*shlex.split(line)[1:])
        assert ran.code in {0, 1}, f"{line}: {ran.err}"
    assert Path("call.jsonl.suppress.toml").exists()
    assert json.loads(Path("lint-baseline.json").read_text())["recordings"]


def test_its_suppression_is_what_the_option_writes(project: CommandLine) -> None:
    (line,) = (line for line in LINES if "--suppress" in line)
    project(*shlex.split(line.replace("TOOL003", "TOOL003@21"))[1:])
    written = Path("call.jsonl.suppress.toml").read_text()
    _, shown_file, *_ = fences(PAGE, "toml")
    assert [name for name in shown_file.splitlines()[1:] if name not in written] == []


def test_its_rule_is_asked_and_its_number_can_be_set(project: CommandLine) -> None:
    write_recording(Path("long.jsonl"), LONG)
    assert found(project("lint", "--format", "json", "long.jsonl").out) == {"MY001"}
    assert found(project("lint", "--format", "json", "--threshold", "MY001.most_chars=3000", "long.jsonl").out) == set()
    assert "  most_chars = 2000 characters: how long they may be" in project("explain", "MY001").out


def test_its_configuration_is_heeded(project: CommandLine) -> None:
    here, old = (
        project("lint", "--format", "json", f"recordings/{name}").out for name in ("call.jsonl", "old/call.jsonl")
    )
    assert "TOOL003" in found(here)
    assert json.loads(old)["recordings"][0]["dialect"] == "beta"
    assert "  wait_s = 8 s: how long the answer may take; 5 by default" in project("explain", "RSP003").out


def test_its_table_has_every_dialect_with_what_shows_it() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (.+) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: title for name, title, _ in rows} == {name: each.title for name, each in DIALECTS.items()}
    for name, _, signs in rows:
        dialect = DIALECTS[name]
        assert ("host" in signs) is bool(dialect.hosts), name
        assert (re.search(r"\bevents\b", signs) is not None) is bool(dialect.events), name
        assert ("path" in signs) is bool(dialect.paths or name == "azure-legacy"), name


def test_its_other_options_are_in_force_for_the_commands_that_it_says(rti: CommandLine) -> None:
    *_, others = fences(PAGE, "toml")
    Path("realtime-inspector.toml").write_text(others)
    told = json.loads(rti("config", "--format", "json").out)["options"]
    assert [(each["option"], each["value"], len(each["commands"]) > 9) for each in told] == [
        ("dir", "calls", True),
        ("speed", "max", False),
    ]
    assert told[1]["commands"] == ["mock"]
