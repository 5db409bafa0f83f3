"""`proxy` in the modes that intercept, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from realtime_inspector.cli.main import main
from realtime_inspector.recording.files import find, open_recording
from tests.capture import wire

pytest.importorskip("mitmproxy")


@pytest.fixture(autouse=True)
def _own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path / "data"))


def hints(process: subprocess.Popen[str]) -> list[str]:
    """Return what it says until it waits for clients."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line.rstrip("\n"))
        if line.startswith("ctrl+c"):
            break
    return lines


def test_a_forward_proxy_says_how_to_use_it_records_and_ends_in_good_order(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    options = ["--listen", "127.0.0.1:0", "--dir", str(tmp_path / "rec"), "--ready-file", str(ready)]
    command = [sys.executable, "-m", "realtime_inspector", "proxy", "--mode", "forward", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    with wire.upstream() as server:
        try:
            first = hints(process)
            where = json.loads(ready.read_text())
            client = wire.connect(where["port"])
            client.send(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\n".encode())
            client.read_head()
            client.send(wire.REQUEST)
            server.accept().read_head()
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[1]
        finally:
            process.kill()
            process.communicate()
            wire.close_all()
    assert process.returncode == 130, said
    (path,) = find(tmp_path / "rec")
    assert [entry.kind for entry in open_recording(path)] == ["request", "end"]
    folder = tmp_path / "data" / "mitmproxy"
    assert first == [
        f"recording what is Realtime in forward mode in {tmp_path / 'rec'}",
        f"  clients:           HTTPS_PROXY={where['url']}",
        f"  Python, and most:  SSL_CERT_FILE={folder / 'bundle.pem'}",
        f"  Node:              NODE_EXTRA_CA_CERTS={folder / 'mitmproxy-ca-cert.pem'}",
        "ctrl+c ends it",
    ]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "mitmproxy-ca.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--mode", "upstream"], "--mode 'upstream' is none; known are reverse, forward"),
        (["--mode", "forward", "--upstream", "api.openai.com"], "'api.openai.com' is not a URL of a server"),
        (["--mode", "forward", "--upstream-ca", __file__], "no certificates in PEM there"),
    ],
)
def test_a_mistake_is_one_clear_line(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["proxy", "--listen", "127.0.0.1:0", "--dir", str(tmp_path / "rec"), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
