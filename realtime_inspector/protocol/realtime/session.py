"""The state of a Realtime session, folded from its events.

One handler an event. Beta names are read as their GA counterparts; an unknown event changes nothing but the counters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from realtime_inspector.protocol.event import WIRE_CLOSE, WIRE_END, WIRE_REQUEST, WIRE_RESPONSE, Event, dig
from realtime_inspector.protocol.realtime import blame
from realtime_inspector.protocol.realtime.audio import AudioFormat, Playback, Speech
from realtime_inspector.protocol.realtime.catalogue import ga_name
from realtime_inspector.protocol.realtime.conversation import (
    At,
    Item,
    Pending,
    Response,
    ResponseRequest,
    ServerError,
    ToolCall,
    Update,
)
from realtime_inspector.protocol.realtime.state import State

_BETA_KEYS = {"modalities", "input_audio_format", "output_audio_format", "input_audio_transcription"}
"""Members that only the beta's session has at its top."""


class Session(State):
    """A session's state and the only way to change it."""

    def apply(self, event: Event) -> None:
        """Take one event in. Whatever the event holds, this does not raise."""
        self.now = max(self.now, event.t)
        self.events += 1
        self.counts[event.type] = self.counts.get(event.type, 0) + 1
        if event.from_server and not event.is_wire and self.first_server is None:
            self.first_server = At(event.n, event.t)
        handlers = _WIRE if event.is_wire else _CLIENT if event.from_client else _SERVER
        handler = handlers.get(event.type if event.from_client else ga_name(event.type))
        if event.from_client and not event.is_wire:
            self._await(event)
        if handler is not None:
            handler(self, event)

    def _await(self, event: Event) -> None:
        if event.type == "input_audio_buffer.append":
            return
        event_id = event.body.get("event_id")
        named = event_id if isinstance(event_id, str) else None
        self.unanswered.append(Pending(At(event.n, event.t), event.type, named, event.body))

    def _answered(self, *types: str, where: Callable[[Mapping[str, Any]], bool] = lambda body: True) -> Pending | None:
        """Take the oldest unanswered client event of these types off the list."""
        found = next((p for p in self.unanswered if p.type in types and where(p.body)), None)
        if found is not None:
            self.unanswered.remove(found)
        return found

    # the wire

    def _on_request(self, event: Event) -> None:
        if self.request is None:
            self.request = event
        if any(name.lower() == "openai-beta" for name, _ in event.entry.headers):
            self._set_dialect("beta", "the client sent an OpenAI-Beta header")

    def _on_http_response(self, event: Event) -> None:
        if self.handshake is None:
            self.handshake = event

    def _on_close(self, event: Event) -> None:
        if self.close is None:
            self.close = event

    def _on_end(self, event: Event) -> None:
        if self.ended is None:
            self.ended = At(event.n, event.t)

    def _set_dialect(self, dialect: str, reason: str) -> None:
        self.dialect, self.dialect_reason = dialect, reason

    # the session and its configuration

    def _on_update(self, event: Event) -> None:
        session = _mapping(event.body.get("session"))
        self.updates.append(Update(At(event.n, event.t), session, _text(event.body.get("event_id")) or None))

    def _on_created(self, event: Event) -> None:
        session = _mapping(event.body.get("session"))
        self.created = At(event.n, event.t)
        self.id = _text(session.get("id"))
        expires = session.get("expires_at")
        self.expires_at = float(expires) if isinstance(expires, int | float) and expires else None
        self.default_config = session
        self._in_force(event, session)
        if event.type.startswith("transcription_session.") or session.keys() & _BETA_KEYS:
            self._set_dialect("beta", f"{event.type} has the beta shape")
        elif "output_modalities" in session or "audio" in session:
            self._set_dialect("ga", f"{event.type} has the GA shape")

    def _on_updated(self, event: Event) -> None:
        session = _mapping(event.body.get("session"))
        self._answered("session.update", "transcription_session.update")
        update = next((update for update in self.updates if update.status == "pending"), None)
        if update is not None:
            update.status, update.answer, update.effective = "accepted", At(event.n, event.t), session
        self._in_force(event, session)
        if not self.dialect:
            shape = "beta" if session.keys() & _BETA_KEYS else "ga"
            self._set_dialect(shape, f"{event.type} has the {shape} shape")

    def _in_force(self, event: Event, session: Mapping[str, Any]) -> None:
        self.config = session
        self.config_at = At(event.n, event.t)
        for path in ("audio.input.format", "input_audio_format"):
            found = AudioFormat.read(dig(session, path))
            if found is not None:
                self.input_audio.format = found

    # the user's audio

    def _on_append(self, event: Event) -> None:
        self.input_audio.append(event.audio_bytes, event.t)

    def _on_clear(self, event: Event) -> None:
        self.input_audio.buffered_ms = 0.0

    def _on_cleared(self, event: Event) -> None:
        self._answered("input_audio_buffer.clear")

    def _on_committed(self, event: Event) -> None:
        audio = self.input_audio
        by_client = self._answered("input_audio_buffer.commit") is not None
        audio.buffered_ms = 0.0
        audio.commits += 1
        audio.last_committed_n, audio.last_committed_t = event.n, event.t
        audio.last_committed_by = "client" if by_client else "vad"
        self.user_turns += 1
        item = self._item(_text(event.body.get("item_id")), event)
        item.type, item.role = item.type or "message", item.role or "user"

    def _on_speech_started(self, event: Event) -> None:
        item_id = _text(event.body.get("item_id"))
        start = _number(event.body.get("audio_start_ms"))
        self.input_audio.speech.append(Speech(item_id, event.n, event.t, start))

    def _on_speech_stopped(self, event: Event) -> None:
        speech = self.input_audio.active_speech
        if speech is None:
            return
        speech.stopped_n, speech.stopped_t = event.n, event.t
        speech.end_ms = _number(event.body.get("audio_end_ms"))
        if speech.end_ms is not None:
            waited_ms = _number((self.turn_detection or {}).get("silence_duration_ms")) or 0.0
            speech.silent_t = self.input_audio.sent_t(speech.end_ms - waited_ms)

    # items

    def _item(self, item_id: str, event: Event) -> Item:
        item = self.items.get(item_id)
        if item is None:
            item = self.items[item_id] = Item(item_id, "", first=At(event.n, event.t))
        return item

    def _show(self, event: Event, body: Mapping[str, Any]) -> Item:
        """Bring an item to what the server shows of it."""
        item = self._item(_text(body.get("id")), event)
        item.type = _text(body.get("type")) or item.type
        item.role = _text(body.get("role")) or item.role
        item.status = _text(body.get("status")) or item.status
        item.body = body
        for part in _mappings(body.get("content")):
            item.text = item.text or _text(part.get("text"))
            item.transcript = item.transcript or _text(part.get("transcript"))
        if item.type == "function_call":
            self._show_call(item, body)
        return item

    def _show_call(self, item: Item, body: Mapping[str, Any]) -> ToolCall | None:
        call_id = _text(body.get("call_id"))
        if not call_id:
            return None
        call = self.calls.get(call_id)
        if call is None:
            call = self.calls[call_id] = ToolCall(call_id)
        call.name = _text(body.get("name")) or call.name
        call.item_id = item.id or call.item_id
        call.response_id = item.response_id or call.response_id
        call.arguments = _text(body.get("arguments")) or call.arguments
        call.status = _text(body.get("status")) or call.status
        return call

    def _on_item_create(self, event: Event) -> None:
        body = _mapping(event.body.get("item"))
        item_id = _text(body.get("id"))
        if item_id:
            self._item(item_id, event).by_client = True
        call = self.calls.get(_text(body.get("call_id")))
        if body.get("type") == "function_call_output" and call is not None:
            call.outputs.append(At(event.n, event.t))
            if call.output is None:
                call.output = _text(body.get("output"))

    def _on_item_added(self, event: Event) -> None:
        body = _mapping(event.body.get("item"))
        item = self._show(event, body)
        previous = event.body.get("previous_item_id")
        item.previous_item_id = previous if isinstance(previous, str) else item.previous_item_id
        if item.added is not None:
            return
        item.added = At(event.n, event.t)
        created = self._answered("conversation.item.create", where=lambda asked: _is_answer(asked, body))
        item.by_client = item.by_client or created is not None
        if created is not None and item.role == "user":
            self.user_turns += 1
        call = self.calls.get(_text(body.get("call_id")))
        if item.type == "function_call_output" and call is not None and call.acknowledged is None:
            call.acknowledged = item.added

    def _on_item_done(self, event: Event) -> None:
        item = self._show(event, _mapping(event.body.get("item")))
        item.done = At(event.n, event.t)

    def _on_item_created(self, event: Event) -> None:
        self._on_item_added(event)
        if _mapping(event.body.get("item")).get("status") == "completed":
            self._on_item_done(event)

    def _on_retrieved(self, event: Event) -> None:
        item_id = dig(event.body, "item.id")
        self._answered("conversation.item.retrieve", where=lambda asked: asked.get("item_id") == item_id)

    def _on_truncate(self, event: Event) -> None:
        playback = self.playback.get(_text(event.body.get("item_id")))
        end = _number(event.body.get("audio_end_ms"))
        if playback is not None and end is not None:
            playback.cut_ms = end

    def _on_truncated(self, event: Event) -> None:
        item_id = _text(event.body.get("item_id"))
        self._answered("conversation.item.truncate", where=lambda asked: asked.get("item_id") == item_id)
        if item_id in self.items:
            self.items[item_id].truncated_ms = _number(event.body.get("audio_end_ms"))

    def _on_deleted(self, event: Event) -> None:
        item_id = _text(event.body.get("item_id"))
        self._answered("conversation.item.delete", where=lambda asked: asked.get("item_id") == item_id)
        if item_id in self.items:
            self.items[item_id].deleted = True

    def _on_transcription(self, event: Event) -> None:
        item = self._item(_text(event.body.get("item_id")), event)
        item.type, item.role = item.type or "message", item.role or "user"
        if event.type.endswith(".completed"):
            item.transcript = _text(event.body.get("transcript"))
        else:
            item.transcript += _text(event.body.get("delta"))

    # responses

    def _on_response_create(self, event: Event) -> None:
        body = _mapping(event.body.get("response"))
        self.requests.append(ResponseRequest(At(event.n, event.t), body, _text(event.body.get("event_id")) or None))

    def _on_response_cancel(self, event: Event) -> None:
        named = self.responses.get(_text(event.body.get("response_id")))
        target = named or self.active_response
        if target is not None:
            target.cancel = At(event.n, event.t)

    def _on_response_created(self, event: Event) -> None:
        body = _mapping(event.body.get("response"))
        request = self._request_for(body)
        response = Response(_text(body.get("id")), At(event.n, event.t), request)
        response.metadata = _mapping(body.get("metadata"))
        if request is not None:
            request.status, request.response_id = "created", response.id
            response.out_of_band = request.out_of_band
            self._answered("response.create", where=lambda asked: _mapping(asked.get("response")) == request.body)
            response.audio_format = AudioFormat.read(
                dig(request.body, "audio.output.format") or request.body.get("output_audio_format")
            )
        elif "conversation_id" in body and body["conversation_id"] is None and response.metadata:
            response.out_of_band = True
        self.responses[response.id] = response

    def _request_for(self, response: Mapping[str, Any]) -> ResponseRequest | None:
        pending = self.pending_requests
        metadata = response.get("metadata")
        if isinstance(metadata, Mapping) and metadata:
            return next((request for request in pending if request.body.get("metadata") == metadata), None)
        return next((request for request in pending if not request.body.get("metadata")), None)

    def _response(self, event: Event, response_id: str) -> Response:
        response = self.responses.get(response_id)
        if response is None:  # its beginning is not in the recording
            response = self.responses[response_id] = Response(response_id, At(event.n, event.t))
        return response

    def _on_response_done(self, event: Event) -> None:
        body = _mapping(event.body.get("response"))
        response = self._response(event, _text(body.get("id")))
        details = body.get("status_details")
        response.status = _text(body.get("status")) or "completed"
        response.reason = details if isinstance(details, str) else _text(_mapping(details).get("reason"))
        response.error = _mapping(_mapping(details).get("error"))
        response.usage = _mapping(body.get("usage"))
        response.done = At(event.n, event.t)
        if response.cancel is not None:
            self._answered("response.cancel")
        for shown in _mappings(body.get("output")):
            item = self._item(_text(shown.get("id")), event)
            item.response_id = item.response_id or response.id
            self._show(event, shown)
            if item.id not in response.item_ids:
                response.item_ids.append(item.id)
            call = self.calls.get(_text(shown.get("call_id")))
            if call is not None and call.done is None and call.status == "completed":
                call.done = response.done

    def _on_output_item(self, event: Event) -> None:
        body = _mapping(event.body.get("item"))
        item = self._item(_text(body.get("id")), event)
        item.response_id = _text(event.body.get("response_id")) or item.response_id
        response = self.responses.get(item.response_id)
        if response is not None and item.id not in response.item_ids:
            response.item_ids.append(item.id)
        self._show(event, body)
        if event.type.endswith(".done"):
            item.done = At(event.n, event.t)
            call = self.calls.get(_text(body.get("call_id")))
            if call is not None and call.done is None:
                call.done = item.done

    def _on_arguments_delta(self, event: Event) -> None:
        self._on_delta(event)

    def _on_arguments_done(self, event: Event) -> None:
        call_id = _text(event.body.get("call_id"))
        if not call_id:
            return
        call = self.calls.setdefault(call_id, ToolCall(call_id))
        call.item_id = call.item_id or _text(event.body.get("item_id"))
        call.response_id = call.response_id or _text(event.body.get("response_id"))
        call.name = call.name or _text(event.body.get("name"))
        call.arguments = _text(event.body.get("arguments")) or call.arguments
        call.done = call.done or At(event.n, event.t)

    def _on_delta(self, event: Event) -> Response:
        response = self._response(event, _text(event.body.get("response_id")))
        response.last_delta = At(event.n, event.t)
        if response.first_output is None:
            response.first_output = response.last_delta
        return response

    def _on_text_delta(self, event: Event) -> None:
        self._on_delta(event)
        self._item(_text(event.body.get("item_id")), event).text += _text(event.body.get("delta"))

    def _on_transcript_delta(self, event: Event) -> None:
        self._on_delta(event)
        self._item(_text(event.body.get("item_id")), event).transcript += _text(event.body.get("delta"))

    def _on_text_done(self, event: Event) -> None:
        self._item(_text(event.body.get("item_id")), event).text = _text(event.body.get("text"))

    def _on_transcript_done(self, event: Event) -> None:
        self._item(_text(event.body.get("item_id")), event).transcript = _text(event.body.get("transcript"))

    def _on_audio_delta(self, event: Event) -> None:
        response = self._on_delta(event)
        if response.first_audio is None:
            response.first_audio = response.last_delta
        item = self._item(_text(event.body.get("item_id")), event)
        duration = (response.audio_format or self.output_format).duration_ms(event.audio_bytes)
        item.audio_bytes += event.audio_bytes
        item.audio_ms += duration
        playback = self.playback.get(item.id)
        if playback is None:
            before = next(reversed(self.playback.values()), None)
            busy_until = before.start_t + before.ms / 1000 if before is not None and before.cut_ms is None else 0.0
            playback = self.playback[item.id] = Playback(item.id, max(event.t, busy_until))
        playback.ms += duration

    # errors and limits

    def _on_error(self, event: Event) -> None:
        error = _mapping(event.body.get("error"))
        cause, confidence = blame.find(error, self.unanswered)
        self.errors.append(
            ServerError(
                at=At(event.n, event.t),
                code=_text(error.get("code")),
                type=_text(error.get("type")),
                message=_text(error.get("message")),
                param=_text(error.get("param")),
                event_id=_text(error.get("event_id")) or None,
                cause=cause.at if cause else None,
                cause_type=cause.type if cause else "",
                confidence=confidence,
            )
        )
        if cause is not None:
            self._reject(cause, error)

    def _reject(self, cause: Pending, error: Mapping[str, Any]) -> None:
        self.unanswered.remove(cause)
        for update in self.updates:
            if update.at == cause.at:
                update.status, update.error, update.answer = "rejected", error, self.errors[-1].at
        for request in self.requests:
            if request.at == cause.at:
                request.status = "rejected"

    def _on_rate_limits(self, event: Event) -> None:
        self.rate_limits = {_text(limit.get("name")): limit for limit in _mappings(event.body.get("rate_limits"))}


def _is_answer(asked: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Tell whether an added item is the one a `conversation.item.create` asked for."""
    wanted = _mapping(asked.get("item"))
    if wanted.get("id"):
        return bool(wanted["id"] == item.get("id"))
    if wanted.get("type") != item.get("type"):
        return False
    return wanted.get("call_id") == item.get("call_id") and wanted.get("role") == item.get("role")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


_Handlers = Mapping[str, Callable[[Session, Event], object]]

_WIRE: _Handlers = {
    WIRE_REQUEST: Session._on_request,
    WIRE_RESPONSE: Session._on_http_response,
    WIRE_CLOSE: Session._on_close,
    WIRE_END: Session._on_end,
}
_CLIENT: _Handlers = {
    "session.update": Session._on_update,
    "transcription_session.update": Session._on_update,
    "input_audio_buffer.append": Session._on_append,
    "input_audio_buffer.clear": Session._on_clear,
    "conversation.item.create": Session._on_item_create,
    "conversation.item.truncate": Session._on_truncate,
    "response.create": Session._on_response_create,
    "response.cancel": Session._on_response_cancel,
}
_SERVER: _Handlers = {
    "session.created": Session._on_created,
    "session.updated": Session._on_updated,
    "input_audio_buffer.cleared": Session._on_cleared,
    "input_audio_buffer.committed": Session._on_committed,
    "input_audio_buffer.speech_started": Session._on_speech_started,
    "input_audio_buffer.speech_stopped": Session._on_speech_stopped,
    "conversation.item.added": Session._on_item_added,
    "conversation.item.done": Session._on_item_done,
    "conversation.item.created": Session._on_item_created,
    "conversation.item.retrieved": Session._on_retrieved,
    "conversation.item.truncated": Session._on_truncated,
    "conversation.item.deleted": Session._on_deleted,
    "conversation.item.input_audio_transcription.delta": Session._on_transcription,
    "conversation.item.input_audio_transcription.completed": Session._on_transcription,
    "response.created": Session._on_response_created,
    "response.done": Session._on_response_done,
    "response.output_item.added": Session._on_output_item,
    "response.output_item.done": Session._on_output_item,
    "response.function_call_arguments.delta": Session._on_arguments_delta,
    "response.function_call_arguments.done": Session._on_arguments_done,
    "response.output_text.delta": Session._on_text_delta,
    "response.output_text.done": Session._on_text_done,
    "response.output_audio_transcript.delta": Session._on_transcript_delta,
    "response.output_audio_transcript.done": Session._on_transcript_done,
    "response.output_audio.delta": Session._on_audio_delta,
    "error": Session._on_error,
    "rate_limits.updated": Session._on_rate_limits,
}
