"""The connection, and the session's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.protocol.realtime.changes import waiting
from realtime_inspector.protocol.realtime.conversation import At, Update
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import mapping, number, text

_BETA_KEYS = frozenset(
    {"modalities", "input_audio_format", "output_audio_format", "input_audio_transcription", "turn_detection"}
)
"""Members that only the beta's session has at its top."""
_GA_KEYS = frozenset({"output_modalities", "audio"})
_UPDATES = ("session.update", "transcription_session.update")


def on_request(state: State, event: Event) -> None:
    """Note an HTTP request, and take the first one for an upgrade in."""
    state.http.append(event)
    if state.request is not None or not is_upgrade(event):
        return
    state.request = event
    headers = [(name.lower(), value) for name, value in event.entry.headers]
    if any(name == "openai-beta" for name, _ in headers):
        _set_dialect(state, "beta", "the client sent an OpenAI-Beta header")
    elif any(name == "sec-websocket-protocol" and "openai-beta" in value for name, value in headers):
        _set_dialect(state, "beta", "the client asked for an openai-beta subprotocol")
    elif "api-version" in state.query and "deployment" in state.query:
        _set_dialect(state, "beta", "the URL has an api-version and a deployment")


def on_http_response(state: State, event: Event) -> None:
    """Take the answer to the upgrade request in; HTTP/1.1 answers in the order of the requests."""
    asked = state.http.pop(0) if state.http else None
    if state.handshake is None and (asked is None or is_upgrade(asked)):
        state.handshake = event


def is_upgrade(request: Event) -> bool:
    """Tell whether an HTTP request asks for a WebSocket, by its header or, where that was lost on the way, its path."""
    upgrade = request.entry.header("Upgrade") or ""
    path = text(request.body.get("target")).partition("?")[0]
    return request.body.get("method") == "GET" and (
        "websocket" in upgrade.lower() or "realtime" in path or "/live/" in path
    )


def on_close(state: State, event: Event) -> None:
    """Note the first close frame."""
    if state.close is None:
        state.close = event


def on_end(state: State, event: Event) -> None:
    """Note the end of the connection."""
    if state.ended is None:
        state.ended, state.ended_how = At(event.n, event.t), text(event.body.get("how"))


def on_update(state: State, event: Event) -> None:
    """Note what the client asks the session to be."""
    event_id = text(event.body.get("event_id")) or None
    update = Update(At(event.n, event.t), mapping(event.body.get("session")), event_id)
    state.updates.append(update)
    waiting.hold(state.pending_updates, update)


def on_created(state: State, event: Event) -> None:
    """Take the session's first state in."""
    session = mapping(event.body.get("session"))
    state.created = At(event.n, event.t)
    state.id = text(session.get("id"))
    state.expires_at = number(session.get("expires_at")) or None
    state.default_config = session
    _in_force(state, event, session)
    shape = "beta" if event.type.startswith("transcription_session.") else _shape(session)
    if shape:
        _set_dialect(state, shape, f"{event.type} has the {shape} shape")


def on_updated(state: State, event: Event) -> None:
    """Take the session in force in; it answers the oldest update, for the server names none."""
    session = mapping(event.body.get("session"))
    waiting.answered(state, *_UPDATES)
    if state.pending_updates:
        update = state.pending_updates.pop(0)
        update.status, update.answer, update.effective = "accepted", At(event.n, event.t), session
    state.context_cut = At(event.n, event.t)
    _in_force(state, event, session)
    shape = _shape(session)
    if shape and not state.dialect:
        _set_dialect(state, shape, f"{event.type} has the {shape} shape")


def note_refusal(state: State, param: str) -> None:
    """Take the dialect from what the server misses in an update: the beta knew no type of a session."""
    if not state.dialect and param == "session.type":
        _set_dialect(state, "ga", "the server wants session.type")


def note_dialect(state: State, event_type: str, beta_names: Mapping[str, str]) -> None:
    """Take the dialect from a server event's name where nothing else has shown it."""
    if event_type in beta_names:
        _set_dialect(state, "beta", f"the server sent {event_type}")
    elif event_type in beta_names.values() and not event_type.startswith("session."):
        _set_dialect(state, "ga", f"the server sent {event_type}")


def _shape(session: Mapping[str, Any]) -> str:
    if session.keys() & _GA_KEYS:
        return "ga"
    return "beta" if session.keys() & _BETA_KEYS else ""


def _in_force(state: State, event: Event, session: Mapping[str, Any]) -> None:
    was_off = state.detection_is_off
    state.config = session
    state.config_at = At(event.n, event.t)
    if was_off and state.turn_detection is not None:
        state.detection_on = state.config_at
    for path in ("audio.input.format", "input_audio_format"):
        found = AudioFormat.read(dig(session, path))
        if found is not None:
            state.input_audio.format = found
    speech = state.input_audio.active_speech
    if speech is not None and state.turn_detection is None and isinstance(dig(session, "audio.input"), Mapping):
        speech.ended_by = "off"


def _set_dialect(state: State, dialect: str, reason: str) -> None:
    state.dialect, state.dialect_reason = dialect, reason
