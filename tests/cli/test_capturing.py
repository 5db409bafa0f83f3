"""The options that `proxy` and `run` share, in `run`: a program is played by the test, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from realtime_inspector.capture import launch
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.cli import diagnostics, proxy, run
from realtime_inspector.recording.files import find, open_recording
from tests.capture import wire
from tests.capture.test_via import certificate, demanding
from tests.capture.wire import REQUEST, SWITCH, Peer, connect
from tests.cli.helpers import CommandLine

Program = Callable[[Mapping[str, str]], None]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the CAs; making one takes a while."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(autouse=True)
def _own_data(monkeypatch: pytest.MonkeyPatch, rti: CommandLine, data: Path) -> Iterator[None]:
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(data))
    for name in ("OPENAI_BASE_URL", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield
    wire.close_all()


@pytest.fixture
def plays(monkeypatch: pytest.MonkeyPatch) -> Callable[[Program], None]:
    """Return what puts a function in the place of the program."""

    def put(program: Program) -> None:
        def played(cmd: Sequence[str], environment: Mapping[str, str]) -> launch.Ended:
            program(environment)
            return launch.Ended(0)

        monkeypatch.setattr(launch, "run", played)

    return put


def port(environment: Mapping[str, str]) -> int:
    return int(environment[launch.BASE_URL].rpartition(":")[2].partition("/")[0])


def talk(client: Peer, accept: Callable[[], Peer]) -> bytes:
    """Hold a call of one message; return the head of its request as the server gets it."""
    client.send(REQUEST.replace(b"\r\n\r\n", b"\r\nAuthorization: Bearer dummy\r\n\r\n"))
    peer = accept()
    head = peer.read_head()
    answer = SWITCH + wire.server_frame(b'{"type":"response.output_audio.delta","delta":"AAAA"}')
    peer.send(answer)
    assert client.read(len(answer)) == answer
    client.close()
    assert peer.read(1) == b""
    peer.close()
    return head


def test_both_commands_have_the_same_options() -> None:
    named = {command: {option.name: option for option in command.params} for command in (proxy.command, run.command)}
    both = set(named[proxy.command]) & set(named[run.command])
    assert {"upstream_ca", "via", "client_cert", "client_key", "tags", "key_env", "rotate_size", "metrics_at"} <= both
    different = {name for name in both if len({vars(named[each][name])["help"] for each in named}) > 1}
    assert different == {"mode", "upstream", "with_lint"}


def test_a_proxy_a_key_tags_and_metrics_are_for_one_program_too(
    rti: CommandLine, plays: Callable[[Program], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("prometheus_client")
    monkeypatch.setenv("MINE", "an-unusual-key-0123456789")
    said: list[str] = []
    monkeypatch.setattr(diagnostics, "say", said.append)
    seen: list[str] = []

    def accept() -> Peer:
        peer = server.accept()
        seen.append(peer.read_head().decode())
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        return peer

    def program(environment: Mapping[str, str]) -> None:
        seen.append(talk(connect(port(environment)), accept).decode())
        wire.finished(tmp_path / "recordings")
        url = next(line for line in said if line.startswith("metrics at ")).split()[-1]
        with build_opener(ProxyHandler({})).open(url, timeout=wire.TIMEOUT_S) as answer:
            seen.append(answer.read().decode())

    plays(program)
    with wire.upstream() as server:
        options = ["--upstream", "ws://gateway.example:81", "--via", f"http://me:pass@127.0.0.1:{server.port}"]
        options += ["--key-env", "MINE", "--tag", "case=refund", "--audio-out", "drop", "--metrics", "127.0.0.1:0"]
        assert rti("run", "--mode", "reverse", *options, "--", "program").code == 0
    asked, head, metrics = seen
    assert asked.startswith("CONNECT gateway.example:81 HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic bWU6cGFzcw==\r\n" in asked
    assert "Authorization: Bearer an-unusual-key-0123456789\r\n" in head
    assert 'realtime_inspector_messages_total{side="server"} 1.0' in metrics
    (path,) = find(tmp_path / "recordings")
    assert open_recording(path).header.tags == {"case": "refund"}
    assert list(open_recording(path))[2].payload == b'{"type":"response.output_audio.delta","delta":""}'


def test_a_server_of_one_program_is_shown_our_certificate_and_trusted_by_our_ca(
    rti: CommandLine, plays: Callable[[Program], None], tmp_path: Path
) -> None:
    path, key = certificate(tmp_path, "us")
    subjects: list[object] = []

    def accept() -> Peer:
        sock = demanding(path).wrap_socket(server.accept().sock, server_side=True)
        subjects.append((sock.getpeercert() or {}).get("subject"))
        return Peer(sock)

    def program(environment: Mapping[str, str]) -> None:
        with ThreadPoolExecutor(1) as pool:
            talk(connect(port(environment)), pool.submit(accept).result)

    plays(program)
    with wire.upstream() as server:
        options = ["--upstream", f"wss://localhost:{server.port}", "--upstream-ca", str(LocalCA().certificate)]
        options += ["--client-cert", str(path), "--client-key", str(key)]
        assert rti("run", "--mode", "reverse", *options, "--", "program").code == 0
    assert subjects == [((("commonName", "us"),),)]


def test_in_forward_mode_the_proxy_that_was_named_goes_before_the_program_s_own(
    rti: CommandLine, plays: Callable[[Program], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mitmproxy")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    seen: list[bytes] = []

    def accept() -> Peer:
        peer = server.accept()
        seen.append(peer.read_head())
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        return peer

    def program(environment: Mapping[str, str]) -> None:
        client = connect(int(environment["HTTPS_PROXY"].rpartition(":")[2]))
        with ThreadPoolExecutor(1) as pool:  # a tunnel is opened to the end before the client is told
            peer = pool.submit(accept)
            client.send(b"CONNECT plain.example:81 HTTP/1.1\r\nHost: plain.example:81\r\n\r\n")
            assert client.read_head().startswith(b"HTTP/1.1 200 ")
            talk(client, peer.result)

    plays(program)
    with wire.upstream() as server:
        options = ["--via", f"http://127.0.0.1:{server.port}"]
        assert rti("run", "--mode", "forward", *options, "--", "program").code == 0
    assert seen[0].startswith(b"CONNECT plain.example:81 HTTP/1.1\r\n")


def test_nothing_recorded_because_nothing_was_chosen_is_said_so(
    rti: CommandLine, plays: Callable[[Program], None]
) -> None:
    def program(environment: Mapping[str, str]) -> None:
        talk(connect(port(environment)), server.accept)

    plays(program)
    with wire.upstream() as server:
        ran = rti("run", "--mode", "reverse", "--upstream", server.url, "--only-model", "other", "--", "program")
    said = "nothing was recorded: no connection of program was chosen by --only, --only-model or --sample\n"
    assert ran.err == f"realtime-inspector: {said}"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--client-key", __file__], "--client-key {file} is of use with --client-cert FILE alone; give that too"),
        (["--via", "socks5://h"], "--via is no proxy's URL; write http://HOST:PORT"),
        (["--rotate-size", "1kB"], "--rotate-size 1kB would make a file of every few lines; give at least 10kB"),
    ],
)
@pytest.mark.parametrize("command", [["proxy"], ["run", "--mode", "reverse", "true"]], ids=["proxy", "run"])
def test_a_mistake_is_the_same_clear_line_of_both(
    rti: CommandLine, command: list[str], options: list[str], said: str
) -> None:
    ran = rti(command[0], *options, *command[1:])
    assert ran.code == 2
    assert ran.err.startswith(f"realtime-inspector: {said.format(file=__file__)}")
    assert ran.err.count("\n") == 1
