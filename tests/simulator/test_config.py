"""What `session.update` may hold, and the refusal of everything else."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_inspector.simulator.config import default_session, default_transcription, updated
from realtime_inspector.simulator.errors import Refusal

DEFAULT = default_session("sess_1", "gpt-realtime-2.1", 0)
PCM = {"type": "audio/pcm", "rate": 24000}


def refused(asked: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        updated(DEFAULT, asked, has_audio=False)
    return caught.value


def audio(**parts: Any) -> dict[str, Any]:
    return {"audio": {"input": parts}}


@pytest.mark.parametrize(
    ("asked", "code", "param"),
    [
        ({"type": None}, "missing_required_parameter", "session.type"),
        ({"type": "chat"}, "invalid_value", "session.type"),
        ({"modalities": ["text"]}, "unknown_parameter", "session.modalities"),
        ({"input_audio_format": "pcm16"}, "unknown_parameter", "session.input_audio_format"),
        ({"temperature": 0.8}, "unknown_parameter", "session.temperature"),
        ({"audio": {"input": {"vad": {}}}}, "unknown_parameter", "session.audio.input.vad"),
        (audio(format="pcm16"), "invalid_value", "session.audio.input.format"),
        (audio(format={"type": "audio/pcm"}), "missing_required_parameter", "session.audio.input.format.rate"),
        (audio(format={**PCM, "rate": 16000}), "integer_below_min_value", "session.audio.input.format.rate"),
        (audio(format={"type": "audio/opus"}), "invalid_value", "session.audio.input.format.type"),
        (audio(noise_reduction="near_field"), "invalid_type", "session.audio.input.noise_reduction"),
        (audio(turn_detection={"type": "vad"}), "invalid_value", "session.audio.input.turn_detection.type"),
        (
            audio(turn_detection={"type": "server_vad", "threshold": 1.5}),
            "decimal_above_max_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            audio(turn_detection={"type": "semantic_vad", "idle_timeout_ms": 6000}),
            "unknown_parameter",
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        (
            audio(turn_detection={"type": "server_vad", "idle_timeout_ms": 100}),
            "integer_below_min_value",
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        ({"output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
        ({"output_modalities": "audio"}, "invalid_type", "session.output_modalities"),
        ({"audio": {"output": {"voice": "robot"}}}, "invalid_value", "session.audio.output.voice"),
        ({"audio": {"output": {"speed": 2}}}, "decimal_above_max_value", "session.audio.output.speed"),
        ({"max_output_tokens": 5000}, "integer_above_max_value", "session.max_output_tokens"),
        ({"max_output_tokens": "many"}, "invalid_value", "session.max_output_tokens"),
        ({"model": "gpt-realtime-mini"}, None, "session.model"),
        ({"instructions": ["be", "kind"]}, "invalid_type", "session.instructions"),
        ({"tools": {}}, "invalid_type", "session.tools"),
        ({"tools": [{"name": "f"}]}, "missing_required_parameter", "session.tools[0].type"),
        (
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            "missing_required_parameter",
            "session.tools[0].name",
        ),
        ({"tools": [{"type": "function", "name": "f", "meta": 1}]}, "unknown_parameter", "session.tools[0].meta"),
        (
            {
                "tools": [
                    {"type": "function", "name": "f"},
                    {"type": "function", "name": "g", "description": "x" * 1025},
                ]
            },
            "string_above_max_length",
            "session.tools[1].description",
        ),
        (
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            "missing_required_parameter",
            "session.tool_choice.name",
        ),
    ],
)
def test_a_wrong_update_is_refused_with_code_and_parameter(asked: dict[str, Any], code: str, param: str) -> None:
    refusal = refused({"type": "realtime", **asked})
    assert (refusal.code, refusal.param) == (code, param)


def test_an_update_without_a_session_is_refused() -> None:
    assert refused(None).param == "session"


def test_a_missing_type_is_told_before_unknown_names() -> None:
    refusal = refused({"modalities": ["audio", "text"], "voice": "alloy"})
    assert refusal.message == "Missing required parameter: 'session.type'."


def test_the_message_of_an_unknown_value_lists_the_known() -> None:
    refusal = refused({"type": "realtime", **audio(format="pcm16")})
    supported = "'audio/pcm', 'audio/pcmu', and 'audio/pcma'"
    assert refusal.message == f"Invalid value: 'pcm16'. Supported values are: {supported}."


def test_turn_detection_is_completed_with_the_defaults_of_its_type() -> None:
    asked = {"type": "realtime", **audio(turn_detection={"type": "semantic_vad", "eagerness": "low"})}
    detection = updated(DEFAULT, asked, has_audio=False)["audio"]["input"]["turn_detection"]
    assert detection == {
        "type": "semantic_vad",
        "eagerness": "low",
        "create_response": True,
        "interrupt_response": True,
    }


@pytest.mark.parametrize("name", ["turn_detection", "transcription", "noise_reduction"])
def test_null_switches_a_part_of_the_input_off(name: str) -> None:
    session = updated(DEFAULT, {"type": "realtime", **audio(transcription={"model": "whisper-1"})}, has_audio=False)
    session = updated(session, {"type": "realtime", **audio(**{name: None})}, has_audio=False)
    assert session["audio"]["input"][name] is None


def test_null_elsewhere_brings_the_default_back() -> None:
    session = updated(DEFAULT, {"type": "realtime", "tools": [{"type": "function", "name": "f"}]}, has_audio=False)
    assert updated(session, {"type": "realtime", "tools": None}, has_audio=False)["tools"] == []


def test_naming_the_model_in_force_or_its_family_is_accepted() -> None:
    for model in ("gpt-realtime-2.1", "gpt-realtime-2", "gpt-realtime"):
        assert updated(DEFAULT, {"type": "realtime", "model": model}, has_audio=False)["model"] == DEFAULT["model"]


def test_an_update_leaves_the_session_it_began_with_alone() -> None:
    before = default_session("sess_1", "m", 0)
    after = updated(
        before, {"type": "realtime", "audio": {"output": {"format": {"type": "audio/pcmu"}}}}, has_audio=False
    )
    assert before == default_session("sess_1", "m", 0)
    assert after["audio"]["output"]["format"] == {"type": "audio/pcmu"}


@pytest.mark.parametrize("model", ["gpt-realtime-whisper", "gpt-live-transcribe"])
def test_a_model_that_hears_until_the_commit_takes_no_turn_detection(model: str) -> None:
    session = default_transcription("sess_1", 0)
    asked = {"type": "transcription", **audio(transcription={"model": model})}
    with pytest.raises(Refusal, match="Turn detection is not supported for this transcription model"):
        updated(session, asked, has_audio=False)
    asked["audio"]["input"]["turn_detection"] = None
    assert updated(session, asked, has_audio=False)["audio"]["input"]["turn_detection"] is None
