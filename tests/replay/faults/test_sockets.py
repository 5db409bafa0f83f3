"""Faults as real clients see them: the OpenAI SDK, and `websockets`, at a recording and at the simulator."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as async_connect
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.sync.client import connect

from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.protocol.event import Event
from realtime_inspector.replay.faults.profiles import plan
from realtime_inspector.replay.faults.sockets import Between
from realtime_inspector.replay.server import ReplayServer
from realtime_inspector.replay.thread import serving
from realtime_inspector.simulator import Simulator
from realtime_inspector.simulator.scenario import parse
from tests.replay.helpers import TEXT, client_messages, script
from tests.replay.test_server import code_after

openai = pytest.importorskip("openai")
LONG = parse('[pace]\nspeed = 1000\nchunk_ms = 100\n[[turn]]\nsay = "Hello."\nduration_ms = 1000\n', "test")
DELTA = "response.output_audio.delta"


@pytest.fixture(autouse=True)
def _past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@contextmanager
def faulty(*faults: str, **more: Any) -> Iterator[ReplayServer]:
    """Serve a text turn with faults."""
    with serving([script(TEXT)], faults=Between(plan(faults)), **more) as server:
        yield server


def turn(server: ReplayServer) -> list[Any]:
    """Hold the recorded turn with the OpenAI SDK; returns the events, and at the end what it raised."""
    heard: list[Any] = []
    with (
        openai.OpenAI(api_key="dummy", base_url=server.base_url) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        try:
            for message in client_messages(TEXT):
                connection.send(message)
            for event in connection:
                heard.append(event)
                if event.type == "rate_limits.updated":
                    break
        except Exception as error:
            heard.append(error)
    return heard


def names(heard: list[Any]) -> list[str]:
    return [getattr(event, "type", type(event).__name__) for event in heard]


def test_the_sdk_meets_closes_losses_and_doubles_as_they_were_ordered() -> None:
    with faulty('close 4001 "later" on type:response.created') as server:
        heard = turn(server)
    assert names(heard)[-2:] == ["response.created", "ConnectionClosedError"]
    assert (heard[-1].rcvd.code, heard[-1].rcvd.reason) == (4001, "later")
    with faulty("reset on type:response.created") as server:
        heard = turn(server)
    assert names(heard)[-1] == "ConnectionClosedError"
    assert heard[-1].rcvd is None, "no close frame came"
    with faulty("drop on type:session.updated", "duplicate on type:response.done", "reorder nth 1") as server:
        heard = names(turn(server))
    assert "session.updated" not in heard
    assert heard.count("response.done") == 2
    assert heard.index("session.created") == 1


def test_the_sdk_meets_broken_and_unknown_messages() -> None:
    with faulty("malformed on type:response.created") as server:
        assert names(turn(server))[-1] == "JSONDecodeError"
    with faulty("truncate on type:response.created") as server:
        assert names(turn(server))[-1] == "JSONDecodeError"
    with faulty("unknown nth 2", "binary on type:response.created", "fragment 7 on type:response.done") as server:
        heard = names(turn(server))
    assert "response.unheard_of" in heard
    assert {"response.created", "response.done"} <= set(heard), "neither is any trouble to it"


def test_the_sdk_meets_errors_limits_and_the_end_of_a_session() -> None:
    with faulty("fail rate_limit_exceeded") as server:
        heard = turn(server)
    done = next(event for event in heard if event.type == "response.done")
    assert (done.response.status, done.response.status_details.error.code) == ("failed", "rate_limit_exceeded")
    with faulty("expire on type:response.done") as server:
        heard = turn(server)
    assert heard[names(heard).index("error")].error.code == "session_expired"


def test_the_sdk_is_refused_at_the_upgrade() -> None:
    with faulty("refuse 429 times 1") as server:
        with pytest.raises(InvalidStatus) as refused:
            turn(server)
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"] == "1"
        assert b"rate_limit_exceeded" in bytes(refused.value.response.body or b"")
        assert names(turn(server))[-1] == "rate_limits.updated", "the second attempt gets through"
    assert server.report().met


def test_an_upgrade_can_break() -> None:
    with faulty("reset on kind:request") as server, pytest.raises((OSError, EOFError, InvalidMessage)):
        turn(server)


def test_what_was_done_stands_in_the_report_and_among_the_events() -> None:
    seen: list[Event] = []
    with faulty("close 1011 on type:response.created", observers=lambda: seen.append) as server:
        turn(server)
    (played,) = server.report().to_json()["connections"]
    assert played["faults"] == ["fault on connection 1 at response.created: close 1011 on type:response.created"]
    notes = [event for event in seen if event.type == "wire.note"]
    assert [str(event.side) for event in notes] == ["proxy"]
    closed = next(event for event in seen if event.type == "wire.close")
    assert (str(closed.side), closed.get("code")) == ("proxy", 1011)


def test_a_client_that_comes_back_at_once_finds_the_recording_from_its_beginning() -> None:
    with faulty("reset connection 1 on type:response.created", again=True) as server:
        for number in range(1, 6):
            heard = names(turn(server))
            ending = "ConnectionClosedError" if number == 1 else "rate_limits.updated"
            assert heard[-1] == ending, f"connection {number}"
    assert server.report().met, server.report().text()


@pytest.mark.parametrize("fault", ["delay 50ms on from:client", "delay 9s on from:server"])
def test_what_a_client_said_before_it_left_counts_however_late_it_comes(fault: str) -> None:
    with faulty(fault) as server, connect(server.ws_url, compression=None) as connection:
        for message in client_messages(TEXT):
            connection.send(orjson.dumps(message), text=True)
    (played,) = server.report().connections
    assert (played.matched, played.never_came) == (3, ())


def test_late_messages_come_all_the_same_before_the_server_closes() -> None:
    recorded = script(TEXT + "\n    < x 1000 bye")
    with serving([recorded], faults=Between(plan(["jitter 5ms..40ms"]))) as server:
        heard = turn(server)
    assert names(heard)[-1] == "rate_limits.updated"


def test_tls_clients_meet_faults_too() -> None:
    context = ssl.create_default_context(cafile=str(LocalCA().certificate))
    with (
        faulty("slow-reader 50ms", "close 4002 on type:response.created") as server,
        connect(server.ws_url.replace("ws", "wss", 1), ssl=context, proxy=None) as connection,
    ):
        for message in client_messages(TEXT):
            connection.send(orjson.dumps(message).decode())
        assert code_after(connection) == 4002


# the simulator


def simulated(*faults: str, talk: Callable[[Simulator], Any], **more: Any) -> Any:
    async def served() -> Any:
        between = Between(plan(faults), more.get("told"))
        async with Simulator(LONG, between=between) as simulator, asyncio.timeout(60):
            return await talk(simulator)

    return asyncio.run(served())


async def respond(simulator: Simulator, until: str = "rate_limits.updated") -> list[Any]:
    """Ask for a response with the OpenAI SDK; returns the events, and at the end what it raised."""
    heard: list[Any] = []
    base_url = simulator.url.replace("ws", "http", 1).removesuffix("/realtime")
    async with (
        openai.AsyncOpenAI(api_key="dummy", base_url=base_url) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        try:
            await connection.response.create()
            async for event in connection:
                heard.append(event)
                if event.type == until:
                    break
        except Exception as error:
            heard.append(error)
    return heard


async def dialled(simulator: Simulator) -> ClientConnection:
    connection: ClientConnection = await async_connect(simulator.url, additional_headers={"api-key": "x"}, proxy=None)
    return connection


async def deltas(connection: ClientConnection, most: int) -> int:
    """Return how many pieces of audio come, up to the end of the response or that many."""
    seen = 0
    while seen < most:
        event = orjson.loads(await connection.recv())
        seen += event["type"] == DELTA
        if event["type"] == "response.done":
            break
    return seen


def test_a_stall_in_the_middle_of_audio_holds_what_follows() -> None:
    async def never(simulator: Simulator) -> None:
        connection = await dialled(simulator)
        async with connection:
            await connection.send('{"type": "response.create"}')
            assert await deltas(connection, 2) == 2
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await deltas(connection, 1)

    async def later(simulator: Simulator) -> int:
        connection = await dialled(simulator)
        async with connection:
            await connection.send('{"type": "response.create"}')
            return await deltas(connection, 100)

    simulated(f"stall 10m nth 3 on type:{DELTA}", talk=never)
    assert simulated(f"stall 100ms nth 3 on type:{DELTA}", talk=later) == 10


def test_the_simulator_gives_a_failed_response_and_goes_on() -> None:
    told: list[str] = []

    async def talk(simulator: Simulator) -> list[Any]:
        return [await respond(simulator, "response.done"), await respond(simulator)]

    first, second = simulated(
        "fail rate_limit_exceeded connection 1", talk=talk, told=lambda done: told.append(str(done))
    )
    assert first[-1].response.status == "failed"
    assert next(event for event in second if event.type == "response.done").response.status == "completed"
    assert told == ["fault on connection 1 at response.created: fail rate_limit_exceeded connection 1"]


def test_the_simulator_can_close_at_a_moment_and_refuse() -> None:
    heard = simulated("refuse 503 connection 2", "close 1011 after 0ms", talk=respond)
    assert names(heard)[-1] == "ConnectionClosedError"

    async def refused(simulator: Simulator) -> int:
        with pytest.raises(InvalidStatus) as error:
            await respond(simulator)
        return error.value.response.status_code

    assert simulated("refuse 401", talk=refused) == 401


def test_a_slow_reader_makes_the_clients_messages_pile_up() -> None:
    """The client's socket takes no more."""

    async def talk(simulator: Simulator) -> None:
        connection = await dialled(simulator)
        await connection.send('{"type": "input_audio_buffer.clear"}')
        while "cleared" not in str(await connection.recv()):
            pass
        audio = orjson.dumps({"type": "input_audio_buffer.append", "audio": "AAAA" * 60_000})
        for _ in range(200):
            sending = asyncio.create_task(connection.send(audio, text=True))
            while not sending.done() and not connection.transport.get_write_buffer_size():
                await asyncio.sleep(0)
            await asyncio.wait([sending], timeout=0.1)
            if not sending.done():
                break
        else:
            raise AssertionError("everything was taken")
        sending.cancel()
        connection.transport.abort()

    simulated("slow-reader 10m on type:input_audio_buffer.clear", talk=talk)


def test_a_slow_reader_reads_on_when_its_time_is_over() -> None:
    async def talk(simulator: Simulator) -> str:
        connection = await dialled(simulator)
        async with connection:
            await connection.recv()
            await connection.send('{"type": "input_audio_buffer.clear"}')
            await connection.recv()
            await connection.send('{"type": "conversation.item.retrieve", "item_id": "none"}')
            return str(await connection.recv())

    assert "item_retrieve_invalid_item_id" in simulated("slow-reader 50ms on type:input_audio_buffer.clear", talk=talk)
