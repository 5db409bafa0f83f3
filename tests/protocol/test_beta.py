"""The beta's shapes become those the API takes today."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.protocol.realtime import beta, schema

NAMES = st.sampled_from(["type", "role", "function", "x"])
MEMBERS = st.sampled_from([*beta.SESSION_PATHS, "audio", "tools", "tool_choice", "content", "role"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner),
    max_leaves=8,
)
OLD = {
    "modalities": ["text", "audio"],
    "voice": "alloy",
    "input_audio_format": "g711_ulaw",
    "output_audio_format": "pcm16",
    "input_audio_transcription": {"enabled": True, "model": "whisper-1"},
    "input_audio_noise_reduction": "near_field",
    "turn_detection": None,
    "max_response_output_tokens": None,
    "temperature": 0.8,
    "tools": [{"type": "function", "function": {"name": "a", "parameters": {"type": "object"}, "strict": True}}],
    "tool_choice": {"type": "function", "function": {"name": "a"}},
    "instructions": "be kind",
}
NEW = {
    "type": "realtime",
    "instructions": "be kind",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcmu"},
            "transcription": {"model": "whisper-1"},
            "noise_reduction": {"type": "near_field"},
            "turn_detection": None,
        },
        "output": {"voice": "alloy", "format": {"type": "audio/pcm", "rate": 24000}},
    },
    "max_output_tokens": "inf",
    "tools": [{"type": "function", "name": "a", "parameters": {"type": "object"}}],
    "tool_choice": {"type": "function", "name": "a"},
}


def test_a_flat_session_is_nested() -> None:
    assert beta.to_ga(OLD) == NEW


def test_the_api_takes_what_comes_out() -> None:
    event = beta.event_to_ga({"type": "session.update", "session": OLD})
    assert schema.problems("session.update", event) == []


def test_a_session_of_today_stays_as_it_is() -> None:
    assert beta.to_ga(NEW) == NEW


def test_the_event_that_was_sent_is_not_changed() -> None:
    audio: dict[str, Any] = {"output": {"voice": "marin", "format": "pcm16"}}
    beta.to_ga({"voice": "alloy", "audio": audio})
    assert audio == {"output": {"voice": "marin", "format": "pcm16"}}


def test_of_two_shapes_in_one_session_the_newer_counts() -> None:
    found = beta.to_ga({"voice": "alloy", "speed": 1.2, "audio": {"output": {"voice": "marin"}}})
    assert found["audio"]["output"] == {"voice": "marin", "speed": 1.2}


def test_what_the_server_writes_is_not_sent_back() -> None:
    assert beta.to_ga({"id": "sess_1", "object": "realtime.session", "expires_at": 1, "type": "realtime"}) == {
        "type": "realtime"
    }


def test_a_hyphen_in_a_format_is_taken_for_the_underscore_it_should_be() -> None:
    assert beta.format_to_ga("g711-ulaw") == {"type": "audio/pcmu"}


def test_a_pcm_format_gets_its_rate() -> None:
    assert beta.format_to_ga({"type": "audio/pcm"}) == {"type": "audio/pcm", "rate": 24000}


def test_a_transcription_session_becomes_a_session_of_that_type() -> None:
    found = beta.event_to_ga({"type": "transcription_session.update", "session": {"input_audio_format": "pcm16"}})
    assert found["type"] == "session.update"
    assert found["session"]["type"] == "transcription"
    assert schema.problems("session.update", found) == []


def test_a_response_is_nested_and_its_input_renamed() -> None:
    old = {
        "modalities": ["text"],
        "voice": "alloy",
        "input": [{"type": "message", "role": "assistant", "content": [{"type": "text", "text": "a"}]}],
    }
    found = beta.event_to_ga({"type": "response.create", "response": old})
    assert found["response"]["audio"] == {"output": {"voice": "alloy"}}
    assert found["response"]["input"][0]["content"][0]["type"] == "output_text"
    assert schema.problems("response.create", found) == []


def test_the_content_of_an_item_says_whose_it_is() -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "text", "text": "a"}, "odd"]}
    event = {"type": "conversation.item.create", "item": item}
    assert beta.event_to_ga(event)["item"]["content"] == [{"type": "input_text", "text": "a"}, "odd"]


def test_an_event_that_did_not_change_comes_back_as_it_is() -> None:
    event = {"type": "conversation.item.delete", "item_id": "i"}
    assert beta.event_to_ga(event) == event


@given(
    st.dictionaries(st.sampled_from([*beta.SESSION_PATHS, "audio", "tools", "tool_choice", "content", "role"]), JSON)
)
def test_whatever_a_client_sends_is_turned_without_an_exception(value: dict[str, Any]) -> None:
    assert beta.to_ga(value)["type"]
    beta.response_to_ga(value)
    beta.item_to_ga(value)


def test_a_configuration_of_today_goes_back_to_the_beta() -> None:
    asked = {
        "type": "session.update",
        "event_id": "e1",
        "session": {
            "type": "realtime",
            "instructions": "Be kind.",
            "output_modalities": ["audio"],
            "audio": {
                "input": {"format": {"type": "audio/pcmu"}, "turn_detection": None},
                "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "echo"},
            },
        },
    }
    assert beta.event_to_beta(asked) == {
        "type": "session.update",
        "event_id": "e1",
        "session": {
            "instructions": "Be kind.",
            "modalities": ["text", "audio"],
            "voice": "echo",
            "input_audio_format": "g711_ulaw",
            "output_audio_format": "pcm16",
            "turn_detection": None,
        },
    }
    other = {"type": "response.create", "response": {"output_modalities": ["text"], "max_output_tokens": 5}}
    assert beta.event_to_beta(other)["response"] == {"modalities": ["text"], "max_response_output_tokens": 5}
    assert beta.event_to_beta({"type": "response.cancel"}) == {"type": "response.cancel"}
