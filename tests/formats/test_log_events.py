"""Which objects of a log are events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.formats.log_events import Found, events_in, payload_of

EVENT = {"type": "response.create", "event_id": "e"}


def found(value: Any) -> list[dict[str, Any]]:
    return [dict(event.body) for event in events_in(value)]


@pytest.mark.parametrize(
    "value",
    [
        EVENT,
        [EVENT],
        {"event": EVENT},
        {"ts": 1, "direction": "in", "message": EVENT},
        {"level": "info", "msg": {"deep": [{"data": EVENT}]}},
        {"data": json.dumps(EVENT)},
        {"data": json.dumps({"data": json.dumps(EVENT)})},
        {"data": repr(EVENT)},
        {"log": {"entries": [{"_webSocketMessages": [{"type": "send", "data": json.dumps(EVENT)}]}]}},
        {"type": "response.create", "data": EVENT},
        {"type": "response.create", "payload": json.dumps(EVENT)},
        json.dumps([EVENT]),
        {"level": "ERROR", "message": f"refused: {EVENT!r}"},
        {"message": f"sending {json.dumps(EVENT)} to the server"},
    ],
)
def test_an_event_is_found_whatever_it_stands_in(value: Any) -> None:
    assert found(value) == [EVENT]


@pytest.mark.parametrize(
    "kind", ["session.created", "response.audio.delta", "rate_limits.updated", "response.brand_new"]
)
def test_known_types_and_types_like_them_are_events(kind: str) -> None:
    assert found({"type": kind}) == [{"type": kind}]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"type": "message"},
        {"type": "com.example.event"},
        {"type": "session"},
        {"type": "Response.Created"},
        {"type": "response.created and more"},
        {"type": "error"},
        {"type": "error", "message": "disk full"},
        {"type": ["session.created"]},
        {"type": None},
        {"data": "{not json"},
        "session.created",
        7,
        None,
    ],
)
def test_other_objects_are_none(value: Any) -> None:
    assert found(value) == []


def test_an_error_that_a_logger_wrote_as_its_model_in_a_text_is_one() -> None:
    written = (
        "Error(message=\"Unknown parameter: 'session.x'.\", type='invalid_request_error', code='unknown_parameter', "
    )
    line = {"level": "ERROR", "error": f"{written}event_id='e1', param='session.x')"}
    (event,) = found(line)
    assert (event["type"], event["error"]["param"], event["error"]["event_id"]) == ("error", "session.x", "e1")


def test_an_error_taken_out_of_its_event_becomes_one() -> None:
    error = {"type": "invalid_request_error", "code": "c", "message": "m", "param": None}
    assert found(error) == [{"type": "error", "error": error}]
    assert found({"error": error}) == [{"type": "error", "error": error}]


@pytest.mark.parametrize(("status", "kind"), [("failed", "response.done"), ("in_progress", "response.created")])
def test_a_response_taken_out_of_its_event_becomes_one(status: str, kind: str) -> None:
    response = {"object": "realtime.response", "id": "r", "status": status}
    assert found(response) == [{"type": kind, "response": response}]


def test_what_stands_inside_an_event_is_no_event_of_its_own() -> None:
    event = {"type": "response.event", "event": {"type": "response.created"}}
    assert found(event) == [event]


def test_the_wrappers_are_kept_the_outermost_first() -> None:
    outer = {"a": {"b": EVENT}}
    (event,) = events_in(outer)
    assert event.wrappers == (outer, outer["a"])


def test_wrappers_in_wrappers_end_somewhere() -> None:
    value: Any = EVENT
    for _ in range(40):
        value = [value]
    assert found(value) == []


def test_a_string_s_own_spelling_is_the_payload() -> None:
    (event,) = events_in({"data": '{"type" : "response.create", "x": 1.0}'})
    assert payload_of(event) == b'{"type" : "response.create", "x": 1.0}'


@pytest.mark.parametrize(
    ("audio", "payload"),
    [
        ("AAAA", "AAAA"),
        ("", ""),
        ("<4096 bytes>", ""),
        ("UklG...", ""),
        ("[audio]", ""),
        ("AAAA" * 200 + "... (9 more)", ""),
        ("data:audio/wav;base64,AAAA", "data:audio/wav;base64,AAAA"),
        ("A-_A", "A-_A"),
        ("not base64 at all!" * 50, "not base64 at all!" * 50),
    ],
)
def test_a_logger_s_remark_in_place_of_audio_is_no_audio(audio: str, payload: str) -> None:
    body = payload_of(Found({"type": "input_audio_buffer.append", "audio": audio}))
    assert body is not None
    assert json.loads(body)["audio"] == payload


def test_what_cannot_be_a_payload_is_none() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    assert payload_of(Found({"type": "response.create", "x": value})) is None


def test_numbers_and_characters_that_json_lacks_are_kept_as_far_as_they_go() -> None:
    assert payload_of(Found({"type": "error", "x": 2**70})) == b'{"type":"error","x":1180591620717411303424}'
    assert payload_of(Found({"type": "error", "x": "\ud800"})) == b'{"type":"error","x":"?"}'


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(), v, max_size=3),
        max_leaves=8,
    )
)
def test_nothing_raises(value: Any) -> None:
    found(value)
    found({"type": value, "event": value, "data": "{" + str(value)})


JOINED = {"type": "conversation.item.added", "item": {"id": "item_1", "type": "mes...ation", "role": "user"}}


@pytest.mark.parametrize(
    ("body", "cut"),
    [
        (JOINED, True),
        ({"type": "response.create", "resp...data": {}}, True),
        ({"type": "response.done", "response": {"id": "resp_A...type", "output": [{"id": "a"}]}}, True),
        ({"type": "response.done", "response": {"id": "resp_A...", "status": "completed"}}, False),
        ({"type": "response.output_text.done", "text": "well...maybe"}, False),
    ],
)
def test_an_event_is_cut_where_dots_join_what_is_left_of_its_names(body: dict[str, Any], cut: bool) -> None:
    assert [event.cut for event in events_in(body)] == [cut]


def test_what_was_cut_has_no_name_of_two_halves_and_no_half_of_a_configuration() -> None:
    assert json.loads(payload_of(Found(JOINED, cut=True)) or b"")["item"] == {"id": "item_1", "role": "user"}
    session = {"id": "s1", "audio": {"input": {}}, "tools": [{"name": "a"}], "output_modalities": []}
    payload = payload_of(Found({"type": "session.updated", "session": session}, cut=True))
    told = {"id": "s1", "audio": None, "output_modalities": None}
    assert json.loads(payload or b"") == {"type": "session.updated", "session": told}
