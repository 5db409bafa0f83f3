"""`attach`: a call joined on a real socket, by the command line and by a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from queue import Queue

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Kind, Side
from tests.cli.helpers import CommandLine

KEY = "canary-of-a-key-that-nobody-may-see"
CREATED = '{"type":"session.created","session":{"id":"sess_1"}}'
NOT_FOUND = '{"error": {"message": "No session found for the provided call_id.", "code": "call_id_not_found"}}'


@contextmanager
def calls(*, ends: bool) -> Iterator[tuple[str, Queue[str]]]:
    """Serve the call `rtc_1`; gives the URL, and what it was sent. It ends by itself, or when the other side leaves."""
    sent: Queue[str] = Queue()

    def talk(socket: ServerConnection) -> None:
        assert socket.request is not None
        assert socket.request.headers["Authorization"] == f"Bearer {KEY}"
        try:
            socket.send(CREATED)
            if ends:
                socket.close(1000, "over")
            else:
                sent.put(str(socket.recv()))
        except ConnectionClosed as closed:  # it may leave at any moment
            sent.put(f"close {closed.rcvd.code if closed.rcvd else None}")

    def admit(socket: ServerConnection, request: Request) -> Response | None:
        if request.path == "/v1/realtime?call_id=rtc_1":
            return None
        return socket.respond(HTTPStatus.NOT_FOUND, NOT_FOUND)

    with serve(talk, "127.0.0.1", 0, process_request=admit) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}", sent
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a key in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def test_a_call_is_recorded_until_it_ends(rti: CommandLine, tmp_path: Path) -> None:
    with calls(ends=True) as (url, _):
        ran = rti("attach", "/v1/realtime/calls/rtc_1", "--upstream", url, "--tag", "stage=test")
    assert ran.code == 0, ran.err
    path = Path(ran.out.rstrip("\n"))
    assert "rtc_1: the server closed it (1000 over)" in ran.err
    recording = files.open_recording(tmp_path / path)
    assert recording.header.tags == {"stage": "test"}
    assert recording.header.url == f"{url}/v1/realtime?call_id=rtc_1"
    entries = list(recording)
    assert [entry.payload.decode() for entry in entries if entry.kind is Kind.MESSAGE] == [CREATED]
    assert not any(entry.kind is Kind.MESSAGE and entry.side is Side.CLIENT for entry in entries)
    assert KEY.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        ("rtc_2", 3, "the call rtc_2 cannot be joined: 404, No session found for the provided call_id; it has ended"),
        ("a call", 2, "'a call' names no call: give its id"),
    ],
)
def test_what_cannot_be_joined_is_told_in_one_line(rti: CommandLine, call: str, code: int, message: str) -> None:
    with calls(ends=True) as (url, _):
        ran = rti("attach", call, "--upstream", url)
    assert ran.code == code
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


def test_without_a_key_nobody_else_is_asked(rti: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    ran = rti("attach", "rtc_1", "--upstream", "wss://127.0.0.1:9")
    assert (ran.code, ran.out) == (2, "")
    assert "OPENAI_API_KEY is not set" in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal for another process")
def test_ctrl_c_leaves_the_call_and_sends_nothing_but_a_close(tmp_path: Path) -> None:
    with calls(ends=False) as (url, sent):
        command = [sys.executable, "-m", "realtime_inspector", "attach", "rtc_1", "--upstream", url]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        assert process.stderr.readline().startswith("joined rtc_1: its events are recorded in recordings")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert sent.get(timeout=60) == "close 1000"
    assert "rtc_1: left" in err
    assert list(files.open_recording(tmp_path / out.rstrip("\n")))[-1].kind is Kind.END
