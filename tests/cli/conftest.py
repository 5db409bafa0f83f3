"""Every test of the command line runs in an empty folder, without a configuration, without colour."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.helpers import CommandLine


@pytest.fixture
def rti(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Return the command line, run in an empty folder."""
    for name in list(os.environ):
        if name.startswith("REALTIME_INSPECTOR_") or name in {"FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "COLUMNS"}:
            monkeypatch.delenv(name)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys)
