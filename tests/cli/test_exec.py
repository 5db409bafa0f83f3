"""`exec`: one program against a recording, and its verdict as an exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from realtime_inspector.cli.exec_ import child_environment
from tests.cli.helpers import CommandLine, write_recording
from tests.cli.test_mock import PROGRAM
from tests.replay.helpers import TEXT, client_messages

TALK = """
import os, sys
from websockets.sync.client import connect
with connect(os.environ["OPENAI_BASE_URL"].replace("http", "ws", 1) + "/realtime") as connection:
    for line in sys.argv[1:]:
        connection.send(line)
    for message in connection:
        if "rate_limits.updated" in message or "replay_mismatch" in message:
            break
print("what the child prints")
"""
TURN = [orjson.dumps(message).decode() for message in client_messages(TEXT)]


@pytest.fixture(autouse=True)
def _without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Return the recording of one text turn."""
    return write_recording(tmp_path / "call.jsonl", TEXT)


def test_a_program_that_does_the_same_gives_0_and_stdout_is_its_own(recording: Path) -> None:
    arguments = ["exec", "--recording", str(recording), "--strict", "--", sys.executable, "-c", TALK, *TURN]
    ran = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "what the child prints\n"), ran.stderr


def test_a_program_that_speaks_tls_alone_trusts_the_recording(
    rti: CommandLine, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As npm `openai` does; where the variable is set already, what it names stays trusted as well."""
    corporate = tmp_path / "corporate.pem"
    corporate.write_text("# the company's\n")
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(corporate))
    script = (
        TALK.replace('"ws"', '"wss"')
        .replace("import os, sys", "import os, ssl, sys\nadded = os.environ['NODE_EXTRA_CA_CERTS']")
        .replace('"/realtime")', '"/realtime", ssl=ssl.create_default_context(cafile=added))')
    )
    script += 'assert "the company\'s" in open(added).read()'
    ran = rti("exec", "--recording", recording, "--", sys.executable, "-c", script, *TURN)
    assert ran.code == 0, ran.err


def test_a_folder_that_takes_no_authority_keeps_nobody_without_tls_away(
    rti: CommandLine, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path / "file"))
    ran = rti("exec", "--recording", recording, "--", sys.executable, "-c", TALK, *TURN)
    assert (ran.code, "a client that speaks TLS will not connect" in ran.err) == (0, True), ran.err


def test_a_program_that_swallows_its_mismatch_still_gives_1(rti: CommandLine, recording: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    other = TURN[1].replace("Hi", "Bye")
    ran = rti("exec", "--recording", recording, "--report", report, sys.executable, "-c", TALK, TURN[0], other)
    assert ran.code == 1
    assert "item.content[0].text: recorded 'Hi', came 'Bye'" in ran.err
    assert orjson.loads(report.read_bytes())["connections"][0]["mismatches"][0]["nearest"]["line"] == 7


def test_the_report_may_go_to_stdout(rti: CommandLine, recording: Path) -> None:
    ran = rti("exec", "--recording", recording, "--report", "-", "--", sys.executable, "-c", TALK, *TURN)
    assert orjson.loads(ran.out)["verdict"] == "met"


@pytest.mark.parametrize(("report", "why"), [("nowhere/report.json", "no such file"), (".", "is a directory")])
def test_a_report_that_cannot_be_written_is_told_before_the_program_runs(
    rti: CommandLine, recording: Path, tmp_path: Path, report: str, why: str
) -> None:
    ran = rti("exec", "--recording", recording, "--report", report, "--", sys.executable, "-c", "open('ran', 'w')")
    assert (ran.code, f"--report {report}: {why}" in ran.err) == (2, True), ran.err
    assert not (tmp_path / "ran").exists()


def test_a_program_that_fails_gives_1_and_is_named(rti: CommandLine, recording: Path) -> None:
    script = TALK + "sys.exit(7)"
    ran = rti("exec", "--recording", recording, "--", sys.executable, "-c", script, *TURN)
    assert ran.code == 1
    assert ran.err.splitlines()[-1] == f"{sys.executable} exited with 7"
    assert "the recording was met" in ran.err


def test_a_program_that_a_signal_ended_is_told_so(rti: CommandLine, recording: Path) -> None:
    ran = rti("exec", "--recording", recording, "--", sys.executable, "-c", "import os; os.abort()")
    assert ran.code == 1
    assert "was ended by SIGABRT" in ran.err


def test_a_program_that_never_connects_did_not_meet_the_recording(rti: CommandLine, recording: Path) -> None:
    ran = rti("exec", "--recording", recording, "--", sys.executable, "-c", "")
    assert ran.code == 1
    assert "call.jsonl: no client connected for it" in ran.err
    assert "nobody connected at ws://127.0.0.1:" in ran.err
    assert "has to take the address from OPENAI_BASE_URL or REALTIME_INSPECTOR_URL" in ran.err


def test_whoever_cannot_be_led_is_told_which_clients_can(rti: CommandLine, recording: Path) -> None:
    ran = rti("exec", "--recording", recording, "--forward", "api.openai.com", "--", sys.executable, "-c", "pass")
    assert ran.code == 1
    assert "--forward leads those alone that read HTTPS_PROXY" in ran.err
    assert "trust_env=True" in ran.err


def test_what_is_left_gives_1_only_if_strict(rti: CommandLine, recording: Path) -> None:
    leave = TALK.replace("    for message in connection", "    for message in ()")
    program = [sys.executable, "-c", leave, TURN[0]]
    assert rti("exec", "--recording", recording, "--", *program).code == 0
    assert rti("exec", "--recording", recording, "--strict", "--", *program).code == 1


def test_a_program_that_is_not_there_is_a_mistake(rti: CommandLine, recording: Path) -> None:
    ran = rti("exec", "--recording", recording, "--", "no-such-program-anywhere")
    assert (ran.code, ran.err) == (
        2,
        "realtime-inspector: cannot run 'no-such-program-anywhere': no such file or directory\n",
    )


@pytest.mark.parametrize("arguments", [["--", "true"], ["--recording", "call.jsonl"]])
def test_both_a_recording_and_a_program_are_needed(rti: CommandLine, recording: Path, arguments: list[str]) -> None:
    assert rti("exec", *arguments).code == 2


def test_options_behind_the_program_are_its_own(rti: CommandLine, recording: Path) -> None:
    check = "import sys; sys.exit(0 if sys.argv[1:] == ['--speed', '2'] else 9)"
    ran = rti("exec", "--recording", recording, sys.executable, "-c", check, "--speed", "2")
    assert "exited with" not in ran.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_passed_on_and_tells_in_the_exit_code(recording: Path, tmp_path: Path, number: int) -> None:
    ready = tmp_path / "child-is-ready"
    os.mkfifo(ready)
    child = (
        "import signal, sys\n"
        f"for number in (signal.SIGTERM, signal.SIGINT): signal.signal(number, lambda *_: sys.exit(0))\n"
        f"open({str(ready)!r}, 'w').close()\n"
        "signal.pause()"
    )
    arguments = ["exec", "--recording", str(recording), "--", sys.executable, "-c", child]
    with subprocess.Popen([*PROGRAM, *arguments], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        ready.read_text()
        process.send_signal(number)
        process.communicate()
    assert process.returncode == 128 + number


def test_the_child_alone_is_pointed_at_the_recording() -> None:
    before = {"PATH": "/bin", "NO_PROXY": "corp.example", "HTTPS_PROXY": "http://proxy"}
    child = child_environment(before, "http://127.0.0.1:1/v1", "ws://127.0.0.1:1/v1/realtime")
    assert child == {
        **before,
        "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
        "OPENAI_API_KEY": "dummy",
        "REALTIME_INSPECTOR_URL": "ws://127.0.0.1:1/v1/realtime",
        "NO_PROXY": "corp.example,127.0.0.1,localhost,::1",
        "no_proxy": "corp.example,127.0.0.1,localhost,::1",
    }
    assert "OPENAI_BASE_URL" not in before


def test_a_key_of_the_user_is_kept() -> None:
    assert child_environment({"OPENAI_API_KEY": "mine"}, "", "")["OPENAI_API_KEY"] == "mine"


def test_a_program_that_knows_one_address_alone_is_led_to_the_recording(rti: CommandLine, recording: Path) -> None:
    fixed = TALK.replace('os.environ["OPENAI_BASE_URL"].replace("http", "ws", 1)', '"wss://api.openai.com/v1"')
    ran = rti("exec", "--recording", recording, "--forward", "api.openai.com", "--", sys.executable, "-c", fixed, *TURN)
    assert ran.code == 0, ran.err
    assert "the recording was met: 3 of 3" in ran.err
