"""What the page about replays shows is what happens: its commands that need a server, and what they print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from realtime_inspector.simulator.scenario import load
from tests.cli.helpers import CommandLine
from tests.cli.test_drive import simulator
from tests.pages import ROOT, code, fences

PAGE = ROOT / "docs/replay.md"
LOCAL = "ws://127.0.0.1:8766"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder with the recording that the examples name."""
    (tmp_path / "call.jsonl").write_bytes((ROOT / "recordings/tool-call.jsonl").read_bytes())
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("call")
def test_the_drive_against_a_simulator_goes_through_and_differs_in_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = (line for line in code(PAGE) if LOCAL in line)
    with simulator(load("weather").faster(100)) as url:
        ran = CommandLine(capsys)(*shlex.split(line.replace(LOCAL, url))[1:])
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1] == "no difference"


@pytest.mark.usefixtures("call")
def test_the_report_of_a_drive_that_did_not_go_through_is_as_shown(capsys: pytest.CaptureFixture[str]) -> None:
    (shown,) = (fence for fence in fences(PAGE) if "not sent" in fence)
    with simulator(load("chat").faster(100)) as url:
        ran = CommandLine(capsys)("drive", "call.jsonl", "--to", url, "--speed", "max")
    assert ran.code == 1

    def lines(text: str) -> list[str]:
        return [re.sub(r"\d+\.\d s", "N s", line) for line in text.splitlines()]

    assert set(lines(shown)) <= set(lines(ran.err))
