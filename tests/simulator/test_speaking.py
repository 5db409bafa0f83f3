"""The assistant's turn: order of events, pace, tool calls, and every way a response can end."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from realtime_inspector.simulator import g711
from tests.simulator.driving import TALK, TOOLS, WEATHER, Driver, error_of, one, types

AUDIO_TURN = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
    "rate_limits.updated",
]
SHORT = '[[turn]]\nsay = "Hi."\nduration_ms = 200'


def turn(driver: Driver, seconds: float = 60, **response: Any) -> list[dict[str, Any]]:
    """Ask for a response and return everything up to its end."""
    return driver.send("response.create", response=response) + driver.run(seconds)


def audio(events: list[dict[str, Any]]) -> bytes:
    return b"".join(b64decode(event["delta"]) for event in events if event["type"] == "response.output_audio.delta")


def text(events: list[dict[str, Any]], kind: str) -> str:
    return "".join(event["delta"] for event in events if event["type"] == f"response.{kind}.delta")


def test_a_spoken_answer_has_its_events_in_the_apis_order() -> None:
    assert types(turn(Driver(SHORT))) == AUDIO_TURN


def test_the_deltas_join_to_what_done_says() -> None:
    events = turn(Driver())
    done = one(events, "response.output_audio_transcript.done")["transcript"]
    assert text(events, "output_audio_transcript") == done == "Hello, this is a long answer that plays for a while."


def test_the_audio_plays_as_long_as_the_scenario_says() -> None:
    assert len(audio(turn(Driver()))) == 4000 * 48


@pytest.mark.parametrize("form", ["audio/pcmu", "audio/pcma"])
def test_the_audio_has_the_format_of_the_session(form: str) -> None:
    driver = Driver()
    driver.update(audio={"output": {"format": {"type": form}}})
    coded = audio(turn(driver))
    assert len(coded) == 4000 * 8
    assert max(g711.decode(coded, form)) > 5000


def test_a_faster_voice_plays_shorter() -> None:
    driver = Driver()
    driver.update(audio={"output": {"speed": 1.25}})
    assert len(audio(turn(driver))) == 3200 * 48


def test_audio_comes_faster_than_it_plays_and_not_at_once() -> None:
    driver = Driver(TALK + "\n[pace]\nspeed = 4\ndelay_ms = 100")
    turn(driver)
    deltas = [
        at for at, event in zip(driver.times, driver.events, strict=True) if event["type"].endswith("audio.delta")
    ]
    assert deltas[0] == pytest.approx(0.1)
    assert deltas[-1] - deltas[0] == pytest.approx(0.95, abs=0.01)


def test_a_written_answer_has_text_and_no_audio() -> None:
    events = turn(Driver(), output_modalities=["text"])
    names = types(events)
    assert "response.output_audio.delta" not in names
    assert text(events, "output_text") == one(events, "response.output_text.done")["text"]
    part = one(events, "response.content_part.done")["part"]
    assert part["type"] == "text"
    assert one(events, "response.done")["response"]["output"][0]["content"][0]["type"] == "output_text"


def test_usage_counts_the_whole_history_every_time() -> None:
    driver = Driver()
    first = one(turn(driver), "response.done")["response"]["usage"]
    second = one(turn(driver), "response.done")["response"]["usage"]
    assert first["output_token_details"]["audio_tokens"] == 80
    assert second["input_token_details"]["audio_tokens"] == 80
    assert second["input_tokens"] > first["input_tokens"]
    for usage in (first, second):
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        assert usage["input_token_details"]["cached_tokens"] <= usage["input_tokens"]


# tool calls


def test_a_tool_call_runs_until_its_result_is_spoken() -> None:
    driver = Driver(WEATHER)
    call_id = driver.called()
    done = one(driver.events, "response.function_call_arguments.done")
    assert (done["name"], done["arguments"]) == ("get_weather", '{"city":"Oslo"}')
    assert text(driver.events, "function_call_arguments") == done["arguments"]
    call = one(driver.events, "response.done")["response"]["output"][0]
    assert (call["type"], call["call_id"], call["status"]) == ("function_call", call_id, "completed")
    driver.send("conversation.item.create", item={"type": "function_call_output", "call_id": call_id, "output": "rain"})
    assert driver.run(5) == []
    said = one(turn(driver), "response.output_audio_transcript.done")
    assert said["transcript"] == "It rains in Oslo."


def test_without_the_output_the_assistant_says_that_it_waits() -> None:
    driver = Driver('waiting = "Just a moment."\n' + WEATHER)
    call_id = driver.called()
    assert one(turn(driver), "response.output_audio_transcript.done")["transcript"] == "Just a moment."
    driver.send("conversation.item.create", item={"type": "function_call_output", "call_id": call_id, "output": "rain"})
    assert one(turn(driver), "response.output_audio_transcript.done")["transcript"] == "It rains in Oslo."


def test_words_and_calls_of_one_response_are_items_of_their_own() -> None:
    driver = Driver('[[turn]]\nsay = "Wait."\ncall = [{ name = "get_weather" }, { name = "get_weather" }]')
    driver.update(tools=TOOLS)
    events = turn(driver)
    added = [event for event in events if event["type"] == "response.output_item.added"]
    assert [event["output_index"] for event in added] == [0, 1, 2]
    assert [event["item"]["type"] for event in added] == ["message", "function_call", "function_call"]
    assert len({item["call_id"] for item in (event["item"] for event in added[1:])}) == 2


# ends before the end


def test_a_second_response_is_refused_while_one_is_active() -> None:
    driver = Driver()
    first = one(driver.send("response.create"), "response.created")["response"]["id"]
    error = error_of(driver.send("response.create"))
    assert error["code"] == "conversation_already_has_active_response"
    assert error["message"].startswith(f"Conversation already has an active response in progress: {first}. Wait until")
    driver.run(60)
    one(driver.send("response.create"), "response.created")


def test_a_cancelled_response_ends_as_incomplete_items_and_a_cancelled_done() -> None:
    driver = Driver()
    driver.send("response.create")
    driver.run(0.3)
    events = driver.send("response.cancel")
    assert types(events) == AUDIO_TURN[6:]
    assert one(events, "response.output_item.done")["item"]["status"] == "incomplete"
    done = one(events, "response.done")["response"]
    assert (done["status"], done["status_details"]) == (
        "cancelled",
        {"type": "cancelled", "reason": "client_cancelled"},
    )
    assert driver.run(60) == []


def test_a_response_can_be_cancelled_before_its_first_word() -> None:
    driver = Driver()
    driver.send("response.create")
    assert types(driver.send("response.cancel")) == ["response.done", "rate_limits.updated"]


@pytest.mark.parametrize("members", [{}, {"response_id": "resp_unknown"}])
def test_with_nothing_to_cancel_the_cancel_is_refused(members: dict[str, str]) -> None:
    error = error_of(Driver().send("response.cancel", **members))
    assert error["code"] == "response_cancel_not_active"
    assert error["message"] == "Cancellation failed: no active response found"


def test_a_call_cut_short_is_none_that_waits_for_an_output() -> None:
    driver = Driver(WEATHER)
    driver.update(tools=TOOLS)
    driver.send("response.create")
    driver.run(0.121)
    cut = one(driver.send("response.cancel"), "response.function_call_arguments.done")
    assert cut["arguments"] != '{"city":"Oslo"}'
    assert one(turn(driver), "response.done")["response"]["status"] == "completed"


def test_a_scripted_failure_is_in_the_done_and_in_no_error() -> None:
    driver = Driver('[[turn]]\nfail = { type = "server_error", code = "server_error", message = "Sorry." }')
    events = turn(driver)
    assert types(events) == ["response.created", "response.done", "rate_limits.updated"]
    details = one(events, "response.done")["response"]["status_details"]
    assert details["error"]["message"] == "Sorry."


@pytest.mark.parametrize("limit", [4, 1])
def test_a_token_limit_cuts_the_answer_and_says_so(limit: int) -> None:
    events = turn(Driver(), max_output_tokens=limit)
    done = one(events, "response.done")["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
    assert len(one(events, "response.output_audio_transcript.done")["transcript"].split()) == max(1, limit * 3 // 4)


def test_a_scripted_stop_is_incomplete_for_that_reason() -> None:
    events = turn(Driver('[[turn]]\nsay = "Well"\nstop = "content_filter"'))
    assert one(events, "response.done")["response"]["status_details"]["reason"] == "content_filter"


# outside the conversation


def test_a_response_outside_the_conversation_runs_beside_the_one_in_it() -> None:
    driver = Driver('aside = "noted"\n' + TALK)
    driver.send("response.create")
    events = driver.send("response.create", response={"conversation": "none", "metadata": {"topic": "notes"}})
    created = one(events, "response.created")["response"]
    assert (created["conversation_id"], created["metadata"]) == (None, {"topic": "notes"})
    later = driver.run(60)
    done = [event["response"] for event in later if event["type"] == "response.done"]
    assert {response["status"] for response in done} == {"completed"}
    assert done[0]["id"] == created["id"]
    assert types(later).count("conversation.item.added") == 1


@pytest.mark.parametrize(
    ("response", "code", "param"),
    [
        ({"modalities": ["text"]}, "unknown_parameter", "response.modalities"),
        ({"conversation": "other"}, "invalid_value", "response.conversation"),
        ({"output_modalities": ["text", "audio"]}, "invalid_value", "response.output_modalities"),
        ({"max_output_tokens": 0}, "integer_below_min_value", "response.max_output_tokens"),
        ({"metadata": {"a": 1}}, "invalid_type", "response.metadata.a"),
        ({"input": [{"type": "item_reference"}]}, "missing_required_parameter", "response.input[0].id"),
        (
            {"input": [{"type": "function_call_output", "call_id": "c", "output": ""}]},
            "invalid_tool_call_id",
            "item.call_id",
        ),
        ("now", "invalid_type", "response"),
    ],
)
def test_a_wrong_request_is_refused(response: Any, code: str, param: str) -> None:
    error = error_of(Driver().send("response.create", response=response))
    assert (error["code"], error["param"]) == (code, param)
