"""The replay server on real sockets, with clients that know nothing of it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import connect as async_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.sync.connection import Connection
from websockets.typing import Subprotocol

from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.event import Event
from realtime_inspector.replay.faults.profiles import plan
from realtime_inspector.replay.faults.sockets import Between
from realtime_inspector.replay.mismatch import Why
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.server import Address, ReplayServer
from realtime_inspector.replay.thread import drain, serving
from tests.replay.helpers import OPEN, TEXT, TOOLS, client_messages, script

SECRETS = '> POST /v1/realtime/client_secrets {"a": "b"}\n< 200 {"value": "ek_1"}\nx'
REFUSED = '> GET /v1/realtime {"upgrade": "websocket"}\n< 401 {"error": {"code": "invalid_api_key"}}\nx'


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    """Serve one text turn."""
    with serving([script(TEXT)]) as served:
        yield served


def dial(url: str, **options: Any) -> ClientConnection:
    """Connect, past any proxy."""
    return connect(url, proxy=None, **options)


def say(connection: Connection, *messages: Any) -> None:
    """Send messages."""
    for message in messages:
        connection.send(message if isinstance(message, bytes) else orjson.dumps(message).decode())


def hear(connection: Connection, last: str) -> list[str]:
    """Return the types that come, up to one."""
    heard: list[str] = []
    while not heard or heard[-1] != last:
        heard.append(orjson.loads(connection.recv())["type"])
    return heard


def code_after(connection: Connection) -> int | None:
    """Read to the end and return the close code."""
    try:
        while True:
            connection.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def test_a_client_that_does_the_same_meets_the_recording(server: ReplayServer) -> None:
    with dial(server.ws_url) as connection:
        say(connection, *client_messages(TEXT))
        assert hear(connection, "rate_limits.updated")[0] == "session.created"
    drain(server)
    assert server.report().met
    assert server.players[0].session.responses["resp_1"].status == "completed"


@pytest.mark.parametrize("path", ["/", "/openai/realtime?api-version=1&deployment=d", "/any/where"])
def test_every_path_is_taken(server: ReplayServer, path: str) -> None:
    with dial(server.ws_url.replace("/v1/realtime", path)) as connection:
        assert hear(connection, "session.created")
    drain(server)
    assert server.players[0].session.target == path


def test_a_browser_gets_its_subprotocol(server: ReplayServer) -> None:
    offered = [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.dummy")]
    with dial(server.ws_url, subprotocols=offered) as connection:
        assert connection.subprotocol == "realtime"


def test_after_a_mismatch_the_socket_closes_with_a_code_of_its_own_and_stays_closed(server: ReplayServer) -> None:
    with dial(server.ws_url) as connection:
        say(connection, {"type": "response.create", "response": {"instructions": "No."}})
        assert code_after(connection) == 4900
    with pytest.raises(InvalidStatus) as refused:
        dial(server.ws_url)
    assert refused.value.response.status_code == 503
    assert b"response.create differs at response " in bytes(refused.value.response.body or b"")
    assert server.report().exit_code == 1


def test_a_client_that_leaves_in_the_middle_is_no_trouble(server: ReplayServer) -> None:
    with dial(server.ws_url) as connection:
        say(connection, client_messages(TEXT)[0])
        connection.socket.shutdown(socket.SHUT_RDWR)
    drain(server)
    assert server.report().met


def test_several_sockets_are_served_in_order_and_no_more() -> None:
    with serving([script(TEXT), script(OPEN)]) as server:
        for _ in range(2):
            with dial(server.ws_url) as connection:
                hear(connection, "session.created")
        with pytest.raises(InvalidStatus, match="503"):
            dial(server.ws_url)
    assert [found.came for found in server.report().mismatches] == ["one connection"]


def test_two_sockets_may_be_open_at_once() -> None:
    with serving([script(TEXT), script(TOOLS)]) as server, dial(server.ws_url) as one, dial(server.ws_url) as other:
        say(other, *client_messages(TOOLS))
        say(one, *client_messages(TEXT))
        hear(one, "rate_limits.updated")
        while orjson.loads(other.recv()).get("response", {}).get("id") != "resp_3":
            pass
    assert server.report().met


def test_a_recorded_refusal_is_replayed() -> None:
    with serving([script(REFUSED)]) as server, pytest.raises(InvalidStatus) as refused:
        dial(server.ws_url)
    assert refused.value.response.status_code == 401
    assert orjson.loads(refused.value.response.body or b"") == {"error": {"code": "invalid_api_key"}}
    assert server.report().met


@pytest.mark.parametrize(("written", "code"), [("x< 4000 enough", 4000), ("x<", 1005), ("x< 1011", 1011)])
def test_a_recorded_close_is_replayed(written: str, code: int) -> None:
    with serving([script(f"{OPEN}\n{written}\nx")]) as server, dial(server.ws_url) as connection:
        code_after(connection)
        assert connection.close_code == code


def test_a_recorded_reset_is_a_reset() -> None:
    from realtime_inspector.recording import transcript
    from realtime_inspector.recording.entry import Entry, Kind, Side
    from realtime_inspector.replay.causes import build

    end = Entry(99, 9.0, Side.PROXY, Kind.END, members={"how": "reset", "by": "server"})
    with serving([build([*transcript.entries(OPEN), end])]) as server, dial(server.ws_url) as connection:
        assert code_after(connection) is None
        assert connection.close_code == 1006


def test_a_binary_message_with_json_is_refused_as_the_api_does(server: ReplayServer) -> None:
    with dial(server.ws_url) as connection:
        say(connection, orjson.dumps(client_messages(TEXT)[0]))
        assert hear(connection, "error")
    drain(server)
    assert "Binary" in server.report().mismatches[0].message


def test_large_audio_passes_both_ways() -> None:
    text = (
        OPEN
        + """
        > {"type": "input_audio_buffer.append", "audio": "<60000ms>"}
        < {"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": 1}
        < {"type": "response.created", "response": {"id": "r"}}
        < {"type": "response.output_audio.delta", "response_id": "r", "item_id": "a", "delta": "<60000ms>"}
    """
    )
    with serving([script(text)]) as server, dial(server.ws_url, max_size=None) as connection:
        say(connection, *client_messages(text))
        assert hear(connection, "response.output_audio.delta")


def test_a_minute_takes_no_time_at_the_highest_speed_and_waits_at_the_recorded() -> None:
    text = OPEN + '+60s < {"type": "conversation.created", "conversation": {}}'
    with serving([script(text)]) as server, dial(server.ws_url) as connection:
        assert hear(connection, "conversation.created")
    before = time.monotonic()
    with serving([script(text)], Options(speed=600.0)) as server, dial(server.ws_url) as connection:
        hear(connection, "conversation.created")
        assert time.monotonic() - before > 0.08


# HTTP and TLS on the same port


def fetch(url: str, data: bytes | None, **options: Any) -> Any:
    """Ask for JSON, past any proxy."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if "context" in options:
        handlers.append(urllib.request.HTTPSHandler(context=options["context"]))
    with urllib.request.build_opener(*handlers).open(url, data) as answer:
        return orjson.loads(answer.read())


def test_http_is_answered_from_the_recording() -> None:
    told: list[str] = []
    with serving([script(SECRETS), script(TEXT)], told=told.append) as server:
        assert fetch(f"{server.base_url}/realtime/client_secrets", b'{"session": {}}') == {"value": "ek_1"}
        with pytest.raises(urllib.error.HTTPError, match="404") as missing:
            fetch(f"{server.base_url}/models", None)
        missing.value.close()
    assert told == ["call.jsonl: GET /v1/models was not recorded"]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST /v1/realtime/client_secrets HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200),
        (b"POST /v1/realtime/client_secrets HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 200),
        (b"POST /v1/realtime/client_secrets HTTP/1.1\r\nContent-Length: ab\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
    ],
)
def test_a_request_is_read_however_it_is_cut(request_bytes: bytes, status: int) -> None:
    with serving([script(SECRETS)]) as server, socket.create_connection(("127.0.0.1", server.port)) as raw:
        for at in range(len(request_bytes)):
            raw.sendall(request_bytes[at : at + 1])
        answer = b""
        while part := raw.recv(4096):
            answer += part
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


def test_what_a_client_says_last_counts_though_it_leaves_at_once() -> None:
    told: list[str] = []
    update, item, _ = client_messages(TEXT)
    with serving([script(TEXT)], told=told.append) as server, dial(server.ws_url) as connection:
        say(connection, update, item, {"type": "response.create", "response": {"instructions": "No."}})
    (played,) = server.report().connections
    assert (played.matched, [found.why for found in played.mismatches]) == (2, [Why.DIFFERS])
    assert [text.partition(":")[0] for text in told] == ["call.jsonl"]


def test_a_handshake_that_is_no_handshake_leaves_its_recording_for_another() -> None:
    with serving([script(TEXT)]) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(b"GET /v1/realtime HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
            assert raw.recv(4096).startswith(b"HTTP/1.1 4")
            while raw.recv(4096):
                pass
        with dial(server.ws_url) as connection:
            hear(connection, "session.created")


@pytest.fixture
def authority(tmp_path: Path) -> LocalCA:
    """Return a CA of its own."""
    return LocalCA(tmp_path)


def test_tls_clients_are_taken_on_the_same_port(authority: LocalCA) -> None:
    trusting = ssl.create_default_context(cafile=str(authority.certificate))
    with serving([script(SECRETS), script(TEXT), script(TEXT)], tls=authority.server_context) as server:
        secrets = f"{server.base_url.replace('http', 'https')}/realtime/client_secrets"
        assert fetch(secrets, b"{}", context=trusting) == {"value": "ek_1"}
        for url, context in ((server.ws_url.replace("ws", "wss", 1), trusting), (server.ws_url, None)):
            with dial(url, ssl=context) as connection:
                say(connection, *client_messages(TEXT))
                hear(connection, "rate_limits.updated")
    assert server.report().met


def test_a_client_that_does_not_trust_us_is_told_of(authority: LocalCA) -> None:
    told: list[str] = []
    with serving([script(TEXT)], tls=authority.server_context, told=told.append) as server:
        with pytest.raises(ssl.SSLError):
            dial(server.ws_url.replace("ws", "wss", 1), ssl=ssl.create_default_context())
        drain(server)
    assert "trust the local CA" in told[0]
    assert server.report().unserved == ("call.jsonl",), "its recording waits for another"


# the edges


@pytest.mark.parametrize("begun", [b"GET /v1/real", b"\x16\x03\x01"], ids=["a request", "TLS"])
def test_a_client_that_is_silent_does_not_hold_up_the_end(begun: bytes, authority: LocalCA) -> None:
    """It took 10 s; with faults, which may hold an upgrade up, the library would wait for ever."""
    told: list[str] = []
    more: Any = {"told": told.append, "faults": Between(plan([])), "tls": authority.server_context}

    async def talk() -> None:
        async with asyncio.timeout(60), ReplayServer([script(TEXT)], **more) as server:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(begun)
            while not server._open:
                await asyncio.sleep(0)
        writer.close()

    asyncio.run(talk())
    assert told == [], "nobody is told that the client did not trust us"


def test_every_event_is_observed_on_its_connection() -> None:
    seen: list[list[Event]] = []

    def observer() -> Any:
        seen.append([])
        return seen[-1].append

    with serving([script(TEXT)], observers=observer) as server, dial(server.ws_url) as connection:
        say(connection, *client_messages(TEXT))
        hear(connection, "rate_limits.updated")
    (events,) = seen
    assert [event.type for event in events][:3] == ["wire.request", "wire.response", "session.created"]
    assert events[-1].type == "wire.end"


def test_a_matcher_that_raises_is_our_callers_to_see() -> None:
    def broken(recorded: object, live: object) -> bool:
        raise ZeroDivisionError("a user's mistake")

    with serving([script(TEXT)], Options(matcher=broken)) as server, dial(server.ws_url) as connection:
        say(connection, client_messages(TEXT)[0])
        code_after(connection)
    with pytest.raises(ZeroDivisionError, match="a user's mistake"):
        server.report()


def test_an_address_in_use_is_told(server: ReplayServer) -> None:
    with (
        pytest.raises(UsageError, match=f"^127.0.0.1:{server.port} is taken by another program"),
        serving([script(TEXT)], address=Address("127.0.0.1", server.port)),
    ):
        pass


async def _until_finished() -> bool:
    async with ReplayServer([script(OPEN)]) as server:
        async with async_connect(server.ws_url, proxy=None) as connection:
            await connection.recv()
            assert not server.finished.is_set()
        await server.finished.wait()
        return server.report().met


def test_it_is_finished_when_all_was_served_and_nobody_is_left() -> None:
    assert asyncio.run(_until_finished())
