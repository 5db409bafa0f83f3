"""Which client event an `error` event answers, also where the server does not say.

The server names the event only if the client gave it an `event_id`. Otherwise the error's code, parameter and words
narrow it down to one kind of client event, and of the unanswered events of that kind the one that has what the error
speaks of is the likely cause. Never simply the last thing sent: an error can overtake earlier acknowledgements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from realtime_inspector.protocol.event import WIRE_BINARY, WIRE_MALFORMED, WIRE_UNTYPED
from realtime_inspector.protocol.realtime.audio import is_base64
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES
from realtime_inspector.protocol.realtime.conversation import Pending
from realtime_inspector.protocol.realtime.values import text

_BY_CODE: Mapping[str, str] = {
    "conversation_already_has_active_response": "response.create",
    "response_cancel_not_active": "response.cancel",
    "input_audio_buffer_commit_empty": "input_audio_buffer.commit",
    "item_truncate_invalid_item_id": "conversation.item.truncate",
    "item_delete_invalid_item_id": "conversation.item.delete",
    "item_retrieve_invalid_item_id": "conversation.item.retrieve",
    "invalid_tool_call_id": "conversation.item.create",
    "cannot_update_voice": "session.update",
}
_BY_PARAM: Sequence[tuple[str, str]] = (
    ("session", "session.update"),
    ("item", "conversation.item.create"),
    ("previous_item_id", "conversation.item.create"),
    ("response", "response.create"),
    ("audio_end_ms", "conversation.item.truncate"),
    ("content_index", "conversation.item.truncate"),
)
# "no active response" holds "active response": the longer words stand first.
_BY_WORDS: Sequence[tuple[str, str]] = (
    ("only model output audio messages can be truncated", "conversation.item.truncate"),
    ("committing input audio buffer", "input_audio_buffer.commit"),
    ("cancellation failed", "response.cancel"),
    ("no active response", "response.cancel"),
    ("audio content of", "conversation.item.truncate"),
    ("active response", "response.create"),
    ("session update", "session.update"),
    ("tool call id", "conversation.item.create"),
)
_CODE_BY_WORDS: Sequence[tuple[str, str]] = (
    ("committing input audio buffer", "input_audio_buffer_commit_empty"),
    ("cancellation failed", "response_cancel_not_active"),
    ("already has an active response", "conversation_already_has_active_response"),
)
"""What servers said before they gave codes."""
_UNREADABLE: Sequence[tuple[str, frozenset[str]]] = (
    ("binary frames", frozenset({WIRE_BINARY})),
    ("failed to parse json", frozenset({WIRE_MALFORMED})),
    ("'type' field", frozenset({WIRE_UNTYPED, WIRE_MALFORMED})),
)
"""Words of an error → what of ours they speak of."""
_FLAT = {"transcription_session.update": "session.update"}
_QUOTED = re.compile(r"'((?:session|item|response)\.[\w.\[\]]+|type|audio_end_ms|content_index|previous_item_id)'")
_QUOTED_NAME = re.compile(r"'(\w+)'")
_STEP = re.compile(r"[^.\[\]]+")
_DIGITS = 9
_TELLING = 3
"""A shorter id or figure stands in a message by chance."""


def client_type(error: Mapping[str, Any]) -> str:
    """Return the type of client event that an `error` object can only answer, or an empty string."""
    code, words = text(error.get("code")), text(error.get("message")).lower()
    if code in _BY_CODE:
        return _BY_CODE[code]
    named = param(error)
    for prefix, kind in _BY_PARAM:
        if named == prefix or named.startswith((f"{prefix}.", f"{prefix}[")):
            return kind
    return next((kind for phrase, kind in _BY_WORDS if phrase in words), "")


def param(error: Mapping[str, Any]) -> str:
    """Return the parameter an `error` object is about: its `param`, else the one its message quotes, else empty."""
    quoted = _QUOTED.search(text(error.get("message")))
    return text(error.get("param")) or (quoted[1] if quoted else "")


def code(error: Mapping[str, Any]) -> str:
    """Return the code of an `error` object: its own, or the one its words have had since; empty if there is none."""
    words = text(error.get("message")).lower()
    return text(error.get("code")) or next((found for phrase, found in _CODE_BY_WORDS if phrase in words), "")


def is_already_active(error: Mapping[str, Any]) -> bool:
    """Tell whether an `error` object says that another response is in progress, in the words of any year."""
    active = "conversation_already_has_active_response"
    return code(error) == active or "already has an active response" in text(error.get("message")).lower()


def find(
    error: Mapping[str, Any], unanswered: Iterable[Pending], named: Mapping[str, Pending] | None = None
) -> tuple[Pending | None, str]:
    """Return the client event that the error answers, and the confidence.

    Args:
        error: The `error` object of an `error` event.
        unanswered: The client events without an answer, oldest first.
        named: Client events by their `event_id`, those included that are never answered.

    Returns:
        `(event, "certain")` where the server named it, `(event, "likely")` where code, parameter or words leave one
        kind of event and it fits best of that kind (the oldest of equals), `(None, "none")` otherwise.
    """
    waiting = list(unanswered)
    event_id = text(error.get("event_id"))
    if event_id:
        found = next((pending for pending in waiting if pending.event_id == event_id), None)
        found = found or (named or {}).get(event_id)
        return (found, "certain") if found else (None, "none")
    candidates = _candidates(error, waiting)
    if not candidates:
        return None, "none"
    return max(candidates, key=lambda pending: _fit(pending, error)), "likely"


def is_of_audio(error: Mapping[str, Any], append: Mapping[str, Any]) -> bool:
    """Tell whether an error can be about audio such as this append: it has what the error refuses."""
    named = param(error) or "".join(_QUOTED_NAME.findall(text(error.get("message")))[:1])
    audio = append.get("audio")
    if text(error.get("code")) == "unknown_parameter":
        return named in append
    return named == "audio" and not (isinstance(audio, str) and is_base64(audio))


def _candidates(error: Mapping[str, Any], waiting: Sequence[Pending]) -> list[Pending]:
    kind = client_type(error)
    if kind:
        found = [pending for pending in waiting if _FLAT.get(pending.type, pending.type) == kind]
        return found or [pending for pending in waiting if _is_of_input(pending, error)]
    if text(error.get("code")) == "unknown_parameter" and param(error):
        return [pending for pending in waiting if param(error) in pending.body]
    words = text(error.get("message")).lower()
    for phrase, unreadable in _UNREADABLE:
        if phrase in words:
            return [pending for pending in waiting if pending.type in unreadable]
    if text(error.get("code")) in {"invalid_event", "invalid_json"}:
        unread = [pending for pending in waiting if pending.type in {WIRE_UNTYPED, WIRE_MALFORMED}]
        return unread or [pending for pending in waiting if pending.type == WIRE_BINARY]
    if param(error) == "type":
        return [pending for pending in waiting if pending.type not in CLIENT_TYPES or f"'{pending.type}'" in words]
    return []


def _is_of_input(pending: Pending, error: Mapping[str, Any]) -> bool:
    """Tell whether a request has an item of its own whose call the server does not know."""
    response = pending.body.get("response")
    items = response.get("input") if isinstance(response, Mapping) else None
    if text(error.get("code")) != "invalid_tool_call_id" or not isinstance(items, list):
        return False
    named = (text(item.get("call_id")) for item in items if isinstance(item, Mapping))
    return any(call_id and call_id in text(error.get("message")) for call_id in named)


def _fit(pending: Pending, error: Mapping[str, Any]) -> int:
    """Tell how well an event fits: what an error calls missing must be missing, and what it speaks of be there."""
    path = param(error)
    fit = 0
    if path:
        missing = text(error.get("code")) == "missing_required_parameter"
        fit += 2 if _has(pending.body, path) is not missing else -2
    if any(name in text(error.get("message")) for name in _ids(pending.body)):
        fit += 1
    if missing_call_id(pending.body) and path == "item.call_id":
        fit += 1
    return fit


def missing_call_id(body: Mapping[str, Any]) -> bool:
    """Tell whether a client event creates a tool call or its output without the call's id."""
    item = body.get("item")
    if not isinstance(item, Mapping) or item.get("call_id"):
        return False
    return text(item.get("type")) in {"function_call_output", "function_call"}


def _has(body: Any, path: str) -> bool:
    """Tell whether a body has what a path such as `session.tools[2].name` leads to."""
    for step in _STEP.findall(path):
        if isinstance(body, Mapping) and step in body:
            body = body[step]
        elif isinstance(body, list) and _place(step) < len(body):
            body = body[_place(step)]
        else:
            return False
    return True


def _place(step: str) -> int:
    """Return a step of a path as a place in a list; one that no list has if it is no number."""
    return int(step) if len(step) <= _DIGITS and step.isdecimal() else 10**_DIGITS


def _ids(body: Mapping[str, Any]) -> list[str]:
    """Return the ids and figures by which a message could speak of this event."""
    item = body.get("item")
    nested = [item.get("id"), item.get("call_id")] if isinstance(item, Mapping) else []
    values = [body.get("item_id"), body.get("response_id"), body.get("audio_end_ms"), body.get("type"), *nested]
    return [str(value) for value in values if isinstance(value, str | int) and len(str(value)) >= 3]
