"""What fits and what is dropped; what cannot be transcribed; models, calls and keys that there are not."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from realtime_inspector.errors import UsageError
from realtime_inspector.simulator import Reply, Scenario, Simulator, Turn
from realtime_inspector.simulator.scenario import load
from tests.simulator.driving import TALK, Driver, error_of, one, types
from tests.simulator.test_server import posted

SMALL = "context_tokens = 60\n" + TALK


def answered(driver: Driver) -> dict[str, Any]:
    """Have a text answered, and return what it took."""
    driver.write("word " * 12)
    driver.send("response.create")
    usage: dict[str, Any] = one(driver.run(10), "response.done")["response"]["usage"]
    return usage


def test_the_oldest_items_are_dropped_silently_when_no_more_fits() -> None:
    driver = Driver(SMALL)
    driver.update(output_modalities=["text"], instructions="")
    taken = [answered(driver)["input_tokens"] for _ in range(6)]
    assert max(taken) <= 60
    assert taken[1] > taken[0]
    assert len(driver.machine._conversation._items) == 12, "the conversation has them all the same"
    assert "conversation.item.deleted" not in types(driver.events)


def test_what_is_dropped_leaves_room_for_what_the_session_says() -> None:
    driver = Driver(SMALL)
    driver.update(
        output_modalities=["text"], instructions="", truncation={"type": "retention_ratio", "retention_ratio": 0.5}
    )
    taken = [answered(driver)["input_tokens"] for _ in range(6)]
    assert any(after <= 30 < before for before, after in pairwise(taken))


def test_with_truncation_disabled_a_response_that_does_not_fit_is_refused() -> None:
    driver = Driver(SMALL)
    driver.update(output_modalities=["text"], instructions="", truncation="disabled")
    driver.write("word " * 100)
    error = error_of(driver.send("response.create", event_id="mine"))
    assert "truncation is disabled" in error["message"]
    assert error["event_id"] == "mine"


def test_a_turn_can_be_one_that_is_not_transcribed() -> None:
    scenario = '[[turn]]\nsay = "Yes."\ntranscription_error = { code = "audio_unintelligible" }\n'
    driver = Driver(scenario)
    driver.listen(transcription={"model": "whisper-1"})
    driver.speak()
    failed = one(driver.run(5), "conversation.item.input_audio_transcription.failed")
    assert (failed["error"]["code"], failed["error"]["type"]) == ("audio_unintelligible", "server_error")
    assert failed["item_id"] in failed["error"]["message"]


def test_a_model_that_tells_speakers_apart_sends_segments() -> None:
    driver = Driver(TALK)
    driver.listen(transcription={"model": "gpt-4o-transcribe-diarize"})
    driver.speak()
    segment = one(driver.run(5), "conversation.item.input_audio_transcription.segment")
    assert (segment["speaker"], segment["text"]) == ("A", "Hello?")
    assert segment["end"] > segment["start"] == 0


def test_a_model_without_access_opens_and_fails_every_response() -> None:
    driver = Driver('no_access = ["gpt-realtime-2.1"]\n' + TALK)
    driver.send("response.create")
    response = one(driver.run(1), "response.done")["response"]
    assert (response["status"], response["status_details"]["error"]["code"]) == ("failed", "model_not_found")


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"tools": [{"type": "function", "name": "look up"}]}, "invalid_value", "session.tools[0].name"),
        ({"truncation": {"type": "ratio"}}, "invalid_value", "session.truncation.type"),
        ({"truncation": {"type": "retention_ratio"}}, "missing_required_parameter",
         "session.truncation.retention_ratio"),
        ({"truncation": {"type": "retention_ratio", "retention_ratio": 2}}, "decimal_above_max_value",
         "session.truncation.retention_ratio"),
        ({"include": ["logprobs"]}, "invalid_value", "session.include[0]"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(session: dict[str, Any], code: str, param: str) -> None:
    error = error_of(Driver().update(**session))
    assert (error["code"], error["param"]) == (code, param)


def test_an_input_that_refers_to_nothing_is_refused() -> None:
    driver = Driver()
    asked = {"conversation": "none", "input": [{"type": "item_reference", "id": "item_none"}]}
    error = error_of(driver.send("response.create", response=asked))
    assert (error["message"], error["param"]) == ("Item with id 'item_none' not found.", "response.input[0].id")
    driver.write(id="item_one")
    asked["input"] = [{"type": "item_reference", "id": "item_one"}]
    assert types(driver.send("response.create", response=asked)) == ["response.created"]


# keys and calls


def test_an_ephemeral_key_opens_the_session_it_was_made_for_until_its_time_is_over() -> None:
    clock = [1_000_000.0]
    wanted = {"type": "realtime", "instructions": "Be brief.", "audio": {"output": {"voice": "ash"}}}

    async def talk() -> tuple[dict[str, Any], int]:
        async with Simulator(unix=lambda: clock[0]) as simulator, asyncio.timeout(60):
            body = orjson.dumps({"session": wanted, "expires_after": {"anchor": "created_at", "seconds": 60}})
            headers = {"Authorization": "Bearer sk-test"}
            _, made = await asyncio.to_thread(posted, simulator, "/v1/realtime/client_secrets", body, headers)
            key = {"Authorization": f"Bearer {made['value']}"}
            async with connect(simulator.url, additional_headers=key, proxy=None) as socket:
                created = orjson.loads(await socket.recv())
            clock[0] += 61
            with pytest.raises(InvalidStatus) as refused:
                await connect(simulator.url, additional_headers=key, proxy=None)
            return created["session"], refused.value.response.status_code

    session, status = asyncio.run(talk())
    assert (session["instructions"], session["audio"]["output"]["voice"], status) == ("Be brief.", "ash", 401)


def test_there_is_no_call_to_join() -> None:
    async def talk() -> bytes:
        async with Simulator() as simulator, asyncio.timeout(60):
            with pytest.raises(InvalidStatus, match="404") as refused:
                await connect(f"{simulator.url}?call_id=rtc_1", additional_headers={"api-key": "x"}, proxy=None)
            return bytes(refused.value.response.body or b"")

    assert orjson.loads(asyncio.run(talk()))["error"]["code"] == "call_id_not_found"


# in Python


def test_a_function_can_choose_the_answers() -> None:
    def choose(said: str) -> Reply | str | None:
        if "weather" in said:
            return f"You asked: {said}"
        return Reply(say="As a reply.") if said == "reply" else None

    driver = Driver(Scenario("own", (Turn(Reply(say="In order.")),), choose=choose))
    driver.update(output_modalities=["text"])
    said = []
    for text in ("the weather?", "reply", "else"):
        driver.write(text)
        driver.send("response.create")
        said.append(one(driver.run(5), "response.output_text.done")["text"])
    assert said == ["You asked: the weather?", "As a reply.", "In order."]


@pytest.mark.parametrize(
    ("choose", "problem"),
    [
        (lambda said: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda said: 5, "returned int; it gives a Reply, a text or None"),
    ],
)
def test_a_function_with_a_fault_fails_its_response(choose: Any, problem: str) -> None:
    driver = Driver(Scenario("own", choose=choose))
    driver.send("response.create")
    error = one(driver.run(1), "response.done")["response"]["status_details"]["error"]
    assert error["message"] == f"the scenario's `choose` {problem}"


def test_a_scenario_can_be_a_python_file(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text("from realtime_inspector.simulator import Scenario\nscenario = Scenario('own', fallback='Moin.')\n")
    assert load(str(path)).fallback == "Moin."
    path.write_text("1 / 0\n")
    with pytest.raises(UsageError, match=r"own\.py: ZeroDivisionError: division by zero"):
        load(str(path))
    path.write_text("scenario = 5\n")
    with pytest.raises(UsageError, match="no `scenario`; it is a realtime_inspector"):
        load(str(path))
    with pytest.raises(UsageError, match="no such file"):
        load(str(tmp_path / "none.py"))
