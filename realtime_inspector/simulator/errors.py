"""What the server refuses, in the API's words: code, parameter, and a sentence of the API's pattern.

A `Refusal` never leaves the simulator as an exception: the machine makes an `error` event of it. Where only a code is
known publicly, the sentence is ours; where no code is known, there is none.

Source: error reports in the issue trackers of public clients, 2024-10 to 2026-09 (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):  # noqa: N818 - it is what the server says, not a fault of this program
    """One client event that the server does not accept."""

    def __init__(self, message: str, code: str | None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param

    def body(self, event_id: str | None) -> dict[str, Any]:
        """Return the `error` object of the event; `event_id` is the client event's own, if it had one."""
        return {
            "type": "invalid_request_error",
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": event_id,
        }


def missing(param: str) -> Refusal:
    """A member that must be there is not."""
    return Refusal(f"Missing required parameter: '{param}'.", "missing_required_parameter", param)


def unknown(param: str) -> Refusal:
    """A member that the API does not have."""
    return Refusal(f"Unknown parameter: '{param}'.", "unknown_parameter", param)


def wrong_value(value: object, supported: Sequence[str], param: str) -> Refusal:
    """A value that is none of those known."""
    if len(supported) == 1:
        return Refusal(f"Invalid value: '{value}'. Value must be '{supported[0]}'.", "invalid_value", param)
    known = ", ".join(f"'{name}'" for name in supported[:-1])
    tail = f"{',' if len(supported) > 2 else ''} and '{supported[-1]}'"
    return Refusal(f"Invalid value: '{value}'. Supported values are: {known}{tail}.", "invalid_value", param)


def wrong_type(value: object, expected: str, param: str) -> Refusal:
    """A value of another JSON type."""
    message = f"Invalid type for '{param}': expected {expected}, but got {json_kind(value)} instead."
    return Refusal(message, "invalid_type", param)


def out_of_range(value: float, limit: float, param: str, *, below: bool, integer: bool) -> Refusal:
    """A number beyond its limit."""
    kind = "integer" if integer else "decimal"
    side, sign = ("below minimum", ">=") if below else ("above maximum", "<=")
    message = f"Invalid '{param}': {kind} {side} value. Expected a value {sign} {limit:g}, but got {value:g} instead."
    return Refusal(message, f"{kind}_{'below_min' if below else 'above_max'}_value", param)


def too_long(length: int, limit: int, param: str) -> Refusal:
    """A string beyond its limit."""
    message = (
        f"Invalid '{param}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {length} instead."
    )
    return Refusal(message, "string_above_max_length", param)


def no_match(pattern: str, param: str) -> Refusal:
    """A string with letters that it must not have."""
    message = (
        f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '{pattern}'."
    )
    return Refusal(message, "invalid_value", param)


def json_kind(value: object) -> str:
    """Return what JSON calls the value's type, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def active_response(response_id: str) -> Refusal:
    """A second response in the conversation."""
    message = (
        f"Conversation already has an active response in progress: {response_id}. "
        "Wait until the response is finished before creating a new one."
    )
    return Refusal(message, "conversation_already_has_active_response")


def no_active_response() -> Refusal:
    """A cancel with nothing to cancel."""
    return Refusal("Cancellation failed: no active response found", "response_cancel_not_active")


def commit_too_small(buffered_ms: float) -> Refusal:
    """A commit of less than 100 ms."""
    message = (
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
        f"but buffer only has {buffered_ms:.2f}ms of audio."
    )
    return Refusal(message, "input_audio_buffer_commit_empty")


def voice_is_fixed(param: str) -> Refusal:
    """Another voice after the assistant has spoken."""
    message = "Cannot update a conversation's voice if assistant audio is present."
    return Refusal(message, "cannot_update_voice", param)


def bad_audio() -> Refusal:
    """Audio that is not base64."""
    message = "Invalid 'audio'. Expected base64-encoded audio bytes but got an invalid value."
    return Refusal(message, "invalid_value", "audio")


def unknown_call(call_id: str) -> Refusal:
    """An output for a call that was never made."""
    return Refusal(f"Tool call ID '{call_id}' not found in conversation.", "invalid_tool_call_id", "item.call_id")


def unknown_item(item_id: str, action: str) -> Refusal:
    """A truncate, delete or retrieve of an item that is not there."""
    message = f"Item {action} failed: the item with id '{item_id}' does not exist."
    return Refusal(message, f"item_{action}_invalid_item_id", "item_id")


def only_audio_truncates() -> Refusal:
    """A truncate of something else than the assistant's audio."""
    return Refusal("Only model output audio messages can be truncated", "unsupported_content_type")


def already_shorter(audio_ms: float, asked_ms: float) -> Refusal:
    """A truncate beyond what was generated."""
    return Refusal(f"Audio content of {audio_ms:.0f}ms is already shorter than {asked_ms:.0f}ms", "invalid_value")


def session_expired(minutes: int) -> Refusal:
    """The session has lasted its time."""
    return Refusal(f"Your session hit the maximum duration of {minutes} minutes.", "session_expired")


def too_much_input(tokens: int, limit: int) -> Refusal:
    """More input than fits, in a session that lets nothing be dropped."""
    message = f"The conversation has {tokens} tokens, more than the {limit} that fit, and truncation is disabled."
    return Refusal(message, None, None)


def no_such_model(model: str) -> dict[str, str]:
    """What a response says that fails because its key may not use the model."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return {"type": "invalid_request_error", "code": "model_not_found", "message": message}


def wrong_endpoint(model: str, param: str = "model") -> Refusal:
    """A model of another kind of session."""
    return Refusal(f"The model '{model}' cannot be used on this endpoint.", "invalid_model", param)


def planned(failure: Mapping[str, str]) -> dict[str, Any]:
    """What a scenario has go wrong, as the `error` of an event."""
    return {"type": "server_error", "code": None, "message": "", "param": None, "event_id": None, **failure}


def beta_is_gone() -> Refusal:
    """The header of the beta."""
    message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
    return Refusal(message, "beta_api_shape_disabled")
