"""What an interceptor records of Realtime traffic, and the key that it puts in place of the client's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.capture.audio import Audio, AudioPolicy
from realtime_inspector.capture.intercept import plan as plan_module
from realtime_inspector.capture.keys import UpstreamKey
from realtime_inspector.capture.mitm import Interceptor, interceptor_in_thread
from realtime_inspector.capture.policy import Policy
from realtime_inspector.capture.sink import Rotation
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.capture.upstream import ClientCertificate
from realtime_inspector.capture.via import Via
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.files import find, find_parts, open_recording
from realtime_inspector.recording.redact import Redactor
from tests.capture.test_via import certificate, demanding
from tests.capture.ways import secured, tunnel
from tests.capture.wire import SWITCH, Peer, Upstream, client_frame, connect, finished, server_frame, upstream

pytest.importorskip("mitmproxy")

Start = Callable[..., AbstractContextManager[Interceptor]]
KEY = "an-unusual-key-0123456789"
APPEND = b'{"type":"input_audio_buffer.append","audio":"AAECAwQFBgc="}'


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the CAs; making one takes a while."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def start(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Return what starts an interceptor that records to `recordings`."""
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(data))

    def started(mode: str = "forward", **options: Any) -> AbstractContextManager[Interceptor]:
        options.setdefault("redactor", Redactor.from_environment({"MINE_KEY": KEY}))
        return interceptor_in_thread(mode, tmp_path / "recordings", **options)

    return started


@pytest.fixture
def server() -> Iterator[Upstream]:
    with upstream() as listening:
        yield listening


def asked(target: str = "/v1/realtime?model=m", *headers: str) -> bytes:
    lines = [f"GET {target} HTTP/1.1", "Host: a", "Upgrade: websocket", *headers]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def call(interceptor: Interceptor, server: Upstream, request: bytes) -> tuple[bytes, tuple[Peer, Peer]]:
    """Open a call; return what the server got of its request, and both ends."""
    client = tunnel(interceptor.port, f"localhost:{server.port}")
    peer = server.accept()
    client.send(request)
    head = peer.read_head()
    peer.send(SWITCH)
    assert client.read(len(SWITCH)) == SWITCH
    return head, (client, peer)


def end(ends: tuple[Peer, Peer]) -> None:
    for peer in ends:
        peer.close()


def recorded(tmp_path: Path) -> list[Path]:
    return find(tmp_path / "recordings") if (tmp_path / "recordings").exists() else []


@pytest.mark.parametrize(
    ("policy", "target", "kept"),
    [
        (Policy(only=["/v1/*"]), "/v1/realtime", True),
        (Policy(only=["/v2/*"]), "/v1/realtime", False),
        (Policy(only_model=["gpt-*"]), "/v1/realtime?model=gpt-x", True),
        (Policy(only_model=["gpt-*"]), "/v1/realtime?model=other", False),
        (Policy(sample=0.5, random=lambda: 0.4), "/v1/realtime", True),
        (Policy(sample=0.5, random=lambda: 0.6), "/v1/realtime", False),
        (Policy(only=["*"]), "/v1/chat", False),
    ],
)
def test_what_is_not_chosen_passes_unrecorded(
    start: Start, server: Upstream, tmp_path: Path, policy: Policy, target: str, kept: bool
) -> None:
    with start(policy=policy) as interceptor:
        head, ends = call(interceptor, server, asked(target))
        assert head == asked(target)
        ends[1].send(server_frame(b"{}"))
        assert ends[0].read(4) == server_frame(b"{}")
        end(ends)
    assert len(recorded(tmp_path)) == kept


def test_audio_is_left_out_and_tags_are_kept(start: Start, server: Upstream, tmp_path: Path) -> None:
    policy = Policy(audio=AudioPolicy(Audio.DROP))
    with start(policy=policy, tags={"team": "voice"}) as interceptor:
        _, (client, peer) = call(interceptor, server, asked("/v1/realtime", "X-Realtime-Inspector-Tag: run=7"))
        frame = client_frame(APPEND)
        client.send(frame)
        assert peer.read(len(frame)) == frame
        end((client, peer))
    (path,) = recorded(tmp_path)
    recording = open_recording(path)
    assert recording.header.tags == {"team": "voice", "run": "7"}
    message = list(recording)[2]
    assert (message.payload, message.members["audio"]) == (
        APPEND.replace(b"AAECAwQFBgc=", b""),
        {"audio": {"bytes": 8}},
    )


def test_a_long_connection_is_kept_in_parts(start: Start, server: Upstream, tmp_path: Path) -> None:
    frame = server_frame(b'{"type":"x","data":"' + b"d" * 3000 + b'"}')
    with start(rotation=Rotation(10_000)) as interceptor:
        _, (client, peer) = call(interceptor, server, asked())
        for _ in range(10):
            peer.send(frame)
            assert client.read(len(frame)) == frame
        end((client, peer))
        (entries,) = finished(tmp_path / "recordings")
    assert [entry.n for entry in entries] == list(range(1, 14))
    (parts,) = find_parts(tmp_path / "recordings").values()
    assert len(parts) > 2


def test_the_key_goes_to_the_server_that_was_named(start: Start, server: Upstream, tmp_path: Path) -> None:
    url = f"ws://127.0.0.1:{server.port}"
    with start(upstream=url, key=UpstreamKey(KEY, "127.0.0.1")) as interceptor:
        client = secured(tunnel(interceptor.port, "api.openai.com:443"), "api.openai.com", interceptor.certificate)
        client.send(asked("/v1/realtime", "Authorization: Bearer dummy"))
        head = server.accept().read_head()
    assert f"\r\nAuthorization: Bearer {KEY}\r\n".encode() in head
    assert b"dummy" not in head
    (path,) = recorded(tmp_path)
    assert KEY not in path.read_text()
    assert dict(next(iter(open_recording(path))).headers)["Authorization"] == "[redacted:Authorization]"


def test_the_key_goes_to_the_api_over_tls_and_nothing_else_is_changed(
    start: Start, server: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_module, "is_api", lambda host: host == "localhost")
    key, ca = UpstreamKey(KEY, "localhost"), LocalCA()
    with ThreadPoolExecutor(1) as pool, start(key=key, upstream_ca=ca.certificate) as interceptor:
        accepting = pool.submit(lambda: Peer(ca.server_context().wrap_socket(server.accept().sock, server_side=True)))
        client = tunnel(interceptor.port, f"localhost:{server.port}")
        client = secured(client, "localhost", interceptor.certificate)
        client.send(asked("/v1/realtime", "authorization: Bearer dummy", "X-Odd:  1"))
        peer = accepting.result()
        start_line, *others = asked("/v1/realtime", "X-Odd:  1").splitlines(keepends=True)
        own = f"Authorization: Bearer {KEY}\r\n".encode()
        assert peer.read_head() == start_line + own + b"".join(others)
        peer.send(SWITCH + server_frame(b"{}"))
        assert client.read(len(SWITCH) + 4) == SWITCH + server_frame(b"{}")
        frame = client_frame(APPEND)
        client.send(frame)
        assert peer.read(len(frame)) == frame


@pytest.mark.parametrize("header", ["X-A: 1", "Authorization: Bearer dummy"])
def test_no_other_server_gets_the_key(start: Start, server: Upstream, header: str) -> None:
    with start(key=UpstreamKey(KEY, "api.openai.com")) as interceptor:
        head, ends = call(interceptor, server, asked("/v1/realtime", header))
        assert head == asked("/v1/realtime", header)
        end(ends)


def test_a_page_of_the_web_keeps_its_own_key(start: Start, server: Upstream) -> None:
    with start(upstream=f"ws://127.0.0.1:{server.port}", key=UpstreamKey(KEY, "127.0.0.1")) as interceptor:
        client = secured(tunnel(interceptor.port, "api.openai.com:443"), "api.openai.com", interceptor.certificate)
        client.send(asked("/v1/realtime", "Origin: https://evil.example", "Authorization: Bearer its-own"))
        head = server.accept().read_head()
    assert KEY.encode() not in head
    assert b"Bearer its-own" in head


def test_plain_requests_to_the_proxy_itself_are_chosen_and_keyed_too(
    start: Start, server: Upstream, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{server.port}"
    body = json.dumps({"value": "x"}).encode()
    with start(upstream=url, key=UpstreamKey(KEY, "127.0.0.1"), policy=Policy(only=["/v1/realtime/c*"])) as interceptor:
        for name in ("client_secrets", "sessions"):
            client = connect(interceptor.port)
            client.send(
                f"GET http://api.openai.com/v1/realtime/{name} HTTP/1.1\r\nHost: api.openai.com\r\n"
                "Authorization: Bearer dummy\r\nX-Two: 1\r\nX-Two: 2\r\n\r\n".encode()
            )
            peer = server.accept()
            head = peer.read_head()
            assert f"Authorization: Bearer {KEY}\r\n".encode() in head
            assert b"dummy" not in head
            assert head.count(b"X-Two: ") == 2
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            assert client.read_head().startswith(b"HTTP/1.1 200 OK")
            assert client.read(len(body)) == body
            end((client, peer))
    (path,) = recorded(tmp_path)
    request = next(iter(open_recording(path)))
    assert request.members["target"] == "/v1/realtime/client_secrets"
    assert ("Authorization", "[redacted:Authorization]") in request.headers
    assert KEY not in path.read_text()


def test_the_server_that_was_named_may_be_behind_a_proxy(start: Start, server: Upstream, tmp_path: Path) -> None:
    via = Via("127.0.0.1", server.port, user="me:pass")
    with start(upstream="ws://gateway.example:81", through=via) as interceptor:
        client = secured(tunnel(interceptor.port, "api.openai.com:443"), "api.openai.com", interceptor.certificate)
        client.send(asked())
        peer = server.accept()
        head = peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        assert head.startswith(b"CONNECT gateway.example:81 HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic bWU6cGFzcw==\r\n" in head
        assert peer.read_head() == asked().replace(b"Host: a", b"Host: gateway.example:81")
        peer.send(SWITCH + server_frame(b"{}"))
        assert client.read(len(SWITCH) + 4) == SWITCH + server_frame(b"{}")
        end((client, peer))
        (entries,) = finished(tmp_path / "recordings")
    assert [entry.kind for entry in entries] == ["request", "response", "message", "end"]


def test_the_server_that_was_named_is_shown_our_certificate(start: Start, server: Upstream, tmp_path: Path) -> None:
    path, key = certificate(tmp_path, "us")
    subjects: list[object] = []

    def accept() -> Peer:
        sock = demanding(path).wrap_socket(server.accept().sock, server_side=True)
        subjects.append((sock.getpeercert() or {}).get("subject"))
        return Peer(sock)

    options = {"upstream": f"wss://localhost:{server.port}", "upstream_ca": LocalCA().certificate}
    with ThreadPoolExecutor(1) as pool, start(**options, certificate=ClientCertificate(path, key)) as interceptor:
        accepting = pool.submit(accept)
        client = secured(tunnel(interceptor.port, "api.openai.com:443"), "api.openai.com", interceptor.certificate)
        client.send(asked())
        peer = accepting.result()
        assert peer.read_head().startswith(b"GET /v1/realtime?model=m")
        end((client, peer))
    assert subjects == [((("commonName", "us"),),)]


@pytest.mark.parametrize(
    ("mode", "options", "said"),
    [
        ("socks5", {"through": Via("p", 1)}, "--via works in reverse and forward mode, not in --mode socks5"),
        ("forward", {"certificate": ClientCertificate(Path("x"))}, "--client-cert in --mode forward needs --upstream"),
    ],
)
def test_what_a_mode_cannot_do_is_refused(start: Start, mode: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said), start(mode, **options):
        pass
