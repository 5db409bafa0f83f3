from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.capture import http
from realtime_inspector.capture.http import Exchange, Part
from tests.capture.wire import REQUEST, SWITCH

POST = b"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: 1\r\n\r\n"
COUNTED = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno"


def client(exchange: Exchange, *chunks: bytes) -> list[Part]:
    return [part for chunk in chunks for part in exchange.client(chunk)]


def server(exchange: Exchange, *chunks: bytes) -> list[Part]:
    return [part for chunk in chunks for part in exchange.server(chunk)]


def bodies(parts: list[Part]) -> list[tuple[str, bytes]]:
    """Return the first line and the body of every complete message."""
    found: list[tuple[str, bytes]] = []
    start, body = "", b""
    for part in parts:
        if part.head is not None:
            start, body = part.head.start, b""
        body += part.data
        if part.last:
            found.append((start, body))
    return found


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


@given(st.lists(st.integers(0, 1000), max_size=10), st.lists(st.integers(0, 1000), max_size=10))
def test_any_split_gives_the_same_messages_and_the_same_bytes(asked: list[int], answered: list[int]) -> None:
    exchange = Exchange()
    requests = POST + b"\r\nGET /b HTTP/1.1\r\nX: 1\r\n\r\n" + POST
    responses = CHUNKED + b"HTTP/1.1 100 Continue\r\n\r\n" + COUNTED + b"HTTP/1.1 204 No Content\r\n\r\n"
    sent = client(exchange, *split(requests, asked))
    got = server(exchange, *split(responses, answered))
    assert b"".join(part.raw for part in sent) == requests
    assert b"".join(part.raw for part in got) == responses
    assert bodies(sent) == [("POST /a HTTP/1.1", b"hello"), ("GET /b HTTP/1.1", b""), ("POST /a HTTP/1.1", b"hello")]
    assert bodies(got) == [
        ("HTTP/1.1 200 OK", b"hello!"),
        ("HTTP/1.1 100 Continue", b""),
        ("HTTP/1.1 404 Not Found", b"no"),
        ("HTTP/1.1 204 No Content", b""),
    ]
    assert not exchange.unanswered


HEADS = st.tuples(
    st.sampled_from([b"", b"\r\n", b"\n\r\n\n"]),
    st.sampled_from([b"GET /a HTTP/1.1", b"HTTP/1.1 200 OK"]),
    st.lists(st.sampled_from([b"A: 1", b"b:\r2", b"C: \xe4\t", b"Content-Length: 0"]), max_size=4),
    st.sampled_from([b"\n", b"\r\n"]),
).map(lambda made: made[0] + made[3].join([made[1], *made[2], b"", b""]))


@settings(max_examples=50)
@given(HEADS, st.lists(st.integers(0, 1000), max_size=10) | st.just(list(range(200))))
def test_any_split_gives_the_same_head(raw: bytes, cuts: list[int]) -> None:
    feed = server if b"200 OK" in raw else client
    (whole,) = feed(Exchange(), raw)
    parts = feed(Exchange(), *split(raw, cuts))
    assert whole.head is not None
    assert [part.head for part in parts] == [whole.head]
    assert whole.raw == raw


@pytest.mark.parametrize("feed", [client, server])
def test_a_head_that_comes_a_byte_at_a_time_is_looked_at_once(
    feed: Callable[..., list[Part]], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = Looked(http._HEAD_END)
    monkeypatch.setattr(http, "_HEAD_END", looked)
    raw = (b"GET / HTTP/1.1" if feed is client else b"HTTP/1.1 204 No") + b"\r\nA: " + b"x" * 2000 + b"\r\n\r\n"
    (part,) = feed(Exchange(), *(raw[place : place + 1] for place in range(len(raw))))
    assert part.raw == raw
    assert len(raw) <= looked.at <= 4 * len(raw)


class Looked:
    """A pattern that counts the bytes it is shown."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self.at = 0
        self._pattern = pattern

    def search(self, data: bytearray, start: int) -> re.Match[bytes] | None:
        self.at += len(data) - start
        return self._pattern.search(data, start)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_bytes_that_are_no_http_go_through_unchanged(sent: bytes, got: bytes) -> None:
    exchange = Exchange()
    assert b"".join(part.raw for part in client(exchange, sent)) + exchange.rest()[0] == sent
    assert b"".join(part.raw for part in server(exchange, got)) + exchange.rest()[1] == got


def test_an_answer_knows_its_request() -> None:
    exchange = Exchange()
    client(exchange, b"HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n")
    answers = server(exchange, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + COUNTED)
    heads = [(part.head.status, part.request.target) for part in answers if part.head and part.request]
    assert heads == [(200, "/a"), (404, "/b")]


def test_behind_a_request_for_an_upgrade_the_client_waits() -> None:
    exchange = Exchange()
    assert len(client(exchange, REQUEST + b"\x81\x80", b"more")) == 1
    assert (exchange.waiting, exchange.held) == (True, 6)
    server(exchange, SWITCH + b"behind")
    assert exchange.upgraded is not None
    assert exchange.rest() == (b"\x81\x80more", b"behind")


def test_after_a_refused_upgrade_the_next_request_is_read() -> None:
    exchange = Exchange()
    client(exchange, REQUEST + POST)
    server(exchange, COUNTED)
    assert (exchange.waiting, exchange.upgraded) == (False, None)
    assert bodies(client(exchange, b"")) == [("POST /a HTTP/1.1", b"hello")]


def test_a_body_without_a_length_lasts_until_the_end() -> None:
    exchange = Exchange()
    client(exchange, b"GET / HTTP/1.0\r\n\r\n")
    parts = server(exchange, b"HTTP/1.0 200 OK\r\n\r\nall", b" of it")
    assert b"".join(part.data for part in parts) == b"all of it"
    assert not any(part.last for part in parts)
    assert exchange.unanswered


def test_the_headers_are_as_sent() -> None:
    head = client(Exchange(), b"GET / HTTP/1.1\r\nb-B:  x y \r\nA:\xe4\r\nb-B: z\r\n\r\n")[0].head
    assert head is not None
    assert head.headers == [("b-B", "x y"), ("A", "\xe4"), ("b-B", "z")]
    assert head.values("b-b") == ["x y", "z"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x16\x03\x01\r\n\r\n", "not HTTP/1.1: '\\x16\\x03\\x01'"),
        (b"GET / HTTP/2.0\r\n\r\n", "not HTTP/1.1: 'GET / HTTP/2.0'"),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "a Content-Length that is no number"),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "not the length of an HTTP chunk: b'zz\\r\\n'",
        ),
        (b"x" * (http.MAX_HEAD_BYTES + 1), f"no end of an HTTP head within {http.MAX_HEAD_BYTES} bytes"),
    ],
)
def test_what_is_not_http_is_named(data: bytes, problem: str) -> None:
    exchange = Exchange()
    client(exchange, data)
    assert exchange.problem(client=True) == problem
    assert exchange.problem(client=False) == ""
    assert [part.raw for part in client(exchange, b"more")] == [b"more"]
