"""The interceptor between raw sockets: what comes out is what went in, whatever way the client came."""

from __future__ import annotations

import socket
import ssl
import struct
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.capture.mitm import Interceptor, interceptor_in_thread
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.capture.via import Via
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.files import find, open_recording
from tests.capture.ways import secured, tunnel
from tests.capture.wire import (
    REQUEST,
    SWITCH,
    Peer,
    Upstream,
    connect,
    finished,
    outline,
    server_frame,
    upstream,
    wait_for,
)

pytest.importorskip("mitmproxy")

Start = Callable[..., AbstractContextManager[Interceptor]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the CAs; making one takes a while."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def start(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Return what starts an interceptor that records to `recordings`."""
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(data))

    def started(mode: str = "forward", **options: Any) -> AbstractContextManager[Interceptor]:
        return interceptor_in_thread(mode, tmp_path / "recordings", **options)

    return started


@pytest.fixture
def server() -> Iterator[Upstream]:
    with upstream() as listening:
        yield listening


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def accept_tls(server: Upstream) -> Peer:
    """Return the server's end of a TLS connection."""
    return Peer(LocalCA().server_context().wrap_socket(server.accept().sock, server_side=True))


def upgrade(client: Peer, peer: Peer) -> None:
    client.send(REQUEST)
    assert peer.read_head() == REQUEST
    peer.send(SWITCH)
    assert client.read(len(SWITCH)) == SWITCH


def recorded(tmp_path: Path) -> list[str]:
    return outline(finished(tmp_path / "recordings")[0])


def header(tmp_path: Path) -> Any:
    (path,) = find(tmp_path / "recordings")
    return open_recording(path).header


@pytest.mark.parametrize("tls", [False, True])
def test_the_recording_names_the_server_as_its_client_does(
    start: Start, server: Upstream, tmp_path: Path, aside: ThreadPoolExecutor, tls: bool
) -> None:
    with start(upstream_ca=LocalCA().certificate) as interceptor:
        accepting = aside.submit(accept_tls if tls else Upstream.accept, server)
        client = tunnel(interceptor.port, f"localhost:{server.port}")
        client = secured(client, "localhost", interceptor.certificate) if tls else client
        upgrade(client, accepting.result())
    named = "wss://localhost" if tls else "ws://127.0.0.1"  # by TLS, or else by the request's Host
    url = f"{named}:{server.port}/v1/realtime?model=m"
    assert (header(tmp_path).via, header(tmp_path).url) == ("mitmproxy", url)


def test_a_server_that_is_not_trusted_is_a_502_that_says_what_to_do(
    start: Start, server: Upstream, tmp_path: Path, aside: ThreadPoolExecutor
) -> None:
    with start() as interceptor:
        accepting = aside.submit(accept_tls, server)
        client = secured(tunnel(interceptor.port, f"localhost:{server.port}"), "localhost", interceptor.certificate)
        client.send(REQUEST)
        answer = client.read_all()
        assert isinstance(accepting.exception(), OSError)
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"give the certificate of its CA with --upstream-ca FILE" in answer
    assert recorded(tmp_path)[:2] == ["client request GET /v1/realtime?model=m", "proxy response 502"]


def test_what_is_meant_for_the_api_goes_to_another_server(start: Start, server: Upstream, tmp_path: Path) -> None:
    with start(upstream=f"ws://127.0.0.1:{server.port}/base") as interceptor:
        client = secured(tunnel(interceptor.port, "api.openai.com:443"), "api.openai.com", interceptor.certificate)
        client.send(b"GET /v1/realtime HTTP/1.1\r\nHost: api.openai.com\r\nUpgrade: websocket\r\nX-A: 1\r\n\r\n")
        host = f"127.0.0.1:{server.port}".encode()
        head = server.accept().read_head()
    assert head == b"GET /base/v1/realtime HTTP/1.1\r\nHost: " + host + b"\r\nUpgrade: websocket\r\nX-A: 1\r\n\r\n"
    assert header(tmp_path).url == f"ws://127.0.0.1:{server.port}/base/v1/realtime"


def test_it_may_be_a_server_with_tls(start: Start, server: Upstream, aside: ThreadPoolExecutor) -> None:
    options = {"upstream": f"wss://localhost:{server.port}", "upstream_ca": LocalCA().certificate}
    with start(**options) as interceptor:
        accepting = aside.submit(accept_tls, server)
        client = secured(tunnel(interceptor.port, "api.openai.com:443"), "api.openai.com", interceptor.certificate)
        client.send(REQUEST)
        peer = accepting.result()
        assert peer.read_head() == REQUEST.replace(b"127.0.0.1:1", f"localhost:{server.port}".encode())
        peer.send(SWITCH + server_frame(b"{}"))
        assert client.read(len(SWITCH) + 4) == SWITCH + server_frame(b"{}")


def test_another_server_gets_realtime_traffic_alone(start: Start, server: Upstream) -> None:
    with upstream() as other, start(upstream=server.url) as interceptor:
        client = tunnel(interceptor.port, f"127.0.0.1:{other.port}")
        client.send(b"GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n")
        assert other.accept().read_head() == b"GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n"
        client = tunnel(interceptor.port, f"127.0.0.1:{other.port}")
        client.send(REQUEST)
        assert server.accept().read_head().startswith(b"GET /v1/realtime?model=m ")


def test_a_server_that_is_not_there_is_a_502(start: Start, tmp_path: Path) -> None:
    said: list[str] = []
    with upstream() as gone:
        url = gone.url
    with start(upstream=url, say=said.append) as interceptor:
        client = secured(tunnel(interceptor.port, "api.openai.com:443"), "api.openai.com", interceptor.certificate)
        client.send(REQUEST)
        assert client.read_all().startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert any("cannot be reached: connection refused" in line for line in said)
    assert recorded(tmp_path)[:2] == ["client request GET /v1/realtime?model=m", "proxy response 502"]


def test_an_upgrade_may_be_asked_of_the_proxy_itself(start: Start, server: Upstream, tmp_path: Path) -> None:
    with start() as interceptor:
        client = connect(interceptor.port)
        client.send(REQUEST.replace(b"/v1", f"http://127.0.0.1:{server.port}/v1".encode(), 1))
        peer = server.accept()
        assert peer.read_head() == REQUEST.replace(b"127.0.0.1:1", f"127.0.0.1:{server.port}".encode())
        peer.send(SWITCH + server_frame(b"{}"))
        assert client.read(len(SWITCH) + 4) == SWITCH + server_frame(b"{}")
        client.close()
        assert peer.read(1) == b""
    assert recorded(tmp_path)[2:] == ["server message {}", "proxy end closed by client"]


def test_http_of_the_api_is_recorded_and_other_http_is_not(start: Start, server: Upstream, tmp_path: Path) -> None:
    with start() as interceptor:
        client = tunnel(interceptor.port, f"127.0.0.1:{server.port}")
        peer = server.accept()
        for target in (b"/v1/responses", b"/v1/realtime/client_secrets"):
            ask = b"POST %b HTTP/1.1\r\nhOST: h\r\nContent-Length: 2\r\n\r\n{}" % target
            client.send(ask)
            assert peer.read(len(ask)) == ask
            answer = b'HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n{"value":"ek_abcdefgh0123456789"}'
            peer.send(answer)
            assert client.read(len(answer)) == answer
        upgrade(client, peer)
        client.close()
    assert recorded(tmp_path)[:4] == [
        "client request POST /v1/realtime/client_secrets",
        "server response 200",
        "client request GET /v1/realtime?model=m",
        "server response 101",
    ]
    assert "ek_abcdefgh" not in find(tmp_path / "recordings")[0].read_text()


def test_http_of_the_api_asked_of_the_proxy_itself_is_recorded(start: Start, server: Upstream, tmp_path: Path) -> None:
    with start() as interceptor:
        client = connect(interceptor.port)
        url = f"http://127.0.0.1:{server.port}/v1/realtime/client_secrets".encode()
        client.send(b"POST %b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}" % url)
        peer = server.accept()
        assert peer.read_head().startswith(b"POST /v1/realtime/client_secrets HTTP/1.1\r\n")
        peer.send(b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"value":"ek_ab"}')
        assert client.read_head().startswith(b"HTTP/1.1 200 OK\r\n")
        assert client.read(17) == b'{"value":"ek_ab"}'
    entries = finished(tmp_path / "recordings")[0]
    assert outline(entries)[:2] == ["client request POST /v1/realtime/client_secrets", "server response 200"]
    assert entries[0].members["body"] == "{}"
    assert entries[1].members["body"] == '{"value":"[redacted:client_secret]"}'


def test_a_websocket_of_something_else_passes_unrecorded(start: Start, server: Upstream, tmp_path: Path) -> None:
    with start() as interceptor:
        client = tunnel(interceptor.port, f"127.0.0.1:{server.port}")
        peer = server.accept()
        other = REQUEST.replace(b"/v1/realtime", b"/graphql")
        client.send(other)
        assert peer.read_head() == other
        peer.send(SWITCH + server_frame(b"{}"))
        assert client.read(len(SWITCH) + 4) == SWITCH + server_frame(b"{}")
    assert find(tmp_path / "recordings") == []


def test_what_is_no_http_passes_too(start: Start, server: Upstream) -> None:
    with start() as interceptor:
        client = tunnel(interceptor.port, f"127.0.0.1:{server.port}")
        peer = server.accept()
        peer.send(b"220 hello\r\n")
        assert client.read(11) == b"220 hello\r\n"
        client.send(b"EHLO me\r\n")
        assert peer.read(9) == b"EHLO me\r\n"


def test_a_client_of_socks_is_recorded_and_keeps_its_half_close(start: Start, server: Upstream, tmp_path: Path) -> None:
    with start("socks5") as interceptor:
        client = connect(interceptor.port)
        client.send(b"\x05\x01\x00")
        assert client.read(2) == b"\x05\x00"
        client.send(b"\x05\x01\x00\x01" + socket.inet_aton("127.0.0.1") + struct.pack("!H", server.port))
        assert client.read(10)[:2] == b"\x05\x00"
        peer = server.accept()
        upgrade(client, peer)
        client.half_close()
        assert peer.read(1) == b""
        peer.send(server_frame(b"still here"))
        assert client.read(12) == server_frame(b"still here")
        peer.close()
        assert client.read(1) == b""
    assert recorded(tmp_path)[2:] == ["server message still here", "proxy end closed by client"]


def test_a_redirected_connection_is_recorded_by_the_name_of_its_server(
    start: Start, server: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mitmproxy.platform

    monkeypatch.setattr(mitmproxy.platform, "original_addr", lambda sock: ("127.0.0.1", server.port))
    with start("transparent") as interceptor:
        client = connect(interceptor.port)
        peer = server.accept()
        upgrade(client, peer)
    assert header(tmp_path).url == f"ws://127.0.0.1:{server.port}/v1/realtime?model=m"


def test_servers_may_be_behind_another_proxy(start: Start, server: Upstream, tmp_path: Path) -> None:
    with start(through=Via("127.0.0.1", server.port, user="me:p@ss")) as interceptor:
        client = tunnel(interceptor.port, "gateway.example:8080")
        client.send(REQUEST)
        peer = server.accept()
        assert peer.read_head() == (
            b"CONNECT gateway.example:8080 HTTP/1.1\r\nHost: gateway.example:8080\r\n"
            b"Proxy-Authorization: Basic " + b64encode(b"me:p@ss") + b"\r\n\r\n"
        )
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        assert peer.read_head() == REQUEST
        peer.send(SWITCH + server_frame(b"{}"))
        assert client.read(len(SWITCH) + 4) == SWITCH + server_frame(b"{}")
        client.close()
        assert peer.read(1) == b""
    assert recorded(tmp_path)[2:] == ["server message {}", "proxy end closed by client"]


def test_a_client_that_does_not_trust_it_is_told_what_to_trust(start: Start, aside: ThreadPoolExecutor) -> None:
    said: list[str] = []
    with upstream() as server, start(upstream_ca=LocalCA().certificate, say=said.append) as interceptor:
        for _ in range(2):
            accepting = aside.submit(accept_tls, server)
            with pytest.raises(ssl.SSLCertVerificationError):
                secured(tunnel(interceptor.port, f"localhost:{server.port}"), "localhost", LocalCA().certificate)
            accepting.result()
        wait_for(lambda: len(said) == 2)
    assert f"does not trust the interception of localhost: give it the CA in {interceptor.certificate}" in said[1]


def test_lenient_it_passes_a_host_through_once_a_client_has_refused(
    start: Start, tmp_path: Path, aside: ThreadPoolExecutor
) -> None:
    said: list[str] = []
    options = {"upstream_ca": LocalCA().certificate, "say": said.append, "lenient": True}
    with upstream() as server, start(**options) as interceptor:
        accepting = aside.submit(accept_tls, server)
        with pytest.raises(ssl.SSLCertVerificationError):
            secured(tunnel(interceptor.port, f"localhost:{server.port}"), "localhost", LocalCA().certificate)
        accepting.result()
        wait_for(lambda: len(said) == 1)
        accepting = aside.submit(accept_tls, server)
        client = secured(tunnel(interceptor.port, f"localhost:{server.port}"), "localhost", LocalCA().certificate)
        client.send(REQUEST)
        assert accepting.result().read_head() == REQUEST
    assert said[0].endswith("from now on it is passed through unread")
    assert find(tmp_path / "recordings") == []


def test_a_flood_arrives_whole_in_both_places(
    start: Start, server: Upstream, tmp_path: Path, aside: ThreadPoolExecutor
) -> None:
    frame = server_frame(b'{"type":"big","data":"' + b"x" * 400_000 + b'"}')
    with start() as interceptor:
        client = tunnel(interceptor.port, f"127.0.0.1:{server.port}")
        peer = server.accept()
        upgrade(client, peer)
        sending = aside.submit(peer.send, 60 * frame)
        assert client.read(60 * len(frame)) == 60 * frame
        sending.result()
        client.close()
    messages = [line for line in recorded(tmp_path) if line.startswith("server message")]
    assert len(messages) == 60


def test_its_end_finishes_the_files_of_open_calls(start: Start, server: Upstream, tmp_path: Path) -> None:
    with start() as interceptor:
        client = tunnel(interceptor.port, f"127.0.0.1:{server.port}")
        peer = server.accept()
        upgrade(client, peer)
        peer.send(server_frame(b"{}"))
        client.read(4)
    assert recorded(tmp_path)[2:] == ["server message {}", "proxy end closed by proxy"]
    assert client.read_all() == b""
    assert peer.read_all() == b""


def test_a_port_in_use_is_said_with_what_to_do(start: Start, server: Upstream) -> None:
    with (
        pytest.raises(UsageError, match=rf"127.0.0.1:{server.port} is taken by another program; stop it, or choose"),
        start(port=server.port),
    ):
        pass


def test_a_tunnel_s_configuration_names_the_port(start: Start) -> None:
    with start("wireguard") as interceptor:
        assert f"Endpoint = 127.0.0.1:{interceptor.port}" in interceptor.notes


def test_it_says_whether_others_can_reach_it(tmp_path: Path) -> None:
    def exposed(mode: str, host: str) -> bool:
        return Interceptor(mode, tmp_path, host=host).exposed

    assert exposed("forward", "0.0.0.0")
    assert not exposed("forward", "127.0.0.1")
    assert not exposed("local", "0.0.0.0")
