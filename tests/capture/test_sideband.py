from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha1
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.capture.http import Head
from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.capture.sideband import Call, call_id, made
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.entry import Kind, Side
from tests.capture.wire import Peer, Upstream, connect, finished, server_frame, upstream, wait_for

MADE = b"HTTP/1.1 201 Created\r\nLocation: /v1/realtime/calls/rtc_1\r\nContent-Length: 2\r\n\r\nv="
ASK = (
    b"POST /v1/realtime/calls HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-canary\r\nContent-Length: 3\r\n"
    b"X-Realtime-Inspector-Tag: stage=test\r\nCookie: c=1\r\n\r\nv=0"
)
CREATED = b'{"type":"session.created","session":{"id":"sess_1"}}'
CLOSED = bytes([0x88, 2, 0x03, 0xE8])
"""A close frame with the code 1000."""


@pytest.mark.parametrize(
    "text",
    [
        "rtc_1",
        " rtc_1\n",
        "/v1/realtime/calls/rtc_1",
        "https://api.openai.com/v1/realtime/calls/rtc_1/accept",
        "wss://api.openai.com/v1/realtime?call_id=rtc_1&x=y",
    ],
)
def test_a_call_is_named_by_its_id_its_place_or_its_socket(text: str) -> None:
    assert call_id(text) == "rtc_1"


@pytest.mark.parametrize(
    "text", ["", "a call", "/v1/realtime/calls/", "recordings/call.jsonl", "wss://h/?call_id=", "wss://[x"]
)
def test_what_names_no_call_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names no call: give its id"):
        call_id(text)


@given(st.text())
def test_no_text_is_more_than_a_call_or_a_refusal(text: str) -> None:
    try:
        found = call_id(text)
    except UsageError:
        return
    assert re.fullmatch(r"[\w.~-]+", found, re.ASCII)


def test_an_answer_that_tells_of_a_call_gives_it_with_what_shows_who_asks() -> None:
    call = made(Head(ASK[:-3]), Head(MADE[:-2]))
    headers = (("Authorization", "Bearer sk-canary"), ("X-Realtime-Inspector-Tag", "stage=test"))
    assert call == Call("rtc_1", "/v1/realtime?call_id=rtc_1", headers)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (ASK.replace(b"POST", b"GET"), MADE),
        (ASK.replace(b"/calls", b"/client_secrets"), MADE),
        (ASK.replace(b"/calls", b"/calls/rtc_1/accept"), MADE),
        (ASK, MADE.replace(b"201 Created", b"401 Unauthorized")),
        (ASK, MADE.replace(b"Location", b"Place")),
        (ASK, MADE.replace(b"rtc_1", b"")),
    ],
)
def test_any_other_answer_tells_of_none(request_: bytes, answer: bytes) -> None:
    assert made(Head(request_[:-3]), Head(answer[:-2])) is None


def accept(server: Upstream) -> tuple[bytes, Peer]:
    """Let a WebSocket in; return what it asked."""
    peer = server.accept()
    head = peer.read_head()
    key = re.search(rb"(?i)sec-websocket-key: (\S+)", head)
    assert key is not None
    proof = b64encode(sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest())
    peer.send(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n"
    )
    return head, peer


def ask_for_a_call(server: Upstream, port: int) -> None:
    client = connect(port)
    client.send(ASK)
    peer = server.accept()
    assert b"POST /v1/realtime/calls " in peer.read_head()
    peer.send(MADE)
    assert client.read(len(MADE)) == MADE
    client.close()
    peer.close()


def test_a_call_made_through_the_relay_is_joined_and_nothing_is_sent_on_it(tmp_path: Path) -> None:
    said: list[str] = []
    with upstream() as server, relay_in_thread(server.url, tmp_path, attach=True, say=said.append) as relay:
        ask_for_a_call(server, relay.port)
        head, peer = accept(server)
        assert head.startswith(b"GET /v1/realtime?call_id=rtc_1 ")
        assert b"authorization: bearer sk-canary" in head.lower()
        peer.send(server_frame(CREATED) + CLOSED)
        frame = peer.read(6)
        assert (frame[0], frame[1] & 0x7F) == (0x88, 2)  # the answer to the close is all that is sent
        peer.close()
        recorded = next(entries for entries in finished(tmp_path, 2) if entries[0].members.get("method") == "GET")
    assert [entry.payload for entry in recorded if entry.kind is Kind.MESSAGE] == [CREATED]
    assert not any(entry.kind is Kind.MESSAGE and entry.side is Side.CLIENT for entry in recorded)
    assert "rtc_1: joined, its events are recorded" in said
    assert all(b"canary" not in path.read_bytes() for path in tmp_path.iterdir())
    assert all(b'"stage":"test"' in path.read_bytes() for path in tmp_path.iterdir())


def test_a_call_that_cannot_be_joined_is_told_of_and_the_answer_passes_all_the_same(tmp_path: Path) -> None:
    said: list[str] = []
    error = b'{"error": {"message": "The key is not allowed.", "type": "invalid_request_error"}}'
    with upstream() as server, relay_in_thread(server.url, tmp_path, attach=True, say=said.append) as relay:
        ask_for_a_call(server, relay.port)
        peer = server.accept()
        peer.read_head()
        peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n%b" % (len(error), error))
        wait_for(lambda: any("cannot be joined" in line for line in said))
    assert "the call rtc_1 cannot be joined: 403, The key is not allowed" in said


def test_without_being_asked_to_the_relay_joins_nothing(tmp_path: Path) -> None:
    with upstream() as server, relay_in_thread(server.url, tmp_path) as relay:
        ask_for_a_call(server, relay.port)
        finished(tmp_path)
        assert relay.connections == 1
