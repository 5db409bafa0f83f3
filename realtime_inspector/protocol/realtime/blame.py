"""Which client event an `error` event answers, also where the server does not say.

The server names the event only if the client gave it an `event_id`. Otherwise the error's code, parameter and words
narrow it down to one kind of client event; the oldest unanswered event of that kind is the likely cause. Never simply
the last thing sent: an error can overtake earlier acknowledgements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from realtime_inspector.protocol.realtime.conversation import Pending

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
    ("audio", "input_audio_buffer.append"),
)
_BY_WORDS: Sequence[tuple[str, str]] = (
    ("active response", "response.create"),
    ("no active response", "response.cancel"),
    ("cancellation failed", "response.cancel"),
    ("committing input audio buffer", "input_audio_buffer.commit"),
    ("audio content of", "conversation.item.truncate"),
    ("only model output audio messages can be truncated", "conversation.item.truncate"),
    ("tool call id", "conversation.item.create"),
    ("session update", "session.update"),
)


def client_type(error: Mapping[str, Any]) -> str:
    """Return the type of client event that an `error` object can only answer, or an empty string."""
    code, param, words = (str(error.get(name) or "") for name in ("code", "param", "message"))
    if code in _BY_CODE:
        return _BY_CODE[code]
    for prefix, kind in _BY_PARAM:
        if param == prefix or param.startswith((f"{prefix}.", f"{prefix}[")):
            return kind
    lowered = words.lower()
    # "no active response" holds "active response": the longer words are looked for first.
    for phrase, kind in sorted(_BY_WORDS, key=lambda pair: -len(pair[0])):
        if phrase in lowered:
            return kind
    return ""


def find(error: Mapping[str, Any], unanswered: Iterable[Pending]) -> tuple[Pending | None, str]:
    """Return the unanswered client event that the error answers, and the confidence.

    Returns:
        `(event, "certain")` where the server named it, `(event, "likely")` where code, parameter or words leave one
        kind of event and it is the oldest of that kind, `(None, "none")` otherwise.
    """
    waiting = list(unanswered)
    named = error.get("event_id")
    if named:
        found = next((pending for pending in waiting if pending.event_id == named), None)
        return (found, "certain") if found else (None, "none")
    kind = client_type(error)
    candidates = [pending for pending in waiting if pending.type == kind]
    fitting = [pending for pending in candidates if _fits(pending, str(error.get("param") or ""))]
    for choice in (fitting, candidates):
        if choice:
            return choice[0], "likely"
    if not kind and str(error.get("param") or "") == "type":
        return _of_unknown_type(waiting)
    return None, "none"


def _fits(pending: Pending, param: str) -> bool:
    """Tell whether the parameter an error calls missing really is missing, or one it names really is there."""
    if pending.type != "conversation.item.create" or param != "item.call_id":
        return True
    item = pending.body.get("item")
    return (
        isinstance(item, Mapping)
        and item.get("type") in {"function_call_output", "function_call"}
        and not item.get("call_id")
    )


def _of_unknown_type(waiting: Sequence[Pending]) -> tuple[Pending | None, str]:
    from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES

    strangers = [pending for pending in waiting if pending.type not in CLIENT_TYPES]
    return (strangers[0], "likely") if strangers else (None, "none")
