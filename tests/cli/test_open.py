from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.cli import open_
from realtime_inspector.errors import NotAnEntry, UsageError
from realtime_inspector.tui import app
from realtime_inspector.tui.terminal import DRIVER
from tests.tui import sample

looks: list[app.Look] = []
"""How each was to look."""


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[Path], bool]]:
    """Pretend that there is a terminal, and note what would be shown on it."""
    calls: list[tuple[list[Path], bool]] = []
    looks.clear()

    def run(paths: Sequence[Path], *, show_findings: bool = False, **more: Any) -> None:
        looks.append(more["look"])
        calls.append((list(paths), show_findings))

    monkeypatch.setattr(app, "run", run)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    return calls


def test_without_a_terminal_the_commands_for_text_are_named(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl")
    with pytest.raises(UsageError, match=r"open needs a terminal; as text: `realtime-inspector show .*call\.jsonl`"):
        open_.open_paths([path])


def test_the_paths_are_shown(tmp_path: Path, shown: list[tuple[list[Path], bool]]) -> None:
    path = sample.write(tmp_path / "call.jsonl")
    open_.open_paths([path], show_findings=True)
    assert shown == [([path], True)]


def test_the_recordings_folder_is_shown_if_no_path_is_given(
    tmp_path: Path, shown: list[tuple[list[Path], bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    open_.command.main([], standalone_mode=False)
    open_.command.main(["--dir", str(tmp_path)], standalone_mode=False)
    assert shown == [([Path("recordings")], False), ([tmp_path], False)]


def test_colours_and_keys_are_the_user_s(tmp_path: Path, shown: list[tuple[list[Path], bool]]) -> None:
    arguments = ["--theme", "contrast", "--key", "session.search=s", "--dir", str(tmp_path)]
    open_.command.main(arguments, standalone_mode=False)
    assert looks == [app.Look("contrast", {"session.search": "s"})]
    with pytest.raises(UsageError, match=r"no action 'session\.serch'; did you mean 'session\.search'"):
        open_.command.main(["--key", "session.serch=s", "--dir", str(tmp_path)], standalone_mode=False)


def test_a_view_is_read_only_if_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(app, "run", lambda *_, read_only, **__: asked.append(read_only))
    monkeypatch.setenv(DRIVER, "another:Driver")  # which needs no terminal
    for flags in ([], ["--read-only"], ["--read-only", "--allow-write"]):
        open_.command.main([*flags, "--dir", str(tmp_path)], standalone_mode=False)
    assert asked == [False, True, False]


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none: no such file or folder"):
        open_.open_paths([tmp_path / "none"])


def test_a_file_that_is_no_recording_is_told_before_the_screen_is_taken(
    tmp_path: Path, shown: list[tuple[list[Path], bool]]
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("hello\n")
    with pytest.raises(NotAnEntry, match=r"x\.jsonl:1: not a recording's header"):
        open_.open_paths([path])
    assert shown == []


def test_the_command_line_loads_no_screen_before_it_is_needed() -> None:
    code = "import sys, realtime_inspector.cli.open_; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
