"""What the real server refuses, in its words, so that a mock does not forgive what production will not.

A check looks at one client event and at the session as it was when the event came; it returns a `Refusal` or nothing.
When in doubt it stays silent: only what the API is known to refuse is refused. Where only the code of an error is known
publicly, the sentence is ours.

Source: Realtime API reference and error reports of public clients, 2024-10 to 2026-09 (read 2026-11-22).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_inspector.protocol.event import APPENDS, WIRE_BINARY, WIRE_MALFORMED, WIRE_UNTYPED, Event
from realtime_inspector.protocol.realtime.beta import REMOVED, SERVER_MADE, SESSION_PATHS
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES, GA_CLIENT_TYPES
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mapping, number, text

LEAST_COMMIT_MS = 100
"""A commit of less audio is refused."""

_BETA_ONLY = (frozenset(SESSION_PATHS) | REMOVED) - {"speed"}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_LOOK = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the `error` event says."""

    code: str
    message: str
    param: str | None = None

    def event(self, event_id: str, client_event_id: str | None) -> dict[str, Any]:
        """Return the whole `error` event.

        Args:
            event_id: Its own id.
            client_event_id: The id that the client gave to the refused event, if it gave one.
        """
        error = {
            "type": "invalid_request_error",
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": client_event_id,
        }
        return {"type": "error", "event_id": event_id, "error": error}


def refusal(event: Event, before: Session, *, dialect: str = "", known: Collection[str] = ()) -> Refusal | None:
    """Return why the API would refuse a client event, or None.

    Args:
        event: The client event.
        before: The session as it was when the event came.
        dialect: `beta` for a server that speaks it: its sessions have another shape.
        known: Types that this server knows beside the API's.
    """
    problem = _envelope(event, dialect, known)
    if problem is not None or (event.type == "session.update" and dialect == "beta"):
        return problem
    check = _STATELESS.get(event.type) if before.is_sideband else _CHECKS.get(event.type)
    return check(event, before) if check is not None else None


def append_refusal(event: Event, sent: Collection[str]) -> Refusal | None:
    """Return why a session without turns would refuse an append of audio, or None.

    Args:
        event: The append.
        sent: The types of all that the recorded client sent: a translation has another append than the Live API.
    """
    known = APPENDS & frozenset(sent) or APPENDS - GA_CLIENT_TYPES
    if event.type not in known:
        return _unknown_type(event.type, known)
    return _audio(event)


NO_ACTIVE_RESPONSE = Refusal("response_cancel_not_active", "Cancellation failed: no active response found")


def missing(param: str) -> Refusal:
    """A member that must be there is not."""
    return Refusal("missing_required_parameter", f"Missing required parameter: '{param}'.", param)


def unknown_item(item_id: str, action: str) -> Refusal:
    """A truncate, delete or retrieve of an item that is not there."""
    message = f"Item {action} failed: the item with id '{item_id}' does not exist."
    return Refusal(f"item_{action}_invalid_item_id", message, "item_id")


def _envelope(event: Event, dialect: str, known: Collection[str]) -> Refusal | None:
    match event.type:
        case t if t == WIRE_BINARY:
            return Refusal("invalid_event", "Binary messages are not supported.")
        case t if t == WIRE_MALFORMED:
            return Refusal("invalid_event", "The message could not be parsed as a JSON object.")
        case t if t == WIRE_UNTYPED:
            return Refusal("invalid_event", "The 'type' field is missing.")
        case t:
            allowed = CLIENT_TYPES if dialect == "beta" else GA_CLIENT_TYPES
            return None if t in allowed or t in known else _unknown_type(t, allowed)


def _unknown_type(name: str, known: Collection[str]) -> Refusal:
    names = ", ".join(f"'{each}'" for each in sorted(known))
    return Refusal("invalid_value", f"Invalid value: '{name}'. Supported values are: {names}.", "type")


def _update(event: Event, before: Session) -> Refusal | None:
    session = event.body.get("session")
    if not isinstance(session, Mapping):
        return missing("session")
    if not session.get("type"):
        return missing("session.type")
    strange = sorted(session.keys() & (_BETA_ONLY | SERVER_MADE))
    if strange:
        param = f"session.{strange[0]}"
        return Refusal("unknown_parameter", f"Unknown parameter: '{param}'.", param)
    return None


def _append(event: Event, before: Session) -> Refusal | None:
    return _audio(event)


def _audio(event: Event) -> Refusal | None:
    if not event.audio_bytes and not isinstance(event.body.get("audio"), str):
        return missing("audio")
    sample = event.audio()[:_LOOK]
    if _BASE64.fullmatch(sample) is None:
        message = "Invalid 'audio'. Expected base64-encoded audio bytes but got an invalid value."
        return Refusal("invalid_value", message, "audio")
    return None


def _commit(event: Event, before: Session) -> Refusal | None:
    buffered = before.input_audio.buffered_ms
    if buffered >= LEAST_COMMIT_MS:
        return None
    return Refusal(
        "input_audio_buffer_commit_empty",
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
        f"but buffer only has {buffered:.2f}ms of audio.",
    )


def _create(event: Event, before: Session) -> Refusal | None:
    item = event.body.get("item")
    if not isinstance(item, Mapping):
        return missing("item")
    if not item.get("type"):
        return missing("item.type")
    if item["type"] != "function_call_output":
        return None
    call_id = text(item.get("call_id"))
    if not call_id:
        return missing("item.call_id")
    if call_id not in before.calls:
        message = f"Tool call ID '{call_id}' not found in conversation."
        return Refusal("invalid_tool_call_id", message, "item.call_id")
    if item.get("output") is None:
        return missing("item.output")
    if not isinstance(item["output"], str):
        message = "Invalid type for 'item.output': expected a string, but got something else instead."
        return Refusal("invalid_type", message, "item.output")
    return None


def _respond(event: Event, before: Session) -> Refusal | None:
    active = before.active_response
    if active is None or mapping(event.body.get("response")).get("conversation") == "none":
        return None
    return Refusal(
        "conversation_already_has_active_response",
        f"Conversation already has an active response in progress: {active.id}. "
        "Wait until the response is finished before creating a new one.",
    )


def _cancel(event: Event, before: Session) -> Refusal | None:
    named = before.responses.get(text(event.body.get("response_id")))
    return NO_ACTIVE_RESPONSE if named is None and before.active_response is None else None


def _truncate(event: Event, before: Session) -> Refusal | None:
    item_id = text(event.body.get("item_id"))
    if not item_id:
        return missing("item_id")
    end = event.body.get("audio_end_ms")
    problem = _audio_end(end)
    if problem is not None:
        return problem
    if event.body.get("content_index") is None:
        return missing("content_index")
    item = before.items.get(item_id)
    if item is None or item.deleted:
        return unknown_item(item_id, "truncate")
    if not item.audio_bytes or event.body["content_index"] != 0:
        return Refusal("unsupported_content_type", "Only model output audio messages can be truncated")
    if (number(end) or 0.0) > item.audio_ms + 1:
        message = f"Audio content of {item.audio_ms:.0f}ms is already shorter than {end}ms"
        return Refusal("invalid_value", message)
    return None


def _audio_end(end: Any) -> Refusal | None:
    if end is None:
        return missing("audio_end_ms")
    if not isinstance(end, int) or isinstance(end, bool):
        kind = "a decimal" if isinstance(end, float) else "something else"
        message = f"Invalid type for 'audio_end_ms': expected an integer, but got {kind} instead."
        return Refusal("invalid_type", message, "audio_end_ms")
    if end < 0:
        message = f"Invalid 'audio_end_ms': integer below minimum value. Expected a value >= 0, but got {end} instead."
        return Refusal("integer_below_min_value", message, "audio_end_ms")
    return None


def _named_item(action: str) -> Callable[[Event, Session], Refusal | None]:
    def check(event: Event, before: Session) -> Refusal | None:
        item_id = text(event.body.get("item_id"))
        if not item_id:
            return missing("item_id")
        item = before.items.get(item_id)
        return unknown_item(item_id, action) if item is None or item.deleted else None

    return check


_Checks = Mapping[str, Callable[[Event, Session], Refusal | None]]

_STATELESS: _Checks = {"session.update": _update, "input_audio_buffer.append": _append}
"""All that can be told on a socket that joined a call in its middle."""

_CHECKS: _Checks = {
    **_STATELESS,
    "input_audio_buffer.commit": _commit,
    "conversation.item.create": _create,
    "conversation.item.truncate": _truncate,
    "conversation.item.delete": _named_item("delete"),
    "conversation.item.retrieve": _named_item("retrieve"),
    "response.create": _respond,
    "response.cancel": _cancel,
}
