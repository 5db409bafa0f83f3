"""Recordings linted at once: what is said of them, and in which order, is the same as of one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from realtime_inspector.analysis import policy
from realtime_inspector.cli import parallel
from realtime_inspector.formats import read_any
from tests.cli.helpers import write_recording

TWO = """
    > GET /v1/realtime?model=gpt-realtime
    < 101
    < {"type": "session.created", "session": {"type": "realtime", "model": "gpt-realtime"}}
    > {"type": "response.create"}
    < {"type": "response.created", "response": {"id": "r1"}}
    > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "9 degrees"}}
"""
NONE = """
    > GET /v1/realtime?model=gpt-realtime
    < 101
    x> 1000
"""

fork = pytest.mark.skipif(sys.platform == "win32", reason="a process is forked for it")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, session in enumerate((TWO, NONE, TWO, NONE, TWO)):
        write_recording(tmp_path / f"{number}.jsonl", session)
    (tmp_path / "5.jsonl").write_text('{"recording": 99, "id": "x", "started": "2026-11-23T00:00:00.000000Z"}\n')
    torn = tmp_path / "6.jsonl"
    write_recording(torn, TWO)
    torn.write_bytes(torn.read_bytes()[:-20])
    return tmp_path


def said(folder: Path, jobs: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "realtime_inspector", "lint", "--jobs", jobs, "--format", "json", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@fork
def test_several_processes_say_the_same_as_one(folder: Path) -> None:
    one, several = said(folder, "1"), said(folder, "3")
    assert several == one
    assert one[0] == 1
    assert "newer" in one[2]
    assert "repair" in one[2]


def test_little_is_linted_by_one_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "ProcessPoolExecutor", None)
    paths = sorted(folder.glob("[0-4].jsonl"))
    linted = [one.path for one, _ in parallel.each(paths, policy.of(None))]
    assert linted == [str(path) for path in paths]


def test_a_process_sends_back_what_could_not_be_read(folder: Path) -> None:
    recording = read_any(folder / "6.jsonl")
    assert len(list(recording)) == 5
    light = parallel._light(recording)
    assert [problem.message for problem in light.problems] == [problem.message for problem in recording.problems] != []
