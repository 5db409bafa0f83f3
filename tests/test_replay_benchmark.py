"""The benchmark of replays: the call it makes up is whole, and it measures and judges."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.replay import calls
from benchmarks.replay.__main__ import main
from benchmarks.replay.calls import write
from benchmarks.replay.load import part
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.recording.files import open_recording


def test_the_call_that_is_made_up_is_whole_and_healthy(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    entries = write(path, 10.0)
    recording = open_recording(path)
    assert [f.message for f in lint(recording, header=recording.header) if f.severity is Severity.ERROR] == []
    assert recording.problems == []
    played = part(path, pauses=True)
    assert len(played.says) + len(played.times) == entries - len(("request", "response", "close", "end"))
    assert [said.after for said in played.says] == sorted(said.after for said in played.says)


@pytest.mark.skipif(sys.platform != "linux", reason="processor time and memory are told as Linux tells them")
def test_the_benchmark_prints_a_table_and_loses_no_event(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PAUSE_S", 0.01)
    output = tmp_path / "measured.md"
    options = ["--sessions", "3", "--seconds", "0.2", "--ramp", "0", "--repetitions", "1", "--output", str(output)]
    assert main(options) == 0
    printed = capsys.readouterr().out
    assert "entries, at --speed max, s |" in printed
    assert "3 of 3 sessions were whole, and the recording met." in printed
    assert output.read_text(encoding="utf-8") + "\n" == printed
