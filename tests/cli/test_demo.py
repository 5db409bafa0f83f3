"""`demo`: the whole way, on real sockets, from the conversation to the finding."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from realtime_inspector.cli import demo
from realtime_inspector.cli.main import main
from realtime_inspector.recording import files
from realtime_inspector.simulator.stories import STORIES


def test_the_demo_tells_its_story_and_finds_the_planted_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--no-tui", "--dir", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert "1. TOOL003 missing-call-id (error, " in told.out
    assert "   Then: TOOL002 call-unanswered (error, " in told.out
    assert "2. " not in told.out, "one mistake is told once, with what follows from it"
    (path,) = files.find(tmp_path)
    assert f"The recording: {path}" in told.out
    assert "realtime-inspector explain TOOL003" in told.out
    for step in ("calls get_weather", "interrupts", "what was heard", "gives up"):
        assert step in told.err


def test_a_healthy_story_ends_with_nothing_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--scenario", "voice-turn", "--dir", str(tmp_path), "--no-tui"]) == 0
    assert "nothing is wrong in this conversation" in capsys.readouterr().out
    assert len(files.find(tmp_path)) == 1


def test_an_unknown_story_is_told_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--scenario", "nothing"]) == 2
    assert capsys.readouterr().err.endswith(f"no demo 'nothing': known are {', '.join(STORIES)}\n")


def test_a_folder_that_cannot_be_written_is_told_before_the_story(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["demo", "--no-tui", "--dir", str(tmp_path / "file" / "inside")]) == 2
    assert "recordings cannot be written there" in capsys.readouterr().err


def test_what_to_do_next_begins_as_the_demo_itself_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert "  uv run realtime-inspector open call.jsonl" in list(demo._next(Path("call.jsonl"), []))
    monkeypatch.setenv("VIRTUAL_ENV", "/another")
    assert "  realtime-inspector open call.jsonl" in list(demo._next(Path("call.jsonl"), []))


def test_its_usual_folder_is_the_users_not_the_current_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in demo._usual_folder().parents
