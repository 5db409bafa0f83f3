"""The forward proxy before a server of ours: which hosts are ours, what passes, and who trusts it."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from realtime_inspector.replay.forward import Door, forwarding
from realtime_inspector.replay.thread import serving
from tests.replay.helpers import TEXT, script

HOSTS = ["api.openai.com", "gateway.example"]
WAIT_S = 60.0
PROXY_VARIABLES = {f"{name}_proxy" for name in ("https", "http", "wss", "ws", "all", "no")}
PROXY_VARIABLES |= {name.upper() for name in PROXY_VARIABLES}


@contextmanager
def listening(*, resets: bool = False) -> Iterator[int]:
    """Serve one client what it says, in capitals; or end its connection with a reset."""

    def serve() -> None:
        client, _ = server.accept()
        with client:
            said = client.recv(1000)
            if resets:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            else:
                client.sendall(said.upper())

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WAIT_S)
        thread = threading.Thread(target=serve)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join(WAIT_S)


def asked(door: Door, request: str) -> tuple[socket.socket, bytes]:
    """Send a request, and return the connection with the answer's head."""
    host, _, port = door.url.removeprefix("http://").rpartition(":")
    client = socket.create_connection((host, int(port)), timeout=WAIT_S)
    client.sendall(f"{request}\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head and (data := client.recv(1000)):
        head += data
    return client, head


def test_a_host_of_ours_is_the_server_with_a_certificate_for_it() -> None:
    with listening() as port, forwarding(port, HOSTS, os.environ) as door:
        client, head = asked(door, "CONNECT Gateway.Example:443 HTTP/1.1")
        assert head.startswith(b"HTTP/1.1 200 ")
        trusting = ssl.create_default_context(cafile=door.environment["SSL_CERT_FILE"])
        with client, trusting.wrap_socket(client, server_hostname="gateway.example") as secure:
            secure.sendall(b"hello")
            assert secure.recv(1000) == b"HELLO"


def test_every_other_host_is_reached_as_before() -> None:
    with listening() as port, forwarding(1, HOSTS, {}) as door:
        client, head = asked(door, f"CONNECT 127.0.0.1:{port} HTTP/1.1")
        assert head.startswith(b"HTTP/1.1 200 ")
        with client:
            client.sendall(b"plain")
            assert client.recv(1000) == b"PLAIN"


def test_a_proxy_that_there_was_before_is_used_for_the_others() -> None:
    with listening() as port, forwarding(port, HOSTS, {}) as first:
        parent = {"HTTPS_PROXY": first.url}
        with forwarding(1, ["nobody.example"], parent) as door:
            client, head = asked(door, "CONNECT gateway.example:80 HTTP/1.1")
            assert head.startswith(b"HTTP/1.1 200 ")
            with client:
                client.sendall(b"by two proxies")
                assert client.recv(1000) == b"BY TWO PROXIES"


def test_a_reset_of_the_server_is_one_for_the_client() -> None:
    with listening(resets=True) as port, forwarding(port, HOSTS, {}) as door:
        client, _ = asked(door, "CONNECT api.openai.com:80 HTTP/1.1")
        with client:
            client.sendall(b"hello")
            with pytest.raises(ConnectionResetError):
                client.recv(1000)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [("GET http://api.openai.com/ HTTP/1.1", b"405"), ("CONNECT 127.0.0.1:1 HTTP/1.1", b"502")],
)
def test_what_cannot_be_had_is_said(request_line: str, status: bytes) -> None:
    with forwarding(1, HOSTS, {}) as door:
        client, head = asked(door, request_line)
        client.close()
        assert head.split()[1] == status


def test_the_environment_leads_to_the_door_and_only_past_it_to_this_machine() -> None:
    parent = {"NO_PROXY": "internal.example, openai.com,.example,*", "PATH": "/bin"}
    with forwarding(1, HOSTS, parent) as door:
        assert door.environment["HTTPS_PROXY"] == door.environment["https_proxy"] == door.url
        assert door.environment["NO_PROXY"] == "internal.example,127.0.0.1,localhost,::1"
        assert door.environment["PATH"] == "/bin"


def test_its_authority_is_for_these_hosts_alone() -> None:
    from cryptography import x509

    with forwarding(1, HOSTS, {}) as door:
        path = Path(door.environment["NODE_EXTRA_CA_CERTS"])
        authority = x509.load_pem_x509_certificate(path.read_bytes())
        permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
        assert [name.value for name in permitted or ()] == HOSTS
    assert not path.parent.exists()


def test_aiohttp_is_led_here_where_it_looks_at_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    aiohttp = pytest.importorskip("aiohttp")
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)

    async def greeting(trusting: ssl.SSLContext) -> str:
        url = f"wss://{HOSTS[0]}/v1/realtime?model=m"
        async with aiohttp.ClientSession(trust_env=True) as session, session.ws_connect(url, ssl=trusting) as socket:
            return str((await socket.receive_json(timeout=60))["type"])

    with serving([script(TEXT)]) as server, forwarding(server.port, HOSTS, {}) as door:
        for name in PROXY_VARIABLES & door.environment.keys():
            monkeypatch.setenv(name, door.environment[name])
        trusting = ssl.create_default_context(cafile=door.environment["SSL_CERT_FILE"])
        assert asyncio.run(greeting(trusting)) == "session.created"
