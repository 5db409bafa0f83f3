"""What `proxy` does for each connection and for many, in processes of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.recording.files import find, open_recording
from tests.capture import wire
from tests.capture.wire import REQUEST, SWITCH, Peer, Upstream, client_frame, connect, refused
from tests.cli.helpers import CommandLine

KEY = "an-unusual-key-0123456789"


@pytest.fixture(autouse=True)
def _own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path / "data"))
    yield
    wire.close_all()


@contextmanager
def proxy(
    tmp_path: Path, upstream: str, *options: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run the command; return it with what its ready file says."""
    ready = tmp_path / "ready.json"
    arguments = ["--listen", "127.0.0.1:0", "--upstream", upstream, "--dir", str(tmp_path / "rec"), *options]
    command = [sys.executable, "-m", "realtime_inspector", "proxy", *arguments, "--ready-file", str(ready)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})
    try:
        wire.wait_for(lambda: ready.exists() or process.poll() is not None)
        yield process, json.loads(ready.read_text())
    finally:
        process.terminate()
        process.communicate()


def upgraded(port: int, server: Upstream, *headers: str) -> tuple[Peer, Peer, bytes]:
    client = connect(port)
    client.send(REQUEST.removesuffix(b"\r\n") + "".join(f"{header}\r\n" for header in headers).encode() + b"\r\n")
    peer = server.accept()
    head = peer.read_head()
    peer.send(SWITCH)
    assert client.read(len(SWITCH)) == SWITCH
    return client, peer, head


def end(client: Peer, peer: Peer) -> None:
    client.close()
    assert peer.read(1) == b""
    peer.close()


def test_key_tags_and_audio_are_as_the_options_say(tmp_path: Path) -> None:
    options = ["--key-env", "MINE", "--tag", "team=voice", "--tag", "n=1", "--audio-in", "drop"]
    with wire.upstream() as server, proxy(tmp_path, server.url, *options, MINE=KEY) as (process, ready):
        client, peer, head = upgraded(ready["port"], server, "Authorization: Bearer dummy")
        assert f"Authorization: Bearer {KEY}\r\n".encode() in head
        assert b"dummy" not in head
        frame = client_frame(b'{"type":"input_audio_buffer.append","audio":"AAECAwQFBgc="}')
        client.send(frame)
        assert peer.read(len(frame)) == frame
        echoed = wire.server_frame(f'{{"type":"error","echo":"{KEY}"}}'.encode())
        peer.send(echoed)
        assert client.read(len(echoed)) == echoed
        end(client, peer)
        (entries,) = wire.finished(tmp_path / "rec")
        process.terminate()
        said = process.communicate(timeout=wire.TIMEOUT_S)[1]
    (path,) = find(tmp_path / "rec")
    assert open_recording(path).header.tags == {"team": "voice", "n": "1"}
    assert entries[2].payload == b'{"type":"input_audio_buffer.append","audio":""}'
    assert KEY not in path.read_text() + said
    assert "clients need no key of their own" in said


def test_what_does_not_fit_passes_unrecorded(tmp_path: Path) -> None:
    options = ["--only", "/v1/*", "--only-model", "other*", "--sample", "1"]
    with wire.upstream() as server, proxy(tmp_path, server.url, *options) as (process, ready):
        client, peer, _ = upgraded(ready["port"], server)
        end(client, peer)
        process.terminate()
        assert process.wait(wire.TIMEOUT_S) == 0
    assert find(tmp_path / "rec") == []


def test_a_signal_lets_calls_end_first(tmp_path: Path) -> None:
    with wire.upstream() as server, proxy(tmp_path, server.url, "--drain", "60") as (process, ready):
        client, peer, _ = upgraded(ready["port"], server)
        process.terminate()
        wire.wait_for(lambda: refused(ready["port"]))
        frame = client_frame(b"{}")
        client.send(frame)
        assert peer.read(len(frame)) == frame
        assert process.poll() is None
        end(client, peer)
        said = process.communicate(timeout=wire.TIMEOUT_S)[1]
        assert process.returncode == 0
    assert "no new connections; open calls have 60 s to end" in said


def test_ctrl_c_ends_the_wait(tmp_path: Path) -> None:
    with wire.upstream() as server, proxy(tmp_path, server.url, "--drain", "60") as (process, ready):
        client, _, _ = upgraded(ready["port"], server)
        process.terminate()
        wire.wait_for(lambda: refused(ready["port"]))
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        assert process.wait(wire.TIMEOUT_S) == 130
        assert client.read(1) == b""


def pid_that_answers(port: int) -> int:
    watcher = connect(port)
    watcher.send(b"GET /__realtime_inspector/ready HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = watcher.read_all()
    watcher.close()
    return int(json.loads(answer.partition(b"\r\n\r\n")[2])["pid"])


linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux spreads connections")


@linux_only
def test_workers_share_a_port_and_end_with_their_supervisor(tmp_path: Path) -> None:
    pids: set[int] = set()

    def both_answered(port: int) -> bool:
        pids.add(pid_that_answers(port))
        return len(pids) == 2

    with wire.upstream() as server, proxy(tmp_path, server.url, "--workers", "2") as (process, ready):
        assert ready["pid"] == process.pid
        wire.wait_for(lambda: both_answered(ready["port"]))
        assert process.pid not in pids
        for _ in range(4):
            client, peer, _ = upgraded(ready["port"], server)
            end(client, peer)
        wire.finished(tmp_path / "rec", 4)
        process.terminate()
        said = process.communicate(timeout=wire.TIMEOUT_S)[1]
        assert process.returncode == 0
    assert len(find(tmp_path / "rec")) == 4
    assert said.count("ctrl+c ends it") == 1
    assert not any(alive(pid) for pid in pids)


@linux_only
def test_a_worker_that_dies_is_told_of_and_the_others_go_on(tmp_path: Path) -> None:
    with wire.upstream() as server, proxy(tmp_path, server.url, "--workers", "2") as (process, ready):
        victim = pid_that_answers(ready["port"])
        os.kill(victim, signal.SIGKILL)
        assert process.stderr is not None
        line = next(line for line in process.stderr if "ended by itself" in line)
        assert f"worker {victim} ended by itself (signal 9); 1 of 2 go on" in line
        assert pid_that_answers(ready["port"]) != victim
        process.terminate()
        said = process.communicate(timeout=wire.TIMEOUT_S)[1]
        assert process.returncode == 125
    assert re.search(rf"worker {victim} ended without having been told to\n", said)


@linux_only
def test_workers_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    with wire.upstream() as server, proxy(tmp_path, server.url, "--workers", "2") as (process, ready):
        process.kill()
        process.wait(wire.TIMEOUT_S)
        wire.wait_for(lambda: refused(ready["port"]))


@linux_only
def test_workers_do_not_join_a_port_that_is_taken(tmp_path: Path, rti: CommandLine) -> None:
    with wire.upstream() as server, proxy(tmp_path, server.url, "--workers", "1") as (_, ready):
        ran = rti("proxy", "--listen", f"127.0.0.1:{ready['port']}", "--upstream", server.url, "--workers", "2")
    assert ran.code == 2
    assert "is taken by another program; stop it" in ran.err


@linux_only
def test_what_no_worker_can_do_is_one_clear_line(tmp_path: Path, rti: CommandLine) -> None:
    (tmp_path / "file").touch()
    ran = rti("proxy", "--listen", "127.0.0.1:0", "--dir", tmp_path / "file" / "rec", "--workers", "2")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "recordings cannot be written there" in ran.err


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tag", "x"], "--tag 'x' is no NAME=VALUE"),
        (["--sample", "2"], "--sample 2 is no part of all connections: give a number from 0 to 1"),
        (["--key-env", "NO_SUCH_KEY_HERE"], "--key-env NO_SUCH_KEY_HERE: that variable is not set"),
        (
            ["--mode", "forward", "--key-env", "NO_SUCH_KEY_HERE"],
            "--key-env NO_SUCH_KEY_HERE: that variable is not set",
        ),
        (["--mode", "socks5", "--drain", "3"], "--drain works in reverse mode alone, not in --mode socks5"),
        (["--mode", "local:x", "--workers", "2"], "--workers works in reverse mode alone, not in --mode local:x"),
        (["--mode", "forward", "--sample", "2"], "--sample 2 is no part of all connections"),
        (["--via", "socks5://u:canary@h:1"], "--via is no proxy's URL; write http://HOST:PORT"),
        (["--via", "http://a..b:80"], "--via is no proxy's URL; write http://HOST:PORT"),
        (["--mode", "local", "--via", "http://h:1"], "--via works in reverse and forward mode, not in --mode local"),
        (["--client-key", "pyproject.toml"], "--client-key"),
        (["--audio-out", "loud"], "'loud' is not one of 'keep', 'hash', 'drop'"),
        (["--workers", "0"], "0 is not in the range 1<=x<=256"),
    ],
)
def test_a_mistake_is_one_clear_line(rti: CommandLine, options: list[str], said: str) -> None:
    ran = rti("proxy", "--listen", "127.0.0.1:0", *options)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert said in ran.err
