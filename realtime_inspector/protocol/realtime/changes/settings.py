"""The connection, and the session's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime import dialects
from realtime_inspector.protocol.realtime.audio import PCM, AudioFormat
from realtime_inspector.protocol.realtime.changes import waiting
from realtime_inspector.protocol.realtime.conversation import At, Update
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import mapping, number, text

_BETA_KEYS = frozenset(
    {"modalities", "input_audio_format", "output_audio_format", "input_audio_transcription", "turn_detection"}
)
"""Members that only the beta's session has at its top."""
_GA_KEYS = frozenset({"output_modalities", "audio"})
_OPENAI = "api.openai.com"
_LATEST = 8
"""So many updates under way are looked through for a format: clients send up to three at once."""
_UPDATES = ("session.update", "transcription_session.update", "session.start")


def on_request(state: State, event: Event) -> None:
    """Note an HTTP request, and take the first one for an upgrade in."""
    state.http.append(event)
    if state.request is not None or not is_upgrade(event):
        return
    state.request = event
    note_upstream(state)
    _see(state, *dialects.of_headers(name for name, _ in event.entry.headers))
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
        _see(state, *dialects.of_headers(name for name, _ in event.entry.headers))


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
    _heard_in(state, update.session)


def on_created(state: State, event: Event) -> None:
    """Take the session's first state in."""
    session = mapping(event.body.get("session"))
    state.created = At(event.n, event.t)
    state.id = text(session.get("id"))
    state.expires_at = number(session.get("expires_at")) or None
    state.default_config = session
    _see(state, *dialects.of_session(event.body, first=True))
    _in_force(state, event, session)
    shape = "beta" if event.type.startswith("transcription_session.") else _shape(session)
    if shape:
        _set_dialect(state, shape, f"{event.type} has the {shape} shape")


def on_started(state: State, event: Event) -> None:
    """Take the first state of a session in that the client started by its settings."""
    _accept(state, event, mapping(event.body.get("session")))
    on_created(state, event)


def on_updated(state: State, event: Event) -> None:
    """Take the session in force in; it answers the oldest update, for the server names none."""
    session = mapping(event.body.get("session"))
    _accept(state, event, session)
    state.context_cut = At(event.n, event.t)
    _see(state, *dialects.of_session(event.body, first=False))
    _in_force(state, event, session)
    shape = _shape(session)
    if shape and not state.dialect:
        _set_dialect(state, shape, f"{event.type} has the {shape} shape")


def _accept(state: State, event: Event, session: Mapping[str, Any]) -> None:
    waiting.answered(state, *_UPDATES)
    if state.pending_updates:
        update = state.pending_updates.pop(0)
        update.status, update.answer, update.effective = "accepted", At(event.n, event.t), session


def hear(state: State) -> None:
    """Read the user's audio in the format asked for last, also before that is confirmed: messages have an order."""
    asked = (update.session for update in reversed(state.pending_updates[-_LATEST:]))
    any(_heard_in(state, session) for session in (*asked, state.config))


def _heard_in(state: State, session: Mapping[str, Any]) -> bool:
    """Read the user's audio in the format that settings name; tell whether they name one."""
    for path in ("audio.input.format", "input_audio_format", "audio.format"):  # the last is the Live API's, of both
        told = dig(session, path)
        found = AudioFormat.read(told)
        if found is not None:
            rate = dialects.DIALECTS[state.server].input_rate if state.server else 0
            unnamed = rate and found.name == PCM and not (isinstance(told, Mapping) and told.get("rate"))
            state.input_audio.format = replace(found, rate=rate) if unnamed else found
            return True
    return False


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


def note_upstream(state: State) -> None:
    """Take from host and path whose server it is."""
    if state.server or state.dialect_asked:
        return
    host, path = _place(state.upstream)
    if not host and state.request is not None:
        host = (state.request.entry.header("Host") or "").rpartition(":")[0] or state.request.entry.header("Host") or ""
    _set_server(state, *dialects.of_url(host.lower(), state.target or path))


def note_server(state: State, event: Event) -> None:
    """Take from the first event of a type whose server it is, where nothing has shown it before."""
    if not event.is_wire and not state.server and not state.dialect_asked:
        first = event.from_server and state.first_server is None
        _set_server(state, *dialects.of_event(event.type, first=first))


def note_error(state: State, error: Mapping[str, Any]) -> None:
    """Take from an error whose server it is, where nothing has shown it before."""
    _see(state, *dialects.of_error(error))


def take_dialect(state: State, name: str) -> None:
    """Take what the user says.

    Raises:
        ValueError: If there is no such dialect.
    """
    asked = dialects.named(name)
    state.dialect_asked, state.server_reason = name, dialects.ASKED_FOR
    state.server = "" if name in {dialects.GA, dialects.BETA} else name
    if asked.shape:
        state.dialect, state.dialect_reason = asked.shape, dialects.ASKED_FOR
    _set_rate(state)


def _place(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return parts.hostname or "", f"{parts.path}?{parts.query}"
    except ValueError:
        return "", ""


def _see(state: State, name: str, reason: str) -> None:
    """Take a sign for what it is, where nothing has shown it before and nobody said it."""
    if name and not state.server and not state.dialect_asked and _host(state) != _OPENAI:
        _set_server(state, name, reason)


def _host(state: State) -> str:
    return _place(state.upstream)[0].lower()


def _set_server(state: State, name: str, reason: str) -> None:
    if name:
        state.server, state.server_reason = name, reason
        _set_rate(state)


def _set_rate(state: State) -> None:
    """Count the user's audio by the rate that the server takes where its format names none."""
    rate = dialects.DIALECTS[state.server].input_rate if state.server else 0
    audio = state.input_audio
    if rate and audio.format.name == PCM and state.config_at is None:
        audio.format = replace(audio.format, rate=rate)


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
    hear(state)
    speech = state.input_audio.active_speech
    if speech is not None and state.turn_detection is None and isinstance(dig(session, "audio.input"), Mapping):
        speech.ended_by = "off"


def _set_dialect(state: State, dialect: str, reason: str) -> None:
    if state.dialect_asked and dialects.named(state.dialect_asked).shape:
        return
    state.dialect, state.dialect_reason = dialect, reason
