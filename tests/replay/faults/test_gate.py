"""Faults before a real server: clients, the relay, the gate and a server, on sockets."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection
from websockets.typing import Subprotocol

from realtime_inspector.capture.relay import relay_in_thread
from realtime_inspector.capture.tls import LocalCA, server_context
from realtime_inspector.errors import UsageError
from realtime_inspector.recording import files
from realtime_inspector.recording.entry import Kind, Side
from realtime_inspector.replay.faults.gate import Gate, gate_in_thread
from realtime_inspector.replay.faults.profiles import plan
from realtime_inspector.replay.faults.sockets import Between
from realtime_inspector.simulator import Simulator, simulating
from realtime_inspector.simulator.scenario import parse

QUICK = parse('[pace]\ndelay_ms = 0\nspeed = 1000\n[[turn]]\nsay = "Hello there."\nduration_ms = 400', "test")
KEY = {"Authorization": "Bearer sk-test"}


@contextmanager
def gated(*faults: str, **more: Any) -> Iterator[tuple[Gate, Simulator]]:
    """Simulate a server behind a gate."""
    with simulating(QUICK, **more) as simulator:
        ca = LocalCA().certificate if "tls" in more else None
        upstream = simulator.url.removesuffix("/v1/realtime")
        with gate_in_thread(upstream, Between(plan(faults)), upstream_ca=ca) as gate:
            yield gate, simulator


def dial(gate: Gate | str, **options: Any) -> Connection:
    url = gate if isinstance(gate, str) else gate.url
    return connect(f"{url}/v1/realtime?model=gpt-realtime", additional_headers=KEY, proxy=None, **options)


def respond(connection: Connection) -> list[str]:
    """Ask for a response; returns the types that come, and at the end the code of a close."""
    connection.send('{"type": "response.create"}')
    return hear(connection)


def hear(connection: Connection) -> list[str]:
    """Return the types that come up to the end of a response, or the code of a close in place of that."""
    heard: list[str] = []
    try:
        while not heard or heard[-1] != "rate_limits.updated":
            heard.append(orjson.loads(connection.recv())["type"])
    except ConnectionClosed as closed:
        heard.append(str(closed.rcvd.code if closed.rcvd else 1006))
    return heard


def test_without_a_fault_a_gate_changes_nothing() -> None:
    with gated("delay 1ms on type:nothing") as (gate, _), dial(gate, subprotocols=[Subprotocol("realtime")]) as client:
        assert client.subprotocol == "realtime"
        heard = respond(client)
    assert heard[0] == "session.created"
    assert heard[-2:] == ["response.done", "rate_limits.updated"]


def test_what_the_gate_does_is_what_the_client_gets() -> None:
    with gated("close 4001 on type:response.created") as (gate, _), dial(gate) as client:
        assert respond(client)[-2:] == ["response.created", "4001"]
    with gated("reset on type:response.created") as (gate, _), dial(gate) as client:
        assert respond(client)[-1] == "1006"
    with gated("fail rate_limit_exceeded") as (gate, _), dial(gate) as client:
        assert "response.output_item.added" not in respond(client)
    with gated("refuse 429") as (gate, _), pytest.raises(InvalidStatus, match="429"):
        dial(gate)


def test_a_server_s_own_refusal_and_close_are_passed_on() -> None:
    with gated("delay 1ms", rejected_keys=["sk-test"]) as (gate, _), pytest.raises(InvalidStatus, match="401"):
        dial(gate)
    with gated("delay 1ms") as (gate, _):
        url = f"{gate.url}/v1/realtime?intent=transcription&model=m"
        with connect(url, additional_headers=KEY, proxy=None) as client:
            assert hear(client) == ["error", "4000"]


def test_plain_requests_go_through() -> None:
    with gated("drop") as (gate, _):
        connection = http.client.HTTPConnection(gate.url.removeprefix("ws://"), timeout=60)
        body = b'{"session": {"type": "realtime"}}'
        connection.request("POST", "/v1/realtime/client_secrets", body, {**KEY, "Content-Type": "application/json"})
        answer = connection.getresponse()
        assert (answer.status, orjson.loads(answer.read())["value"][:3]) == (200, "ek_")
        connection.close()


def test_nobody_behind_the_gate_is_a_502() -> None:
    with gate_in_thread("ws://127.0.0.1:9", Between(plan(["drop"]))) as gate:
        with pytest.raises(InvalidStatus, match="502"):
            dial(gate)
        connection = http.client.HTTPConnection(gate.url.removeprefix("ws://"), timeout=60)
        connection.request("GET", "/v1/models")
        assert connection.getresponse().status == 502
        connection.close()
    with pytest.raises(UsageError, match="is not a URL"):
        Gate("localhost", Between(plan(["drop"])))


def test_a_server_of_wss_is_reached_with_its_own_ca() -> None:
    with gated("close 4002 on type:response.created", tls=server_context()) as (gate, _), dial(gate) as client:
        assert respond(client)[-1] == "4002"


def test_the_relay_records_what_the_client_saw(tmp_path: Path) -> None:
    with (
        gated("close 4003 on type:response.created", "unknown on type:session.created") as (gate, _),
        relay_in_thread(gate.url, tmp_path) as relay,
        dial(relay.ws_url) as client,
    ):
        assert respond(client)[-1] == "4003"
    (path,) = files.find(tmp_path)
    entries = list(files.open_recording(path))
    closes = [entry for entry in entries if entry.kind is Kind.CLOSE and entry.side is Side.SERVER]
    assert [entry.members["code"] for entry in closes] == [4003]
    assert any(b"response.unheard_of" in entry.payload for entry in entries)


def test_tls_settings_are_those_of_a_client() -> None:
    gate = Gate("wss://api.openai.com", Between(plan(["drop"])))
    assert gate._tls is not None
    assert gate._tls.verify_mode is ssl.CERT_REQUIRED
