"""Upstreams behind an HTTP proxy, and those that want a certificate of their client."""

from __future__ import annotations

import asyncio
import datetime
import json
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from realtime_inspector.capture.relay import new_event_loop, relay_in_thread
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.capture.upstream import ClientCertificate, Upstream, client_context
from realtime_inspector.capture.via import Via, chosen
from realtime_inspector.errors import UsageError
from tests.capture import wire
from tests.capture.wire import REQUEST, SWITCH, Peer, client_frame, connect, finished, outline, server_frame

GRANTED = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n"
FRAME = client_frame(b'{"type":"x"}')
LOOPS = pytest.mark.parametrize("loop_factory", [new_event_loop, asyncio.SelectorEventLoop], ids=["uvloop", "asyncio"])
_T = TypeVar("_T")
Loop = Callable[[], asyncio.AbstractEventLoop]


@pytest.fixture(scope="module", autouse=True)
def _own_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture
def proxy() -> Iterator[wire.Upstream]:
    """Return the listening socket of the proxy; the test plays it, and the server behind it."""
    with wire.upstream() as listening:
        yield listening


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def tls(peer: Peer, context: ssl.SSLContext | None = None) -> Peer:
    """Speak TLS as a server from here on."""
    return Peer((context or LocalCA().server_context()).wrap_socket(peer.sock, server_side=True))


def grant(peer: Peer) -> bytes:
    """Open the tunnel, and return what asked for it."""
    head = peer.read_head()
    peer.send(GRANTED)
    return head


def call(client: Peer, peer: Peer) -> None:
    """Hold a call, and end it."""
    assert peer.read_head().startswith(b"GET /v1/realtime?model=m HTTP/1.1\r\n")
    peer.send(SWITCH + server_frame(b"{}"))
    assert client.read(len(SWITCH) + 4) == SWITCH + server_frame(b"{}")
    client.send(FRAME)
    assert peer.read(len(FRAME)) == FRAME
    client.close()
    assert peer.read(1) == b""
    peer.close()


@LOOPS
def test_a_plain_server_is_reached_through_the_proxy(proxy: wire.Upstream, tmp_path: Path, loop_factory: Loop) -> None:
    via = Via("127.0.0.1", proxy.port)
    with relay_in_thread("ws://gateway.example:8080", tmp_path, via=via, loop_factory=loop_factory) as relay:
        client = connect(relay.port)
        client.send(REQUEST)
        peer = proxy.accept()
        assert grant(peer) == b"CONNECT gateway.example:8080 HTTP/1.1\r\nHost: gateway.example:8080\r\n\r\n"
        call(client, peer)
        (entries,) = finished(tmp_path)
    assert outline(entries)[2:] == ["server message {}", 'client message {"type":"x"}', "proxy end closed by client"]


@LOOPS
@pytest.mark.parametrize("proxy_tls", [False, True])
def test_a_server_with_tls_is_reached_through_the_proxy(
    proxy: wire.Upstream, tmp_path: Path, aside: ThreadPoolExecutor, loop_factory: Loop, proxy_tls: bool
) -> None:
    via = Via("localhost", proxy.port, proxy_tls, "me:p@ss")
    asked: list[bytes] = []

    def accept() -> Peer:
        peer = tls(proxy.accept()) if proxy_tls else proxy.accept()
        asked.append(grant(peer))
        return inner(peer) if proxy_tls else tls(peer)

    with relay_in_thread(
        "wss://localhost:4433", tmp_path, via=via, upstream_ca=LocalCA().certificate, loop_factory=loop_factory
    ) as relay:
        client = connect(relay.port)
        accepting = aside.submit(accept)
        client.send(REQUEST)
        call(client, accepting.result())
        (entries,) = finished(tmp_path)
    login = b64encode(b"me:p@ss").decode()
    assert asked[0].decode().splitlines()[:3] == [
        "CONNECT localhost:4433 HTTP/1.1", "Host: localhost:4433", f"Proxy-Authorization: Basic {login}",
    ]  # fmt: skip
    assert [entry.kind for entry in entries] == ["request", "response", "message", "message", "end"]


class _Inner:
    """The server's TLS inside the proxy's."""

    def __init__(self, outer: Peer) -> None:
        self.outer, self.taken, self.given = outer, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = LocalCA().server_context().wrap_bio(self.taken, self.given, server_side=True)

    def run(self, what: Callable[[], _T]) -> _T:
        while True:
            try:
                result = what()
            except ssl.SSLWantReadError:
                self.flush()
                data = self.outer.sock.recv(65536)
                self.taken.write(data) if data else self.taken.write_eof()
            else:
                self.flush()
                return result

    def flush(self) -> None:
        if data := self.given.read():
            self.outer.sock.sendall(data)


class _InnerPeer(Peer):
    """A peer that speaks TLS inside TLS."""

    def __init__(self, outer: Peer) -> None:
        super().__init__(outer.sock)
        self._inner = _Inner(outer)
        self._inner.run(self._inner.tls.do_handshake)

    def send(self, data: bytes) -> None:
        self._inner.run(lambda: self._inner.tls.write(data))

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size and (more := self._more(size - len(data))):
            data += more
        return data

    def read_head(self) -> bytes:
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            data += self._more(1)
        return data

    def _more(self, size: int) -> bytes:
        try:
            return self._inner.run(lambda: self._inner.tls.read(size))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""


def inner(outer: Peer) -> Peer:
    return _InnerPeer(outer)


def refused(relay_port: int) -> tuple[bytes, str]:
    """Ask for a call that cannot be, and return the status line and the error's message."""
    client = connect(relay_port)
    client.send(REQUEST)
    head, _, body = client.read_all().partition(b"\r\n\r\n")
    client.close()
    return head.splitlines()[0], json.loads(body)["error"]["message"]


@LOOPS
@pytest.mark.parametrize(
    ("user", "answer", "said"),
    [
        (
            "",
            b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n",
            "the proxy {url} wants name and password (407 Proxy Authentication Required); "
            "give them, --via http://USER:PASSWORD@HOST:PORT",
        ),
        (
            "me:canary",
            b"HTTP/1.1 407 No\r\n\r\n",
            "the proxy {url} wants name and password (407 No); check name and password in --via",
        ),
        (
            "",
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
            "the proxy {url} does not connect to gateway.example:443: 403 Forbidden; "
            "ask who runs it whether it lets that host through",
        ),
        ("", b"SSH-2.0-x\r\n\r\n", "the proxy {url} does not speak HTTP; check --via: is it a proxy"),
        ("", b"", "the proxy {url} ended the connection; check --via: is it a proxy"),
    ],
)
def test_a_proxy_that_refuses_is_a_502_that_says_why(
    proxy: wire.Upstream, tmp_path: Path, aside: ThreadPoolExecutor,
    loop_factory: Loop, user: str, answer: bytes, said: str,
) -> None:  # fmt: skip
    def refuse() -> None:
        peer = proxy.accept()
        peer.read_head()
        peer.send(answer)
        peer.close()

    via = Via("127.0.0.1", proxy.port, user=user)
    told: list[str] = []
    with relay_in_thread(
        "wss://gateway.example", tmp_path, via=via, say=told.append, loop_factory=loop_factory
    ) as relay:
        refusing = aside.submit(refuse)
        status, message = refused(relay.port)
        refusing.result()
        (entries,) = finished(tmp_path)
    assert status == b"HTTP/1.1 502 Bad Gateway"
    assert message.startswith("realtime-inspector: " + said.format(url=via.url))
    assert outline(entries)[1] == "proxy response 502"
    assert any(message.removeprefix("realtime-inspector: ") in line for line in told)
    assert "canary" not in message + "".join(told) + "".join(path.read_text() for path in tmp_path.glob("*.jsonl"))


def test_a_proxy_that_is_not_there_is_a_502_that_says_so(proxy: wire.Upstream, tmp_path: Path) -> None:
    proxy.close()
    with relay_in_thread("wss://gateway.example", tmp_path, via=Via("127.0.0.1", proxy.port)) as relay:
        status, message = refused(relay.port)
    assert status == b"HTTP/1.1 502 Bad Gateway"
    assert f"the proxy http://127.0.0.1:{proxy.port} cannot be reached: connection refused" in message


def test_a_proxy_that_never_answers_is_named(
    proxy: wire.Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server was said not to answer, which nobody had asked anything."""
    monkeypatch.setattr("realtime_inspector.capture.relay.CONNECT_TIMEOUT_S", 0.01)
    via = Via("127.0.0.1", proxy.port)
    with relay_in_thread("ws://gateway.example:8080", tmp_path, via=via) as relay:
        client = connect(relay.port)
        client.send(REQUEST)
        answer = client.read_all()
    assert answer.startswith(b"HTTP/1.1 504 ")
    assert f"gateway.example:8080 does not answer by the proxy {via.url}; check the address".encode() in answer


def test_a_server_behind_the_proxy_that_is_not_trusted_is_told_as_without_one(
    proxy: wire.Upstream, tmp_path: Path, aside: ThreadPoolExecutor
) -> None:
    def accept() -> None:
        peer = proxy.accept()
        grant(peer)
        with suppress(OSError):
            tls(peer)

    with relay_in_thread("wss://localhost:4433", tmp_path, via=Via("127.0.0.1", proxy.port)) as relay:
        accepting = aside.submit(accept)
        _, message = refused(relay.port)
        accepting.result()
    assert "the certificate of localhost:4433 is not trusted" in message


@pytest.mark.parametrize(
    ("url", "via"),
    [
        ("http://proxy:3128", Via("proxy", 3128)),
        ("proxy:3128", Via("proxy", 3128)),
        ("https://me:p%40ss@proxy", Via("proxy", 443, True, "me:p@ss")),
        ("http://[::1]:1/", Via("::1", 1)),
    ],
)
def test_a_proxy_is_read_from_its_url(url: str, via: Via) -> None:
    assert Via.parse(url) == via
    assert "p@ss" not in repr(via) + via.url


@pytest.mark.parametrize(
    "url", ["", "socks5://h:1", "http://", "http://h:x", "http://u:canary@h/path", "http://u:canary%0d%0aX@h"]
)
def test_what_is_no_proxy_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageError, match="--via") as caught:
        Via.parse(url)
    assert "canary" not in str(caught.value)


@pytest.fixture
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http", "https", "all", "no"):
        for variable in (f"{name}_proxy", f"{name.upper()}_PROXY"):
            monkeypatch.delenv(variable, raising=False)


@pytest.mark.usefixtures("_no_proxies")
def test_the_environment_s_proxy_is_used_if_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    secure, plain = Upstream.parse("wss://a.example"), Upstream.parse("ws://a.example")
    monkeypatch.setenv("HTTPS_PROXY", "http://p:1")
    monkeypatch.setenv("HTTP_PROXY", "http://q:2")
    assert chosen(None, secure) is None
    assert chosen("http://r:3", secure) == Via("r", 3)
    assert (chosen("env", secure), chosen("env", plain)) == (Via("p", 1), Via("q", 2))
    monkeypatch.setenv("NO_PROXY", "a.example")
    assert chosen("env", secure) is None


@pytest.mark.usefixtures("_no_proxies")
def test_an_environment_without_a_proxy_is_told() -> None:
    with pytest.raises(UsageError, match="--via env: HTTPS_PROXY is not set"):
        chosen("env", Upstream.parse("wss://a.example"))


def certificate(folder: Path, name: str, password: bytes = b"") -> tuple[Path, Path]:
    """Make a certificate that signs itself; return it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, encryption))
    return files


def demanding(path: Path, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """Return a server's settings that let in who has that certificate."""
    context = LocalCA().server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = version
    context.load_verify_locations(path)
    return context


@pytest.mark.parametrize("through", [False, True])
@pytest.mark.parametrize("in_one", [False, True])
def test_a_server_that_asks_is_shown_our_certificate(
    proxy: wire.Upstream, tmp_path: Path, aside: ThreadPoolExecutor, through: bool, in_one: bool
) -> None:
    path, key = certificate(tmp_path, "us")
    if in_one:
        path.write_bytes(path.read_bytes() + key.read_bytes())
    own = ClientCertificate(path, None if in_one else key)
    subjects: list[object] = []

    def accept() -> Peer:
        peer = proxy.accept()
        if through:
            grant(peer)
        sock = demanding(path).wrap_socket(peer.sock, server_side=True)
        subjects.append((sock.getpeercert() or {}).get("subject"))
        return Peer(sock)

    url = "wss://localhost:4433" if through else f"wss://localhost:{proxy.port}"
    via = Via("127.0.0.1", proxy.port) if through else None
    ca = LocalCA().certificate
    with relay_in_thread(url, tmp_path / "rec", certificate=own, upstream_ca=ca, via=via) as relay:
        client = connect(relay.port)
        accepting = aside.submit(accept)
        client.send(REQUEST)
        call(client, accepting.result())
    assert subjects == [((("commonName", "us"),),)]


def test_a_server_that_asks_in_vain_is_told_with_the_option(
    proxy: wire.Upstream, tmp_path: Path, aside: ThreadPoolExecutor
) -> None:
    context = demanding(certificate(tmp_path, "us")[0], ssl.TLSVersion.TLSv1_2)

    def accept() -> None:
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(proxy.accept().sock, server_side=True)

    with relay_in_thread(f"wss://localhost:{proxy.port}", tmp_path / "rec", upstream_ca=LocalCA().certificate) as relay:
        accepting = aside.submit(accept)
        _, message = refused(relay.port)
        accepting.result()
    assert f"localhost:{proxy.port} wants a certificate of its client; give one" in message


def test_a_certificate_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    path, key = certificate(tmp_path, "us")
    _, other = certificate(tmp_path, "other")
    locked = certificate(tmp_path, "locked", b"canary")
    empty = tmp_path / "empty.pem"
    empty.touch()
    wrong = [
        (ClientCertificate(path), "no certificate and key in PEM there; --client-key names the file of the key"),
        (ClientCertificate(path, other), f"--client-cert {path} --client-key {other}: the key is another one's"),
        (ClientCertificate(empty, key), "no certificate and key in PEM there"),
        (ClientCertificate(*locked), "the key has a password"),
        (ClientCertificate(tmp_path / "none"), "no such file"),
    ]
    for own, said in wrong:
        with pytest.raises(UsageError) as caught:
            client_context(None, own)
        assert said in str(caught.value)
