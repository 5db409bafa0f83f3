from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.capture.http import MAX_HEAD_BYTES
from realtime_inspector.capture.rewrite import Refusal, Rewriter
from realtime_inspector.capture.upstream import Upstream
from tests.capture.wire import REQUEST, SWITCH

OPENAI = Upstream.parse("wss://api.openai.com")


def rewritten(data: bytes, upstream: Upstream = OPENAI) -> bytes:
    pieces = list(Rewriter(upstream, 8765).client(data))
    assert not any(isinstance(piece, Refusal) for piece in pieces)
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/v1/realtime?model=m", b"/v1/realtime?model=m"),
        (b"http://127.0.0.1:8765/v1/realtime?model=m", b"/v1/realtime?model=m"),
        (b"https://localhost:8765", b"/"),
        (b"https://API.openai.com/v1?x=http://y", b"/v1?x=http://y"),
        (b"/v1?next=http://example.com/", b"/v1?next=http://example.com/"),
        (b"*", b"*"),
    ],
)
def test_a_target_is_given_in_the_form_for_a_server(target: bytes, expected: bytes) -> None:
    assert rewritten(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n") == (
        b"GET " + expected + b" HTTP/1.1\r\nHost: api.openai.com\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/v1/realtime", b"/base/v1/realtime"),
        (b"/base/v1/realtime", b"/base/v1/realtime"),
        (b"/base?x", b"/base?x"),
        (b"/basement", b"/base/basement"),
    ],
)
def test_the_path_of_the_upstream_stands_before_a_target_once(target: bytes, expected: bytes) -> None:
    sent = rewritten(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n", Upstream.parse("http://h:81/base/"))
    assert sent == b"GET " + expected + b" HTTP/1.1\r\nHost: h:81\r\n\r\n"


def test_headers_that_end_like_host_and_bodies_stay_as_they_are() -> None:
    rest = b"X-Host: a\r\nContent-Length: 9\r\n\r\nHost: x\r\n"
    assert rewritten(b"POST / HTTP/1.1\r\nHOST:a\r\n" + rest) == b"POST / HTTP/1.1\r\nHOST:api.openai.com\r\n" + rest


def test_every_request_of_a_connection_is_rewritten() -> None:
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    assert rewritten(request * 3).count(b"Host: api.openai.com\r\n") == 3


@pytest.mark.parametrize("start", [b"CONNECT h:443", b"GET http://example.com/", b"GET http://127.0.0.1:1/"])
def test_a_request_for_somebody_else_is_refused(start: bytes) -> None:
    (refusal,) = Rewriter(OPENAI, 8765).client(start + b" HTTP/1.1\r\nHost: a\r\n\r\nmore")
    assert isinstance(refusal, Refusal)
    assert refusal.status == 421
    assert "point the client's base URL at http://127.0.0.1:8765/v1" in refusal.message


def test_a_head_without_an_end_is_refused() -> None:
    rewriter = Rewriter(OPENAI, 8765)
    begun = b"GET / HTTP/1.1\r\nX: ".ljust(MAX_HEAD_BYTES, b"x")
    assert list(rewriter.client(begun)) == []
    (refusal,) = rewriter.client(b"x")
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code) == (431, "head_too_long")
    assert f"longer than {MAX_HEAD_BYTES} bytes" in refusal.message


def test_early_bytes_wait_for_the_answer_and_go_through_after_a_101() -> None:
    rewriter = Rewriter(OPENAI, 8765)
    assert len(list(rewriter.client(REQUEST + b"\x81\x80early"))) == 1
    assert rewriter.held == 7
    assert list(rewriter.server(SWITCH[:20])) == []
    assert list(rewriter.server(SWITCH[20:] + b"frames")) == [b"\x81\x80early"]
    assert rewriter.upgraded


def test_early_bytes_are_requests_after_a_refusal() -> None:
    rewriter = Rewriter(OPENAI, 8765)
    list(rewriter.client(REQUEST + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    assert list(rewriter.server(answer)) == [b"GET / HTTP/1.1\r\nHost: api.openai.com\r\n\r\n"]
    assert rewriter.unanswered


@given(st.lists(st.binary(max_size=100), max_size=5), st.lists(st.binary(max_size=100), max_size=5))
def test_bytes_that_are_no_http_are_neither_lost_nor_changed(up: list[bytes], down: list[bytes]) -> None:
    rewriter = Rewriter(OPENAI, 8765)
    pieces = [piece for data in up for piece in rewriter.client(data)]
    for data in down:
        pieces += rewriter.server(data)
    assert b"".join(up).startswith(b"".join(piece for piece in pieces if isinstance(piece, bytes)))


def test_a_request_behind_a_refused_upgrade_is_rewritten_whatever_comes_in_one_read() -> None:
    """It was passed on as it was, if the answers to both came together."""
    rewriter = Rewriter(OPENAI, 8765)
    assert len(list(rewriter.client(REQUEST * 2))) == 1
    refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"
    sent = list(rewriter.server(refusal + SWITCH))
    assert sent == [REQUEST.replace(b"127.0.0.1:1", b"api.openai.com")]
    assert rewriter.upgraded


def test_a_refusal_waits_for_the_answers_to_the_requests_before_it() -> None:
    """It came first, and was taken for the answer to them."""
    rewriter = Rewriter(OPENAI, 8765)
    asked = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    sent = list(rewriter.client(asked * 2 + b"CONNECT h:443 HTTP/1.1\r\n\r\n"))
    assert sent == [b"GET / HTTP/1.1\r\nHost: api.openai.com\r\n\r\n"] * 2
    assert list(rewriter.client(asked)) == []
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"
    assert list(rewriter.server(b"HTTP/1.1 102 Processing\r\n\r\n" + answer + answer[:-1])) == []
    (refusal,) = rewriter.server(answer[-1:])
    assert isinstance(refusal, Refusal)


def test_behind_an_answer_that_is_not_http_what_the_client_sends_goes_through() -> None:
    """It waited for ever: the answer to the upgrade never came."""
    rewriter = Rewriter(OPENAI, 8765)
    list(rewriter.client(REQUEST + b"\x81\x80one."))
    assert list(rewriter.server(b"HTTP/1.1  101 Odd\r\n\r\nHTTP/1.1 401 No\r\n\r\n")) == [b"\x81\x80one."]
    assert list(rewriter.client(b"\x81\x80two.")) == [b"\x81\x80two."]
    kept = Rewriter(OPENAI, 8765)
    list(kept.client(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
    list(kept.server(b"ICY 200 OK\r\n\r\n"))
    list(kept.client(REQUEST))
    assert list(kept.client(b"\x81\x80two.")) == [b"\x81\x80two."]
