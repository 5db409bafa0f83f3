from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from realtime_inspector.capture import tls
from realtime_inspector.capture.relay import Relay, relay_in_thread
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.errors import InspectorError
from tests.capture.wire import (
    REQUEST,
    SWITCH,
    Peer,
    Upstream,
    client_frame,
    connect,
    finished,
    outline,
    server_frame,
    upstream,
    wait_for,
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalCA:
    return LocalCA(tmp_path_factory.mktemp("data"))


@pytest.fixture
def server() -> Iterator[Upstream]:
    with upstream() as listening:
        yield listening


def trusting(authority: LocalCA) -> ssl.SSLContext:
    """Return a client's settings as strict as Python's newest."""
    context = ssl.create_default_context(cafile=authority.certificate)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def secure(relay: Relay, authority: LocalCA, name: str = "localhost") -> Peer:
    return Peer(trusting(authority).wrap_socket(connect(relay.port).sock, server_hostname=name))


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_tls_and_plain_clients_share_the_port(server: Upstream, authority: LocalCA, tmp_path: Path, name: str) -> None:
    with relay_in_thread(server.url, tmp_path, tls=authority.server_context) as relay:
        for client in (secure(relay, authority, name), connect(relay.port)):
            client.send(REQUEST)
            peer = server.accept()
            assert peer.read_head().startswith(b"GET /v1/realtime?model=m HTTP/1.1\r\n")
            answer = SWITCH + server_frame(b"{}")
            peer.send(answer)
            assert client.read(len(answer)) == answer
            frame = client_frame(b'{"type":"x"}')
            client.send(frame)
            assert peer.read(len(frame)) == frame
            client.close()
            assert peer.read(1) == b""
            peer.close()
        first, second = finished(tmp_path, 2)
    assert outline(first)[:-1] == outline(second)[:-1]


def test_only_http_1_is_offered(server: Upstream, authority: LocalCA, tmp_path: Path) -> None:
    with relay_in_thread(server.url, tmp_path, tls=authority.server_context) as relay:
        client = secure(relay, authority)
        assert isinstance(client.sock, ssl.SSLSocket)
        assert client.sock.selected_alpn_protocol() == "http/1.1"
        client.close()


def test_no_ticket_comes_between_the_handshake_and_the_first_answer(
    server: Upstream, authority: LocalCA, tmp_path: Path
) -> None:
    with relay_in_thread(server.url, tmp_path, tls=authority.server_context) as relay:
        client = secure(relay, authority)
        client.send(REQUEST)
        server.accept().send(SWITCH)
        assert client.read(len(SWITCH)) == SWITCH
        assert isinstance(client.sock, ssl.SSLSocket)
        assert client.sock.version() == "TLSv1.3"
        assert client.sock.session is None or not client.sock.session.has_ticket
        client.close()


def test_a_reset_of_the_upstream_is_a_reset_for_a_tls_client_too(
    server: Upstream, authority: LocalCA, tmp_path: Path
) -> None:
    with relay_in_thread(server.url, tmp_path, tls=authority.server_context) as relay:
        client = secure(relay, authority)
        client.send(REQUEST)
        peer = server.accept()
        peer.read_head()
        below = client.below()
        peer.reset()
        with pytest.raises(ConnectionResetError):
            below.read_all()


def test_a_client_that_does_not_trust_the_ca_is_said_with_what_to_do(
    server: Upstream, authority: LocalCA, tmp_path: Path
) -> None:
    said: list[str] = []
    with relay_in_thread(server.url, tmp_path, tls=authority.server_context, say=said.append) as relay:
        distrusting = ssl.create_default_context()
        with pytest.raises(ssl.SSLCertVerificationError):
            distrusting.wrap_socket(connect(relay.port).sock, server_hostname="localhost")
        wait_for(lambda: any("has to trust the local CA; `realtime-inspector ca` prints its path" in x for x in said))
        client = connect(relay.port)
        client.send(REQUEST)
        assert server.accept().read_head()


@pytest.mark.parametrize("how", [Peer.close, Peer.reset])
def test_a_client_that_leaves_before_tls_is_open_is_said_too(
    how: Callable[[Peer], None], server: Upstream, authority: LocalCA, tmp_path: Path
) -> None:
    """Not every client that distrusts a certificate says so, as Node of a wrong name; of those there was no word."""
    said: list[str] = []
    with relay_in_thread(server.url, tmp_path, tls=authority.server_context, say=said.append) as relay:
        outgoing = ssl.MemoryBIO()
        hello = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            hello.do_handshake()
        client = connect(relay.port)
        client.send(outgoing.read())
        assert client.read(1) == b"\x16"
        how(client)
        wait_for(lambda: bool(said))
    (told,) = said
    assert "no TLS: it left before TLS was open; the certificate is for localhost, 127.0.0.1 and ::1; " in told


def test_a_ca_that_cannot_be_had_is_said_and_tried_again(server: Upstream, authority: LocalCA, tmp_path: Path) -> None:
    """It was a traceback, and no client had TLS any more until the relay was started anew."""
    said: list[str] = []
    troubles = [InspectorError("the folder cannot be written")]

    def context() -> ssl.SSLContext:
        if troubles:
            raise troubles.pop()
        return authority.server_context()

    with relay_in_thread(server.url, tmp_path, tls=context, say=said.append) as relay:
        with pytest.raises((ssl.SSLError, OSError)):
            secure(relay, authority)
        wait_for(lambda: any(line.endswith(": no TLS: the folder cannot be written") for line in said))
        client = secure(relay, authority)
        client.send(REQUEST)
        assert server.accept().read_head()


def test_a_tls_upstream_is_verified_with_the_ca_given(authority: LocalCA, tmp_path: Path) -> None:
    with upstream() as behind, relay_in_thread(behind.url, tmp_path / "1", tls=authority.server_context) as inner:
        url = f"wss://localhost:{inner.port}"
        with relay_in_thread(url, tmp_path / "2", upstream_ca=authority.certificate) as outer:
            client = connect(outer.port)
            client.send(REQUEST)
            peer = behind.accept()
            peer.read_head()
            peer.send(SWITCH + server_frame(b"{}"))
            assert client.read(len(SWITCH) + 4) == SWITCH + server_frame(b"{}")
            peer.reset()
            with pytest.raises(ConnectionResetError):
                client.read(1)


@pytest.mark.parametrize(
    ("host", "trusted", "why"),
    [
        ("127.0.0.1", False, b"self-signed certificate in certificate chain"),
        ("127.0.0.2", True, b"IP address mismatch, certificate is not valid for '127.0.0.2'"),
    ],
)
def test_a_certificate_that_does_not_hold_is_a_502_that_says_why(
    authority: LocalCA, tmp_path: Path, host: str, trusted: bool, why: bytes
) -> None:
    with relay_in_thread("ws://127.0.0.1:1", tmp_path, host=host, tls=authority.server_context) as inner:
        ca = authority.certificate if trusted else None
        with relay_in_thread(f"wss://{host}:{inner.port}", tmp_path, upstream_ca=ca) as outer:
            client = connect(outer.port)
            client.send(REQUEST)
            answer = client.read_all()
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"the certificate of %b:%d is not trusted: " % (host.encode(), inner.port) in answer
    assert why in answer
    assert b"give the certificate of its CA with --upstream-ca FILE" in answer


def test_the_ca_can_sign_for_this_machine_alone(authority: LocalCA, tmp_path: Path) -> None:
    certificate = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert [str(name.value) for name in constraints.value.permitted_subtrees or []] == [
        "localhost",
        "127.0.0.1/32",
        "::1/128",
    ]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl_accepts_the_leaf_strictly(authority: LocalCA) -> None:
    ca = authority.certificate
    command = ["openssl", "verify", "-x509_strict", "-CAfile", str(ca), "-verify_hostname", "localhost"]
    done = subprocess.run([*command, str(ca.parent / "localhost.pem")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_keys_are_for_their_owner_only(authority: LocalCA) -> None:
    folder = authority.certificate.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.glob("*.pem") if path.name != "bundle.pem"} == {
        "ca-key.pem": 0o600,
        "localhost.pem": 0o600,
        "ca.pem": 0o644,
    }


def test_the_ca_is_made_once(tmp_path: Path) -> None:
    first = LocalCA(tmp_path).certificate.read_bytes()
    leaf = (tmp_path / "ca" / "localhost.pem").read_bytes()
    LocalCA(tmp_path).server_context()
    assert LocalCA(tmp_path).certificate.read_bytes() == first
    assert (tmp_path / "ca" / "localhost.pem").read_bytes() == leaf


def test_a_leaf_that_ends_soon_is_renewed_by_the_same_ca(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "LEAF_LIFE", timedelta(days=20))
    first = LocalCA(tmp_path).certificate.read_bytes()
    leaf = (tmp_path / "ca" / "localhost.pem").read_bytes()
    monkeypatch.setattr(tls, "LEAF_LIFE", timedelta(days=365))
    assert LocalCA(tmp_path).certificate.read_bytes() == first
    assert (tmp_path / "ca" / "localhost.pem").read_bytes() != leaf


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem", "localhost.pem"])
def test_a_broken_file_is_made_anew(tmp_path: Path, name: str) -> None:
    LocalCA(tmp_path).server_context()
    (tmp_path / "ca" / name).write_text("broken")
    (tmp_path / "ca" / "localhost.pem").write_text("broken")
    authority = LocalCA(tmp_path)
    authority.server_context()
    ssl.create_default_context(cafile=authority.certificate)


def test_several_at_once_make_one_ca(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: LocalCA(tmp_path).certificate.read_bytes(), range(8)))
    assert len(set(made)) == 1
    assert LocalCA(tmp_path).server_context()


def test_the_bundle_trusts_the_system_and_us(authority: LocalCA) -> None:
    bundle = authority.bundle
    assert bundle.read_text().endswith(authority.certificate.read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(bundle)
    assert context.cert_store_stats()["x509_ca"] > 1 or not ssl.create_default_context().get_ca_certs()


def test_the_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(tls.DATA_DIR_VARIABLE, str(tmp_path))
    assert LocalCA().certificate == tmp_path / "ca" / "ca.pem"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InspectorError, match=r"the local CA cannot be kept there: .*set REALTIME_INSPECTOR_DATA_DIR"):
        _ = LocalCA(tmp_path / "file").certificate


def test_node_takes_the_certificate(authority: LocalCA, server: Upstream, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here")
    script = "require('https').get(process.argv[1], r => { console.log(r.statusCode); process.exit(0) })"
    with upstream() as gone:
        url = gone.url
    with relay_in_thread(url, tmp_path, tls=authority.server_context) as relay:
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(authority.certificate)}
        command = [node, "-e", script, f"https://localhost:{relay.port}/v1/models"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=90)
    assert done.stdout.strip() == "502", done.stderr


def test_the_relay_does_not_load_cryptography_for_plain_clients() -> None:
    code = "import sys, realtime_inspector.capture.relay; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
