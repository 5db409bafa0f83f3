"""Every test of the command line runs in an empty folder, without a configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.helpers import CommandLine


@pytest.fixture
def rti(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Return the command line, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys)
