"""`simulate`: a process of its own, as a program in another language would use it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from websockets.sync.client import connect

from realtime_inspector.cli.main import main
from tests.capture.wire import wait_for


@contextmanager
def simulating(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, object]]]:
    """Run the command on a free port, and yield it with what its ready file says."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "realtime_inspector", "simulate", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(
        [*command, "--ready-file", str(ready), *options], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        wait_for(lambda: ready.exists() or process.poll() is not None)
        assert process.poll() is None, process.communicate()[1]
        yield process, orjson.loads(ready.read_bytes())
    finally:
        process.kill()
        process.communicate()


def test_the_ready_file_says_where_it_listens_and_a_client_is_served(tmp_path: Path) -> None:
    scenario = tmp_path / "mine.toml"
    scenario.write_text('[[turn]]\nsay = "Hi."')
    with simulating(tmp_path, "--scenario", str(scenario)) as (process, ready):
        assert ready["pid"] == process.pid
        url = f"ws://127.0.0.1:{ready['port']}/v1/realtime?model=m"
        with connect(url, additional_headers={"Authorization": "Bearer k"}, proxy=None) as socket:
            assert orjson.loads(socket.recv(timeout=60))["type"] == "session.created"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert out == ""
        assert err.startswith(f"simulating 'mine' on ws://127.0.0.1:{ready['port']}/v1/realtime\n")
        assert f"OPENAI_BASE_URL=http://127.0.0.1:{ready['port']}/v1" in err
        assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_whoever_starts_it_in_the_background_can_stop_it(number: signal.Signals, code: int) -> None:
    ignoring = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"]  # what a shell does for `command &`
    command = [sys.executable, "-m", "realtime_inspector", "simulate", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen([*ignoring, *command], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == code


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--listen", "here"], "--listen 'here' is no HOST:PORT"),
        (["--listen", "127.0.0.1:99999"], "is no HOST:PORT"),
        (["--scenario", "nothing"], "no scenario 'nothing': known are chat, weather"),
    ],
)
def test_a_wrong_option_is_one_line(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", *options]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
