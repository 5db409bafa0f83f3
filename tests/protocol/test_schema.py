"""The reference of events, and what it says of an event that does not fit."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.protocol.realtime import schema
from realtime_inspector.protocol.realtime.schema import Kind, Problem

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_schema.py"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def script() -> ModuleType:
    """Return the script as a module."""
    spec = importlib.util.spec_from_file_location("make_schema", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def only(event_type: str, **members: Any) -> Problem:
    """Return the one problem of a client event."""
    found = schema.problems(event_type, {"type": event_type, **members})
    assert len(found) == 1, found
    return found[0]


def configured(**session: Any) -> Problem:
    """Return the one problem of a `session.update` of a realtime session."""
    return only("session.update", session={"type": "realtime", **session})


def test_the_file_is_what_the_installed_package_gives() -> None:
    openai = pytest.importorskip("openai")
    if openai.__version__ != schema.source().version:
        pytest.skip(f"made from openai {schema.source().version}, {openai.__version__} is installed")
    # In a process of its own: which of two equal types `typing` remembers depends on what was imported before.
    assert subprocess.run([sys.executable, SCRIPT, "--check"], check=False).returncode == 0


def test_a_new_version_of_the_package_gets_the_day_it_was_read() -> None:
    made = {"source": {"package": "openai", "version": "4.0.0"}}
    recorded = {"source": {"package": "openai", "version": "3.54.0", "date": "2026-11-23"}}
    assert script().dated(made, recorded, "2027-01-01")["source"]["date"] == "2027-01-01"


def test_the_source_is_dated() -> None:
    assert str(schema.source()).startswith("openai 3.54.0 (2026-")


FITTING = """
{"type": "session.update", "session": {"type": "transcription", "audio": {"input": {"turn_detection": null}}}}
{"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "a-new-voice"}}}}
{"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": {"id": "voice_1"}}}}}
{"type": "session.update", "session": {"type": "realtime", "max_output_tokens": "inf", "tracing": "auto"}}
{"type": "session.update", "session": {"type": "realtime", "tools": [{"type": "function", "name": "a",
  "parameters": {"type": "object", "x": [1]}}], "tool_choice": {"type": "function", "name": "a"}}}
{"type": "session.update", "session": {"type": "realtime", "tools": [{"type": "mcp", "server_label": "l",
  "server_url": "https://example.com", "require_approval": "never"}]}}
{"type": "session.update", "session": {"type": "realtime", "truncation": {"type": "retention_ratio",
  "retention_ratio": 1}}}
{"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"noise_reduction": null,
  "transcription": null, "format": {"type": "audio/pcm", "rate": 24000}}}}}
{"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"format": {"type": "audio/pcmu"}}}}}
{"type": "response.create"}
{"type": "response.create", "response": {"conversation": "none", "input": [{"type": "item_reference", "id": "i"}]}}
{"type": "response.create", "response": {"metadata": {"topic": "a"}, "output_modalities": ["text"]}}
{"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c", "output": ""}}
{"type": "conversation.item.create", "item": {"type": "mcp_approval_response", "approval_request_id": "a",
  "approve": true}}
{"type": "input_audio_buffer.append", "audio": ""}
"""


@pytest.mark.parametrize("text", FITTING.strip().replace("\n  ", " ").splitlines())
def test_what_the_api_takes_has_no_problem(text: str) -> None:
    body = json.loads(text)
    assert schema.problems(body["type"], {**body, "event_id": "event_1"}) == []


def test_a_missing_field_is_named_by_its_path() -> None:
    problem = only("conversation.item.create", item={"type": "function_call_output", "output": "1"})
    assert (problem.path, problem.kind) == ("item.call_id", Kind.MISSING)
    assert problem.message == "item.call_id is missing"


def test_a_null_is_as_good_as_nothing() -> None:
    problem = only("conversation.item.create", item={"type": "function_call_output", "call_id": None, "output": "1"})
    assert problem.path == "item.call_id"


def test_an_unknown_field_comes_with_the_like_one_beside_it() -> None:
    problem = configured(instuctions="be kind")
    assert (problem.path, problem.kind) == ("session.instuctions", Kind.UNKNOWN)
    assert problem.nearest == "session.instructions"


def test_an_unknown_field_comes_with_the_place_where_its_name_is_known() -> None:
    problem = configured(audio={"voice": "marin"})
    assert problem.nearest == "session.audio.output.voice"


def test_an_element_of_an_array_is_named_by_its_index() -> None:
    tools = [{"type": "function", "name": "a"}, {"type": "function", "name": "b", "strict": True}]
    assert configured(tools=tools).path == "session.tools[1].strict"


def test_a_wrong_type_comes_with_the_types_that_fit() -> None:
    problem = configured(audio={"input": {"noise_reduction": "near_field"}})
    assert problem.kind is Kind.TYPE
    assert problem.message == 'session.audio.input.noise_reduction is "near_field", not an object'
    assert problem.allowed == ("object",)


def test_a_wrong_value_comes_with_the_values_that_fit() -> None:
    problem = only("response.create", response={"output_modalities": ["speech"]})
    assert problem.kind is Kind.VALUE
    assert problem.message == 'response.output_modalities[0] is "speech", not text or audio'
    assert problem.allowed == ("text", "audio")


def test_a_long_value_is_shown_in_part() -> None:
    problem = only("response.create", response={"conversation": ["x" * 500]})
    assert len(problem.message) < 150
    assert "…" in problem.message


def test_the_server_wants_a_rate_that_the_package_calls_optional() -> None:
    problem = configured(audio={"output": {"format": {"type": "audio/pcm"}}})
    assert (problem.path, problem.kind) == ("session.audio.output.format.rate", Kind.MISSING)


def test_a_session_without_its_type_is_looked_at_all_the_same() -> None:
    found = schema.problems("session.update", {"type": "session.update", "session": {"instuctions": ""}})
    assert [problem.path for problem in found] == ["session.instuctions", "session.type"]


def test_the_one_union_member_meant_is_judged() -> None:
    found = schema.problems("conversation.item.create", {
        "type": "conversation.item.create",
        "item": {"type": "message", "role": "user", "content": [{"type": "output_text", "text": "a"}]},
    })  # fmt: skip
    assert [problem.path for problem in found] == ["item.content[0].type"]


def test_an_event_nobody_knows_has_no_problem() -> None:
    assert schema.problems("session.nap", {"type": "session.nap"}) == []


def test_a_new_field_of_the_server_is_no_problem() -> None:
    body = {"type": "response.created", "event_id": "e", "response": {"id": "r", "phase": "new"}, "also": 1}
    assert schema.problems("response.created", body, "server") == []
    assert schema.problems("response.created", {"type": "response.created"}, "server") != []


def test_the_paths_of_an_event_go_through_its_unions_and_arrays() -> None:
    known = schema.paths("session.update")
    assert {"session.type", "session.tools[].server_label", "session.audio.input.format.rate"} <= known
    assert schema.paths("session.nap") == frozenset()


def test_a_message_nested_without_end_is_read() -> None:
    body: dict[str, Any] = {"type": "response.create"}
    inner = body
    for _ in range(1000):
        inner["response"] = {}
        inner = inner["response"]
    assert [problem.path for problem in schema.problems("response.create", body)] == ["response.response"]


@given(JSON, st.sampled_from(sorted(schema.event_types("client"))))
def test_whatever_a_client_sends_is_judged_without_an_exception(value: Any, event_type: str) -> None:
    for name in ("session", "response", "item", "audio", "item_id"):
        for problem in schema.problems(event_type, {"type": event_type, name: value}):
            assert problem.path
            assert problem.message
