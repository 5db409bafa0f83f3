"""What the page about replays shows is what is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from realtime_inspector.simulator.scenario import load
from tests.cli.helpers import CommandLine
from tests.cli.test_drive import simulator
from tests.pages import ROOT, fences

PAGE = ROOT / "docs/replay.md"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder with the recording that the examples name."""
    (tmp_path / "call.jsonl").write_bytes((ROOT / "recordings/tool-call.jsonl").read_bytes())
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("call")
def test_the_report_of_a_drive_that_did_not_go_through_is_as_shown(capsys: pytest.CaptureFixture[str]) -> None:
    (shown,) = (fence for fence in fences(PAGE) if "not sent" in fence)
    with simulator(load("chat").faster(100)) as url:
        ran = CommandLine(capsys)("drive", "call.jsonl", "--to", url, "--speed", "max")
    assert ran.code == 1

    def lines(text: str) -> list[str]:
        return [re.sub(r"\d+\.\d s", "N s", line) for line in text.splitlines()]

    assert set(lines(shown)) <= set(lines(ran.err))
