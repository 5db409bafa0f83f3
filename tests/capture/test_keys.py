from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.capture.http import Head
from realtime_inspector.capture.keys import UpstreamKey, stranger
from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.files import find
from tests.capture import wire

KEY = "sk-real-0123456789abcdef"
OPENAI = UpstreamKey(KEY, "api.openai.com")
AZURE = UpstreamKey(KEY, "mine.openai.azure.com")


def head(*lines: str) -> bytes:
    return "\r\n".join(["GET /v1/realtime HTTP/1.1", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (["Host: h", "Authorization: Bearer dummy", "X: 1"], ["Host: h", "X: 1"]),
        (["Host: h"], ["Host: h"]),
        (["api-key: dummy", "AUTHORIZATION : Bearer dummy", "authorization:x"], []),
        (
            ["Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.dummy, openai-beta.realtime-v1"],
            ["Sec-WebSocket-Protocol: realtime, openai-beta.realtime-v1"],
        ),
        (["sec-websocket-protocol: openai-insecure-api-key.dummy"], []),
        (["Sec-WebSocket-Protocol:  realtime "], ["Sec-WebSocket-Protocol:  realtime "]),
    ],
)
def test_the_key_stands_in_place_of_the_clients_and_all_else_stays(sent: list[str], kept: list[str]) -> None:
    assert OPENAI.put(head(*sent)) == head(f"Authorization: Bearer {KEY}", *kept)
    assert AZURE.put(head(*sent)) == head(f"api-key: {KEY}", *kept)


def test_lines_without_carriage_returns_stay_so() -> None:
    raw = b"\r\nGET / HTTP/1.1\nAuthorization: x\nA: b\n\n"
    assert OPENAI.put(raw) == b"GET / HTTP/1.1\nAuthorization: Bearer " + KEY.encode() + b"\nA: b\n\n"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "--key-env MY_KEY: that variable is not set; set it to the key"),
        ("sk-a\r\nX: y", "--key-env MY_KEY: the key has spaces, line breaks"),
        ("sk-ü", "--key-env MY_KEY: the key has spaces, line breaks or other signs"),
    ],
)
def test_a_variable_without_a_usable_key_is_a_mistake(value: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        UpstreamKey.from_environment("MY_KEY", {"MY_KEY": value}, "h")
    assert said in str(raised.value)
    assert "sk-" not in str(raised.value)


def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(OPENAI)


@pytest.mark.parametrize(
    ("lines", "exposed", "who"),
    [
        (["Host: 127.0.0.1:8765"], False, ""),
        (["Host: localhost:8765", "Origin: http://localhost:3000"], False, ""),
        (["Host: [::1]:8765", "Origin: http://app.localhost"], False, ""),
        (["Host: localhost", "Origin: https://evil.example"], False, "a page of https://evil.example"),
        (["Host: localhost", "Origin: null"], False, "a page of null"),
        (["Host: localhost", "Origin: http://[x"], False, "a page of http://[x"),
        (["Host: rebound.example:8765"], False, "a request to the host rebound.example:8765"),
        (["Host: proxy.lan", "Origin: http://proxy.lan:3000"], True, ""),
        (["Host: proxy.lan"], True, ""),
        (["Origin: https://evil.example", "Host: proxy.lan"], True, "a page of https://evil.example"),
    ],
)
def test_pages_of_the_web_are_strangers(lines: list[str], exposed: bool, who: str) -> None:
    assert stranger(Head(head(*lines)), exposed=exposed) == who


def test_the_upstream_gets_the_key_and_the_disk_does_not(tmp_path: Path) -> None:
    with wire.upstream() as server, relay_in_thread(server.url, tmp_path, key=OPENAI) as relay:
        client = wire.connect(relay.port)
        client.send(head("Host: 127.0.0.1", "Authorization: Bearer dummy-key", "Upgrade: websocket"))
        peer = server.accept()
        assert peer.read_head() == head(
            f"Authorization: Bearer {KEY}", f"Host: 127.0.0.1:{server.port}", "Upgrade: websocket"
        )
        peer.close()
        client.close()
        (entries,) = wire.finished(tmp_path)
    assert entries[0].header("Authorization") == "[redacted:Authorization]"
    (path,) = find(tmp_path)
    assert KEY.encode() not in path.read_bytes()


def test_a_page_of_the_web_gets_no_answer_of_the_upstream(tmp_path: Path) -> None:
    with wire.upstream() as server, relay_in_thread(server.url, tmp_path, key=OPENAI) as relay:
        client = wire.connect(relay.port)
        client.send(head("Host: 127.0.0.1", "Origin: https://evil.example", "Upgrade: websocket"))
        answer = client.read_all()
        server.listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.listener.accept()
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"a page of https://evil.example must not use the key of this proxy" in answer


def test_without_a_key_of_the_proxy_pages_are_none_of_its_business(tmp_path: Path) -> None:
    with wire.upstream() as server, relay_in_thread(server.url, tmp_path) as relay:
        client = wire.connect(relay.port)
        client.send(head("Host: 127.0.0.1", "Origin: https://page.example", "Upgrade: websocket"))
        peer = server.accept()
        assert b"Origin: https://page.example" in peer.read_head()
        peer.close()
        client.close()
