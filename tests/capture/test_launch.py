"""One child: what it is told, and how its end and our signals pass."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from realtime_inspector.capture import launch
from realtime_inspector.capture.launch import Ended, Origin, Pointers
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.errors import UsageError


def test_a_relay_is_what_the_base_url_says_and_no_proxy_is_in_between() -> None:
    parent = {"PATH": "/bin", "no_proxy": "corp.example", "HTTPS_PROXY": "http://corp:1"}
    child = launch.environment(parent, Pointers("http://127.0.0.1:9/v1"))
    assert child == {
        **parent,
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "REALTIME_INSPECTOR_URL": "ws://127.0.0.1:9/v1/realtime",
        "NO_PROXY": "corp.example,127.0.0.1,localhost,::1",
        "no_proxy": "corp.example,127.0.0.1,localhost,::1",
    }
    assert parent == {"PATH": "/bin", "no_proxy": "corp.example", "HTTPS_PROXY": "http://corp:1"}


def test_an_interceptor_is_the_proxy_and_its_ca_is_trusted() -> None:
    parent = {"OPENAI_BASE_URL": "https://mine/v1", "wss_proxy": "http://corp:1", "PIP_CERT": "/corp.pem"}
    child = launch.environment(parent, Pointers("", "http://127.0.0.1:9", Path("/b.pem"), Path("/a.pem")))
    changed = {name: value for name, value in child.items() if parent.get(name) != value}
    assert changed == {
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "WSS_PROXY": "http://127.0.0.1:9",
        "wss_proxy": "http://127.0.0.1:9",
        "NODE_USE_ENV_PROXY": "1",
        "PIP_CERT": "/b.pem",
        "SSL_CERT_FILE": "/b.pem",
        "REQUESTS_CA_BUNDLE": "/b.pem",
        "CURL_CA_BUNDLE": "/b.pem",
        "AWS_CA_BUNDLE": "/b.pem",
        "WEBSOCKET_CLIENT_CA_BUNDLE": "/b.pem",
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": "/b.pem",
        "NODE_EXTRA_CA_CERTS": "/a.pem",
        "DENO_CERT": "/a.pem",
    }


def test_hosts_that_are_excepted_already_are_named_once() -> None:
    parent = {"NO_PROXY": "a, localhost", "no_proxy": "b"}
    assert launch.without_proxy(parent)["NO_PROXY"] == "a,localhost,b,127.0.0.1,::1"


@pytest.mark.parametrize(
    ("parent", "proxy"),
    [
        ({}, ""),
        ({"HTTP_PROXY": "http://a"}, ""),
        ({"HTTPS_PROXY": "http://a"}, "http://a"),
        ({"HTTPS_PROXY": "http://a", "https_proxy": "http://b"}, "http://b"),
    ],
)
def test_the_proxy_on_the_way_is_the_one_the_program_would_have_used(parent: dict[str, str], proxy: str) -> None:
    assert launch.proxy_of(parent) == proxy


@pytest.mark.parametrize(
    ("parent", "upstream", "server", "path"),
    [
        ({}, None, "wss://api.openai.com", "/v1"),
        ({"OPENAI_BASE_URL": " "}, None, "wss://api.openai.com", "/v1"),
        ({"OPENAI_BASE_URL": "https://gate/openai/v1/"}, None, "https://gate/openai/v1/", "/openai/v1"),
        ({"OPENAI_BASE_URL": "http://h:1"}, None, "http://h:1", ""),
        ({"OPENAI_BASE_URL": "https://h/v1?api-version=2"}, None, "https://h/v1", "/v1?api-version=2"),
        ({"OPENAI_BASE_URL": "https://h/v1"}, "ws://127.0.0.1:1", "ws://127.0.0.1:1", "/v1"),
        ({}, "wss://gate/openai/v1", "wss://gate/openai/v1", "/openai/v1"),
    ],
)
def test_a_program_goes_where_it_would_have_gone(
    parent: dict[str, str], upstream: str | None, server: str, path: str
) -> None:
    assert Origin.of(parent, upstream) == Origin(server, path)


def test_a_base_url_that_is_none_is_named() -> None:
    with pytest.raises(UsageError, match=r"OPENAI_BASE_URL is where the program goes, and .*'api.openai.com/v1'"):
        Origin.of({"OPENAI_BASE_URL": "api.openai.com/v1"})


def test_what_the_user_trusts_stays_trusted(tmp_path: Path) -> None:
    mine, corporate, node = (LocalCA(tmp_path / name).certificate for name in ("mine", "corporate", "node"))
    parent = {"REQUESTS_CA_BUNDLE": str(corporate), "NODE_EXTRA_CA_CERTS": str(node), "SSL_CERT_FILE": "/not/there"}
    bundle, added = launch.certificates(tmp_path, parent, [mine])
    assert count(added) == 2
    assert count(bundle) == 3 + count_of_system()
    assert {path.stat().st_mode & 0o777 for path in (bundle, added)} == {0o600}


def count(path: Path) -> int:
    return path.read_text().count("BEGIN CERTIFICATE")


def count_of_system() -> int:
    path = ssl.get_default_verify_paths().cafile
    return count(Path(path)) if path else len(ssl.create_default_context().get_ca_certs())


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


@pytest.mark.parametrize(
    ("program", "returncode", "code"),
    [("", 0, 0), ("raise SystemExit(7)", 7, 7), ("import os; os.kill(os.getpid(), 9)", -9, 137)],
)
def test_the_child_s_exit_code_is_the_shell_s(program: str, returncode: int, code: int) -> None:
    ended = launch.run(python(program), os.environ)
    assert (ended, ended.code) == (Ended(returncode), code)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_a_signal_reaches_the_child_and_our_handlers_are_restored(number: signal.Signals) -> None:
    if number is signal.SIGINT and sys.stdin.isatty():
        pytest.skip("a terminal signals the child itself")
    before = signal.getsignal(number)
    program = f"""
import os, signal, sys
signal.signal({int(number)}, lambda *_: sys.exit(41))
os.kill(os.getppid(), {int(number)})
signal.pause()
"""
    ended = launch.run(python(program), os.environ)
    stops = number in {signal.SIGTERM, signal.SIGINT}
    assert ended == Ended(41, int(number) if stops else None)
    assert signal.getsignal(number) is before


def test_a_signal_before_the_child_is_there_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    popen = subprocess.Popen

    def slow(cmd: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
        os.kill(os.getpid(), signal.SIGTERM)
        return popen(cmd, env=env)

    monkeypatch.setattr(subprocess, "Popen", slow)
    assert launch.run(python("import signal; signal.pause()"), os.environ) == Ended(-signal.SIGTERM, signal.SIGTERM)


@pytest.mark.parametrize(("name", "error"), [("no-such-program", FileNotFoundError), ("file", PermissionError)])
def test_what_cannot_be_run_is_said_by_the_system(tmp_path: Path, name: str, error: type[OSError]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(error):
        launch.run([str(tmp_path / name)], os.environ)
