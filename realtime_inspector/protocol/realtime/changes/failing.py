"""Errors and limits: what the server refused, and which client event it was about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import blame
from realtime_inspector.protocol.realtime.changes import settings, tools, waiting
from realtime_inspector.protocol.realtime.conversation import At, Pending, ResponseRequest, ServerError
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import mapping, mappings, text

_ACTIVE = "conversation_already_has_active_response"


def on_error(state: State, event: Event) -> None:
    """Note an error, and undo what was held of the client event that caused it."""
    error = _named(mapping(event.body.get("error")))
    at = At(event.n, event.t)
    cause, confidence = cause_of(state, error)
    state.errors.append(
        ServerError(
            at=at,
            code=text(error.get("code")),
            type=text(error.get("type")),
            message=text(error.get("message")),
            param=text(error.get("param")),
            event_id=text(error.get("event_id")) or None,
            cause=cause.at if cause else None,
            cause_type=cause.type if cause else "",
            confidence=confidence,
        )
    )
    settings.note_error(state, error)
    if text(error.get("code")) == "missing_required_parameter":
        settings.note_refusal(state, blame.param(error))
    if cause is not None:
        _reject(state, cause, error, at)


def cause_of(state: State, error: Mapping[str, Any]) -> tuple[Pending | None, str]:
    """Return the client event that an `error` object answers, and the confidence, as `blame.find` does.

    Args:
        state: The session as it was when the error came.
        error: The `error` object.
    """
    error = _named(error)
    cause, confidence = blame.find(error, state.unanswered, state.named)
    if cause is not None or text(error.get("event_id")):
        return cause, confidence
    if blame.client_type(error) == "response.create":
        return _mistaken(state)
    first = state.first_append
    return (first, "likely") if first is not None and blame.is_of_audio(error, first.body) else (None, "none")


def _named(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an error with the client event's id as the Realtime API names it; the Live API has another name."""
    return {"event_id": error["client_event_id"], **error} if "client_event_id" in error else error


def on_rate_limits(state: State, event: Event) -> None:
    """Take the limits in."""
    limits = mappings(event.body.get("rate_limits"))
    state.rate_limits = {text(limit.get("name")): limit for limit in limits}


def _mistaken(state: State) -> tuple[Pending | None, str]:
    """Return the request that a response in progress was wrongly held to answer.

    Voice detection can begin a response while a `response.create` is under way. Which of the two the response answers
    shows only when the server refuses the request.
    """
    active = state.active_response
    request = active.request if active is not None else None
    if request is None:
        return None, "none"
    return Pending(request.at, "response.create", request.event_id, {"response": request.body}), "likely"


def _reject(state: State, cause: Pending, error: Mapping[str, Any], at: At) -> None:
    waiting.answered_at(state, cause.at)
    if cause.type in {"session.update", "transcription_session.update", "session.start"}:
        _reject_update(state, cause, error, at)
    elif cause.type == "response.create":
        _reject_request(state, cause, at)
    elif cause.type in {"conversation.item.create", "response.item.create"}:
        tools.on_refused(state, cause, at)
    elif cause.type == "input_audio_buffer.commit":
        _reject_commit(state, cause)


def _reject_update(state: State, cause: Pending, error: Mapping[str, Any], at: At) -> None:
    for update in state.pending_updates:
        if update.at == cause.at:
            update.status, update.error, update.answer = "rejected", error, at
            state.pending_updates.remove(update)
            settings.hear(state)
            return


def _reject_request(state: State, cause: Pending, at: At) -> None:
    request = next((request for request in _recent(state) if request.at == cause.at), None)
    if request is None:
        return
    if request.status == "pending" and request in state.pending_requests:
        state.pending_requests.remove(request)
    taken = state.responses.get(request.response_id)
    if taken is not None:
        taken.request, taken.out_of_band, taken.audio_format = None, False, None
    request.status, request.response_id, request.answer = "rejected", "", at


def _recent(state: State) -> list[ResponseRequest]:
    return state.requests[: -waiting.LIMIT - 1 : -1]


def _reject_commit(state: State, cause: Pending) -> None:
    audio = state.input_audio
    if audio.emptied == "client" and audio.emptied_n == cause.at.n:
        audio.emptied_ms = audio.emptied_before_ms
