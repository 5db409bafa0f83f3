"""The server without a socket: the session, the conversation, and what it refuses."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.protocol.realtime.catalogue import GA_CLIENT_TYPES
from realtime_inspector.simulator.machine import Opening
from tests.simulator.driving import TALK, TOOLS, WEATHER, Driver, error_of, one, types


def output(call_id: str | None, result: Any = "{}") -> dict[str, Any]:
    item = {"type": "function_call_output", "output": result}
    return item if call_id is None else {**item, "call_id": call_id}


def test_the_first_event_is_session_created_with_the_whole_default_session() -> None:
    created = Driver().events[0]
    session = created["session"]
    assert created["type"] == "session.created"
    assert session["object"] == "realtime.session"
    assert session["expires_at"] == 3600
    assert session["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"
    assert session["output_modalities"] == ["audio"]


def test_the_model_is_that_of_the_opening() -> None:
    assert Driver(opening=Opening("gpt-realtime-2")).events[0]["session"]["model"] == "gpt-realtime-2"


@pytest.mark.parametrize(
    ("opening", "code", "reason"),
    [
        (Opening(beta=True), "beta_api_shape_disabled", "invalid_request_error.beta_api_shape_disabled"),
        (Opening("gpt-live-1"), "invalid_model", "invalid_request_error.invalid_model"),
        (Opening(intent="transcription"), "invalid_value", "invalid_request_error.invalid_value"),
    ],
    ids=["beta", "live model", "model with transcription"],
)
def test_an_opening_the_api_does_not_take_is_an_error_and_close_4000(opening: Opening, code: str, reason: str) -> None:
    driver = Driver(opening=opening)
    assert error_of(driver.events)["code"] == code
    assert driver.closed is not None
    assert (driver.closed.code, driver.closed.reason) == (4000, reason)
    assert driver.write() == []


def test_a_session_ends_after_an_hour_with_an_error_and_close_1001() -> None:
    driver = Driver()
    assert driver.run(3599) == []
    assert error_of(driver.run(2))["code"] == "session_expired"
    assert driver.closed is not None
    assert (driver.closed.code, driver.closed.reason) == (1001, "Your session hit the maximum duration of 60 minutes.")
    assert driver.machine.next_due is None


# messages that are no event


@pytest.mark.parametrize(
    ("message", "code", "param", "words"),
    [
        ("{", "invalid_event", None, "could not be parsed as JSON"),
        ("[]", "invalid_event", None, "an array"),
        (b"\xff", "invalid_event", None, "could not be parsed as JSON"),
        ('{"event": "response.create"}', "invalid_event", None, "The 'type' field is missing."),
        ('{"type": "scooby.dooby.doo"}', "invalid_value", "type", "Invalid value: 'scooby.dooby.doo'. Supported"),
        ('{"type": ["response.create"]}', "invalid_type", "type", "but got an array instead"),
        ('{"type": "response.created"}', "invalid_value", "type", "Invalid value: 'response.created'."),
    ],
)
def test_what_is_no_client_event_is_answered_with_an_error(
    message: str | bytes, code: str, param: str | None, words: str
) -> None:
    error = error_of(Driver().raw(message))
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
    assert words in error["message"]


@pytest.mark.parametrize(("given_id", "echoed"), [({"event_id": "mine"}, "mine"), ({}, None)])
def test_an_error_names_the_client_event_if_it_had_an_id(given_id: dict[str, str], echoed: str | None) -> None:
    assert error_of(Driver().send("response.cancel", **given_id))["event_id"] == echoed


# the session


def test_an_update_changes_what_it_names_and_returns_the_whole_session() -> None:
    driver = Driver()
    before = driver.events[0]["session"]
    after = one(driver.update(instructions="Be brief.", audio={"output": {"voice": "cedar"}}), "session.updated")
    assert after["session"]["instructions"] == "Be brief."
    assert after["session"]["audio"]["output"] == {**before["audio"]["output"], "voice": "cedar"}
    assert after["session"]["audio"]["input"] == before["audio"]["input"]


def test_a_refused_update_changes_nothing() -> None:
    driver = Driver()
    error_of(driver.update(instructions="Be brief.", modalities=["text"]))
    kept = one(driver.update(), "session.updated")["session"]
    assert kept == driver.events[0]["session"]


def test_the_voice_cannot_change_once_the_assistant_has_spoken() -> None:
    driver = Driver()
    driver.answered()
    for events in (
        driver.update(audio={"output": {"voice": "cedar"}}),
        driver.send("response.create", response={"audio": {"output": {"voice": "cedar"}}}),
    ):
        assert error_of(events)["code"] == "cannot_update_voice"


def test_the_voice_in_force_may_be_named_again() -> None:
    driver = Driver()
    driver.answered()
    one(driver.update(audio={"output": {"voice": "marin"}}), "session.updated")


# items


def test_an_item_is_added_and_done_after_the_one_before() -> None:
    driver = Driver()
    first = one(driver.write("one", id="mine"), "conversation.item.added")
    second = one(driver.write("two"), "conversation.item.done")
    assert (first["previous_item_id"], first["item"]["id"], first["item"]["status"]) == (None, "mine", "completed")
    assert second["previous_item_id"] == "mine"


@pytest.mark.parametrize(("after", "before_it"), [("root", None), ("a", "a"), ("b", "b")])
def test_an_item_stands_where_the_client_wants_it(after: str, before_it: str | None) -> None:
    driver = Driver()
    driver.write(id="a")
    driver.write(id="b")
    item = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "hush"}]}
    events = driver.send("conversation.item.create", item=item, previous_item_id=after)
    assert one(events, "conversation.item.added")["previous_item_id"] == before_it


USER = {"type": "message", "role": "user"}
HISTORY = {"type": "message", "role": "assistant"}


@pytest.mark.parametrize(
    ("members", "code", "param", "words"),
    [
        ({}, "missing_required_parameter", "item", "Missing required parameter: 'item'."),
        ({"item": {}}, "missing_required_parameter", "item.type", "Missing required"),
        ({"item": {"type": "thought"}}, "invalid_value", "item.type", "Invalid value: 'thought'."),
        ({"item": {"type": "message", "content": []}}, "missing_required_parameter", "item.role", "Missing"),
        ({"item": {**USER}}, "missing_required_parameter", "item.content", "Missing"),
        ({"item": {**USER, "content": [{"type": "text", "text": "x"}]}}, "invalid_value", "item.content[0].type", "'t"),
        ({"item": output(None)}, "missing_required_parameter", "item.call_id", "'item.call_id'."),
        (
            {"item": output(None), "call_id": "call_1"},
            "missing_required_parameter",
            "item.call_id",
            "Missing required parameter: 'item.call_id'.",
        ),
        (
            {"item": output("call_1")},
            "invalid_tool_call_id",
            "item.call_id",
            "Tool call ID 'call_1' not found in conversation.",
        ),
        ({"item": output("call_1", {"a": 1})}, "invalid_type", "item.output", "expected a string, but got an object"),
        (
            {"item": {**HISTORY, "content": [{"type": "output_audio", "transcript": "Hi."}]}},
            "missing_required_parameter",
            "item.content[0].text",
            "Missing",
        ),
        (
            {"item": {**HISTORY, "content": [{"type": "input_text", "text": "Hi."}]}},
            "invalid_value",
            "item.content[0].type",
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'output_audio'.",
        ),
        (
            {"item": {**USER, "content": []}, "previous_item_id": "nowhere"},
            "invalid_value",
            "previous_item_id",
            "'nowhere' does not exist",
        ),
        (
            {"item": {**USER, "content": [{"type": "input_audio", "audio": "%"}]}},
            "invalid_value",
            "audio",
            "Expected base64",
        ),
    ],
)
def test_an_item_that_cannot_be_taken_is_refused(members: dict[str, Any], code: str, param: str, words: str) -> None:
    error = error_of(Driver().send("conversation.item.create", **members))
    assert (error["code"], error["param"]) == (code, param)
    assert words in error["message"]


def test_an_id_is_taken_once() -> None:
    driver = Driver()
    driver.write(id="mine")
    assert error_of(driver.write(id="mine"))["param"] == "item.id"


def test_a_deleted_item_is_gone() -> None:
    driver = Driver()
    driver.write(id="mine")
    assert types(driver.send("conversation.item.delete", item_id="mine")) == ["conversation.item.deleted"]
    assert (
        error_of(driver.send("conversation.item.retrieve", item_id="mine"))["code"] == "item_retrieve_invalid_item_id"
    )
    assert error_of(driver.send("conversation.item.delete", item_id="mine"))["code"] == "item_delete_invalid_item_id"


def test_a_retrieved_item_has_its_audio() -> None:
    driver = Driver()
    spoken = driver.answered()
    assert "audio" not in spoken["content"][0]
    item = one(driver.send("conversation.item.retrieve", item_id=spoken["id"]), "conversation.item.retrieved")["item"]
    sent = "".join(event["delta"] for event in driver.events if event["type"] == "response.output_audio.delta")
    assert len(item["content"][0]["audio"]) == len(sent)


# truncation


def test_a_truncated_answer_loses_its_words_and_can_only_get_shorter() -> None:
    driver = Driver()
    item_id = driver.answered()["id"]
    cut = {"item_id": item_id, "content_index": 0}
    events = driver.send("conversation.item.truncate", **cut, audio_end_ms=1500)
    truncated = one(events, "conversation.item.truncated")
    assert truncated["audio_end_ms"] == 1500
    error = error_of(driver.send("conversation.item.truncate", **cut, audio_end_ms=1600))
    assert error["message"] == "Audio content of 1500ms is already shorter than 1600ms"
    item = one(driver.send("conversation.item.retrieve", item_id=item_id), "conversation.item.retrieved")["item"]
    assert item["content"][0]["transcript"] is None


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        ({"audio_end_ms": -11}, "integer_below_min_value", "'audio_end_ms'"),
        ({"audio_end_ms": 10.5}, "invalid_type", "expected an integer, but got a decimal"),
        ({"audio_end_ms": "10"}, "invalid_type", "got a string"),
        ({"audio_end_ms": True}, "invalid_type", "got a boolean"),
        ({"audio_end_ms": None}, "missing_required_parameter", "'audio_end_ms'"),
        ({"audio_end_ms": 99_999}, "invalid_value", "Audio content of 4000ms is already shorter than 99999ms"),
        ({"content_index": 1}, "unsupported_content_type", "Only model output audio messages can be truncated"),
        ({"item_id": "nowhere"}, "item_truncate_invalid_item_id", "'nowhere' does not exist"),
        ({"item_id": None}, "missing_required_parameter", "'item_id'"),
    ],
)
def test_a_wrong_truncate_is_refused(members: dict[str, Any], code: str, words: str) -> None:
    driver = Driver()
    right = {"item_id": driver.answered()["id"], "content_index": 0, "audio_end_ms": 10}
    error = error_of(driver.send("conversation.item.truncate", **{**right, **members}))
    assert error["code"] == code
    assert words in error["message"]


def test_the_users_words_cannot_be_truncated() -> None:
    driver = Driver()
    driver.write(id="mine")
    error = error_of(driver.send("conversation.item.truncate", item_id="mine", content_index=0, audio_end_ms=0))
    assert error["code"] == "unsupported_content_type"


# transcription sessions


def test_a_transcription_session_transcribes_and_answers_nothing() -> None:
    driver = Driver(TALK, Opening(intent="transcription", model_given=False))
    audio = {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}
    updated = driver.send("session.update", session={"type": "transcription", "audio": audio})
    assert types(updated) == ["session.updated"]
    driver.speak()
    driver.run(1)
    driver.speak()
    driver.run(1)
    heard = [e["transcript"] for e in driver.events if e["type"].endswith("transcription.completed")]
    assert heard == ["Hello?", "Stop!"]
    assert not any(name.startswith("response.") for name in types(driver.events))
    assert error_of(driver.send("response.create"))["message"] == "A transcription session creates no responses."


@pytest.mark.parametrize(
    ("opening", "asked"), [(Opening(), "transcription"), (Opening("", "transcription", model_given=False), "realtime")]
)
def test_an_update_of_the_other_kind_of_session_is_refused(opening: Opening, asked: str) -> None:
    driver = Driver(opening=opening)
    assert "is not allowed" in error_of(driver.send("session.update", session={"type": asked}))["message"]


# everything


def test_every_event_of_a_long_conversation_is_one_the_sdk_knows() -> None:
    realtime, pydantic = pytest.importorskip("openai.types.realtime"), pytest.importorskip("pydantic")
    sdk = pydantic.TypeAdapter(realtime.RealtimeServerEvent)
    driver = Driver(WEATHER)
    driver.listen(transcription={"model": "gpt-4o-transcribe"})
    call_id = driver.called()
    driver.send("conversation.item.create", item=output(call_id))
    item_id = driver.answered()["id"]
    driver.send("conversation.item.retrieve", item_id=item_id)
    driver.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=100)
    driver.send("conversation.item.delete", item_id=item_id)
    driver.speak()
    driver.run(0.3)
    driver.speak()
    driver.run(5)
    driver.listen(turn_detection=None)
    driver.speak()
    driver.send("input_audio_buffer.commit")
    driver.send("input_audio_buffer.clear")
    driver.send(
        "response.create", response={"output_modalities": ["text"], "conversation": "none", "metadata": {"a": "b"}}
    )
    driver.send("response.cancel")
    driver.run(5)
    for event in driver.events:
        assert sdk.validate_python(event).type == event["type"]
    assert len({event["event_id"] for event in driver.events}) == len(driver.events)
    assert len(set(types(driver.events))) >= 25


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5000) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "id", "audio", "input", "output", "content", "tools", "voice"]), inner
        )
    ),
    max_leaves=8,
)
NAMES = ["session", "item", "response", "audio", "item_id", "content_index", "audio_end_ms", "event_id", "response_id"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(GA_CLIENT_TYPES)), st.dictionaries(st.sampled_from(NAMES), JSON), st.booleans()
        ),
        max_size=4,
    )
)
def test_nothing_a_client_sends_raises(sent: list[tuple[str, dict[str, Any], bool]]) -> None:
    driver = Driver(WEATHER)
    for event_type, members, is_typed in sent:
        if is_typed and isinstance(members.get("session"), dict):
            members["session"]["type"] = "realtime"
        driver.raw(orjson.dumps({**members, "type": event_type}))
    driver.run(30)
    assert driver.closed is None


@given(st.binary(max_size=60))
def test_no_bytes_raise(message: bytes) -> None:
    assert types(Driver().raw(message)) in (["error"], [])


def test_tools_of_a_call_come_from_the_session_in_force() -> None:
    driver = Driver(WEATHER)
    driver.send("response.create")
    assert "response.function_call_arguments.done" not in types(driver.run(5))
    again = Driver(WEATHER)
    again.update(tools=TOOLS, tool_choice="none")
    again.send("response.create")
    assert "response.function_call_arguments.done" not in types(again.run(5))
