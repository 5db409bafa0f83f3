"""What the API refuses, and what it does not."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from realtime_inspector.protocol.event import read
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Kind, Side
from realtime_inspector.replay.errors import refusal
from tests.replay.helpers import SPEECH, TOOLS


def session(text: str) -> Session:
    """Return the session of a transcript."""
    folded = Session()
    for entry in transcript.entries(text):
        folded.apply(read(entry))
    return folded


def code(body: dict[str, Any], before: Session, **options: Any) -> str | None:
    """Return the code with which a client event is refused, if it is."""
    event = read(Entry(99, 9.0, Side.CLIENT, Kind.MESSAGE, payload=orjson.dumps(body)))
    found = refusal(event, before, **options)
    return found.code if found is not None else None


def truncate(item_id: str, end: Any) -> dict[str, Any]:
    """Return a truncate."""
    return {"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0, "audio_end_ms": end}


@pytest.mark.parametrize(
    ("item_id", "end", "expected"),
    [
        ("item_a1", 640, None),
        ("item_a1", 2000, None),
        ("item_a1", 2500, "invalid_value"),
        ("item_a1", 12.5, "invalid_type"),
        ("item_a1", "12", "invalid_type"),
        ("item_a1", -11, "integer_below_min_value"),
        ("item_a1", None, "missing_required_parameter"),
        ("item_v1", 10, "unsupported_content_type"),
        ("nothing", 10, "item_truncate_invalid_item_id"),
        ("", 10, "missing_required_parameter"),
    ],
)
def test_a_truncate_is_held_to_the_audio_that_was_sent(item_id: str, end: Any, expected: str | None) -> None:
    assert code(truncate(item_id, end), session(SPEECH)) == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"type": "message", "role": "user", "content": []}, None),
        ({"type": "function_call_output", "call_id": "call_1", "output": ""}, None),
        ({"type": "function_call_output", "call_id": "call_1", "output": {"a": 1}}, "invalid_type"),
        ({"type": "function_call_output", "call_id": "call_1"}, "missing_required_parameter"),
        ({"type": "function_call_output", "call_id": "call_9", "output": ""}, "invalid_tool_call_id"),
        ({"role": "user"}, "missing_required_parameter"),
        (None, "missing_required_parameter"),
    ],
)
def test_an_item_is_held_to_its_type(item: Any, expected: str | None) -> None:
    assert code({"type": "conversation.item.create", "item": item}, session(TOOLS)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "session.update"}, "missing_required_parameter"),
        ({"type": "session.update", "session": {"type": "realtime", "speed": 1.5}}, None),
        ({"type": "session.update", "session": {"type": "realtime", "temperature": 0.8}}, "unknown_parameter"),
        ({"type": "session.update", "session": {"type": "realtime", "id": "sess_1"}}, "unknown_parameter"),
        ({"type": "input_audio_buffer.append"}, "missing_required_parameter"),
        ({"type": "input_audio_buffer.append", "audio": ""}, None),
        ({"type": "conversation.item.retrieve"}, "missing_required_parameter"),
        ({"type": "transcription_session.update"}, "invalid_value"),
    ],
)
def test_other_events_are_held_to_theirs(body: dict[str, Any], expected: str | None) -> None:
    assert code(body, session(TOOLS)) == expected


def test_the_beta_keeps_its_own_shape_and_type() -> None:
    before = session(TOOLS)
    assert code({"type": "session.update", "session": {"modalities": ["text"]}}, before, dialect="beta") is None
    assert code({"type": "transcription_session.update", "session": {}}, before, dialect="beta") is None


def test_a_type_that_this_server_knows_is_taken() -> None:
    assert code({"type": "session.close"}, session(TOOLS), known={"session.close"}) is None


def test_a_socket_that_joined_a_call_is_judged_without_its_past() -> None:
    before = session('> GET /v1/realtime?call_id=rtc_1 {"upgrade": "websocket"}\n< 101')
    assert code(truncate("item_before_us", 10), before) is None
    assert code({"type": "input_audio_buffer.commit"}, before) is None
    assert code({"type": "session.update"}, before) == "missing_required_parameter"


def test_a_response_beside_the_conversation_may_run_at_any_time() -> None:
    text = TOOLS.rpartition('< {"type": "response.done"')[0]
    assert code({"type": "response.create"}, session(text)) == "conversation_already_has_active_response"
    assert code({"type": "response.create", "response": {"conversation": "none"}}, session(text)) is None
