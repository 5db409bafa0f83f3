"""Faults on the command line, and the page about them."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from pathlib import Path

import click
import pytest

from realtime_inspector.cli import commands, faulting
from realtime_inspector.cli.capturing import Settings
from realtime_inspector.cli.main import main
from realtime_inspector.replay.faults.expression import HELP
from realtime_inspector.replay.faults.profiles import PROFILES
from tests.cli.helpers import CommandLine, write_recording
from tests.pages import ROOT, Shown, fences, shown
from tests.replay.helpers import TEXT

PAGE = ROOT / "docs/faults.md"
WITH_FAULTS = [line for line in shown() if "--fault" in line.line]
CLIENT = """
import os, sys
from websockets.sync.client import connect
with connect(os.environ["REALTIME_INSPECTOR_URL"]) as connection:
    connection.send('{"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}')
    try:
        for message in connection:
            pass
    except Exception as error:
        print(error.rcvd.code)
"""


@pytest.mark.parametrize("line", WITH_FAULTS, ids=str)
def test_every_fault_that_is_shown_is_one(line: Shown) -> None:
    for name, *arguments in line.calls:
        command = commands.load(name)
        assert command is not None
        assert faulting.between(command.make_context(name, arguments).params) is not None


def test_the_page_tells_of_every_fault_and_profile() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z-]+)(?: [A-Z \"]+)?` \|", text, re.MULTILINE) == [*HELP, *PROFILES]


def test_a_mistake_is_shown_with_its_place_as_the_page_has_it(rti: CommandLine) -> None:
    ran = rti("simulate", "--fault", "drop 5% on tpye:*.delta")
    assert ran.code == 2
    assert ran.err == fences(PAGE)[0]


def test_an_unknown_profile_is_refused_with_those_that_there_are(rti: CommandLine) -> None:
    ran = rti("mock", "call.jsonl", "--fault-profile", "flaky")
    assert ran.code == 2
    assert "'flaky-network', 'slow-server'" in ran.err


def test_exec_gives_its_program_the_faults_and_tells_of_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_recording(tmp_path / "call.jsonl", TEXT)
    fault = "close 4005 on type:session.updated"
    code = main(["exec", "--recording", "call.jsonl", "--fault", fault, "--report", "report.json",
                 "--", sys.executable, "-c", CLIENT])  # fmt: skip
    out, err = capfd.readouterr()
    assert (code, out) == (0, "4005\n")
    assert f"fault on connection 1 at session.updated: {fault}" in err
    assert fault in (tmp_path / "report.json").read_text()


def test_a_proxy_has_its_faults_in_reverse_mode_and_straight_to_the_server(rti: CommandLine) -> None:
    ran = rti("proxy", "--fault", "drop", "--mode", "forward")
    assert ran.err.endswith("--fault works in reverse mode alone, not in --mode forward; leave one of them out\n")
    ran = rti("proxy", "--listen", "127.0.0.1:0", "--fault", "drop", "--via", "http://127.0.0.1:9")
    assert ran.err.endswith("--fault does not go with --via; leave one of them out\n")


def test_every_command_that_serves_takes_the_same_options() -> None:
    for name in ("mock", "exec", "simulate", "proxy", "run"):
        command = commands.load(name)
        assert isinstance(command, click.Command)
        assert {"faults", "profiles", "fault_seed"} <= {option.name for option in command.params}


def test_behind_the_faults_the_key_is_sent_as_the_server_wants_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Azure's `api-key` became an `Authorization`, as the gate has another name."""
    monkeypatch.setenv("MINE", "azure-key-0123456789")
    settings = Settings(tmp_path, upstream="wss://mine.openai.azure.com", key_env="MINE")
    between = faulting.between({"faults": ["drop 5%"], "profiles": (), "fault_seed": "0"})
    assert between is not None
    with ExitStack() as stack:
        behind = faulting.behind(stack, settings, between)
        assert behind.server.startswith("ws://127.0.0.1:")
        assert behind.shared()["key"].header == ("api-key", "azure-key-0123456789")
