from __future__ import annotations

import errno
import json
import os
import socket
import ssl
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from realtime_inspector.capture.readiness import READY
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.capture.upstream import Upstream
from realtime_inspector.cli.checks import environment, machine, network
from realtime_inspector.cli.checks.check import Check, Verdict
from tests.cli.helpers import CommandLine
from tests.pages import ROOT

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
KEY = "sk-" + "a1b2c3d4" * 5
LISTEN = ("127.0.0.1", 8765)


def answer(status: str = "401 Unauthorized", date: datetime | None = NOW, more: str = "") -> bytes:
    dated = f"Date: {format_datetime(date, usegmt=True)}\r\n" if date else ""
    return f"HTTP/1.1 {status}\r\n{dated}{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()


@contextmanager
def answering(reply: bytes, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """Serve one answer to everybody; yield the port and what was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(sock, server_side=True) if context else sock as peer:
                        asked.append(peer.recv(65536))
                        peer.sendall(reply)
                except OSError:
                    sock.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def upstream(port: int, ca: Path | None = None, scheme: str = "ws", now: datetime = NOW) -> list[Check]:
    server = Upstream.parse(f"{scheme}://localhost:{port}")
    return list(network.upstream(server, ca, clock=now.timestamp))


def expect(check: Check, verdict: Verdict, said: str, fix: str = "") -> None:
    assert (check.verdict, said in check.text, fix in check.fix) == (verdict, True, True), check


def test_a_free_port_is_ok() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    expect(network.port("127.0.0.1", port), Verdict.OK, f"127.0.0.1:{port} is free")


def test_a_port_of_another_program_is_a_problem() -> None:
    with answering(b"SSH-2.0-x\r\n") as (port, _):
        expect(network.port("127.0.0.1", port), Verdict.PROBLEM, "taken by another program", "--listen 127.0.0.1:0")


def test_a_host_that_is_none_is_a_problem() -> None:
    expect(network.port("a..b", 1), Verdict.PROBLEM, "'a..b' is no host", "--listen HOST:PORT")


def test_a_port_of_an_inspector_says_which() -> None:
    with answering(READY.answer()) as (port, asked):
        expect(network.port("127.0.0.1", port), Verdict.WARNING, f"inspector that is running (pid {os.getpid()})")
    assert asked[0].startswith(b"GET /__realtime_inspector/ready HTTP/1.1\r\n")


def test_an_address_of_another_machine_is_a_problem() -> None:
    expect(network.port("192.0.2.1", 0), Verdict.PROBLEM, "cannot be listened on", "--listen")


def test_an_upstream_that_wants_a_key_is_ok_and_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with answering(answer()) as (port, asked):
        checks = upstream(port)
    expect(checks[0], Verdict.OK, "answers 401, without TLS; it wants a key")
    expect(checks[1], Verdict.OK, "agrees")
    assert b"uthorization" not in asked[0]
    assert KEY.encode() not in asked[0]


def test_a_certificate_that_is_trusted_is_ok(tmp_path: Path) -> None:
    authority = LocalCA(tmp_path)
    with answering(answer(), authority.server_context()) as (port, _):
        expect(upstream(port, authority.certificate, "wss")[0], Verdict.OK, "its certificate is trusted")


def test_a_certificate_that_is_not_trusted_is_a_problem(tmp_path: Path) -> None:
    with answering(answer(), LocalCA(tmp_path).server_context()) as (port, asked):
        checks = upstream(port, scheme="wss")
    expect(checks[0], Verdict.PROBLEM, "is not trusted", "--upstream-ca FILE")
    expect(checks[1], Verdict.SKIPPED, "no time")
    assert asked == []


def test_an_upstream_that_is_not_there_is_a_problem() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    expect(upstream(port)[0], Verdict.PROBLEM, f"localhost:{port} cannot be reached", "--upstream URL")


@pytest.mark.parametrize(
    ("reply", "verdict", "said"),
    [
        (b"hello\r\n", Verdict.PROBLEM, "does not answer in HTTP"),
        (answer("407 Proxy Authentication Required"), Verdict.PROBLEM, "a proxy is between"),
        (answer("403 Forbidden"), Verdict.WARNING, "may be refused"),
        (answer("503 Service Unavailable"), Verdict.WARNING, "trouble of its own"),
        (answer("404 Not Found"), Verdict.OK, "answers 404"),
    ],
)
def test_what_the_upstream_answers_is_judged(reply: bytes, verdict: Verdict, said: str) -> None:
    with answering(reply) as (port, _):
        expect(upstream(port)[0], verdict, said)


@pytest.mark.parametrize(
    ("off_s", "verdict", "said"),
    [
        (2, Verdict.OK, "agrees"),
        (60, Verdict.WARNING, "60 s ahead of"),
        (-60, Verdict.WARNING, "60 s behind"),
        (-900, Verdict.PROBLEM, "900 s behind the upstream's: certificates"),
    ],
)
def test_the_clock_is_held_against_the_upstreams(off_s: float, verdict: Verdict, said: str) -> None:
    with answering(answer()) as (port, _):
        expect(upstream(port, now=NOW + timedelta(seconds=off_s))[1], verdict, said)


def test_an_upstream_without_a_date_leaves_the_clock_out() -> None:
    with answering(answer(date=None)) as (port, _):
        expect(upstream(port)[1], Verdict.SKIPPED, "gave no time")


@pytest.mark.parametrize(
    ("variables", "wanted", "verdict", "said"),
    [
        ({"OPENAI_API_KEY": KEY}, None, Verdict.OK, "OPENAI_API_KEY is set (43 characters)"),
        ({"AZURE_OPENAI_API_KEY": KEY}, None, Verdict.OK, "AZURE_OPENAI_API_KEY is set"),
        ({}, None, Verdict.WARNING, "are not set"),
        ({"OPENAI_API_KEY": KEY}, "MY_KEY", Verdict.PROBLEM, "MY_KEY is not set"),
        ({"OPENAI_API_KEY": KEY + "\n"}, None, Verdict.PROBLEM, "line breaks"),
        ({"OPENAI_API_KEY": f'"{KEY}"'}, None, Verdict.PROBLEM, "quotes"),
        ({"OPENAI_API_KEY": "sk-short"}, None, Verdict.WARNING, "shorter than any key"),
    ],
)
def test_a_key_is_looked_at_and_never_shown(
    variables: Mapping[str, str], wanted: str | None, verdict: Verdict, said: str
) -> None:
    check = environment.key(variables, wanted)
    expect(check, verdict, said)
    assert "a1b2" not in check.text + check.fix


@pytest.mark.parametrize(
    ("variables", "verdict", "said"),
    [
        ({}, Verdict.OK, "no HTTPS_PROXY"),
        ({"HTTPS_PROXY": "http://p"}, Verdict.WARNING, "HTTPS_PROXY set: clients may send what is for 127.0.0.1"),
        ({"https_proxy": "http://p", "NO_PROXY": "localhost"}, Verdict.WARNING, "what is for 127.0.0.1 there"),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "localhost, 127.0.0.1"}, Verdict.OK, "leaves this machine out"),
        ({"ALL_PROXY": "http://p", "no_proxy": "*"}, Verdict.OK, "leaves this machine out"),
    ],
)
def test_a_proxy_that_takes_what_is_local_is_named(variables: Mapping[str, str], verdict: Verdict, said: str) -> None:
    expect(environment.proxies(variables), verdict, said)


@pytest.mark.parametrize(
    ("url", "verdict", "said"),
    [
        ("", Verdict.OK, "is not set"),
        ("http://localhost:8765/v1", Verdict.OK, "where the inspector listens"),
        ("https://api.example.com/v1", Verdict.WARNING, "points at api.example.com, not at 127.0.0.1:8765"),
        ("api.example.com/v1", Verdict.PROBLEM, "is no URL"),
        ("http://localhost:port", Verdict.PROBLEM, "is no URL"),
    ],
)
def test_a_base_url_that_leads_elsewhere_is_named(url: str, verdict: Verdict, said: str) -> None:
    expect(environment.base_url({"OPENAI_BASE_URL": url}, LISTEN), verdict, said)


def test_files_of_certificates_are_read(tmp_path: Path) -> None:
    authority = LocalCA(tmp_path)
    own = authority.certificate
    other = LocalCA(tmp_path / "other").certificate
    not_pem = tmp_path / "text"
    not_pem.write_text("text")

    def look(**variables: str) -> list[Check]:
        return list(environment.certificates(variables, own))

    expect(look()[0], Verdict.OK, "the system's certificates count")
    expect(look(SSL_CERT_FILE=str(own))[0], Verdict.OK, "with the local CA")
    expect(look(SSL_CERT_FILE=str(other), CURL_CA_BUNDLE=str(other))[0], Verdict.OK, "SSL_CERT_FILE, CURL_CA_BUNDLE: ")
    expect(look(SSL_CERT_FILE=str(other))[0], Verdict.OK, "`ca --bundle`")
    expect(look(SSL_CERT_FILE=str(not_pem))[0], Verdict.PROBLEM, "holds no certificates", "unset SSL_CERT_FILE")
    expect(look(NODE_EXTRA_CA_CERTS="/nowhere")[0], Verdict.PROBLEM, "/nowhere cannot be read: No such file")
    expect(look(NODE_TLS_REJECT_UNAUTHORIZED="0")[0], Verdict.WARNING, "any server is believed")


def test_the_local_ca_is_looked_at_and_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "ca"
    expect(machine.authority(folder), Verdict.OK, f"none yet; `proxy` makes it in {folder}")
    assert not folder.exists()
    assert LocalCA(tmp_path).certificate.exists()
    expect(machine.authority(folder), Verdict.OK, f"{folder / 'ca.pem'}, valid until 20")


def test_what_is_wrong_with_the_local_ca_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "ca"
    certificate = LocalCA(tmp_path).certificate
    (folder / "ca-key.pem").chmod(0o644)
    expect(machine.authority(folder), Verdict.PROBLEM, "can be read by others", "chmod 600")
    (folder / "ca-key.pem").chmod(0o600)
    monkeypatch.setattr(machine, "_valid_until", lambda path: NOW - timedelta(days=9999))
    expect(machine.authority(folder), Verdict.WARNING, "ended on 1999-07-09", "makes a new one")
    monkeypatch.undo()
    certificate.write_text("nonsense")
    expect(machine.authority(folder), Verdict.PROBLEM, "is no certificate", "delete")
    (tmp_path / "file").touch()
    expect(machine.authority(tmp_path / "file" / "ca"), Verdict.PROBLEM, "cannot be made", "DATA_DIR")


@pytest.mark.parametrize(
    ("free", "verdict"), [(50 * 1000**2, Verdict.PROBLEM), (500 * 1000**2, Verdict.WARNING), (10**12, Verdict.OK)]
)
def test_room_for_recordings_is_measured(tmp_path: Path, free: int, verdict: Verdict) -> None:
    check = machine.recordings(tmp_path / "new" / "folder", lambda path: SimpleNamespace(free=free))
    expect(check, verdict, "GB free")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    expect(machine.recordings(tmp_path / "file" / "rec"), Verdict.PROBLEM, "Not a directory", "--dir")

    def broken(path: Path) -> object:
        raise OSError(errno.EIO, "Input/output error")

    expect(machine.recordings(tmp_path, broken), Verdict.PROBLEM, "Input/output error")


@pytest.mark.parametrize(
    ("limit", "verdict", "said"),
    [
        (None, Verdict.OK, "no limit"),
        (32, Verdict.PROBLEM, "enough for 0 connections"),
        (512, Verdict.WARNING, "enough for 160 connections"),
        (65536, Verdict.OK, "65536 open files"),
    ],
)
def test_the_limit_of_open_files_is_told_in_connections(limit: int | None, verdict: Verdict, said: str) -> None:
    expect(machine.descriptors(limit), verdict, said)


def test_versions_are_told_and_old_ones_are_problems() -> None:
    found = {"websockets": "13.1", "textual": "8.2.8", "click": "8.3", "orjson": "3.11", "cryptography": "46.0"}
    found["mitmproxy"] = "10.1"
    python, packages, clients, extras = machine.versions(lambda name: found.get(name), (3, 10, 4))
    expect(python, Verdict.PROBLEM, "3.10.4 is too old", "3.11")
    expect(packages, Verdict.PROBLEM, "websockets 13.1", "pip install 'websockets>=15'")
    expect(clients, Verdict.OK, "openai not installed")
    expect(extras, Verdict.PROBLEM, "mitmproxy 10.1: too old", "'mitmproxy>=12.2.3'")
    _, incomplete, _, none = machine.versions(lambda name: None)
    expect(incomplete, Verdict.PROBLEM, "orjson not installed", "install realtime-inspector again")
    expect(none, Verdict.OK, "not installed: intercept, audio, corpus, mcp, metrics, otel, web, yaml; one is added by")
    *_, some = machine.versions(lambda name: "9.0" if name in {"pyarrow", "mcp"} else None)
    expect(some, Verdict.OK, "pyarrow 9.0, mcp 9.0; not installed: intercept, audio, metrics,")


def test_an_extra_of_this_package_is_what_doctor_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(machine._EXTRAS) == set(project["optional-dependencies"]) - {"all"}


@pytest.mark.parametrize(
    ("variables", "encoding", "size", "verdict", "said"),
    [
        ({"TERM": "dumb"}, "utf-8", (80, 24), Verdict.PROBLEM, "cannot show a full screen"),
        ({"TERM": "xterm"}, "ascii", (80, 24), Verdict.WARNING, "shown escaped"),
        ({"TERM": "xterm"}, "utf-8", (79, 24), Verdict.WARNING, "smaller than 80x24"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "UTF-8", (80, 24), Verdict.OK, "all colours"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "UTF-8", (80, 24), Verdict.OK, "no colours"),
    ],
)
def test_what_a_terminal_lacks_is_named(
    variables: Mapping[str, str], encoding: str, size: tuple[int, int], verdict: Verdict, said: str
) -> None:
    expect(machine.terminal(variables, is_terminal=True, encoding=encoding, size=size), verdict, said)
    expect(machine.terminal(variables, is_terminal=False, encoding="", size=size), Verdict.OK, "no terminal")


@pytest.mark.parametrize(
    ("mode", "installed", "admin", "system", "kernel", "verdict", "said"),
    [
        (None, False, True, "linux", "6.12.1", Verdict.OK, "the extra is not installed"),
        ("forward", False, True, "linux", "6.12.1", Verdict.PROBLEM, "mitmproxy is not installed"),
        ("forward", True, False, "linux", "5.0", Verdict.OK, "forward needs no rights"),
        ("local", True, True, "linux", "5.15.0-91-generic", Verdict.PROBLEM, "needs Linux 6.8 or newer"),
        ("local", True, False, "linux", "6.8.0-1-generic", Verdict.PROBLEM, "rights that this user has not"),
        (None, True, False, "linux", "6.8.0", Verdict.WARNING, "rights that this user has not"),
        (None, True, True, "linux", "6.8.0", Verdict.OK, "this user may"),
        ("transparent", True, True, "linux", "5.15.0", Verdict.OK, "transparent needs no rights"),
        ("transparent", True, False, "linux", "5.15.0", Verdict.OK, "needs CAP_NET_ADMIN, which this user has not"),
        ("local", True, False, "darwin", "25.0.0", Verdict.OK, "network extension"),
        ("local", True, False, "win32", "10", Verdict.PROBLEM, "rights that this user has not"),
    ],
)
def test_rights_are_a_problem_only_of_the_mode_asked_for(
    mode: str | None, installed: bool, admin: bool, system: str, kernel: str, verdict: Verdict, said: str
) -> None:
    check = machine.interception(mode, installed=installed, admin=admin, system=system, kernel=kernel)
    expect(check, verdict, said)


def test_the_helper_of_local_is_started_by_sudo_whoever_starts_it() -> None:
    check = partial(machine.interception, installed=True, admin=True, system="linux", kernel="6.8.0", sudo=False)
    expect(check("local"), Verdict.PROBLEM, "starts its helper by sudo")
    expect(check("transparent"), Verdict.OK, "needs no rights")


def test_control_groups_of_version_1_are_a_problem_of_local_alone() -> None:
    check = partial(machine.interception, installed=True, admin=True, system="linux", kernel="6.8.0", cgroup2=False)
    expect(check("local"), Verdict.PROBLEM, "local needs control groups of version 2", "mount --bind /sys/fs/cgroup/un")
    expect(check("transparent"), Verdict.OK, "needs no rights")


def test_the_rights_of_this_process_can_be_told() -> None:
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("no /proc here")
    has = int(status.read_text().split("CapEff:")[1].split()[0], 16) & 1 << 12
    assert machine.may_change_network() == bool(has)


@pytest.fixture
def doctor(rti: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Return the command line where nothing is wrong."""
    for name in (*environment.KEYS, "OPENAI_BASE_URL", "SSL_CERT_FILE", "HTTPS_PROXY", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return rti


def test_each_check_is_one_line_and_nothing_wrong_is_exit_0(doctor: CommandLine) -> None:
    ran = doctor("doctor", "--listen", "127.0.0.1:0", "--offline")
    assert (ran.code, ran.err) == (0, "")
    lines = [line.split(None, 2) for line in ran.out.splitlines()]
    assert {verdict for verdict, *_ in lines} <= {"ok", "warning", "skipped"}
    assert [name for _, name, _ in lines if name != "certificates"] == [
        *("port", "upstream", "clock", "key", "proxies", "base-url", "local-ca", "recordings", "descriptors"),
        *("python", "packages", "clients", "extras", "terminal", "interception"),
    ]
    assert "a1b2" not in ran.out


def test_a_problem_is_exit_1_and_its_fix_stands_behind_it(doctor: CommandLine) -> None:
    ran = doctor("doctor", "--listen", "127.0.0.1:0", "--offline", "--key-env", "NO_SUCH_KEY")
    assert ran.code == 1
    assert "problem  key           NO_SUCH_KEY is not set; set NO_SUCH_KEY where the client is started" in ran.out


def test_the_upstream_named_is_the_one_asked(doctor: CommandLine) -> None:
    with answering(answer(date=datetime.now(UTC))) as (port, _):
        ran = doctor("doctor", "--listen", "127.0.0.1:0", "--upstream", f"ws://127.0.0.1:{port}", "--format", "json")
    report = json.loads(ran.out)
    checks = {check["name"]: check for check in report["checks"]}
    assert checks["upstream"]["verdict"] == "ok"
    assert checks["clock"]["verdict"] == "ok"
    assert set(checks["key"]) == {"name", "verdict", "text", "fix"}
    assert report["schema_version"] == 1
    assert sum(report["summary"].values()) == len(report["checks"])
    assert ran.code == 0


def test_a_mode_that_is_none_is_a_mistake(doctor: CommandLine) -> None:
    ran = doctor("doctor", "--offline", "--mode", "magic")
    assert (ran.code, ran.out) == (2, "")
    assert "--mode 'magic' is none" in ran.err
