"""Which HTTP an intercepted client speaks: the one that has the upgrade, wherever it can."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from realtime_inspector.capture.mitm import Interceptor, interceptor_in_thread
from realtime_inspector.capture.tls import LocalCA
from tests.capture.ways import API, tunnel
from tests.capture.wire import REQUEST, SWITCH, TIMEOUT_S, Peer, Upstream, connect, finished, outline, upstream

pytest.importorskip("mitmproxy")

BOTH = ["h2", "http/1.1"]


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the local CA, in a folder of its own; making one takes a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        yield LocalCA().certificate


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def context(offers: list[str], authority: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=authority)
    made.set_alpn_protocols(offers)
    return made


def accept(server: Upstream, offers: list[str]) -> ssl.SSLSocket:
    """Accept a connection by TLS, as a server that speaks these."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(LocalCA().folder / "localhost.pem")
    made.set_alpn_protocols(offers)
    return made.wrap_socket(server.accept().sock, server_side=True)


def by_connect(interceptor: Interceptor, host: str, port: int) -> socket.socket:
    return tunnel(interceptor.port, f"{host}:{port}").sock


def by_socks(interceptor: Interceptor, host: str, port: int) -> socket.socket:
    client = connect(interceptor.port)
    client.send(b"\x05\x01\x00")
    assert client.read(2) == b"\x05\x00"
    client.send(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + port.to_bytes(2, "big"))
    assert client.read(10)[:2] == b"\x05\x00"
    return client.sock


@pytest.mark.parametrize("elsewhere", [False, True], ids=["as meant", "elsewhere"])
@pytest.mark.parametrize("mode", ["forward", "socks5"])
def test_a_client_that_offers_http_2_is_given_the_http_that_has_the_upgrade(
    mode: str, elsewhere: bool, ca: Path, tmp_path: Path, aside: ThreadPoolExecutor
) -> None:
    dial: Callable[..., socket.socket] = {"forward": by_connect, "socks5": by_socks}[mode]
    with upstream() as server:
        to = f"wss://localhost:{server.port}" if elsewhere else None
        host, port = (API, 443) if elsewhere else ("localhost", server.port)
        with interceptor_in_thread(mode, tmp_path, upstream=to, upstream_ca=ca) as interceptor:
            accepting: Future[ssl.SSLSocket] = aside.submit(accept, server, BOTH)
            raw = dial(interceptor, host, port)
            sock = context(BOTH, interceptor.certificate).wrap_socket(raw, server_hostname=host)
            assert sock.selected_alpn_protocol() == "http/1.1"
            client = Peer(sock)
            client.send(REQUEST)
            taken = accepting.result(TIMEOUT_S)
            assert taken.selected_alpn_protocol() == "http/1.1"
            peer = Peer(taken)
            assert peer.read_head().startswith(REQUEST[:30])
            peer.send(SWITCH)
            assert client.read(len(SWITCH)) == SWITCH
            client.close()
            peer.close()
            (entries,) = finished(tmp_path)
    assert outline(entries)[:2] == ["client request GET /v1/realtime?model=m", "server response 101"]


def test_a_client_that_offers_http_2_alone_keeps_it(ca: Path, tmp_path: Path, aside: ThreadPoolExecutor) -> None:
    with upstream() as server, interceptor_in_thread("forward", tmp_path, upstream_ca=ca) as interceptor:
        accepting = aside.submit(accept, server, BOTH)
        raw = by_connect(interceptor, "localhost", server.port)
        sock = context(["h2"], interceptor.certificate).wrap_socket(raw, server_hostname="localhost")
        taken = accepting.result(TIMEOUT_S)
        assert (sock.selected_alpn_protocol(), taken.selected_alpn_protocol()) == ("h2", "h2")
        Peer(sock).close()
        Peer(taken).close()
