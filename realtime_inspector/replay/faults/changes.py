"""What a fault makes of a message, and what it says in the server's place. Bytes and values; no state.

Sources: error reports of public clients, 2024-10 to 2026-09 (read 2026-11-22); where only a code is known publicly,
the sentence is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.values import mapping, text
from realtime_inspector.replay.faults.expression import Action, Fault

UNKNOWN_TYPE = "response.unheard_of"
EXPIRED = "Your session hit the maximum duration of 60 minutes."
EXPIRED_CODE = 1001
_MALFORMED = b'{"type": "response.done", "response": {'
_FRAGMENTS = 3
_SENTENCES = {
    "rate_limit_exceeded": "Rate limit reached for requests. Please try again later.",
    "server_error": "The server had an error while processing your request. Sorry about that!",
    "session_expired": EXPIRED,
    "insufficient_quota": "You exceeded your current quota, please check your plan and billing details.",
    "invalid_api_key": "Incorrect API key provided.",
    "conversation_already_has_active_response": "Conversation already has an active response in progress.",
    "response_cancel_not_active": "Cancellation failed: no active response found",
}
_HTTP = {
    401: ("invalid_api_key", "Incorrect API key provided."),
    403: (None, "The project has no access to this model."),
    404: (None, "The URL or the model does not exist."),
    429: ("rate_limit_exceeded", "Rate limit reached for requests. Please try again later."),
    503: (None, "The server is overloaded. Please try again later."),
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message on its way."""

    payload: bytes
    binary: bool = False
    fragments: int = 1


def changed(fault: Fault, message: Message) -> list[Message]:
    """Return what arrives in place of a message: none, one or several."""
    change = _CHANGES.get(fault.action)
    return [message] if change is None else change(fault, message)


def _dropped(fault: Fault, message: Message) -> list[Message]:
    return []


def _duplicated(fault: Fault, message: Message) -> list[Message]:
    return [message] * (1 + (fault.number or 1))


def _truncated(fault: Fault, message: Message) -> list[Message]:
    size = len(message.payload) // 2 if fault.number is None else fault.number
    kept = message.payload[:size]
    if not message.binary:  # half a letter would not be text any more, which is another fault
        kept = kept.decode(errors="ignore").encode()
    return [replace(message, payload=kept)]


def _malformed(fault: Fault, message: Message) -> list[Message]:
    return [replace(message, payload=_MALFORMED, binary=False)]


def _binary(fault: Fault, message: Message) -> list[Message]:
    return [replace(message, binary=True)]


def _fragmented(fault: Fault, message: Message) -> list[Message]:
    return [replace(message, fragments=fault.number or _FRAGMENTS)]


def _limited(fault: Fault, message: Message) -> list[Message]:
    """Say that little is left, in a `rate_limits.updated`; other events stay as they are."""
    try:
        body = orjson.loads(message.payload)
    except orjson.JSONDecodeError:
        return [message]
    limits = mapping(body).get("rate_limits")
    if not isinstance(limits, list):
        return [message]
    left = fault.number or 0
    body["rate_limits"] = [{**limit, "remaining": left} if isinstance(limit, dict) else limit for limit in limits]
    return [replace(message, payload=orjson.dumps(body))]


_CHANGES: Mapping[Action, Callable[[Fault, Message], list[Message]]] = {
    Action.DROP: _dropped,
    Action.DUPLICATE: _duplicated,
    Action.TRUNCATE: _truncated,
    Action.MALFORMED: _malformed,
    Action.BINARY: _binary,
    Action.FRAGMENT: _fragmented,
    Action.LIMITS: _limited,
}


# what the server never said


def error_object(fault: Fault) -> dict[str, Any]:
    """Return an error as events and failed responses have it."""
    code = "session_expired" if fault.action is Action.EXPIRE else fault.code
    kind = "server_error" if code == "server_error" else "invalid_request_error"
    message = fault.words or _SENTENCES.get(code, f"The request was refused: {code}.")
    return {"type": kind, "code": code, "message": message, "param": None}


def error_event(fault: Fault, event_id: str, caused_by: Event | None) -> Message:
    """Return an `error` event; `caused_by` is the client's event that it answers, if it answers one."""
    named = text(caused_by.body.get("event_id")) if caused_by is not None else ""
    error = {**error_object(fault), "event_id": named or None}
    return Message(orjson.dumps({"type": "error", "event_id": event_id, "error": error}))


def unknown_event(fault: Fault, event_id: str) -> Message:
    """Return an event of a type that no client knows."""
    body = {"type": fault.code or UNKNOWN_TYPE, "event_id": event_id, "note": "a fault of realtime-inspector"}
    return Message(orjson.dumps(body))


def failed_response(fault: Fault, event_id: str, response: Mapping[str, Any]) -> Message:
    """Return the `response.done` of a response that failed at its beginning."""
    details = {"type": "failed", "error": error_object(fault)}
    ended = {**response, "status": "failed", "status_details": details, "output": [], "usage": None}
    return Message(orjson.dumps({"type": "response.done", "event_id": event_id, "response": ended}))


def cancel_event(event_id: str, response_id: str) -> Message:
    """Return the `response.cancel` by which the server stops what the client is told has failed."""
    return Message(orjson.dumps({"type": "response.cancel", "event_id": event_id, "response_id": response_id}))


def refusal_body(status: int) -> bytes:
    """Return the body of a refused upgrade, in the API's shape."""
    code, message = _HTTP.get(status, (None, f"The request was refused with {status}."))
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return orjson.dumps({"error": error})
