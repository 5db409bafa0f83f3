"""The driver on a socket: the simulator behind plain and TLS connections, refusals, hang-ups, and no key on a file."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest
from websockets.asyncio.server import ServerConnection, serve

from realtime_inspector.analysis.diff import compare
from realtime_inspector.analysis.differences.told import tell
from realtime_inspector.capture.tls import server_context
from realtime_inspector.capture.upstream import client_context
from realtime_inspector.errors import UpstreamError, UsageError
from realtime_inspector.recording import files, transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.client import drive
from realtime_inspector.replay.cues import Plan, plan
from realtime_inspector.replay.driver import Drive
from realtime_inspector.replay.load import load as load_scripts
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.target import Target
from realtime_inspector.replay.thread import serving
from realtime_inspector.simulator.scenario import load
from realtime_inspector.simulator.server import Simulator
from tests.replay.helpers import TEXT

SAMPLE = Path(__file__).parent.parent.parent / "recordings/tool-call.jsonl"
QUICK = load("weather").faster(200)
MAX = Drive(float("inf"), 20.0)
_T = TypeVar("_T")


def run(work: Callable[[], Awaitable[_T]]) -> _T:
    """Run something on a loop, with a limit."""

    async def limited() -> _T:
        async with asyncio.timeout(60):
            return await work()

    return asyncio.run(limited())


def sample() -> Plan:
    """Return what the client of the sample did."""
    return plan(files.open_recording(SAMPLE), name="tool-call.jsonl")


def test_a_recording_driven_against_the_simulator_that_made_it_differs_in_nothing() -> None:
    entries: list[Entry] = []

    async def work() -> Any:
        async with Simulator(QUICK, seed="other") as server:
            target = Target.of(server.url, sample().request).with_key("key-of-nobody")
            return await drive(sample(), target, MAX, observe=entries.append)

    driven = run(work)
    assert driven.through, driven.text()
    assert compare(tell(files.open_recording(SAMPLE)), tell(entries)).differences == ()
    assert [entry.kind for entry in entries[:2]] == [Kind.REQUEST, Kind.RESPONSE]
    assert entries[0].header("authorization") == "Bearer key-of-nobody"
    assert [entry.kind for entry in entries[-2:]] == [Kind.CLOSE, Kind.END]
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    assert all(one.t <= other.t for one, other in itertools.pairwise(entries))


def test_tls_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path))

    async def work(tls: Any) -> Any:
        async with Simulator(QUICK, tls=server_context()) as server:
            url = server.url.replace("127.0.0.1", "localhost")
            target = Target(url, (("Authorization", "Bearer any"),), tls=tls)
            return await drive(sample(), target, MAX)

    with pytest.raises(UpstreamError, match=r"certificate of localhost:\d+ is not trusted"):
        run(lambda: work(None))
    (authority,) = [path for path in tmp_path.rglob("*.pem") if "KEY" not in path.read_text()][:1]
    assert run(lambda: work(client_context(authority))).through


def test_a_refused_connection_is_recorded_and_told() -> None:
    entries: list[Entry] = []

    async def work() -> None:
        async with Simulator(QUICK, rejected_keys=("wrong",)) as server:
            await drive(sample(), Target.of(server.url).with_key("wrong"), MAX, observe=entries.append)

    with pytest.raises(UpstreamError, match=r"answers 401 Unauthorized: .*is the key in the environment right"):
        run(work)
    assert [entry.kind for entry in entries] == [Kind.REQUEST, Kind.RESPONSE, Kind.END]
    assert entries[1].members["status"] == 401


def test_a_server_that_hangs_up_in_the_middle_is_told_with_its_code() -> None:
    async def leave(connection: ServerConnection) -> None:
        await connection.send(orjson.dumps({"type": "session.created", "session": {"id": "s"}}).decode())
        await connection.recv()
        await connection.close(4001, "enough")

    entries: list[Entry] = []

    async def work() -> Any:
        async with serve(leave, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            target = Target.of(f"ws://127.0.0.1:{port}")
            return await drive(plan(transcript.entries(TEXT)), target, MAX, observe=entries.append)

    driven = run(work)
    assert driven.exit_code == 1
    assert driven.lines[0].text == "the server ended the connection with 4001"
    assert (entries[-2].kind, entries[-2].side, entries[-2].members["code"]) == (Kind.CLOSE, Side.SERVER, 4001)


def test_somebody_can_stop_it() -> None:
    async def silent(connection: ServerConnection) -> None:
        stop.set()
        await connection.wait_closed()

    stop = asyncio.Event()

    async def work() -> Any:
        async with serve(silent, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            return await drive(plan(transcript.entries(TEXT)), Target.of(f"ws://127.0.0.1:{port}"), MAX, stop=stop)

    driven = run(work)
    assert not driven.through
    assert driven.sent == 0


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("wss://api.openai.com", "wss://api.openai.com/v1/realtime?model=m"),
        ("https://api.openai.com/", "wss://api.openai.com/v1/realtime?model=m"),
        ("ws://[::1]:9/other", "ws://[::1]:9/other?model=m"),
        ("ws://127.0.0.1:9/x?model=n", "ws://127.0.0.1:9/x?model=n"),
    ],
)
def test_what_the_url_leaves_out_is_taken_from_the_recording(url: str, target: str) -> None:
    (request,) = transcript.entries(
        '> GET /v1/realtime?model=m&api-key=%5Bredacted:x%5D {"OpenAI-Beta": "realtime=v1"}'
    )
    found = Target.of(url, request)
    assert found.url == target
    assert found.headers == (("OpenAI-Beta", "realtime=v1"),)


@pytest.mark.parametrize("url", ["api.openai.com", "ftp://x", "ws://", "ws://h:99999", "ws://user:pass@h/"])
def test_what_is_no_url_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="--to "):
        Target.of(url)


def test_a_key_goes_to_nobody_over_a_connection_that_others_can_read() -> None:
    with pytest.raises(UsageError, match="the key could be read on the way; use wss://"):
        Target.of("ws://example.com").with_key("key")
    azure = Target.of("wss://x.openai.azure.com/openai/v1/realtime").with_key("key")
    assert azure.headers == (("api-key", "key"),)
    assert Target.of("wss://example.com").with_key("key").headers == (("Authorization", "Bearer key"),)


def test_the_client_of_a_recording_meets_the_server_of_it() -> None:
    entries: list[Entry] = []
    with serving(load_scripts(SAMPLE), Options()) as server:
        target = Target.of(server.ws_url, sample().request)
        driven = run(lambda: drive(sample(), target, MAX, observe=entries.append))
    assert driven.through, driven.text()
    assert server.report().met, server.report().text()
    assert compare(tell(files.open_recording(SAMPLE)), tell(entries)).differences == ()
