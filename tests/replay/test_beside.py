"""A drive over TLS: HTTP before the socket, refusals as servers word them, and what is never sent."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from realtime_inspector.capture.tls import server_context
from realtime_inspector.capture.upstream import client_context
from realtime_inspector.errors import UpstreamError
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.client import drive
from realtime_inspector.replay.cues import Plan, plan
from realtime_inspector.replay.driver import Drive
from realtime_inspector.replay.target import Target
from realtime_inspector.simulator.scenario import load
from realtime_inspector.simulator.server import Simulator

MAX = Drive(float("inf"), 20.0)
QUICK = load("chat").faster(200)
KEY = "key-that-is-sent-0123456789"
SECRET = "sk-recorded-0123456789abcdef"
TALK = """
> GET /v1/realtime?model=gpt-realtime {"Upgrade": "websocket"}
< 101
< {"type": "session.created", "session": {"id": "s1", "type": "realtime"}}
> {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief."}}
< {"type": "session.updated", "session": {"id": "s1", "type": "realtime", "instructions": "Be brief."}}
x client 1000
"""
ASKED = '{"session": {"type": "realtime", "instructions": "Be an owl."}}'
EPHEMERAL = f"""
> POST /v1/realtime/client_secrets {{"Content-Type": "application/json", "Authorization": "[redacted:Authorization]"}}
< 200 {{"value": "[redacted:client_secret]"}}
{TALK}"""
_T = TypeVar("_T")


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The settings of a client that trusts this machine's own authority."""
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path))
    server_context()
    (authority,) = [path for path in tmp_path.rglob("*.pem") if "KEY" not in path.read_text()][:1]
    return client_context(authority)


def run(work: Callable[[], Awaitable[_T]]) -> _T:
    """Run something on a loop, with a limit."""

    async def limited() -> _T:
        async with asyncio.timeout(60):
            return await work()

    return asyncio.run(limited())


def recorded(text: str) -> Plan:
    """Return what the client of a transcript did; a request for a key asks for a session of its own."""
    entries = transcript.entries(text)
    for entry in entries:
        if entry.members.get("method") == "POST":
            entry.members["body"] = ASKED  # type: ignore[index]  # a transcript has no bodies of requests
    return plan(entries, name="call.jsonl")


def test_an_ephemeral_key_is_made_anew_and_opens_the_socket(trusted: ssl.SSLContext) -> None:
    entries: list[Entry] = []

    async def work() -> Any:
        async with Simulator(QUICK, tls=server_context()) as server:
            target = Target.of(f"wss://localhost:{server.port}", recorded(EPHEMERAL).request)
            target = Target(target.url, target.headers, target.protocols, trusted).with_key(KEY)
            return await drive(recorded(EPHEMERAL), target, MAX, observe=entries.append)

    driven = run(work)
    assert driven.through, driven.text()
    asked, answered, upgrade, _ = entries[:4]
    assert (asked.members["method"], asked.members["target"]) == ("POST", "/v1/realtime/client_secrets")
    assert (asked.header("authorization"), asked.members["body"]) == (f"Bearer {KEY}", ASKED)
    assert (answered.members["status"], answered.members["to"]) == (200, "POST /v1/realtime/client_secrets")
    made = json.loads(answered.members["body"])["value"]
    assert [value for name, value in upgrade.headers if name == "Authorization"] == [f"Bearer {made}"]
    created = next(entry for entry in entries if entry.kind is Kind.MESSAGE)
    assert json.loads(created.payload)["session"]["instructions"] == "Be an owl."


def refusing(status: int, body: str, **headers: str) -> Callable[[ServerConnection, Request], Response]:
    """Return what answers every request with a refusal that repeats the key it got."""

    def refuse(_: ServerConnection, request: Request) -> Response:
        key = request.headers.get("Authorization", "").rpartition(" ")[2]
        data = body.replace("KEY", key).encode()
        length = ("Content-Length", str(len(data)))
        return Response(status, "", Headers([*headers.items(), length, ("Connection", "close")]), data)

    return refuse


def error(message: str, code: str) -> str:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", "code": code}})


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, error("Incorrect API key provided: KEY.", "invalid_api_key"), "401 Unauthorized: Incorrect API key "
         "provided: [redacted]; is the key in the environment right, and of this server?"),
        (403, error("Country, region, or territory not supported", "unsupported_country_region_territory"),
         "403 Forbidden: Country, region, or territory not supported; may the key's project, and this country, use"),
        (404, '{"error": "model not found"}', "404 Not Found: model not found; does the server know this path, and"),
        (429, error("You exceeded your current quota.", "insufficient_quota"),
         "429 Too Many Requests: You exceeded your current quota (again after 20 s); the account has no credit left"),
        (503, "<html>upstream connect error</html>", "503 Service Unavailable: <html>upstream connect error</html> "
         "(again after 20 s); the server has trouble of its own; nothing is tried again by itself"),
        (307, "", "307 Temporary Redirect (again after 20 s); it sends on to another place, which is not followed"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_once_in_the_server_s_words_and_with_what_to_do(
    trusted: ssl.SSLContext, status: int, body: str, said: str
) -> None:
    entries: list[Entry] = []
    asked = 0

    async def work() -> None:
        def answer(connection: ServerConnection, request: Request) -> Response:
            nonlocal asked
            asked += 1
            more = {"Retry-After": "20"} if status not in {401, 403, 404} else {}
            return refusing(status, body, Location=f"wss://localhost:{port}/elsewhere", **more)(connection, request)

        async with serve(_nobody, "127.0.0.1", 0, ssl=server_context(), process_request=answer) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            target = Target.of(f"wss://localhost:{port}")
            target = Target(target.url, tls=trusted).with_key(KEY)
            await drive(recorded(TALK), target, MAX, observe=entries.append)

    with pytest.raises(UpstreamError) as told:
        run(work)
    assert str(told.value).startswith(f"localhost answers {said}")
    assert asked == 1
    assert [entry.kind for entry in entries] == [Kind.REQUEST, Kind.RESPONSE, Kind.END]
    assert KEY not in str(told.value) + str(entries[1].members)


async def _nobody(connection: ServerConnection) -> None:
    await connection.close()


def test_a_key_that_is_not_made_ends_the_drive_before_its_socket() -> None:
    entries: list[Entry] = []

    async def work() -> Any:
        async with Simulator(QUICK, rejected_keys=(KEY,)) as server:
            target = Target.of(server.url).with_key(KEY)
            return await drive(recorded(EPHEMERAL), target, MAX, observe=entries.append)

    with pytest.raises(UpstreamError, match=r"^POST /v1/realtime/client_secrets: 127.0.0.1 answers 401 Unauthorized"):
        run(work)
    assert [(entry.side, entry.kind) for entry in entries] == [
        (Side.CLIENT, Kind.REQUEST), (Side.SERVER, Kind.RESPONSE)
    ]  # fmt: skip


def test_what_acts_on_a_call_of_that_day_is_not_asked_for_and_other_answers_are_told() -> None:
    beside = """
> POST /v1/realtime/calls/rtc_1/hangup {}
< 200
> GET /v1/models?api_key=%5Bredacted:api_key%5D&limit=2 {}
< 200
"""

    async def work() -> Any:
        async with Simulator(QUICK) as server:
            return await drive(recorded(beside + TALK), Target.of(server.url).with_key(KEY), MAX)

    driven = run(work)
    assert [(line.what, line.fails, line.text) for line in driven.lines] == [
        ("changed", False, "POST /v1/realtime/calls/rtc_1/hangup is not sent: it is about a call, or changes "
         "something at the server"),
        ("refused", True, "GET /v1/models: 127.0.0.1 answers 404 Not Found: Invalid URL (GET /v1/models); does the "
         "server know this path, and the key's project this model?"),
    ]  # fmt: skip


def test_no_secret_of_a_recording_is_sent() -> None:
    leaking = EPHEMERAL.replace("[redacted:Authorization]", f"Bearer {SECRET}").replace("Be brief.", f"Use {SECRET}.")
    leaking = leaking.replace("model=gpt-realtime", f"model=m&token={SECRET}")
    entries: list[Entry] = []

    async def work() -> Any:
        async with Simulator(QUICK) as server:
            target = Target.of(f"ws://127.0.0.1:{server.port}", recorded(leaking).request).with_key(KEY)
            return await drive(recorded(leaking), target, MAX, observe=entries.append)

    driven = run(work)
    sent = str([(entry.members, entry.payload) for entry in entries if entry.side is Side.CLIENT])
    assert SECRET not in sent
    assert "Use [redacted:sk]." in sent
    assert [line.text for line in driven.lines if not line.fails] == [
        "session.update (line 7): sent with what was redacted in it"
    ]


@pytest.mark.parametrize(
    ("to", "target", "url"),
    [
        ("wss://a.example", "/v1/realtime/client_secrets", "https://a.example/v1/realtime/client_secrets"),
        ("ws://127.0.0.1:9/gate/v1/realtime", "/v1/realtime/client_secrets?x=y",
         "http://127.0.0.1:9/gate/v1/realtime/client_secrets?x=y"),
        ("ws://127.0.0.1:9/gate/v1/realtime", "/v1/models", "http://127.0.0.1:9/gate/v1/models"),
        ("ws://127.0.0.1:9/gate/v1/realtime", "/health?key=%5Bredacted:key%5D", "http://127.0.0.1:9/health"),
    ],
)  # fmt: skip
def test_http_goes_to_the_place_beside_the_socket(to: str, target: str, url: str) -> None:
    assert Target.of(to).beside(target, "/v1/realtime") == url
