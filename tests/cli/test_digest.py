"""`digest` on the command line: files, folders, logs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.helpers import CommandLine, write_recording

ROOT = Path(__file__).parent.parent.parent
CALL = '> {"type": "response.create"}\n> {"type": "response.create"}\nx'
LOG = """
2026-11-20 10:00:03 < {"type": "response.function_call_arguments.done", "call_id": "call_9f3", "arguments": "{}"}
2026-11-20 10:00:04 > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "ok"}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys)


def test_a_folder_is_told_recording_by_recording(run: CommandLine) -> None:
    write_recording(Path("calls/one.jsonl"), CALL)
    write_recording(Path("calls/two.jsonl"), "x")
    ran = run("digest", "calls", "--format", "json")
    assert [each["path"] for each in json.loads(ran.out)["recordings"]] == ["calls/one.jsonl", "calls/two.jsonl"]
    assert (ran.code, ran.err) == (0, "")


def test_a_log_is_read_as_it_is(run: CommandLine) -> None:
    Path("app.log").write_text(LOG)
    ran = run("digest", "app.log", "--max-tokens", "900")
    assert "TOOL003" in ran.out
    assert len(ran.out.encode()) <= 2700


def test_the_project_s_rules_are_asked(run: CommandLine) -> None:
    recording = write_recording(
        Path("call.jsonl"), LOG.replace("2026-11-20 10:00:03 ", "").replace("2026-11-20 10:00:04 ", "").strip() + "\nx"
    )
    assert "TOOL003" in run("digest", recording).out
    Path("realtime-inspector.toml").write_text('[lint]\nignore = ["TOOL003"]\n')
    assert "error TOOL003" not in run("digest", recording).out


def test_what_is_no_recording_and_too_little_room_are_one_line(run: CommandLine) -> None:
    assert run("digest", "nothing.jsonl").err == "realtime-inspector: nothing.jsonl: no such file\n"
    ran = run("digest", "nothing.jsonl", "--max-tokens", "5")
    assert (ran.code, "250" in ran.err) == (2, True)
