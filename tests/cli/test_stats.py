"""`stats`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.analysis.sessions import VOICE, WRITTEN
from tests.cli.helpers import CommandLine, write_recording


@pytest.fixture(autouse=True)
def recordings(tmp_path: Path) -> None:
    write_recording(tmp_path / "recordings/a.jsonl", VOICE)
    write_recording(tmp_path / "recordings/b.jsonl", WRITTEN)


def test_several_recordings_are_measured_together(rti: CommandLine) -> None:
    lines = rti("stats").out.splitlines()

    assert lines[0] == "2 recordings, 0:06, 4 turns (1 interrupted), 6 responses, 1 tool call"
    assert "tool: arguments -> output sent         1  252 ms  252 ms   252 ms" in lines
    assert lines[-3:] == [
        "tokens  165",
        "  in    110  (40 audio, 60 text; 30 of them cached)",
        "  out   55  (40 audio, 10 text)",
    ]


def test_json_has_each_recording_and_the_total(rti: CommandLine) -> None:
    found = json.loads(rti("stats", "--json").out)

    assert found["schema_version"] == 1
    assert [one["path"] for one in found["recordings"]] == ["recordings/a.jsonl", "recordings/b.jsonl"]
    assert found["total"]["turns"] == 4
    assert found["recordings"][0]["latencies"]["time_to_first_audio_ms"] == {
        "count": 2,
        "median": 201.0,
        "p95": 291.0,
        "max": 301.0,
    }
    assert found["recordings"][1]["latencies"]["time_to_first_audio_ms"] is None
    assert found["total"]["tokens"]["total"] == 165


def test_a_session_without_turns_has_no_table(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "empty.jsonl", "x")

    assert rti("stats", "empty.jsonl").out == (
        "1 recording, 0:00, 0 turns (0 interrupted), 0 responses, 0 tool calls\n"
    )


def test_an_empty_folder_is_a_mistake(rti: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()

    ran = rti("stats", "none")
    assert (ran.code, ran.err) == (2, "realtime-inspector: none: no recordings in this folder\n")
