"""The simulator on real sockets: clients, keys, plain requests, TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from realtime_inspector.capture.tls import DATA_DIR_VARIABLE, LocalCA
from realtime_inspector.errors import UsageError
from realtime_inspector.simulator import Simulator, server
from realtime_inspector.simulator.scenario import parse

KEY = {"Authorization": "Bearer test-key"}
UPGRADE = (
    b"GET /v1/realtime?model=m HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
QUICK = parse('[pace]\ndelay_ms = 0\nspeed = 1000\n[[turn]]\nsay = "Hello there."', "test")


def run(talk: Callable[[Simulator], Awaitable[Any]], **options: Any) -> Any:
    async def served() -> Any:
        async with Simulator(QUICK, **options) as simulator, asyncio.timeout(60):
            return await talk(simulator)

    return asyncio.run(served())


def opened(simulator: Simulator, query: str = "?model=gpt-realtime", **options: Any) -> Any:
    return connect(simulator.url + query, additional_headers=options.pop("headers", KEY), proxy=None, **options)


async def until(socket: ClientConnection, event_type: str) -> dict[str, Any]:
    while True:
        event: dict[str, Any] = orjson.loads(await socket.recv())
        if event["type"] == event_type:
            return event


async def send(socket: ClientConnection, event: dict[str, Any]) -> None:
    await socket.send(orjson.dumps(event), text=True)


def posted(simulator: Simulator, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection("127.0.0.1", simulator.port, timeout=60)
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    return answer.status, orjson.loads(answer.read())


def test_a_text_turn_runs_from_session_created_to_response_done() -> None:
    async def talk(simulator: Simulator) -> list[str]:
        async with opened(simulator) as socket:
            created = await until(socket, "session.created")
            await send(socket, {"type": "response.create"})
            done = await until(socket, "response.done")
            return [created["session"]["model"], done["response"]["status"]]

    assert run(talk) == ["gpt-realtime", "completed"]


def test_two_connections_to_equal_servers_get_equal_ids() -> None:
    async def talk(simulator: Simulator) -> Any:
        async with opened(simulator) as socket:
            await send(socket, {"type": "response.create"})
            return (await until(socket, "response.done"))["response"]["output"][0]["id"]

    assert run(talk) == run(talk)
    assert run(talk) != run(talk, seed="other")


@pytest.mark.parametrize(
    ("headers", "code"), [({}, None), ({"Authorization": "Bearer bad-key"}, "invalid_api_key")], ids=["no key", "bad"]
)
def test_an_upgrade_without_an_accepted_key_is_answered_with_401(headers: dict[str, str], code: str | None) -> None:
    async def talk(simulator: Simulator) -> Any:
        with pytest.raises(InvalidStatus) as caught:
            await opened(simulator, headers=headers)
        return caught.value.response

    response = run(talk, rejected_keys=["bad-key"])
    assert response.status_code == 401
    assert orjson.loads(response.body)["error"]["code"] == code


def test_a_browser_brings_its_key_as_a_subprotocol_and_gets_realtime_back() -> None:
    async def talk(simulator: Simulator) -> Any:
        offered = [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.ek_1")]
        async with opened(simulator, headers={}, subprotocols=offered) as socket:
            await until(socket, "session.created")
            return socket.subprotocol

    assert run(talk) == "realtime"


def test_an_unknown_path_is_answered_with_404() -> None:
    async def talk(simulator: Simulator) -> Any:
        with pytest.raises(InvalidStatus) as caught:
            await connect(simulator.url.replace("/v1/realtime", "/v1/live"), additional_headers=KEY, proxy=None)
        return caught.value.response.status_code

    assert run(talk) == 404


def test_the_beta_header_is_answered_with_its_error_and_close_4000() -> None:
    async def talk(simulator: Simulator) -> Any:
        async with opened(simulator, headers={**KEY, "OpenAI-Beta": "realtime=v1"}) as socket:
            error = await until(socket, "error")
            with pytest.raises(ConnectionClosed) as caught:
                await socket.recv()
            return error["error"]["code"], caught.value.rcvd

    code, close = run(talk)
    assert code == "beta_api_shape_disabled"
    assert (close.code, close.reason) == (4000, "invalid_request_error.beta_api_shape_disabled")


def test_a_client_secret_opens_a_socket() -> None:
    async def talk(simulator: Simulator) -> Any:
        body = orjson.dumps({"session": {"type": "realtime", "model": "gpt-realtime"}})
        status, secret = await asyncio.to_thread(posted, simulator, "/v1/realtime/client_secrets", body, KEY)
        async with opened(simulator, headers={"Authorization": f"Bearer {secret['value']}"}) as socket:
            await until(socket, "session.created")
        return status, secret

    status, secret = run(talk, unix=lambda: 1_000_000)
    assert status == 200
    assert secret["value"].startswith("ek_")
    assert secret["expires_at"] == 1_000_600
    assert secret["session"]["model"] == "gpt-realtime"


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "param"),
    [
        ("/v1/realtime/client_secrets", b"{}", {}, 401, None),
        ("/v1/realtime/client_secrets", b"not json", KEY, 400, None),
        ("/v1/realtime/client_secrets", b'{"session": {"model": "m"}}', KEY, 400, "session.type"),
        ("/v1/nothing", b"{}", KEY, 404, None),
    ],
)
def test_a_wrong_post_is_answered_in_the_shape_of_the_api(
    path: str, body: bytes, headers: dict[str, str], status: int, param: str | None
) -> None:
    async def talk(simulator: Simulator) -> Any:
        return await asyncio.to_thread(posted, simulator, path, body, headers)

    got, answer = run(talk)
    assert got == status
    assert answer["error"]["type"] == "invalid_request_error"
    assert answer["error"]["param"] == param


def test_a_request_split_anywhere_is_read_the_same() -> None:
    body = b'{"session": {"type": "realtime"}}'
    head = (
        f"POST /v1/realtime/client_secrets HTTP/1.1\r\nAuthorization: Bearer k\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    async def talk(simulator: Simulator) -> Any:
        reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
        for byte in head.encode() + body:
            writer.write(bytes([byte]))
            await writer.drain()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    assert run(talk).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "said",
    [
        b"\x15\x03\x01 hello\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    ],
    ids=["bytes", "HTTP/2", "a length of 5000 digits"],
)
def test_what_is_no_http_is_answered_with_400(said: bytes) -> None:
    async def talk(simulator: Simulator) -> Any:
        reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
        writer.write(said)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    assert run(talk).startswith(b"HTTP/1.1 400 ")


def test_a_client_that_resets_leaves_the_server_serving() -> None:
    async def talk(simulator: Simulator) -> Any:
        socket = await opened(simulator)
        await until(socket, "session.created")
        socket.transport.abort()
        async with opened(simulator) as second:
            return await until(second, "session.created")

    assert run(talk)["session"]["object"] == "realtime.session"


def test_with_a_context_it_speaks_tls(tmp_path: Path) -> None:
    certificate, key = _self_signed(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    client_side = ssl.create_default_context(cafile=str(certificate))

    async def talk(simulator: Simulator) -> Any:
        async with opened(simulator, ssl=client_side) as socket:
            await until(socket, "session.created")
            return simulator.url

    assert run(talk, tls=server_side).startswith("wss://127.0.0.1:")


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("data_folder")
def test_without_a_context_tls_clients_and_plain_ones_are_taken_on_one_port() -> None:
    """A client that begins with TLS had no answer, and after 10 s no connection; nobody was told."""
    trusting = ssl.create_default_context(cafile=str(LocalCA().certificate))

    async def talk(simulator: Simulator) -> Any:
        secure = simulator.url.replace("ws", "wss", 1)
        found = []
        for url, context in ((secure, trusting), (simulator.url, None)):
            async with connect(url, additional_headers=KEY, proxy=None, ssl=context) as socket:
                found.append((await until(socket, "session.created"))["session"]["object"])
        return found

    assert run(talk) == ["realtime.session"] * 2


@pytest.mark.usefixtures("data_folder")
def test_a_client_that_does_not_trust_the_local_ca_is_told_of() -> None:
    told: list[str] = []

    async def talk(simulator: Simulator) -> Any:
        with pytest.raises(ssl.SSLError):
            await connect(simulator.url.replace("ws", "wss", 1), proxy=None, ssl=ssl.create_default_context())
        while not told:
            await asyncio.sleep(0)

    run(talk, say=told.append)
    assert [line.partition(";")[2] for line in told] == [
        " it has to trust the local CA; `realtime-inspector ca` prints its path"
    ]


def test_a_ca_that_cannot_be_kept_is_told_and_costs_its_client_alone(data_folder: Path) -> None:
    (data_folder / "ca").write_text("no folder")
    told: list[str] = []

    async def talk(simulator: Simulator) -> Any:
        with pytest.raises((OSError, EOFError)):
            await connect(simulator.url.replace("ws", "wss", 1), proxy=None, ssl=ssl.create_default_context())
        async with opened(simulator) as socket:
            await until(socket, "session.created")

    run(talk, say=told.append)
    assert len(told) == 1
    assert told[0].startswith("no TLS for a client: ")
    assert "the local CA cannot be kept there" in told[0]


@pytest.mark.usefixtures("data_folder")
@pytest.mark.parametrize("begun", [UPGRADE, UPGRADE[:20], b"\x16\x03\x01"], ids=["a socket", "a request", "TLS"])
def test_a_client_that_is_silent_does_not_hold_up_the_end(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took 10 s, and a second ctrl+c changed nothing; here the library would wait for ever."""

    def patient(*arguments: Any, **options: Any) -> Any:
        return serve(*arguments, **{**options, "open_timeout": None, "close_timeout": None})

    monkeypatch.setattr(server, "CLOSE_S", 0.01)
    monkeypatch.setattr(server, "serve", patient)

    async def talk() -> None:
        async with asyncio.timeout(60), Simulator(QUICK) as simulator:
            reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
            writer.write(begun)
            if begun == UPGRADE:
                await reader.readuntil(b"\r\n\r\n")
            while not simulator._open:
                await asyncio.sleep(0)
        writer.close()

    asyncio.run(talk())


def test_a_taken_port_is_said_in_one_line() -> None:
    async def talk(simulator: Simulator) -> Any:
        with pytest.raises(UsageError, match=r"^127\.0\.0\.1:\d+ is taken by another program; stop it"):
            await Simulator(QUICK, port=simulator.port).__aenter__()

    run(talk)


def _self_signed(folder: Path) -> tuple[Path, Path]:
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(True, False, False, False, False, True, False, False, False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
