"""What was asked against what is reported: only a real difference counts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis.settings import Difference, differences, tool_names

NAMES = st.sampled_from(
    ["audio", "input", "output", "format", "voice", "tools", "turn_detection", "transcription", "speed", "type"]
) | st.sampled_from(["tool_choice", "truncation", "prompt", "tracing", "modalities", "output_modalities"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def audio(**settings: Any) -> dict[str, Any]:
    """Return a session with these settings of the user's audio."""
    return {"audio": {"input": settings}}


@pytest.mark.parametrize(
    ("asked", "reported"),
    [
        ({"speed": 1}, {"speed": 1.0}),
        ({"threshold": 0.5}, {"threshold": 0.50000001}),
        ({"max_output_tokens": "inf"}, {"max_output_tokens": 4096}),
        ({"audio": {"output": {"voice": "cedar"}}}, {"audio": {"output": {"voice": {"id": "cedar"}}}}),
        ({"instructions": " Hi \n"}, {"instructions": "Hi"}),
        ({"instructions": "Hi"}, {"instructions": "Hi\n\nBe safe."}),
        ({"instructions": ""}, {"instructions": "A default."}),
        ({"instructions": "Hi"}, {}),
        ({"turn_detection": {"type": "none"}}, {"turn_detection": None}),
        ({"turn_detection": None}, {"turn_detection": {"type": "none"}}),
        ({"tools": [{"name": "a"}]}, {"tools": [None]}),
        ({"prompt": {"id": "p"}, "tracing": "auto"}, {"prompt": {"id": "p", "version": "2"}, "tracing": {"a": 1}}),
        ({"model": "gpt-realtime"}, {"model": "gpt-realtime-2025-08-28"}),
        ({"output_modalities": ["text", "audio"]}, {"output_modalities": ["audio", "text"]}),
        ({"tools": [{"name": "b"}, {"name": "a"}]}, {"tools": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}),
        ({"tools": [{"type": "mcp", "server_label": "l", "authorization": "x"}]}, {"tools": [{"server_label": "l"}]}),
        ({"tool_choice": "auto"}, {"tool_choice": "none"}),
        ({"input_audio_format": "pcm16"}, {"input_audio_format": {"type": "audio/pcm", "rate": 24000}}),
        (audio(format={"type": "audio/pcm"}), audio(format={"type": "audio/pcm", "rate": 24000})),
        (audio(turn_detection=None), audio(turn_detection=None)),
        (audio(turn_detection={"type": "semantic_vad", "eagerness": "auto"}),
         audio(turn_detection={"type": "semantic_vad", "eagerness": "medium"})),
        (audio(transcription={"model": "whisper-1"}), audio()),
        (audio(transcription={"model": "whisper-1"}), audio(transcription={"model": "whisper-1", "language": None})),
        (audio(transcription=None), {}),
        ({"instructions": "[redacted:OPENAI_KEY]"}, {"instructions": "A real one."}),
        ({"tool_choice": "required"}, {"tool_choice": {"type": "required"}}),
        ({"truncation": "auto"}, {"truncation": {"type": "retention_ratio", "retention_ratio": 0.8}}),
        ({"tools": []}, {"tools": [{"name": "a"}]}),
        ({"modalities": ["audio", "text"], "voice": "a"}, {"output_modalities": ["audio"], "audio": {"input": {}}}),
        ({"turn_detection": None}, audio(turn_detection=None)),
        ({"input_audio_format": "pcm"}, {"input_audio_format": "pcm16"}),
        ({"prompt": {"id": "p", "variables": {"x": "y"}}}, {"prompt": {"id": "p", "variables": {"x": {"text": "y"}}}}),
        ({"tracing": {"workflow_name": "a"}}, {"tracing": None}),
    ],
)  # fmt: skip
def test_what_the_server_writes_its_own_way_is_no_difference(asked: dict[str, Any], reported: dict[str, Any]) -> None:
    assert differences(asked, reported) == []


@pytest.mark.parametrize(
    ("asked", "reported", "path"),
    [
        (audio(format={"type": "audio/pcmu"}), audio(format={"type": "audio/pcm"}), "session.audio.input.format"),
        (audio(turn_detection=None), audio(turn_detection={"type": "server_vad"}),
         "session.audio.input.turn_detection"),
        (audio(transcription={"model": "a"}), audio(transcription=None), "session.audio.input.transcription"),
        (audio(transcription={"model": "a"}), audio(transcription={"model": "b"}),
         "session.audio.input.transcription.model"),
        (audio(turn_detection={"type": "semantic_vad"}), audio(turn_detection={"type": "server_vad", "threshold": 1}),
         "session.audio.input.turn_detection.type"),
        (audio(turn_detection={"type": "server_vad", "silence_duration_ms": 200}),
         audio(turn_detection={"type": "server_vad", "silence_duration_ms": 500}),
         "session.audio.input.turn_detection.silence_duration_ms"),
        ({"audio": {"output": {"voice": "cedar"}}}, {"audio": {"output": {"voice": "alloy"}}},
         "session.audio.output.voice"),
        ({"tools": [{"name": "a"}]}, {"tools": []}, "session.tools"),
        ({"instructions": "Hi"}, {"instructions": "A default."}, "session.instructions"),
        ({"max_output_tokens": 300}, {"max_output_tokens": "inf"}, "session.max_output_tokens"),
        ({"parallel_tool_calls": False}, {"parallel_tool_calls": True}, "session.parallel_tool_calls"),
        ({"output_modalities": ["text"]}, {"output_modalities": ["audio"]}, "session.output_modalities"),
        ({"tool_choice": {"type": "function", "name": "a"}}, {"tool_choice": "auto"}, "session.tool_choice"),
        ({"tool_choice": "required"}, {"tool_choice": "auto"}, "session.tool_choice"),
        ({"tool_choice": {"type": "function", "name": "a"}}, {"tool_choice": {"type": "function", "name": "b"}},
         "session.tool_choice.name"),
        ({"tool_choice": {"type": "mcp", "server_label": "a"}}, {"tool_choice": {"type": "function", "name": "a"}},
         "session.tool_choice"),
        ({"truncation": {"type": "retention_ratio", "retention_ratio": 0.8}}, {"truncation": "auto"},
         "session.truncation"),
        ({"truncation": "disabled"}, {"truncation": {"type": "auto"}}, "session.truncation"),
        ({"truncation": {"type": "retention_ratio", "token_limits": {"post_instructions": 8000}}},
         {"truncation": {"type": "retention_ratio", "token_limits": {"post_instructions": 9000}}},
         "session.truncation.token_limits.post_instructions"),
        ({"prompt": {"id": "p"}}, {"prompt": {"id": "q"}}, "session.prompt.id"),
        ({"tracing": {"workflow_name": "a"}}, {"tracing": {"workflow_name": "b"}}, "session.tracing.workflow_name"),
        ({"voice": "cedar"}, {"audio": {"output": {"voice": "alloy"}}}, "session.audio.output.voice"),
        ({"turn_detection": None}, audio(turn_detection={"type": "server_vad"}), "session.audio.input.turn_detection"),
        ({"modalities": ["text"]}, {"output_modalities": ["audio"]}, "session.output_modalities"),
        (audio(format={"type": "audio/opus"}), audio(format={"type": "audio/pcm"}), "session.audio.input.format"),
        (audio(noise_reduction={"type": "near_field"}), audio(noise_reduction={"type": "far_field"}),
         "session.audio.input.noise_reduction.type"),
    ],
)  # fmt: skip
def test_a_difference_is_named_by_its_path(asked: dict[str, Any], reported: dict[str, Any], path: str) -> None:
    assert [found.path for found in differences(asked, reported)] == [path]


def test_a_difference_has_both_values() -> None:
    assert differences({"speed": 1.5}, {"speed": 1.0}) == [Difference("session.speed", 1.5, 1.0)]


def test_tools_are_known_by_name_or_label() -> None:
    assert tool_names([{"name": "a"}, {"type": "mcp", "server_label": "l"}, "odd", {}]) == {"a", "l"}


@given(st.dictionaries(NAMES, JSON), st.dictionaries(NAMES, JSON))
def test_whatever_the_two_sides_say_is_compared(asked: dict[str, Any], reported: dict[str, Any]) -> None:
    assert all(found.path.startswith("session.") for found in differences(asked, reported))


@given(st.dictionaries(NAMES, JSON))
def test_what_is_reported_as_asked_is_no_difference(asked: dict[str, Any]) -> None:
    assert differences(asked, asked) == []
