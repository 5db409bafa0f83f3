"""The relay between two raw sockets: what comes out is what went in."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from realtime_inspector.capture.recorder import Track
from realtime_inspector.capture.relay import Relay, new_event_loop, relay_in_thread
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.capture.via import Via
from realtime_inspector.errors import UsageError
from tests.capture.wire import (
    REQUEST,
    SWITCH,
    Peer,
    Upstream,
    connect,
    finished,
    outline,
    server_frame,
    upgraded,
    upstream,
    wait_for,
)


@pytest.fixture
def server() -> Iterator[Upstream]:
    with upstream() as listening:
        yield listening


@pytest.fixture(params=[asyncio.SelectorEventLoop, new_event_loop], ids=["asyncio", "uvloop"])
def relay(request: pytest.FixtureRequest, server: Upstream, tmp_path: Path) -> Iterator[Relay]:
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = request.param
    with relay_in_thread(server.url, tmp_path / "recordings", loop_factory=loop_factory) as running:
        yield running


def test_http_and_the_upgrade_share_one_connection_and_one_file(relay: Relay, server: Upstream, tmp_path: Path) -> None:
    client = connect(relay.port)
    body = b'{"session":{"type":"realtime"}}'
    ask = b"POST /v1/realtime/client_secrets HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    client.send(ask)
    peer = server.accept()
    host = b"Host: 127.0.0.1:%d" % server.port
    assert peer.read(len(ask) + len(host) - 7) == ask.replace(b"Host: x", host)
    answer = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"value":"ek_abc\r\n7\r\n12345"}\r\n0\r\n\r\n'
    peer.send(answer)
    assert client.read(len(answer)) == answer
    client.send(REQUEST)
    peer.read_head()
    peer.send(SWITCH + server_frame(b"{}"))
    client.read(len(SWITCH) + 4)
    client.close()
    peer.close()
    entries = finished(tmp_path)[0]
    assert outline(entries)[:5] == [
        "client request POST /v1/realtime/client_secrets",
        "server response 200",
        "client request GET /v1/realtime?model=m",
        "server response 101",
        "server message {}",
    ]
    assert entries[0].members["body"] == body.decode()
    assert entries[1].members["body"] == '{"value":"[redacted:ek]"}'


def test_an_upstream_that_is_not_there_is_a_502_that_says_so(tmp_path: Path) -> None:
    with upstream() as gone:
        url = gone.url
    with relay_in_thread(url, tmp_path) as relay:
        client = connect(relay.port)
        client.send(REQUEST)
        answer = client.read_all()
        client.close()
        assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
        assert b"cannot be reached: connection refused; start the server" in answer
        entries = finished(tmp_path)[0]
    assert outline(entries)[:2] == ["client request GET /v1/realtime?model=m", "proxy response 502"]


def test_whatever_goes_wrong_on_the_way_to_a_server_is_answered(
    server: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that no host can have raised what was not looked for, and the client waited for ever."""

    async def dial(*_: object) -> socket.socket:
        raise UnicodeError("label empty")

    monkeypatch.setattr("realtime_inspector.capture.relay.dial", dial)
    with relay_in_thread(server.url, tmp_path) as relay:
        client = connect(relay.port)
        client.send(REQUEST)
        answer = client.read_all()
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"cannot be reached: label empty; start the server" in answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", True),
        (b"\x15\x03\x01\x00\x02\x02\x46", True),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\n<p>", False),
    ],
    ids=["nothing", "an alert of TLS", "an answer that is cut off"],
)
def test_a_server_that_wants_tls_and_is_asked_without_is_told_of(answer: bytes, told: bool, tmp_path: Path) -> None:
    """The client saw a connection that ended, the recording had a request and an end, and nothing said why."""
    said: list[str] = []
    with upstream() as server, relay_in_thread(server.url, tmp_path, say=said.append) as relay:
        client = connect(relay.port)
        client.send(REQUEST)
        peer = server.accept()
        peer.read_head()
        peer.send(answer)
        peer.close()
        assert client.read_all() == answer
        client.close()
        finished(tmp_path)
        wait_for(lambda: any(": ended, " in line for line in said))
    hints = [line.partition(": ")[2] for line in said if "wss://" in line]
    assert hints == [f"127.0.0.1:{server.port} ended the connection unanswered; is it wss:// instead of ws://?"] * told


@pytest.mark.parametrize(
    "line", [b"CONNECT api.openai.com:443 HTTP/1.1", b"GET http://example.com/v1/realtime HTTP/1.1"]
)
def test_a_request_for_another_server_is_refused_and_never_sent(tmp_path: Path, line: bytes) -> None:
    with upstream() as server, relay_in_thread(server.url, tmp_path) as relay:
        client = connect(relay.port)
        client.send(line + b"\r\nHost: example.com\r\nAuthorization: Bearer k\r\n\r\n")
        assert client.read_all().startswith(b"HTTP/1.1 421 ")
        server.listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.listener.accept()


def test_an_answer_of_the_relay_comes_behind_those_to_the_requests_before(relay: Relay, server: Upstream) -> None:
    client = connect(relay.port)
    client.send(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\nCONNECT x:443 HTTP/1.1\r\n\r\n")
    peer = server.accept()
    assert peer.read_head().startswith(b"GET /v1/models HTTP/1.1\r\n")
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    peer.send(answer)
    assert client.read_all().startswith(answer + b"HTTP/1.1 421 ")
    assert peer.read(1) == b""


def test_a_client_that_is_gone_before_its_server_is_known_to_be_leaves_a_whole_recording(tmp_path: Path) -> None:
    """The answer that nobody got was written behind the end, into a file that was closed: it was tried for ever."""
    authority = LocalCA(tmp_path)
    said: list[str] = []
    with upstream() as proxy:
        via = Via("127.0.0.1", proxy.port)
        tls = authority.server_context
        with relay_in_thread("ws://localhost:9", tmp_path / "r", via=via, tls=tls, say=said.append) as relay:
            context = ssl.create_default_context(cafile=authority.certificate)
            client = Peer(context.wrap_socket(connect(relay.port).sock, server_hostname="localhost"))
            client.send(REQUEST)
            peer = proxy.accept()
            peer.read_head()
            client.close()
            (entries,) = finished(tmp_path / "r")
            peer.close()
            wait_for(lambda: any("ended the connection" in line for line in said))
            assert not relay._links
    assert outline(entries) == ["client request GET /v1/realtime?model=m", "proxy end closed by client"]
    assert not any("cannot be written" in line for line in said)
    assert finished(tmp_path / "r") == [entries]


def test_one_who_cannot_be_told_costs_neither_an_entry_nor_an_answer(server: Upstream, tmp_path: Path) -> None:
    """The request was missing and a client got no answer, when whoever read the standard error had gone."""

    def gone(told: object) -> None:
        raise BrokenPipeError

    for opened in (None, gone):
        folder = tmp_path / str(opened is None)
        with relay_in_thread(server.url, folder, say=gone, opened=opened) as relay:
            client, peer = upgraded(relay.port, server)
            client.close()
            assert peer.read(1) == b""
            peer.close()
            (entries,) = finished(folder)
            assert [entry.kind for entry in entries] == ["request", "response", "end"]
    server.close()
    with relay_in_thread(server.url, tmp_path / "refused", say=gone) as relay:
        client = connect(relay.port)
        client.send(REQUEST)
        assert client.read_all().startswith(b"HTTP/1.1 502 ")


def test_a_host_that_is_none_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"'a\.\.b' is no host; choose another address with --listen"),
        relay_in_thread("ws://x", tmp_path, host="a..b"),
    ):
        pass


def test_a_client_is_not_read_while_a_thousand_of_its_requests_have_no_answer(relay: Relay, server: Upstream) -> None:
    """Each took its place in memory twice, without end."""
    client = connect(relay.port)
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    client.send(request * 2000)
    peer = server.accept()
    sent = len(request.replace(b"x", f"127.0.0.1:{server.port}".encode()))
    peer.read(1001 * sent)
    wait_for(lambda: any("held" in link.client._shut for link in list(relay._links)))
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    answers = Thread(target=peer.send, args=(answer * 2000,))
    answers.start()
    assert len(peer.read(999 * sent)) == 999 * sent
    assert client.read(2000 * len(answer)) == answer * 2000
    answers.join()


def test_what_is_not_http_goes_through_and_is_a_gap(relay: Relay, server: Upstream, tmp_path: Path) -> None:
    client = connect(relay.port)
    client.send(b"EHLO there\r\n\r\nmore")
    peer = server.accept()
    assert peer.read(18) == b"EHLO there\r\n\r\nmore"
    client.close()
    peer.close()
    assert outline(finished(tmp_path)[0])[0].startswith("proxy gap 1 not HTTP/1.1: 'EHLO there'")


def test_a_connection_that_sends_nothing_makes_no_file(relay: Relay, server: Upstream, tmp_path: Path) -> None:
    connect(relay.port).close()
    client, peer = upgraded(relay.port, server)
    client.close()
    peer.close()
    assert len(finished(tmp_path)) == 1


def test_each_connection_is_a_file_for_its_owner_only(relay: Relay, server: Upstream, tmp_path: Path) -> None:
    for _ in range(3):
        client, peer = upgraded(relay.port, server)
        client.close()
        peer.close()
    finished(tmp_path, 3)
    folder = tmp_path / "recordings"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600] * 3


def test_a_port_in_use_is_said_with_what_to_do(server: Upstream, tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match=rf"127.0.0.1:{server.port} is taken by another program; stop it, or choose"),
        relay_in_thread("ws://127.0.0.1:1", tmp_path, port=server.port),
    ):
        pass


def test_a_relay_to_itself_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (
        pytest.raises(UsageError, match="is this proxy itself"),
        relay_in_thread(f"ws://localhost:{port}", tmp_path, port=port),
    ):
        pass


def test_a_folder_that_cannot_be_written_is_said_before_the_first_call(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(UsageError, match="recordings cannot be written there"), relay_in_thread("ws://x", blocked):
        pass


def test_the_end_of_the_relay_finishes_the_files_of_open_calls(server: Upstream, tmp_path: Path) -> None:
    with relay_in_thread(server.url, tmp_path) as relay:
        client, peer = upgraded(relay.port, server)
        peer.send(server_frame(b'{"type":"session.created"}'))
        client.read(4)
    entries = finished(tmp_path)[0]
    assert outline(entries)[2:] == ['server message {"type":"session.created"}', "proxy end closed by proxy"]
    assert client.read_all()
    assert peer.read_all() == b""


@pytest.mark.parametrize("loop_factory", [asyncio.SelectorEventLoop, new_event_loop], ids=["asyncio", "uvloop"])
def test_a_connection_that_is_over_leaves_nothing_to_the_garbage_collector(
    server: Upstream, tmp_path: Path, loop_factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    tracks: list[weakref.ref[Track]] = []

    def opened(track: Track) -> None:
        tracks.append(weakref.ref(track))

    gc.disable()
    try:
        with relay_in_thread(server.url, tmp_path, opened=opened, loop_factory=loop_factory) as relay:
            for _ in range(3):
                client, peer = upgraded(relay.port, server)
                client.close()
                assert peer.read(1) == b""
                peer.close()
            wait_for(lambda: len(tracks) == 3 and not any(track() for track in tracks))
    finally:
        gc.enable()
