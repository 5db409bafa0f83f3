"""The relay between two raw sockets: what comes out is what went in."""

from __future__ import annotations

import asyncio
import os
import socket
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.frames import Opcode

from realtime_inspector.capture.relay import Relay, new_event_loop, relay_in_thread
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.entry import Kind, Side
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


def upgraded(relay: Relay, server: Upstream) -> tuple[Peer, Peer]:
    """Return both ends of a connection that is a WebSocket already."""
    client = connect(relay.port)
    client.send(REQUEST)
    peer = server.accept()
    assert peer.read_head()
    peer.send(SWITCH)
    assert client.read(len(SWITCH)) == SWITCH
    return client, peer


def test_of_a_request_only_the_value_of_host_is_changed(relay: Relay, server: Upstream) -> None:
    client = connect(relay.port)
    head = (
        b"GET /v1/realtime?model=m&a=%20b HTTP/1.1\r\nuser-AGENT:  odd \r\nhOsT:  127.0.0.1:8765\r\nX-A: 1\r\n"
        b"X-A: 2\r\nSec-WebSocket-Protocol: realtime, openai-insecure-api-key.sk-abc\r\nUpgrade: websocket\r\n"
        b"Connection: keep-alive, Upgrade\r\n\r\n"
    )
    client.send(head)
    assert server.accept().read_head() == head.replace(b"127.0.0.1:8765", f"127.0.0.1:{server.port}".encode())


def test_an_answer_reaches_the_client_byte_for_byte(relay: Relay, server: Upstream) -> None:
    client = connect(relay.port)
    client.send(REQUEST)
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUPGRADE: websocket\r\nset-cookie: a=b\r\n\r\n"
    server.accept().send(answer)
    assert client.read(len(answer)) == answer


def test_a_refusal_with_its_body_is_passed_on_and_recorded(relay: Relay, server: Upstream, tmp_path: Path) -> None:
    client = connect(relay.port)
    client.send(REQUEST)
    peer = server.accept()
    peer.read_head()
    refusal = b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 33\r\n\r\n{"error":{"code":"invalid_key"}}\n'
    peer.send(refusal)
    peer.close()
    assert client.read_all() == refusal
    client.close()
    entries = finished(tmp_path)[0]
    assert outline(entries) == [
        "client request GET /v1/realtime?model=m",
        "server response 401",
        "proxy end closed by server",
    ]
    assert entries[1].members["body"] == '{"error":{"code":"invalid_key"}}\n'


def test_pings_closes_and_odd_frames_go_through_as_they_are(relay: Relay, server: Upstream, tmp_path: Path) -> None:
    client, peer = upgraded(relay, server)
    sent = (
        client_frame(b"hello", Opcode.PING)
        + b"\x83\x80abcd"
        + client_frame(b"\xff\xfe")
        + client_frame(b"\x0f\xa0bye", Opcode.CLOSE)
    )
    client.send(sent)
    assert peer.read(len(sent)) == sent
    answer = server_frame(b"hello", Opcode.PONG) + server_frame(b"", Opcode.CLOSE) + server_frame(b"after the close")
    peer.send(answer)
    assert client.read(len(answer)) == answer
    client.close()
    assert peer.read(1) == b""
    peer.close()
    assert outline(finished(tmp_path)[0])[2:] == [
        "client ping hello",
        "proxy gap 1 a frame with the reserved opcode 0x3",
        "client message \xff\xfe",
        "client close 4000 bye",
        "server pong hello",
        "server close None",
        "server message after the close",
        "proxy end closed by client",
    ]


def test_a_fragment_is_forwarded_before_the_last_one_came(relay: Relay, server: Upstream, tmp_path: Path) -> None:
    client, peer = upgraded(relay, server)
    first = server_frame(b'{"type":', fin=False)
    peer.send(first)
    assert client.read(len(first)) == first
    ping = server_frame(b"p", Opcode.PING)
    last = server_frame(b'"x"}', Opcode.CONT)
    peer.send(ping + last)
    assert client.read(len(ping + last)) == ping + last
    peer.close()
    client.close()
    entries = finished(tmp_path)[0]
    assert outline(entries)[2:4] == ["server ping p", 'server message {"type":"x"}']
    assert entries[3].fragments == 2


def test_frames_in_one_segment_with_the_handshake_are_forwarded_and_recorded(
    relay: Relay, server: Upstream, tmp_path: Path
) -> None:
    client = connect(relay.port)
    early = client_frame(b'{"type":"early"}')
    client.send(REQUEST + early)
    peer = server.accept()
    peer.read_head()
    behind = server_frame(b'{"type":"session.created"}')
    peer.send(SWITCH + behind)
    assert client.read(len(SWITCH + behind)) == SWITCH + behind
    assert peer.read(len(early)) == early
    client.close()
    assert peer.read(1) == b""
    peer.close()
    assert outline(finished(tmp_path)[0]) == [
        "client request GET /v1/realtime?model=m",
        "server response 101",
        'client message {"type":"early"}',
        'server message {"type":"session.created"}',
        "proxy end closed by client",
    ]


@pytest.mark.parametrize("who", ["client", "server"])
def test_a_reset_stays_a_reset(relay: Relay, server: Upstream, tmp_path: Path, who: str) -> None:
    client, peer = upgraded(relay, server)
    resetting, other = (client, peer) if who == "client" else (peer, client)
    frame = client_frame(b"last words") if who == "client" else server_frame(b"last words")
    resetting.send(frame)
    assert other.read(len(frame)) == frame
    resetting.reset()
    with pytest.raises(ConnectionResetError):
        other.read(1)
    assert outline(finished(tmp_path)[0])[-1] == f"proxy end reset by {who}"


@pytest.mark.parametrize("who", ["client", "server"])
def test_a_half_close_leaves_the_other_direction_open(relay: Relay, server: Upstream, who: str) -> None:
    client, peer = upgraded(relay, server)
    closing, other = (client, peer) if who == "client" else (peer, client)
    closing.half_close()
    assert other.read(1) == b""
    frame = server_frame(b"still here") if who == "client" else client_frame(b"still here")
    other.send(frame)
    assert closing.read(len(frame)) == frame
    other.close()
    assert closing.read(1) == b""


def test_compressed_messages_are_forwarded_as_they_are_and_recorded_inflated(
    relay: Relay, server: Upstream, tmp_path: Path
) -> None:
    client = connect(relay.port)
    client.send(REQUEST)
    peer = server.accept()
    peer.read_head()
    switch = SWITCH[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n\r\n"
    peer.send(switch)
    client.read(len(switch))
    deflate = zlib.compressobj(wbits=-15)
    frames = b"".join(
        server_frame(deflated(deflate, b'{"type":"same","text":"the same text twice"}'), rsv1=True) for _ in range(2)
    )
    peer.send(frames)
    assert client.read(len(frames)) == frames
    up = client_frame(deflated(zlib.compressobj(wbits=-15), b'{"type":"up"}'), rsv1=True)
    client.send(up * 2)
    assert peer.read(2 * len(up)) == up * 2
    client.close()
    peer.close()
    entries = finished(tmp_path)[0]
    assert [entry.payload for entry in entries if entry.side is Side.SERVER and entry.kind is Kind.MESSAGE] == [
        b'{"type":"same","text":"the same text twice"}'
    ] * 2
    assert [entry.payload for entry in entries if entry.side is Side.CLIENT and entry.compressed] == [
        b'{"type":"up"}'
    ] * 2


def deflated(stream: zlib._Compress, data: bytes) -> bytes:
    return (stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


def test_a_large_message_arrives_whole_in_both_places(relay: Relay, server: Upstream, tmp_path: Path) -> None:
    client, peer = upgraded(relay, server)
    payload = b'{"type":"big","data":"' + os.urandom(3_000_000).hex().encode() + b'"}'
    frame = server_frame(payload)
    peer.send(frame)
    assert client.read(len(frame)) == frame
    peer.close()
    client.close()
    assert finished(tmp_path)[0][2].payload == payload


def test_a_reader_that_stops_pauses_the_sender_and_loses_nothing(relay: Relay, server: Upstream) -> None:
    client, peer = upgraded(relay, server)
    frame = server_frame(os.urandom(500_000), Opcode.BINARY)
    peer.sock.setblocking(False)
    sent = 0
    stalled = 0
    while stalled < 20:
        try:
            sent += peer.sock.send(frame[sent % len(frame) :])
            stalled = 0
        except BlockingIOError:
            stalled += 1
            select_writable(peer.sock)
        assert sent < 200_000_000, "nothing pauses the sender"
    received = client.read(sent)
    assert len(received) == sent
    whole = sent // len(frame)
    assert received[: whole * len(frame)] == frame * whole


def select_writable(sock: socket.socket) -> None:
    import select

    select.select([], [sock], [], 0.02)


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
        assert b"cannot be reached: Connection refused; start the server" in answer
        entries = finished(tmp_path)[0]
    assert outline(entries)[:2] == ["client request GET /v1/realtime?model=m", "proxy response 502"]


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
    client, peer = upgraded(relay, server)
    client.close()
    peer.close()
    assert len(finished(tmp_path)) == 1


def test_each_connection_is_a_file_for_its_owner_only(relay: Relay, server: Upstream, tmp_path: Path) -> None:
    for _ in range(3):
        client, peer = upgraded(relay, server)
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
        client, peer = upgraded(relay, server)
        peer.send(server_frame(b'{"type":"session.created"}'))
        client.read(4)
    entries = finished(tmp_path)[0]
    assert outline(entries)[2:] == ['server message {"type":"session.created"}', "proxy end closed by proxy"]
    assert client.read_all()
    assert peer.read_all() == b""
