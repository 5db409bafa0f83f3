"""The player as a strict server: what the API refuses, it refuses."""

from __future__ import annotations

import orjson
import pytest

from realtime_inspector.recording import transcript
from realtime_inspector.replay.mismatch import Why
from realtime_inspector.replay.options import Options
from tests.replay.helpers import OPEN, TEXT, TOOLS, Live, client_messages, script

UPDATE, ITEM, RESPOND = client_messages(TEXT)


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ({"type": "conversation.item.creat"}, "invalid_value", "type"),
        ({"event": "session.update"}, "invalid_event", None),
        (b"[1, 2]", "invalid_event", None),
        (b"{", "invalid_event", None),
        ({"type": "session.update", "session": {"modalities": ["text"]}}, "missing_required_parameter", "session.type"),
        (
            {"type": "session.update", "session": {"type": "realtime", "voice": "ash"}},
            "unknown_parameter",
            "session.voice",
        ),
        (
            {
                "type": "conversation.item.create",
                "call_id": "c",
                "item": {"type": "function_call_output", "output": ""},
            },
            "missing_required_parameter",
            "item.call_id",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "function_call_output", "call_id": "c", "output": ""},
            },
            "invalid_tool_call_id",
            "item.call_id",
        ),
        ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty", None),
        ({"type": "conversation.item.delete", "item_id": "none"}, "item_delete_invalid_item_id", "item_id"),
    ],
)
def test_what_the_api_refuses_is_refused_and_counts(message: object, code: str, param: str | None) -> None:
    live = Live(script(TEXT))
    (error,) = live.send(message)  # type: ignore[arg-type]  # the table has both kinds
    assert (error["error"]["code"], error["error"]["param"]) == (code, param)
    assert [found.why for found in live.report().mismatches] == [Why.REFUSED]
    assert live.closed is None, "the API keeps the socket open"


def test_a_second_response_while_one_is_in_progress_is_refused() -> None:
    live = Live(script(TOOLS), Options(speed=1.0))
    live.wait(0.1)
    live.send(UPDATE, ITEM, RESPOND)
    live.wait(0.2)
    (error,) = live.send(RESPOND)
    assert error["error"]["code"] == "conversation_already_has_active_response"
    assert "resp_1" in error["error"]["message"]


def test_a_mistake_that_was_recorded_gets_its_recorded_error() -> None:
    text = (
        OPEN
        + """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "1"}}
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "item.call_id", "message": "No."}}
    """
    )
    live = Live(script(text))
    (error,) = live.send(client_messages(text)[0])
    assert error["error"]["message"] == "No."
    assert live.report(strict=True).met


def test_what_the_recorded_server_took_is_taken() -> None:
    text = """
        < {"type": "session.created", "session": {"id": "s", "modalities": ["text"]}}
        > {"type": "session.update", "session": {"modalities": ["text"]}}
        < {"type": "session.updated", "session": {"id": "s", "modalities": ["text"]}}
    """
    live = Live(script(text))
    live.send(*client_messages(text))
    assert live.report(strict=True).met


def test_a_client_that_joined_a_call_may_ask_for_an_item_that_nobody_knows() -> None:
    live = Live(script(TEXT))
    live.player.open(0.0, transcript.entries("> GET /v1/realtime?call_id=rtc_1")[0])
    live.send(UPDATE, {"type": "conversation.item.retrieve", "item_id": "item_of_before"})
    (found,) = live.report().mismatches
    assert found.why is Why.UNEXPECTED


def test_an_event_nested_deeper_than_any_is_refused_and_reported() -> None:
    tools = b"[" * 300 + b"]" * 300
    live = Live(script(TEXT))
    (answer,) = live.send(b'{"type": "session.update", "session": {"type": "realtime", "tools": %b}}' % tools)
    assert answer["error"]["code"] == "invalid_event"
    assert orjson.dumps(live.report().to_json())
