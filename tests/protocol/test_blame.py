# ruff: noqa: E501 - an error is one line
"""Which client event an error answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from realtime_inspector.protocol.realtime import blame
from realtime_inspector.protocol.realtime.conversation import At, Pending
from tests.protocol.anything import OBJECTS

TRUNCATE = {"item_id": "item_1", "content_index": 0, "audio_end_ms": 55960}


def pending(*events: tuple[str, dict[str, Any]]) -> list[Pending]:
    """Return client events, the first as entry 1."""
    return [
        Pending(At(n, float(n)), kind, body.get("event_id"), {"type": kind, **body})
        for n, (kind, body) in enumerate(events, 1)
    ]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "conversation_already_has_active_response"}, "response.create"),
        ({"message": "Conversation already has an active response"}, "response.create"),
        ({"code": "response_cancel_not_active"}, "response.cancel"),
        ({"message": "Cancellation failed: no active response found"}, "response.cancel"),
        ({"code": "invalid_value", "message": "Audio content of 5ms is already shorter than 9ms"}, "conversation.item.truncate"),
        ({"message": "Error committing input audio buffer: buffer too small."}, "input_audio_buffer.commit"),
        ({"code": "invalid_tool_call_id", "message": "Tool call ID 'x' not found in conversation."}, "conversation.item.create"),
        ({"code": "unknown_parameter", "param": "session.modalities"}, "session.update"),
        ({"code": "unknown_parameter", "message": "Unknown parameter: 'session.tools[2].meta'."}, "session.update"),
        ({"param": "item.call_id"}, "conversation.item.create"),
        ({"param": "items"}, ""),
        ({"type": "server_error", "message": "The server had an error"}, ""),
        ({"code": 5, "param": [], "message": None}, ""),
    ],
)  # fmt: skip
def test_code_parameter_or_words_name_the_kind_of_event(error: dict[str, Any], kind: str) -> None:
    assert blame.client_type(error) == kind


@pytest.mark.parametrize(
    ("error", "param"),
    [
        ({"param": "item.call_id", "message": "'session.x'"}, "item.call_id"),
        ({"message": "Missing required parameter: 'session.type'."}, "session.type"),
        ({"message": "Invalid value: 'pcm16'."}, ""),
    ],
)
def test_a_parameter_may_stand_in_the_message_only(error: dict[str, Any], param: str) -> None:
    assert blame.param(error) == param


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": "a", "message": "Cancellation failed: no active response found"}, "a"),
        ({"code": None, "message": "Cancellation failed: no active response found"}, "response_cancel_not_active"),
        ({"message": "Error committing input audio buffer: the buffer is empty."}, "input_audio_buffer_commit_empty"),
        ({"message": "Conversation already has an active response"}, "conversation_already_has_active_response"),
        ({"message": "Missing bearer or basic authentication in header"}, ""),
    ],
)
def test_an_error_without_a_code_has_the_one_its_words_have_had_since(error: dict[str, Any], code: str) -> None:
    assert blame.code(error) == code


@pytest.mark.parametrize(
    ("error", "n"),
    [
        (
            {"code": "invalid_event", "message": "Expected a text WebSocket message; binary frames are not supported."},
            1,
        ),
        ({"code": "invalid_json", "message": "Invalid event: failed to parse JSON value."}, 2),
        ({"code": "invalid_event", "message": "The 'type' field is missing."}, 2),
        ({"code": "invalid_event", "message": "Invalid event."}, 2),
    ],
)
def test_what_cannot_be_read_as_an_event_is_answered_by_its_own_error(error: dict[str, Any], n: int) -> None:
    assert found(error, ("wire.binary", {}), ("wire.malformed", {}), ("response.create", {})) == (n, "likely")


def test_a_type_that_the_error_quotes_is_meant_though_it_was_one_once() -> None:
    error = {"code": "invalid_value", "param": "type", "message": "Invalid value: 'transcription_session.update'."}
    assert found(error, ("response.create", {}), ("transcription_session.update", {})) == (2, "likely")


def found(error: dict[str, Any], *events: tuple[str, dict[str, Any]]) -> tuple[int, str]:
    """Return the entry of the cause, 0 for none, and the confidence."""
    cause, confidence = blame.find(error, pending(*events))
    return (cause.at.n if cause else 0), confidence


def test_a_named_event_is_certain_whatever_the_code() -> None:
    error = {"code": "response_cancel_not_active", "event_id": "e2"}
    assert found(error, ("response.cancel", {}), ("made.up", {"event_id": "e2"})) == (2, "certain")


def test_a_named_event_that_is_not_waiting_is_looked_up_among_all() -> None:
    (append,) = pending(("input_audio_buffer.append", {"event_id": "e1"}))
    assert blame.find({"event_id": "e1"}, [], {"e1": append}) == (append, "certain")


def test_a_named_event_that_never_was_is_not_replaced_by_a_guess() -> None:
    assert found({"code": "response_cancel_not_active", "event_id": "e9"}, ("response.cancel", {})) == (0, "none")


def test_the_oldest_of_equals_is_likely() -> None:
    assert found({"code": "response_cancel_not_active"}, ("response.cancel", {}), ("response.cancel", {})) == (
        1,
        "likely",
    )


def test_what_is_called_missing_must_be_missing() -> None:
    error = {"code": "missing_required_parameter", "param": "session.type"}
    assert (
        found(error, ("session.update", {"session": {"type": "realtime"}}), ("session.update", {"session": {}}))[0] == 2
    )


def test_what_is_called_unknown_must_be_there() -> None:
    error = {"code": "unknown_parameter", "param": "session.tools[1].meta"}
    without = ("session.update", {"session": {"tools": [{"meta": 1}, {"name": "f"}]}})
    having = ("session.update", {"session": {"tools": [{}, {"meta": 1}]}})
    assert found(error, without, having)[0] == 2


def test_a_missing_call_id_is_a_tool_outputs() -> None:
    error = {"code": "missing_required_parameter", "param": "item.call_id"}
    message = ("conversation.item.create", {"item": {"type": "message"}})
    output = ("conversation.item.create", {"item": {"type": "function_call_output", "output": ""}})
    assert found(error, message, output)[0] == 2


def test_the_figures_of_a_message_choose_between_equals() -> None:
    error = {"code": "invalid_value", "message": "Audio content of 13600ms is already shorter than 55960ms"}
    other = {**TRUNCATE, "audio_end_ms": 200}
    assert found(error, ("conversation.item.truncate", other), ("conversation.item.truncate", TRUNCATE))[0] == 2


def test_an_unknown_type_is_what_an_error_about_the_type_answers() -> None:
    error = {"code": "invalid_value", "param": "type", "message": "Invalid value: 'made.up'."}
    assert found(error, ("response.create", {}), ("made.up", {})) == (2, "likely")


def test_a_message_without_a_type_is_what_an_invalid_event_answers() -> None:
    assert found({"code": "invalid_event"}, ("response.create", {}), ("wire.untyped", {}))[0] == 2


def test_the_betas_update_is_an_update() -> None:
    assert found({"param": "session.x"}, ("transcription_session.update", {"session": {"x": 1}}))[0] == 1


def test_an_error_that_says_nothing_is_blamed_on_nobody() -> None:
    assert found({"type": "server_error"}, ("response.create", {})) == (0, "none")


@pytest.mark.parametrize(
    "param", ["session.tools[99999999999999999999].x", f"session.tools[{'9' * 5000}]", "session..[", "[[["]
)
def test_a_path_that_leads_nowhere_is_no_trouble(param: str) -> None:
    blame.find({"code": "unknown_parameter", "param": param}, pending(("session.update", {"session": {"tools": [{}]}})))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": "conversation_already_has_active_response"}, True),
        ({"message": "Conversation already has an active response in progress: resp_1."}, True),
        ({"message": "Cancellation failed: no active response found"}, False),
    ],
)
def test_an_overlap_is_known_by_code_or_words(error: dict[str, Any], expected: bool) -> None:
    assert blame.is_already_active(error) is expected


@given(OBJECTS, OBJECTS)
def test_no_error_and_no_event_raises(error: dict[str, Any], body: dict[str, Any]) -> None:
    waiting = [Pending(At(1, 0.0), kind, None, body) for kind in ("session.update", "conversation.item.create", "x")]
    blame.find(error, waiting)


@pytest.mark.parametrize(
    ("error", "append", "fits"),
    [
        ({"param": "audio", "code": "invalid_value"}, {"audio": "b'AAAA'"}, True),
        ({"message": "Invalid 'audio'. Expected base64-encoded audio bytes"}, {"audio": "%%"}, True),
        ({"message": "Missing required parameter: 'audio'."}, {"data": "AAAA"}, True),
        ({"code": "unknown_parameter", "message": "Unknown parameter: 'data'."}, {"data": "AAAA"}, True),
        ({"code": "unknown_parameter", "message": "Unknown parameter: 'foo'."}, {"data": "AAAA"}, False),
        ({"param": "audio", "code": "string_above_max_length"}, {"audio": "AAAA"}, False),
        ({"message": "The server had an error"}, {"audio": "%%"}, False),
    ],
)
def test_an_error_is_of_audio_if_that_has_what_it_refuses(
    error: dict[str, Any], append: dict[str, Any], fits: bool
) -> None:
    assert blame.is_of_audio(error, append) is fits


def test_an_error_about_what_is_no_event_is_about_binary_data_where_nothing_else_is_unread() -> None:
    sent = pending(("wire.binary", {}), ("session.update", {}))
    assert blame.find({"code": "invalid_event"}, sent) == (sent[0], "likely")

    sent = pending(("wire.binary", {}), ("wire.malformed", {}))
    assert blame.find({"code": "invalid_event"}, sent) == (sent[1], "likely")


@pytest.mark.parametrize(
    ("error", "events", "found"),
    [
        # a setting beside `response` instead of inside it
        (
            {"code": "unknown_parameter", "param": "modalities", "message": "Unknown parameter: 'modalities'."},
            [("conversation.item.create", {"item": {}}), ("response.create", {"modalities": ["audio"]})],
            2,
        ),
        # the output of a call given in the request's own input
        (
            {"code": "invalid_tool_call_id", "message": "Tool call ID 'call_9' not found in conversation."},
            [("response.cancel", {}), ("response.create", {"response": {"input": [{"call_id": "call_9"}]}})],
            2,
        ),
        (
            {"code": "invalid_tool_call_id", "message": "Tool call ID 'call_9' not found in conversation."},
            [("response.create", {"response": {"input": [7, {"call_id": ""}]}}), ("response.create", {"response": 1})],
            None,
        ),
        ({"code": "unknown_parameter", "param": "voice"}, [("response.create", {"modalities": ["audio"]})], None),
    ],
)  # fmt: skip
def test_what_stands_in_the_wrong_place_shows_whose_error_it_is(
    error: dict[str, Any], events: list[tuple[str, dict[str, Any]]], found: int | None
) -> None:
    cause, _ = blame.find(error, pending(*events))
    assert (cause.at.n if cause is not None else None) == found
