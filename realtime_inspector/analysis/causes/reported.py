"""An error that the server reported, where nothing else shows what waited for an answer: a log may hold no more."""

from __future__ import annotations

from realtime_inspector.analysis.causes.view import LOOK_BACK, Cause, Confidence, Evidence, View, asked_after, quoted
from realtime_inspector.protocol.event import WIRE_BINARY, WIRE_MALFORMED, WIRE_UNTYPED
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES
from realtime_inspector.protocol.realtime.conversation import ServerError

_WORDS = {
    "audio-refused": "the server refused the user's audio",
    "commit-refused": "the server refused the commit",
    "configuration-refused": "the server refused a configuration, and nothing of it holds",
    "create-refused": "the request for a response was refused",
    "event-unknown": "the server does not know the events that the client sends",
    "message-refused": "the server refused what the client put into the conversation",
    "message-unreadable": "the server cannot read what the client sends as events",
    "server-error": "the server reported an error of its own",
    "session-expired": "the session has reached its longest duration",
}
_FIX = {
    "audio-refused": "send the samples alone, in base64, in the format of the session",
    "commit-refused": "append at least 100 ms of audio before the commit; leave it to voice detection where it is on",
    "configuration-refused": "mend session.update and send it again",
    "create-refused": "wait for response.done, then send response.create again",
    "event-unknown": "send events of the Realtime API: audio as input_audio_buffer.append, in base64",
    "message-refused": "mend the item and send it again, then response.create",
    "message-unreadable": "send one JSON object a message, as text; audio in base64, in input_audio_buffer.append",
    "server-error": "try again after a moment; with a new session if nothing follows",
    "session-expired": "open a new session before the limit",
}
_RULES = {
    "audio-refused": ("AUD001", "AUD005"),
    "commit-refused": ("AUD012", "AUD013"),
    "configuration-refused": ("SES005",),
    "create-refused": ("RSP001", "RSP002", "TOOL013"),
    "event-unknown": ("ENV001", "ENV002", "ENV004"),
    "message-refused": ("TOOL003", "TOOL004", "ITM004"),
    "message-unreadable": ("CON013", "CON014"),
    "session-expired": ("CON005",),
}
_UNREADABLE = frozenset({WIRE_BINARY, WIRE_MALFORMED, WIRE_UNTYPED})
_OF_CODE = {
    "conversation_already_has_active_response": "create-refused",
    "input_audio_buffer_commit_empty": "commit-refused",
    "invalid_tool_call_id": "message-refused",
    "session_expired": "session-expired",
}
_OF_PARAM = {
    "audio": "audio-refused",
    "item": "message-refused",
    "response": "create-refused",
    "session": "configuration-refused",
}
"""First word of `param` → what was refused: it tells the kind of the client's event."""


_BY_ITSELF = frozenset({"audio-refused", "server-error", "session-expired"})
"""What keeps an answer back also where the event that it answers is known."""


def server_error(view: View) -> Cause | None:
    """Tell an error of the server's own, after which nothing came."""
    errors = (error for error in reversed(view.state.errors[-LOOK_BACK:]) if view.within(error.at))
    error = next((error for error in errors if error.type == "server_error"), None)
    return None if error is None or asked_after(view, error.at) else told(error)


def refused_audio(view: View) -> Cause | None:
    """Tell audio of which the server refused the first piece, and all that is like it."""
    first = view.state.first_append
    error = view.refused.get(first.at.n) if first is not None else None
    return _told("audio-refused", error) if error is not None and view.within(error.at) else None


def unreadable(view: View) -> Cause | None:
    """Tell messages of the client that the server could not read as events."""
    errors = [error for error in reversed(view.state.errors[-LOOK_BACK:]) if view.within(error.at)]
    error = next((error for error in errors if error.cause_type in _UNREADABLE), None)
    if error is not None and not asked_after(view, error.at):
        return _told("message-unreadable", error)
    error = next((error for error in errors if error.cause_type and error.cause_type not in CLIENT_TYPES), None)
    return None if error is None or asked_after(view, error.at) else _told("event-unknown", error)


def told(error: ServerError) -> Cause | None:
    """Return what an error says of a silence by its own words; None where they do not tell what was refused.

    Where the client's event is known, what became of it since is known too, and that tells more.
    """
    label = _label(error)
    if not label or (error.cause is not None and label not in _BY_ITSELF):
        return None
    return _told(label, error)


def _told(label: str, error: ServerError) -> Cause:
    sent = (Evidence(error.cause, f"{error.cause_type} of the client"),) if error.cause is not None else ()
    return Cause(
        label,
        f"{_WORDS[label]}: {quoted(error)}",
        (*sent, Evidence(error.at, "error" if label == "server-error" else "refused")),
        Confidence.CERTAIN if label in {"audio-refused", "event-unknown", "message-unreadable"} else Confidence.LIKELY,
        _FIX[label],
        _RULES.get(label, ()),
    )


def _label(error: ServerError) -> str:
    if error.code in _OF_CODE:
        return _OF_CODE[error.code]
    if "already has an active response" in error.message:
        return "create-refused"
    if error.type == "server_error":
        return "server-error"
    return _OF_PARAM.get(error.param.partition(".")[0], "")
