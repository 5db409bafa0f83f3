"""`ls`."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.recording.entry import Header
from tests.analysis.sessions import VOICE, WRITTEN
from tests.cli.helpers import CommandLine, write_recording


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    write_recording(tmp_path / "recordings/a.jsonl", VOICE)
    cut = write_recording(tmp_path / "recordings/b.jsonl", WRITTEN)
    os.utime(cut, (0, 0))
    return tmp_path / "recordings"


def test_a_recording_is_one_line_of_figures(rti: CommandLine, recordings: Path) -> None:
    heading, first, second = rti("ls").out.splitlines()

    assert heading.split() == ["START", "LENGTH", "MODEL", "TURNS", "FINDINGS", "1ST", "AUDIO", "COST", "END", "FILE"]
    assert first.startswith("2026-11-22 11:10    0:05  gpt-realtime      2  ")
    assert first.endswith("201 ms  $0.0038+  closed 1000  recordings/a.jsonl")
    assert second.startswith("2026-11-22 11:10    0:00  -                 2  ")
    assert second.endswith("cut off      recordings/b.jsonl")


def test_a_recording_that_still_grows_is_live(rti: CommandLine, tmp_path: Path) -> None:
    write_recording(tmp_path / "now.jsonl", WRITTEN)

    assert rti("ls", "now.jsonl").out.splitlines()[1].endswith("live  now.jsonl")


def test_json_has_every_figure(rti: CommandLine, recordings: Path) -> None:
    (found,) = json.loads(rti("ls", "--json", recordings / "a.jsonl").out)

    assert found["path"] == str(recordings / "a.jsonl")
    assert found["id"] == "01RECORDING"
    assert found["started"] == "2026-11-22T11:10:03.123456Z"
    assert (found["turns"], found["interruptions"], found["calls"], found["events"]) == (2, 1, 1, 36)
    assert found["tokens"] == {"input": 110, "output": 55}
    assert found["ended"] == "closed 1000"
    assert set(found["findings"]) == {severity.value for severity in Severity}


def test_a_cost_is_known_in_part_or_not_at_all_but_never_free(rti: CommandLine, tmp_path: Path) -> None:
    usage = '"usage": {"input_tokens": 100, "output_tokens": 10, "input_token_details": {"text_tokens": 100}, ' \
            '"output_token_details": {"text_tokens": 10}}'  # fmt: skip
    began = '< {"type": "response.created", "response": {"id": "r%d"}}\n'
    done = began + f'< {{"type": "response.done", "response": {{"id": "r%d", "status": "completed", {usage}}}}}\n'
    created = '< {"type": "session.created", "session": {"id": "s", "model": "%s"}}\n'
    told = began % 2 + '< {"type": "response.done", "response": {"id": "r2", "status": "completed"}}\n'
    write_recording(tmp_path / "a.jsonl", created % "gpt-realtime" + done % (1, 1) + "x")
    write_recording(tmp_path / "b.jsonl", created % "gpt-realtime" + done % (1, 1) + told + "x")
    write_recording(tmp_path / "c.jsonl", created % "nobody-knows" + done % (1, 1) + "x")

    costs = re.findall(r" ([$?]\S*) ", rti("ls", ".").out)
    found = json.loads(rti("ls", "--format", "json", ".").out)

    assert costs == ["$0.0006", "$0.0006+", "?"]
    assert [each["cost_usd"] for each in found] == [0.00056, None, None]


def test_an_empty_folder_is_no_mistake(rti: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()

    ran = rti("ls")
    assert (ran.code, ran.out, ran.err) == (0, "", "no recordings in recordings\n")
    assert json.loads(rti("ls", "--json").out) == []


def test_the_folder_can_be_said_once_for_all_commands(
    rti: CommandLine, recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings.rename(recordings.with_name("calls"))
    monkeypatch.setenv("REALTIME_INSPECTOR_DIR", "calls")

    assert "calls/a.jsonl" in rti("ls").out


def test_a_start_that_is_no_time_and_a_name_that_steers_the_terminal_are_shown(
    rti: CommandLine, tmp_path: Path
) -> None:
    write_recording(tmp_path / "odd.jsonl", WRITTEN.replace("sess_2", "s"), Header(id="x", started="\x1b[2Jlong ago"))

    out = rti("ls", "odd.jsonl").out
    assert "\\e[2Jlong ago" in out
    assert "\x1b" not in out
