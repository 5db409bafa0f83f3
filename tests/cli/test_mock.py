"""`mock`: a recording as a server, in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.sync.client import connect

from tests.cli.helpers import CommandLine, write_recording
from tests.replay.helpers import TEXT, client_messages

PROGRAM = [sys.executable, "-c", "import sys; from realtime_inspector.cli.main import main; sys.exit(main())"]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Return the recording of one text turn."""
    return write_recording(tmp_path / "call.jsonl", TEXT)


@contextmanager
def mock(recording: Path, *options: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command while the block does; gives the process and the URL it tells."""
    arguments = ["mock", recording, "--listen", "127.0.0.1:0", "--speed", "max", *options]
    with subprocess.Popen([*PROGRAM, *map(str, arguments)], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield process, process.stderr.readline().split(" on ")[1].strip()
        finally:
            process.kill()


def talk(url: str, *messages: Any) -> None:
    """Hold the recorded turn, or send something else."""
    with connect(url, proxy=None) as connection:
        for message in messages or client_messages(TEXT):
            connection.send(orjson.dumps(message).decode())
        for received in connection:
            if "rate_limits.updated" in str(received) or "replay_mismatch" in str(received):
                break


def rest_of(process: subprocess.Popen[str]) -> str:
    """Wait for the end and return what was still said."""
    said = process.stderr.read() if process.stderr is not None else ""
    process.wait()
    return said


def test_once_ends_with_the_verdict_and_writes_the_report(recording: Path, tmp_path: Path) -> None:
    report, ready = tmp_path / "report.json", tmp_path / "ready"
    with mock(recording, "--once", "--report", report, "--ready-file", ready, "--strict") as (process, url):
        talk(url)
        said = rest_of(process)
    assert process.returncode == 0
    assert said.splitlines()[-1].startswith("the recording was met: 3 of 3 client events matched")
    assert orjson.loads(report.read_bytes())["verdict"] == "met"
    told = orjson.loads(ready.read_text())
    assert url == f"ws://{told['host']}:{told['port']}/v1/realtime"
    assert told["pid"] == process.pid


def test_a_mismatch_is_told_at_once_and_is_the_exit_code(recording: Path) -> None:
    with mock(recording, "--once") as (process, url):
        talk(url, {"type": "response.create", "response": {"instructions": "No."}})
        said = rest_of(process)
    assert process.returncode == 1
    assert "client message 1 fits no recorded one; nearest is line 8: response.create differs at response" in said
    assert "to accept it: --ignore-path 'response'" in said
    assert "record it anew: `realtime-inspector run -- CMD`" in said


def test_it_serves_again_until_it_is_stopped(recording: Path) -> None:
    with mock(recording) as (process, url):
        talk(url)
        talk(url)
        process.send_signal(signal.SIGTERM)
        said = rest_of(process)
    assert process.returncode == 0
    assert "6 of 6 client events matched" in said


def test_after_a_mismatch_it_says_that_it_has_to_be_started_again(recording: Path) -> None:
    with mock(recording) as (process, url):
        talk(url, {"type": "response.create", "response": {"instructions": "No."}})
        process.send_signal(signal.SIGINT)
        said = rest_of(process)
    assert process.returncode == 1
    assert "no further connection is taken; start it again for another try" in said


def test_a_path_that_is_not_compared_is_accepted(recording: Path) -> None:
    update, item, respond = client_messages(TEXT)
    item["item"]["content"][0]["text"] = "Something else"
    with mock(recording, "--once", "--ignore-path", "item.content") as (process, url):
        talk(url, update, item, respond)
        rest_of(process)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["none.jsonl"], 2, "none.jsonl: no such recording; make one: `realtime-inspector run -- CMD`, or `proxy`"),
        (["call.jsonl", "--speed", "fast"], 2, "speed 'fast' is none: `recorded`, `max`, or a number"),
        (["call.jsonl", "--speed", "-1"], 2, "speed '-1' is none"),
        (["call.jsonl", "--listen", "here"], 2, "--listen 'here' is no HOST:PORT"),
        (["call.jsonl", "--match", "exact"], 2, "'exact' is not one of"),
        (["broken.jsonl"], 4, "broken.jsonl:1: not a recording's header"),
    ],
)
def test_a_mistake_is_one_line(rti: CommandLine, recording: Path, options: list[str], code: int, said: str) -> None:
    recording.with_name("broken.jsonl").write_text("{}\n")
    ran = rti("mock", *options)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
