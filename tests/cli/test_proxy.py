from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from realtime_inspector.cli import signals
from realtime_inspector.cli.main import main
from realtime_inspector.cli.proxy import command
from realtime_inspector.recording.files import find, open_recording
from tests.capture import wire


@pytest.fixture(autouse=True)
def _own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path / "data"))
    yield
    wire.close_all()


@contextmanager
def proxy(tmp_path: Path, upstream: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run the command in a process of its own; return it with what its ready file says."""
    ready = tmp_path / "ready.json"
    arguments = ["--listen", "127.0.0.1:0", "--upstream", upstream, "--dir", str(tmp_path / "rec")]
    command = [sys.executable, "-m", "realtime_inspector", "proxy", *arguments, "--ready-file", str(ready)]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "HTTPS_PROXY": "http://p"}
    )
    try:
        wire.wait_for(lambda: ready.exists() or process.poll() is not None)
        yield process, json.loads(ready.read_text())
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no such signal")
def test_a_terminal_that_is_closed_is_a_sigterm_unless_that_is_kept_from_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "getsignal", lambda number: signal.SIG_DFL)
    assert signals.ending() == {
        signal.SIGTERM: signal.SIGTERM,
        signal.SIGINT: signal.SIGINT,
        signal.SIGHUP: signal.SIGTERM,
    }
    monkeypatch.setattr(signal, "getsignal", lambda number: signal.SIG_IGN)
    assert set(signals.ending()) == {signal.SIGTERM, signal.SIGINT}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_finishes_the_files_and_ends_it(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with wire.upstream() as server, proxy(tmp_path, server.url) as (process, ready):
        assert ready == {
            "host": "127.0.0.1",
            "port": ready["port"],
            "url": f"http://127.0.0.1:{ready['port']}",
            "pid": process.pid,
        }
        client = wire.connect(ready["port"])
        client.send(wire.REQUEST)
        peer = server.accept()
        peer.read_head()
        peer.send(wire.SWITCH + wire.server_frame(b'{"type":"session.created"}'))
        client.read(len(wire.SWITCH) + 5)
        process.send_signal(number)
        said = process.communicate(timeout=wire.TIMEOUT_S)[1]
        assert process.returncode == code
    (path,) = find(tmp_path / "rec")
    assert wire.outline(list(open_recording(path))) == [
        "client request GET /v1/realtime?model=m",
        "server response 101",
        'server message {"type":"session.created"}',
        "proxy end closed by proxy",
    ]
    url = ready["url"]
    assert f"recording {url} -> {server.url} in {tmp_path / 'rec'}" in said
    assert f"OPENAI_BASE_URL={url}/v1\n" in said
    authority = tmp_path / "data" / "ca" / "ca.pem"
    assert f"OPENAI_BASE_URL=https://localhost:{ready['port']}/v1 NODE_EXTRA_CA_CERTS={authority}\n" in said
    assert "set NO_PROXY=127.0.0.1,localhost" in said
    assert f": recording to {path}\n" in said
    assert f": ended, 4 entries: {path}\n" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--listen", "8765"], "--listen '8765' is no HOST:PORT, such as 127.0.0.1:8765"),
        (["--listen", "8799"], "--listen '8799' is no HOST:PORT, such as 127.0.0.1:8799"),
        (["--listen", "[::1:0"], "--listen '[::1:0' is no HOST:PORT, such as [::1]:0"),
        (["--listen", "127.0.0.1:99999"], "is no HOST:PORT, such as 127.0.0.1:8765"),
        (["--upstream", "api.openai.com"], "is not a URL of a server; write wss://api.openai.com, or ws://"),
        (["--upstream", "wss://h/?api-key=x"], "--upstream wants scheme, host and path alone"),
        (["--upstream-ca", __file__], "no certificates in PEM there"),
        (["--upstream-ca", "nowhere.pem"], "'nowhere.pem' does not exist"),
    ],
)
def test_a_mistake_is_one_clear_line(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["proxy", "--dir", str(tmp_path), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_port_in_use_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with wire.upstream() as server:
        assert main(["proxy", "--dir", str(tmp_path), "--listen", f"127.0.0.1:{server.port}"]) == 2
    assert "is taken by another program; stop it, or choose another port" in capsys.readouterr().err


def test_the_help_names_every_option() -> None:
    text = CliRunner().invoke(command, ["--help"]).output
    assert [
        name for name in ("--listen", "--upstream", "--upstream-ca", "--dir", "--ready-file") if name not in text
    ] == []
