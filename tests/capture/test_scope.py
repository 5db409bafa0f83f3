"""What of a program's traffic is recorded, and what its first bytes are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.capture.http import Head
from realtime_inspector.capture.intercept.scope import Beginning, Opening, Scope, is_api, is_realtime
from realtime_inspector.recording.entry import Entry, Kind, Side


@pytest.mark.parametrize(
    "target",
    [
        "/v1/realtime?model=gpt-realtime",
        "/openai/v1/realtime?model=m",
        "/openai/realtime?api-version=1&deployment=d",
        "/voice-live/realtime",
        "/realtime",
        "/v1/realtime/client_secrets",
        "/v1/realtime/calls/rtc_1/hangup",
        "/v1/realtime/translations",
        "http://127.0.0.1:9000/v1/realtime",
    ],
)
def test_every_path_of_the_realtime_api_is_recorded(target: str) -> None:
    assert is_realtime(target, [])


@pytest.mark.parametrize("target", ["/v1/responses", "/v1/realtimes", "/login?next=/realtime", "/chat", "/"])
def test_other_paths_are_not(target: str) -> None:
    assert not is_realtime(target, [("Sec-WebSocket-Protocol", "graphql-ws, realtimes")])


def test_the_subprotocol_of_browsers_tells_it_too() -> None:
    assert is_realtime("/socket", [("sec-websocket-protocol", "realtime, openai-insecure-api-key.k")])


@pytest.mark.parametrize(
    ("host", "api"),
    [
        ("api.openai.com", True),
        ("API.OpenAI.com.", True),
        ("eu.api.openai.com", True),
        ("openai.com", False),
        ("api.openai.com.evil.example", False),
        ("notapi.openai.com", False),
    ],
)
def test_the_api_s_hosts_are_known(host: str, api: bool) -> None:
    assert is_api(host) is api


REQUEST = b"GET /v1/realtime?model=m HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n"


@pytest.mark.parametrize("size", range(1, len(REQUEST)))
def test_an_unfinished_request_is_waited_for(size: int) -> None:
    assert Beginning().feed(REQUEST[:size]) is Opening.UNFINISHED


def test_a_head_is_known_with_whatever_is_behind_it() -> None:
    head = Beginning().feed(REQUEST + b"\x81\x80abcd")
    assert isinstance(head, Head)
    assert (head.method, head.target) == ("GET", "/v1/realtime?model=m")


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"EHLO there\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
        b"get key\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000,
    ],
)
def test_what_is_no_http_1_is_left_alone(data: bytes) -> None:
    assert Beginning().feed(data) is Opening.OTHER
    begun = Beginning()
    assert [begun.feed(data[place : place + 1]) for place in range(len(data))][-1] is Opening.OTHER


@given(st.binary(max_size=300) | st.just(REQUEST + b"\x81\x80"), st.integers(0, 300))
def test_any_bytes_get_an_answer_and_the_same_in_two_pieces(data: bytes, cut: int) -> None:
    begun = Beginning()
    begun.feed(data[:cut])
    assert begun.feed(data[cut:]) == Beginning().feed(data)
    assert isinstance(begun.found, Head | Opening)


def test_where_the_server_speaks_first_there_is_no_request() -> None:
    begun = Beginning()
    begun.feed(REQUEST[:20])
    begun.server_speaks()
    assert begun.feed(REQUEST[20:]) is Opening.OTHER


def test_only_the_realtime_exchanges_of_a_connection_are_recorded() -> None:
    scope = Scope()
    passing = [
        request("POST", "/v1/responses"),
        request("POST", "/v1/realtime/client_secrets"),
        response(200),
        response(100),
        response(200),
        request("GET", "/v1/models"),
        Entry(0, 0.0, Side.SERVER, Kind.GAP, members={"lost": 1, "why": "x"}),
        response(200),
        request("GET", "/v1/realtime"),
        response(101),
        Entry(0, 0.0, Side.SERVER, Kind.MESSAGE, payload=b"{}"),
        Entry(0, 0.0, Side.PROXY, Kind.END, members={"how": "closed"}),
    ]
    kept = [(entry.kind.value, entry.members.get("status", "")) for entry in passing if scope(entry)]
    assert kept == [
        ("request", ""),
        ("response", 100),
        ("response", 200),
        ("request", ""),
        ("response", 101),
        ("message", ""),
        ("end", ""),
    ]


def test_a_websocket_of_something_else_is_not_recorded() -> None:
    scope = Scope()
    passing = [
        request("GET", "/graphql"),
        response(101),
        Entry(0, 0.0, Side.CLIENT, Kind.MESSAGE, payload=b"{}"),
        Entry(0, 0.0, Side.SERVER, Kind.CLOSE, members={"code": 1000}),
    ]
    assert [entry for entry in passing if scope(entry)] == []


def request(method: str, target: str) -> Entry:
    return Entry(0, 0.0, Side.CLIENT, Kind.REQUEST, members={"method": method, "target": target, "headers": []})


def response(status: int) -> Entry:
    return Entry(0, 0.0, Side.SERVER, Kind.RESPONSE, members={"status": status, "headers": []})
