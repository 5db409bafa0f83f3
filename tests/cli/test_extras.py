"""The command that adds an extra."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.cli import diagnostics, extras

COMMAND = extras.command
FOLDER = '{"url": "file:///home/ada/my%20clone", "dir_info": {}}'
EDITABLE = '{"url": "file:///home/ada/clone", "dir_info": {"editable": true}}'
COMMIT = '{"url": "https://git.example/inspector", "vcs_info": {"vcs": "git", "commit_id": "abc123"}}'


@pytest.mark.parametrize(
    ("origin", "wanted"),
    [
        ("", "'realtime-inspector[audio]'"),
        (EDITABLE, "--editable '/home/ada/clone[audio]'"),
        (FOLDER, "'/home/ada/my clone[audio]'"),
        (COMMIT, "'realtime-inspector[audio] @ git+https://git.example/inspector@abc123'"),
    ],
)
def test_an_extra_is_asked_for_where_this_came_from(tmp_path: Path, origin: str, wanted: str) -> None:
    assert COMMAND("audio", origin, tmp_path) == f"pip install {wanted}"
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\nuv = 0.13.9\n")
    assert COMMAND("audio", origin, tmp_path) == f"uv pip install {wanted}"
    (tmp_path / "pipx_metadata.json").touch()
    assert COMMAND("audio", origin, tmp_path) == f"pipx install --force {wanted}"
    (tmp_path / "uv-receipt.toml").touch()
    assert COMMAND("audio", origin, tmp_path) == f"uv tool install {wanted}"


def test_extras_that_are_there_are_kept(tmp_path: Path) -> None:
    (tmp_path / "pipx_metadata.json").write_text('{"main_package": {"package_or_url": "/home/ada/clone[mcp,otel]"}}')
    assert COMMAND("audio", FOLDER, tmp_path).endswith("'/home/ada/my clone[audio,mcp,otel]'")
    (tmp_path / "uv-receipt.toml").write_text(
        '[tool]\nrequirements = [{ name = "realtime-inspector", extras = ["web"], directory = "/home/ada/my clone" }]\n'
    )
    assert COMMAND("audio", FOLDER, tmp_path) == "uv tool install '/home/ada/my clone[audio,web]'"


def test_a_message_names_the_command_that_works_here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "command", lambda extra, *_: f"get {extra}")
    diagnostics.warn("serve needs a library; install it with `pip install 'realtime-inspector[web]'`")
    assert capsys.readouterr().err.endswith("install it with `get web`\n")
