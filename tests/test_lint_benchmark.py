"""The linter's benchmark: what it makes up are healthy calls, and it measures and judges them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.lint.__main__ import main
from benchmarks.lint.calls import KINDS, write
from benchmarks.lint.report import Measured, several
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.recording.files import open_recording


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_call_that_is_made_up_is_whole_and_healthy(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    write(path, 1_500_000 if kind == "audio" else 120_000, kind)
    recording = open_recording(path)
    found = lint(recording, header=recording.header)
    assert recording.problems == []
    assert [finding for finding in found if finding.severity is Severity.ERROR] == []
    assert len({finding.rule for finding in found}) <= 3


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told as Linux tells it")
def test_the_benchmark_prints_a_table_and_the_targets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "measured.md"
    options = ["--megabytes", "0.3", "--repetitions", "1", "--kinds", "audio", "--alone", "--folder", str(tmp_path)]
    assert main([*options, "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    assert "| lint | 1 |" in printed
    assert "| orjson.loads | 1 |" in printed
    assert "| audio | time of lint / orjson.loads |" in printed
    assert output.read_text(encoding="utf-8") + "\n" == printed


def test_a_target_is_held_or_not() -> None:
    runs = {"lint": [{"s": 1.2, "memory_mb": 60, "events": 10}], "orjson.loads": [{"s": 1.0}]}
    assert all("| held |" in line for line in Measured("audio", 1000, runs).targets())
    runs["lint"] = [{"s": 1.3, "memory_mb": 160, "events": 10}]
    assert all("**not held**" in line for line in Measured("audio", 1000, runs).targets())
    assert "| 1.90 | ≥ 1.6 | held |" in several(2, 4, 19.0, 10.0)
    assert "**not held**" in several(2, 4, 15.0, 10.0)


def test_an_unknown_kind_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--kinds", "video"])
    assert "unknown kind 'video'; known are audio, audio left out, text" in capsys.readouterr().err
