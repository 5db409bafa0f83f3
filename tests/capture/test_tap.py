from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.capture import tap
from realtime_inspector.capture.tap import Tap
from realtime_inspector.recording.entry import Entry, Side
from tests.capture.wire import REQUEST, SWITCH, client_frame, outline, server_frame


def feed(*chunks: tuple[Side, bytes]) -> list[Entry]:
    """Return the entries of chunks that come a second apart, and of the end of the connection."""
    tapped = Tap()
    entries = [entry for t, (side, data) in enumerate(chunks) for entry in tapped.feed(side, data, float(t))]
    return entries + tapped.end(float(len(chunks)))


def answer(head: bytes, body: bytes) -> Entry:
    tapped = Tap()
    tapped.feed(Side.CLIENT, b"GET /x HTTP/1.1\r\n\r\n", 0.0)
    return tapped.feed(Side.SERVER, head + b"Content-Length: %d\r\n\r\n" % len(body) + body, 1.0)[0]


CLIENT = REQUEST + b"".join(client_frame(b'{"type":"up","n":%d}' % n) for n in range(3))
SERVER = SWITCH + b"".join(server_frame(b'{"type":"down","n":%d}' % n) for n in range(3)) + b"\x88\x00"


@given(st.lists(st.integers(1, 60), min_size=1), st.lists(st.integers(1, 60), min_size=1))
def test_any_split_gives_the_same_entries(up: list[int], down: list[int]) -> None:
    chunks = [*pieces(Side.CLIENT, CLIENT, up), *pieces(Side.SERVER, SERVER, down)]
    assert sorted(outline(feed(*chunks))) == sorted(outline(feed((Side.CLIENT, CLIENT), (Side.SERVER, SERVER))))


def pieces(side: Side, data: bytes, sizes: list[int]) -> Iterable[tuple[Side, bytes]]:
    at = 0
    for size in sizes:
        yield side, data[at : at + size]
        at += size
    yield side, data[at:]


@given(st.lists(st.tuples(st.sampled_from([Side.CLIENT, Side.SERVER]), st.binary(max_size=200)), max_size=10))
def test_whatever_comes_the_tap_never_raises(chunks: list[tuple[Side, bytes]]) -> None:
    assert feed(*chunks)[-1].kind == "end"


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_whatever_comes_after_the_upgrade_the_tap_never_raises(chunks: list[bytes]) -> None:
    switch = SWITCH[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    entries = feed((Side.CLIENT, REQUEST), (Side.SERVER, switch), *((Side.SERVER, chunk) for chunk in chunks))
    assert entries[1].members["status"] == 101


def test_the_time_of_an_entry_is_that_of_its_last_byte() -> None:
    frame = server_frame(b"ab")
    entries = feed((Side.CLIENT, REQUEST), (Side.SERVER, SWITCH), (Side.SERVER, frame[:2]), (Side.SERVER, frame[2:]))
    assert [entry.t for entry in entries] == [0.0, 1.0, 3.0, 4.0]


def test_a_refused_upgrade_leaves_http() -> None:
    refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"
    entries = feed((Side.CLIENT, REQUEST + REQUEST), (Side.SERVER, refusal), (Side.SERVER, SWITCH + server_frame(b"x")))
    assert outline(entries) == [
        "client request GET /v1/realtime?model=m",
        "server response 401",
        "client request GET /v1/realtime?model=m",
        "server response 101",
        "server message x",
        "proxy end closed by None",
    ]


@pytest.mark.parametrize(
    ("extension", "lost"),
    [(b"permessage-deflate", 1), (b"permessage-deflate; server_no_context_takeover; server_max_window_bits=9", 0)],
)
def test_the_answer_settles_the_compression(extension: bytes, lost: int) -> None:
    switch = SWITCH[:-2] + b"Sec-WebSocket-Extensions: " + extension + b"\r\n\r\n"
    stream = zlib.compressobj(wbits=-9)
    good = (stream.compress(b"good") + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]
    wire = server_frame(b"\xff", rsv1=True) + server_frame(good, rsv1=True)
    entries = feed((Side.CLIENT, REQUEST), (Side.SERVER, switch), (Side.SERVER, wire))
    assert sum(entry.kind == "gap" for entry in entries) == 1 + lost


def test_a_refusal_and_the_answer_to_the_next_request_may_come_in_one_read() -> None:
    """What came behind the request was read as frames, if nobody waited for the refusal before answering."""
    refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"
    entries = feed((Side.CLIENT, REQUEST * 2), (Side.SERVER, refusal + SWITCH + server_frame(b"x")))
    assert outline(entries) == [
        "client request GET /v1/realtime?model=m",
        "server response 401",
        "client request GET /v1/realtime?model=m",
        "server response 101",
        "server message x",
        "proxy end closed by None",
    ]


@pytest.mark.parametrize("size", [1, 70, 1000])
def test_of_a_body_that_breaks_the_rules_what_stood_before_is_recorded(size: int) -> None:
    """What came in the same read, but behind the mistake, was taken for body."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\nmore"
    tapped = Tap()
    tapped.feed(Side.CLIENT, b"GET / HTTP/1.1\r\n\r\n", 0.0)
    for at in range(0, len(chunked), size):
        tapped.feed(Side.SERVER, chunked[at : at + size], 0.0)
    assert tapped.end(1.0)[0].members["body"] == "hello"


def test_an_upgrade_to_something_else_is_said_once() -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"
    ask = b"GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
    entries = feed((Side.CLIENT, ask), (Side.SERVER, switch + b"PRI"), (Side.CLIENT, b"more"), (Side.SERVER, b"more"))
    assert outline(entries)[2:] == [
        "proxy gap 1 upgraded to 'h2c', which is not recorded",
        "proxy end closed by None",
    ]


def test_one_side_that_cannot_be_read_does_not_blind_the_other() -> None:
    entries = feed((Side.CLIENT, b"nonsense\r\n\r\n"), (Side.SERVER, b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert outline(entries) == [
        "proxy gap 1 not HTTP/1.1: 'nonsense'; this side is no longer recorded",
        "server response 400",
        "proxy end closed by None",
    ]


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_body_is_recorded_plain(coding: str) -> None:
    packed = gzip.compress(b'{"value":"x"}') if coding == "gzip" else zlib.compress(b'{"value":"x"}')
    entry = answer(b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\n" % coding.encode(), packed)
    assert entry.members["body"] == '{"value":"x"}'


@pytest.mark.parametrize("coding", [b"br", b"gzip, br", b"gzip"])
def test_a_body_that_cannot_be_unpacked_is_left_out_and_said_so(coding: bytes) -> None:
    entry = answer(b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\n" % coding, b"not packed")
    assert "body" not in entry.members
    assert entry.members["body_omitted"] == f"content-encoding {coding.decode()}"


def test_a_body_that_is_no_text_is_recorded_in_base64() -> None:
    assert answer(b"HTTP/1.1 200 OK\r\n", b"\xff\x00").members["body_base64"] == "/wA="


def test_of_a_long_body_the_beginning_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap, "MAX_BODY_BYTES", 10)
    entry = answer(b"HTTP/1.1 200 OK\r\n", b"0123456789abcdef")
    assert (entry.members["body"], entry.members["body_cut"]) == ("0123456789", True)


def test_a_body_that_ends_with_the_connection_is_complete_then() -> None:
    tapped = Tap()
    tapped.feed(Side.CLIENT, b"GET / HTTP/1.0\r\n\r\n", 0.0)
    tapped.feed(Side.SERVER, b"HTTP/1.0 200 OK\r\n\r\nall", 1.0)
    assert tapped.eof(Side.SERVER, 2.0)[0].members["body"] == "all"
    assert outline(tapped.end(3.0)) == ["proxy end closed by None"]


def test_what_the_end_cuts_off_is_recorded_as_far_as_it_came() -> None:
    entries = feed((Side.CLIENT, b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf"), (Side.SERVER, b"HTTP/1.1 20"))
    assert (entries[0].members["body"], entries[0].members["body_cut"]) == ("half", True)
    assert outline(entries)[1:] == ["proxy gap 1 the connection ended inside an HTTP head", "proxy end closed by None"]


def test_a_fault_of_the_tap_costs_one_side_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    tapped = Tap()
    monkeypatch.setattr(tapped._exchange, "client", lambda data: 1 / 0)
    entries = tapped.feed(Side.CLIENT, b"x", 0.0) + tapped.feed(Side.CLIENT, b"y", 1.0)
    assert outline(entries) == ["proxy gap 1 this side is no longer recorded: ZeroDivisionError: division by zero"]
