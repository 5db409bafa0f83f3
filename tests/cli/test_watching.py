"""The screens beside a proxy: the terminal is theirs alone, and the proxy outlives them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from realtime_inspector.cli import diagnostics
from realtime_inspector.cli.main import main
from realtime_inspector.cli.proxy import command
from realtime_inspector.cli.watching import Screens
from tests.capture.wire import wait_for

UNTIL_STOPPED = "import signal, sys; sys.stderr.write('drawn\\n'); sys.stderr.flush(); signal.pause()"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
def test_what_is_said_beneath_the_screens_is_kept_until_they_are_left(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    terminal, leave = sys.stderr, tmp_path / "leave"
    os.mkfifo(leave)
    shown = Screens(Path("rec"), [sys.executable, "-c", f"open({str(leave)!r}).read()"])
    shown.open()
    diagnostics.say("recording to rec/one.jsonl")
    leave.write_text("now")
    wait_for(lambda: sys.stderr is terminal)
    shown.close()
    assert capfd.readouterr().err == (
        "recording to rec/one.jsonl\n"
        "the screens are left, and the proxy goes on; `realtime-inspector open rec` shows them again\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_the_end_of_the_proxy_takes_the_screens_away(capfd: pytest.CaptureFixture[str]) -> None:
    terminal = sys.stderr
    shown = Screens(Path("rec"), [sys.executable, "-c", UNTIL_STOPPED])
    shown.open()
    diagnostics.say("ended")
    shown.close()
    assert sys.stderr is terminal
    assert capfd.readouterr().err.endswith("ended\n")


def test_without_a_terminal_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["proxy", "--tui", "--listen", "127.0.0.1:0"]) == 2
    assert "--tui needs a terminal; leave it out, and look from one with" in capsys.readouterr().err


def test_several_workers_have_one_terminal() -> None:
    result = CliRunner().invoke(command, ["--tui", "--workers", "2"])
    assert "--tui does not go with --workers" in str(result.exception)
