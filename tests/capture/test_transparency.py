"""What a proxy must not change, each property on every way through it: relay and interception, plain and TLS.

`docs/proxy.md` has the list for readers. What a way cannot keep stands here too, as what happens instead.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import stat
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.frames import Opcode

from realtime_inspector.recording.entry import Kind
from tests.capture.ways import WAYS, Way, running
from tests.capture.wire import Peer, client_frame, outline, server_frame, wait_for

UPGRADE = (
    b"GET /v1/realtime?model=m&a=%20b HTTP/1.1\r\nuser-AGENT:  odd \r\nhOsT: {host}\r\nX-A: 1\r\nX-B: caf\xe9\r\n"
    b"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.sk-abc, openai-beta.realtime-v1\r\n"
    b"sec-websocket-KEY: AAAAAAAAAAAAAAAAAAAAAA==\r\nUpgrade: websocket\r\nx-a:2\r\nX-A: 1\r\n"
    b"Connection: keep-alive, Upgrade\r\n\r\n"
)
SWITCH = (
    b"HTTP/1.1 101 As You Like\r\nUPGRADE: websocket\r\nset-cookie: a=b\r\nSet-Cookie: c=d\r\nx-request-ID:  req_1 \r\n"
    b"Sec-WebSocket-Protocol: realtime\r\nopenai-processing-ms: 7\r\nconnection: upgrade\r\n\r\n"
)
SIZES = [1_500_000, *([64 * 1024 * 1024] if os.environ.get("LARGE_MESSAGES") else [])]
"""Bytes of a large message; the largest takes a minute on all ways, and is asked for by `LARGE_MESSAGES=1`."""
YEAR_S = 365 * 24 * 3600


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the CAs; making one takes a while."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    with running(request.param, tmp_path_factory.mktemp("recordings"), data) as way:
        yield way


def ask(way: Way, host: str | None = None) -> bytes:
    """Return the request for an upgrade, as the client sends it."""
    return UPGRADE.replace(b"{host}", (host or way.named).encode())


def asked(way: Way) -> tuple[Peer, Peer]:
    """Return both ends of a connection that waits for the answer to its upgrade."""
    client, accepted = way.open()
    client.send(ask(way))
    peer = accepted()
    assert peer.read_head() == ask(way, way.arrives)
    return client, peer


def upgraded(way: Way) -> tuple[Peer, Peer]:
    """Return both ends of a WebSocket."""
    client, peer = asked(way)
    peer.send(SWITCH)
    assert client.read(len(SWITCH)) == SWITCH
    return client, peer


def passes(sender: Peer, receiver: Peer, data: bytes) -> None:
    """Send bytes, and see the same bytes arrive."""
    sender.send(data)
    assert receiver.read(len(data)) == data


def sides(way: Way, who: str) -> tuple[Peer, Peer]:
    """Return one side of a WebSocket and the other."""
    client, peer = upgraded(way)
    return (client, peer) if who == "client" else (peer, client)


def frame_of(who: str, data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, rsv1: bool = False) -> bytes:
    """Return a frame as that side sends it."""
    return (client_frame if who == "client" else server_frame)(data, opcode, fin=fin, rsv1=rsv1)


both_sides = pytest.mark.parametrize("who", ["client", "server"])


def test_of_a_request_the_host_alone_is_changed_and_only_where_it_goes_elsewhere(way: Way) -> None:
    client, accepted = way.open()
    client.send(ask(way))
    assert accepted().read_head() == ask(way).replace(way.named.encode(), way.arrives.encode())


def test_the_answer_with_its_headers_and_subprotocol_arrives_as_sent(way: Way) -> None:
    upgraded(way)


def test_http_keeps_its_connection_until_the_upgrade(way: Way) -> None:
    client, accepted = way.open()
    post = b"POST /v1/realtime/client_secrets HTTP/1.1\r\nHost: %b\r\nTransfer-Encoding: chunked\r\n\r\n"
    post += b"2;x=y\r\n{}\r\n0\r\n\r\n"
    client.send(post % way.named.encode())
    peer = accepted()
    assert peer.read(len(post % way.arrives.encode())) == post % way.arrives.encode()
    interim = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    passes(peer, client, interim + b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nT: 1\r\n\r\n")
    client.send(b"HEAD /v1/models HTTP/1.1\r\nHost: %b\r\n\r\n" % way.named.encode())
    assert peer.read_head() == b"HEAD /v1/models HTTP/1.1\r\nHost: %b\r\n\r\n" % way.arrives.encode()
    passes(peer, client, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    client.send(ask(way))
    assert peer.read_head() == ask(way, way.arrives)
    passes(peer, client, SWITCH)
    passes(client, peer, client_frame(b"{}"))


def test_requests_may_be_sent_before_their_answers(way: Way) -> None:
    client, accepted = way.open()
    get = b"GET /v1/realtime/a HTTP/1.1\r\nHost: %b\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 2\r\nHost: %b\r\n\r\n{}"
    client.send(get % (way.named.encode(), way.named.encode()) + ask(way))
    peer = accepted()
    arrived = get % (way.arrives.encode(), way.arrives.encode()) + ask(way, way.arrives)
    assert peer.read(len(arrived)) == arrived
    passes(peer, client, b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" + SWITCH)
    passes(peer, client, server_frame(b"{}"))
    passes(client, peer, client_frame(b"{}"))


REFUSALS = {
    "counted": b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 33\r\n\r\n{"error":{"code":"invalid_key"}}\n',
    "chunked": b'HTTP/1.1 429 Oh\r\nX: 7\r\nTRANSFER-encoding:chunked\r\n\r\n4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n',
    "until the end": b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\nsorry",
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_arrives_with_its_body(way: Way, refusal: bytes) -> None:
    client, peer = asked(way)
    peer.send(refusal)
    peer.close()
    assert client.read_all() == refusal
    client.close()
    asked_for, refused, _ = way.entries()
    assert (asked_for.kind, refused.members["status"]) == (Kind.REQUEST, int(refusal[9:12]))
    assert refused.members["body"].strip() in {'{"error":{"code":"invalid_key"}}', '{"a":1}', "sorry"}


def test_after_a_refusal_the_connection_may_be_used_again(way: Way) -> None:
    client, peer = asked(way)
    passes(peer, client, REFUSALS["counted"])
    client.send(ask(way))
    assert peer.read_head() == ask(way, way.arrives)
    passes(peer, client, SWITCH)


def test_frames_in_one_segment_with_the_handshake_arrive(way: Way) -> None:
    client, accepted = way.open()
    early, behind = client_frame(b'{"type":"early"}'), server_frame(b'{"type":"behind"}')
    client.send(ask(way) + early)
    peer = accepted()
    assert peer.read_head() == ask(way, way.arrives)
    passes(peer, client, SWITCH + behind)
    assert peer.read(len(early)) == early
    client.close()
    assert peer.read(1) == b""
    peer.close()
    recorded = outline(way.entries())[2:]
    assert recorded == [
        'client message {"type":"early"}',
        'server message {"type":"behind"}',
        "proxy end closed by client",
    ]


FRAMES = {
    "a mask of zeros": b"\x81\x82\0\0\0\0{}",
    "a mask used twice": b"\x81\x82abcd\x1a\x1f\x81\x82abcd\x1a\x1f",
    "no mask": b"\x81\x02{}",
    "a binary message": b"\x82\x04\x00\xff\xfe\x01",
    "text that is not utf-8": b"\x81\x04\xc3\x28\xed\xa0",
    "an empty message": b"\x81\x00",
    "a length longer than need be": b"\x81\x7f\0\0\0\0\0\0\0\x02{}",
    "a reserved opcode": b"\x83\x80abcd",
    "a reserved control opcode": b"\x8b\x02hi",
    "reserved bits": b"\xb1\x02{}",
    "a ping in fragments": b"\x09\x02hi",
    "a ping that is too long": b"\x89\x7e\x00\x80" + b"p" * 128,
    "a continuation of nothing": b"\x80\x02{}",
    "a close with half a code": b"\x88\x01\x03",
}


@both_sides
def test_frames_arrive_as_they_were_sent_and_so_does_what_follows(way: Way, who: str) -> None:
    sender, receiver = sides(way, who)
    for name, frame in FRAMES.items():
        sender.send(frame)
        assert receiver.read(len(frame)) == frame, name
    passes(sender, receiver, frame_of(who, b"after it"))
    passes(receiver, sender, frame_of("server" if who == "client" else "client", b"an answer"))


@both_sides
def test_a_fragment_is_forwarded_before_the_last_one_is_there(way: Way, who: str) -> None:
    sender, receiver = sides(way, who)
    passes(sender, receiver, frame_of(who, b'{"type":', fin=False))
    passes(sender, receiver, frame_of(who, b"between", Opcode.PING))
    passes(sender, receiver, frame_of(who, b"", Opcode.CONT, fin=False))
    passes(sender, receiver, frame_of(who, b'"x"}', Opcode.CONT))
    sender.close()
    receiver.close()
    ping, message = way.entries()[2:4]
    assert (ping.kind, message.payload, message.fragments) == (Kind.PING, b'{"type":"x"}', 3)


@both_sides
def test_a_part_of_a_frame_is_forwarded_before_the_rest_is_there(way: Way, who: str) -> None:
    sender, receiver = sides(way, who)
    frame = frame_of(who, b'{"type":"x","a":"' + b"x" * 3000 + b'"}')
    for start, end in [(0, 1), (1, 3), (3, 2000), (2000, len(frame))]:
        passes(sender, receiver, frame[start:end])


@both_sides
def test_a_ping_is_answered_by_the_other_side_alone(way: Way, who: str) -> None:
    sender, receiver = sides(way, who)
    other = "server" if who == "client" else "client"
    passes(sender, receiver, frame_of(who, b"are you there", Opcode.PING))
    passes(receiver, sender, frame_of(other, b"not a pong"))
    passes(receiver, sender, frame_of(other, b"are you there", Opcode.PONG))


CLOSES = [
    b"",
    b"\x03\xe8",
    b"\x03\xe9going",
    b"\x03\xf3" + "Überlast".encode(),
    b"\x0f\xa0bye",
    b"\x13\x87" + b"r" * 123,
]


@both_sides
def test_a_close_arrives_with_its_code_and_reason_and_nothing_is_added(way: Way, who: str) -> None:
    sender, receiver = sides(way, who)
    other = "server" if who == "client" else "client"
    expected = []
    for close in CLOSES:
        passes(sender, receiver, frame_of(who, close, Opcode.CLOSE))
        passes(sender, receiver, frame_of(who, b"after the close"))
        passes(receiver, sender, frame_of(other, b"answered late"))
        passes(receiver, sender, frame_of(other, close, Opcode.CLOSE))
        shown = f"{int.from_bytes(close[:2]) if close else None} {close[2:].decode()}".rstrip()
        expected += [
            f"{who} close {shown}",
            f"{who} message after the close",
            f"{other} message answered late",
            f"{other} close {shown}",
        ]
    sender.close()
    assert receiver.read(1) == b""
    receiver.close()
    assert outline(way.entries())[2:] == [*expected, f"proxy end closed by {who}"]


@both_sides
def test_an_end_without_a_close_gets_none(way: Way, who: str) -> None:
    ending, other = sides(way, who)
    passes(ending, other, frame_of(who, b"{}"))
    ending.close()
    assert other.read_all() == b""
    other.close()
    assert outline(way.entries())[2:] == [f"{who} message {{}}", f"proxy end closed by {who}"]


@both_sides
def test_what_was_sent_right_before_the_end_arrives(way: Way, who: str) -> None:
    ending, other = sides(way, who)
    frame = frame_of(who, os.urandom(2_000_000), Opcode.BINARY)

    def send_and_end() -> None:
        ending.send(frame)
        ending.close()

    sending = threading.Thread(target=send_and_end)
    sending.start()
    assert other.read_all() == frame
    sending.join()


@both_sides
def test_a_reset_stays_a_reset(way: Way, who: str) -> None:
    resetting, other = sides(way, who)
    passes(resetting, other, frame_of(who, b"last words"))
    below = other.below()
    resetting.reset()
    with pytest.raises(ConnectionResetError):
        below.read_all()
    assert outline(way.entries())[2:] == [f"{who} message last words", f"proxy end reset by {who}"]


@both_sides
def test_a_reset_in_place_of_an_answer_stays_one(way: Way, who: str) -> None:
    client, peer = asked(way)
    resetting, other = (client, peer) if who == "client" else (peer, client)
    below = other.below()
    resetting.reset()
    with pytest.raises(ConnectionResetError):
        below.read_all()
    assert outline(way.entries())[-1] == f"proxy end reset by {who}"


@both_sides
def test_a_half_close_leaves_the_other_direction_open(way: Way, who: str) -> None:
    closing, other = sides(way, who)
    if way.tls:
        end_of_both_directions(closing, other)
        return
    passes(closing, other, frame_of(who, b"I am done"))
    closing.half_close()
    assert other.read(1) == b""
    answer = frame_of("server" if who == "client" else "client", b"still here")
    passes(other, closing, answer * 1000)
    other.close()
    assert closing.read(1) == b""
    assert outline(way.entries())[-1] == f"proxy end closed by {who}"


def end_of_both_directions(closing: Peer, other: Peer) -> None:
    """See that with TLS a side that says it will send no more is not sent anything either."""
    assert isinstance(closing.sock, ssl.SSLSocket)
    ended = threading.Thread(target=closing.sock.unwrap)  # sends the notice, and waits for the other side's
    ended.start()
    assert other.read(1) == b""
    ended.join()


def deflated(stream: zlib._Compress, data: bytes) -> bytes:
    return (stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


def test_compressed_messages_are_forwarded_as_they_are_and_recorded_inflated(way: Way) -> None:
    client, peer = asked(way)
    extension = b"sec-websocket-extensions: permessage-deflate; client_no_context_takeover\r\n\r\n"
    passes(peer, client, SWITCH[:-2] + extension)
    stream = zlib.compressobj(wbits=-15)
    text = b'{"type":"same","text":"the same text twice"}'
    passes(peer, client, b"".join(server_frame(deflated(stream, text), rsv1=True) for _ in range(2)))
    passes(client, peer, 2 * client_frame(deflated(zlib.compressobj(wbits=-15), text), rsv1=True))
    client.close()
    peer.close()
    assert [(entry.payload, entry.compressed) for entry in way.entries() if entry.kind is Kind.MESSAGE] == [
        (text, True)
    ] * 4


@both_sides
@pytest.mark.parametrize("size", SIZES)
def test_a_large_message_arrives_whole_in_both_places(way: Way, who: str, size: int) -> None:
    sender, receiver = sides(way, who)
    payload = b'{"type":"big","data":"' + os.urandom(1000).hex().encode() * (size // 2000) + b'"}'
    frame = server_frame(payload)
    sending = threading.Thread(target=sender.send, args=[frame])
    sending.start()
    assert receiver.read(len(frame)) == frame
    sending.join()
    sender.close()
    receiver.close()
    assert way.entries()[2].payload == payload


def test_a_reader_that_stops_pauses_the_sender_and_loses_nothing(way: Way) -> None:
    client, peer = upgraded(way)
    sending = memoryview(server_frame(os.urandom(400_000) * 100, Opcode.BINARY))
    peer.sock.setblocking(False)
    sent = send_until_paused(peer.sock, sending)
    assert sent < len(sending), "nothing pauses the sender"
    assert client.read(sent) == sending[:sent]


def send_until_paused(sock: socket.socket, data: memoryview) -> int:
    """Send until nothing more is taken for a while; how long that is decides nothing but where it stops."""
    room = select.poll()
    room.register(sock, select.POLLOUT)
    sent = refused = 0
    while sent < len(data) and refused < 20:
        try:
            sent += sock.send(data[sent : sent + 65536])
            refused = 0
        except (BlockingIOError, ssl.SSLWantWriteError):
            refused += 1
            room.poll(20)
    return sent


def test_a_quiet_connection_has_no_time_limit(way: Way) -> None:
    if not hasattr(way.loop, "_scheduled"):
        pytest.skip("uvloop keeps its timers to itself; what is scheduled is the same")
    client, peer = upgraded(way)
    passes(peer, client, server_frame(b"{}"))

    def nearest() -> float:
        waiting = [handle.when() for handle in list(way.loop._scheduled) if not handle.cancelled()]  # type: ignore[attr-defined]
        return min(waiting, default=float("inf")) - way.loop.time()

    wait_for(lambda: nearest() > YEAR_S)
    passes(peer, client, server_frame(b"{}"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for the proxy's sockets in /proc")
def test_small_frames_do_not_wait_to_become_big_ones(way: Way) -> None:
    client, peer = upgraded(way)
    to_client, to_server = client.sock.getsockname(), peer.sock.getpeername()
    waits = []
    for sock in sockets_of_this_process():
        if name_of(sock.getpeername) == to_client or name_of(sock.getsockname) == to_server:
            waits.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0)
        sock.close()
    assert len(waits) >= 2
    assert not any(waits)


def sockets_of_this_process() -> Iterator[socket.socket]:
    """Yield a copy of each of them, to be closed."""
    for link in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):  # closed by now
            if stat.S_ISSOCK(os.fstat(int(link.name)).st_mode):
                yield socket.socket(fileno=os.dup(int(link.name)))


def name_of(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except OSError:
        return None
