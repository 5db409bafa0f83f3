"""Every fault as two clients see it that share no code: the OpenAI SDK (on `websockets`), and `aiohttp`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime_inspector.replay.faults.expression import Action, parse
from realtime_inspector.replay.faults.profiles import plan
from realtime_inspector.replay.faults.sockets import Between
from realtime_inspector.replay.thread import serving
from tests.replay.helpers import TEXT as SHORT
from tests.replay.helpers import client_messages, script

openai = pytest.importorskip("openai")
aiohttp = pytest.importorskip("aiohttp")
LAST = "rate_limits.updated"
TEXT = SHORT.replace('"rate_limits": []', '"rate_limits": [{"name": "requests", "limit": 100, "remaining": 90}]')
LOST = 1006


@dataclass
class Heard:
    """What a client got."""

    messages: list[bytes] = field(default_factory=list)
    binary: list[bool] = field(default_factory=list)
    """Whether each message was; empty where the client does not tell."""
    times: list[float] = field(default_factory=list)
    """When each came, since the client began to speak: no delay can be shorter than it looks."""
    code: int = 0
    """How the server closed; 1006 where it did not and the connection broke."""
    status: int = 0
    """Of a refused upgrade."""
    took_s: float = 0.0
    """From before the upgrade to the last message."""
    lines: list[str] = field(default_factory=list)
    """What the server says that it did."""

    def take(self, payload: bytes, sent: float) -> bool:
        """Take a message in; tell whether it is the last."""
        self.messages.append(payload)
        self.times.append(time.monotonic() - sent)
        return LAST.encode() in payload

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The messages that are JSON."""
        return [body for body in map(_parsed, self.messages) if body]

    @property
    def types(self) -> list[str]:
        """Their types."""
        return [body["type"] for body in self.bodies]

    def one(self, event_type: str) -> dict[str, Any]:
        """Return the one event of a type."""
        (found,) = (body for body in self.bodies if body["type"] == event_type)
        return found


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(payload))
    except ValueError:
        return {}


@cache
def _client() -> Any:
    """Return a client whose certificates are read once."""
    return openai.OpenAI(api_key="dummy", base_url="http://127.0.0.1:9/v1")


def sdk(base_url: str) -> Heard:
    """Hold the recorded turn with the OpenAI SDK."""
    heard, began = Heard(), time.monotonic()
    try:
        client = _client().with_options(base_url=base_url)
        with client.realtime.connect(model="gpt-realtime") as connection:
            sent = time.monotonic()
            for message in client_messages(TEXT):
                connection.send_raw(orjson.dumps(message).decode())
            while not heard.take(connection.recv_bytes(), sent):
                pass
    except InvalidStatus as refused:
        heard.status = refused.response.status_code
    except ConnectionClosed as closed:
        heard.code = closed.rcvd.code if closed.rcvd is not None else LOST
    heard.took_s = time.monotonic() - began
    return heard


async def _plain(url: str) -> Heard:
    heard, began = Heard(), time.monotonic()
    try:
        async with asyncio.timeout(50), aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            sent = time.monotonic()
            for message in client_messages(TEXT):
                await socket.send_str(orjson.dumps(message).decode())
            async for message in socket:
                heard.binary.append(message.type is aiohttp.WSMsgType.BINARY)
                if heard.take(message.data if heard.binary[-1] else message.data.encode(), sent):
                    break
            heard.code = 0 if socket.close_code is None else socket.close_code
    except aiohttp.WSServerHandshakeError as refused:
        heard.status = refused.status
    except aiohttp.ClientConnectionError:  # the reset may come while something is sent
        heard.code = LOST
    heard.took_s = time.monotonic() - began
    return heard


def other(base_url: str) -> Heard:
    """Hold the recorded turn with aiohttp."""
    return asyncio.run(_plain(f"{base_url}/realtime"))


_UNTOLD = ("jitter", "throttle", "refuse")
"""What happens to every message, or before there is a connection, is not told one by one."""
CLIENTS = {"openai": sdk, "aiohttp": other}


def late(event_type: str, least_s: float) -> Callable[[Heard], bool]:
    return lambda heard: heard.times[heard.types.index(event_type)] >= least_s


def order(heard: Heard) -> bool:
    created = heard.types.index("response.created")
    return heard.types[created - 1] == "response.output_item.added"


SEEN: dict[str, Callable[[Heard], bool]] = {
    "delay 60ms on type:response.created": late("response.created", 0.06),
    "jitter 60ms..90ms on type:response.created": late("response.created", 0.06),
    "stall 60ms on type:response.output_audio.delta": late("response.output_audio.delta", 0.06),
    "throttle 100kB/s": lambda heard: heard.took_s >= 0.9 * sum(map(len, heard.messages)) / 100_000,
    "drop on type:session.updated": lambda heard: "session.updated" not in heard.types and LAST in heard.types,
    "duplicate 2 on type:response.done": lambda heard: heard.types.count("response.done") == 3,
    "reorder on type:response.created": order,
    "truncate 20 on type:response.done": lambda heard: [len(m) for m in heard.messages if not _parsed(m)] == [20],
    "malformed on type:response.done": lambda heard: (
        heard.types.count("response.done") == 0 and len(heard.bodies) == len(heard.messages) - 1
    ),
    "binary on type:response.done": lambda heard: heard.binary in ([], [t == "response.done" for t in heard.types]),
    "fragment 3 on type:response.done": lambda heard: heard.one("response.done")["response"]["id"] == "resp_1",
    "unknown response.unheard_of on type:response.created": lambda heard: (
        heard.types[heard.types.index("response.created") + 1] == "response.unheard_of"
    ),
    'error server_error "no" on type:response.created': lambda heard: heard.one("error")["error"]["message"] == "no",
    "fail rate_limit_exceeded": lambda heard: (
        heard.one("response.done")["response"]["status_details"]["error"]["code"] == "rate_limit_exceeded"
    ),
    "limits 7": lambda heard: {limit["remaining"] for limit in heard.one(LAST)["rate_limits"]} == {7},
    'close 4001 "later" on type:response.created': lambda heard: (
        (heard.code, heard.types[-1]) == (4001, "response.created")
    ),
    "reset on type:response.created": lambda heard: heard.code == LOST,
    "expire on type:response.done": lambda heard: (
        (heard.code, heard.one("error")["error"]["code"]) == (1001, "session_expired")
    ),
    "slow-reader 60ms": lambda heard: heard.took_s >= 0.06,
    "refuse 403": lambda heard: heard.status == 403,
}
"""Fault → what has to be true of what the client got."""


def test_the_table_has_every_fault_there_is() -> None:
    assert {parse(text).action for text in SEEN} == set(Action)


@pytest.mark.parametrize("client", CLIENTS)
def test_every_fault_is_seen_as_itself(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    wrong = {}
    for text, seen in SEEN.items():
        with serving([script(TEXT)], faults=Between(plan([text]))) as server:
            heard = CLIENTS[client](server.base_url)
        done = [line for played in server.report().to_json()["connections"] for line in played["faults"]]
        heard.lines = done
        if not seen(heard) or not (text.startswith(_UNTOLD) or any(text in line for line in done)):
            wrong[text] = heard
    assert wrong == {}


@pytest.mark.parametrize("client", CLIENTS)
def test_the_same_seed_gives_a_client_the_same_run(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")

    def run(seed: str) -> list[bytes]:
        faults = plan(
            ["duplicate 50% on not type:rate_limits.updated", "drop 30% on not type:rate_limits.updated"], (), seed
        )
        with serving([script(TEXT)], faults=Between(faults)) as server:
            return CLIENTS[client](server.base_url).messages

    first = run("1")
    assert run("1") == first
    assert any(run(seed) != first for seed in "234")
