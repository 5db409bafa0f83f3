"""A connection that was refused, lost or closed, and an account without credit."""

from __future__ import annotations

from itertools import islice

import orjson

from realtime_inspector.analysis.causes import reported
from realtime_inspector.analysis.causes.view import (
    LOOK_BACK,
    RECENT_S,
    Cause,
    Confidence,
    Evidence,
    View,
    quoted,
    shown,
    span,
)
from realtime_inspector.analysis.rules.err.codes import FATAL, NO_CREDIT
from realtime_inspector.protocol.event import dig
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.dialects import AZURE_LEGACY
from realtime_inspector.protocol.realtime.values import text

_MEND = {
    401: "connect with a valid key: one that is neither mistyped nor expired, in Authorization: Bearer …",
    403: "give the key's project access to the model, or take a key of one that has it",
    404: "mend the URL's path or the model in it; a call_id is of a call that goes on",
    429: "wait and connect more seldom, or raise the account's limit",
}
"""Status of a refusal → what to do."""
_AZURE = (
    "Azure took /openai/realtime with an api-version out of service in April 2026: connect to "
    "/openai/v1/realtime?model=<deployment>"
)
_MEND_OF_SERVER = "the fault is the server's, or of a gateway before it: connect again after a moment"
_MEND_OF_CLOSE = {
    "beta_api_shape_disabled": "leave out the header OpenAI-Beta and send the session as GA has it",
    "invalid_api_key": "connect with a valid key",
    "model_not_found": "ask for a model that the key's project has access to",
    "session_expired": "open a new session before the limit",
}
"""Word in a close's reason, or code of the error before it → what to do."""
_MEND_OF_OWN_CLOSE = {
    1009: "a message was larger than it takes: raise its limit (Python's websockets: max_size=None)",
    1011: "its ping was not answered in time: keep its event loop free of slow work, or raise the ping's time limit",
}
"""Code with which a client's library closes by itself → what to do."""
_KEEP_OPEN = (
    "keep the connection open until response.done, and until its audio has been played; if the user hung up, nothing "
    "is wrong"
)
_PATIENCE_S = 5.0
"""What has not moved for longer was stuck before the connection ended."""


def refused(view: View) -> Cause | None:
    """Tell a connection that the server refused."""
    answer, request = view.state.handshake, view.state.request
    if answer is None:
        return _not_answered(view)
    status = answer.body.get("status")
    if not isinstance(status, int) or status == 101:
        return None
    said = _message(text(answer.body.get("body"))) or text(answer.body.get("reason"))
    return Cause(
        "handshake-refused",
        f"the server refused the connection with status {status}{f' ({said})' if said else ''}: there was never a "
        f"session",
        tuple(
            Evidence(At(event.n, event.t), words)
            for event, words in ((request, "the upgrade request"), (answer, f"status {status}"))
            if event is not None
        ),
        Confidence.CERTAIN,
        _AZURE
        if status in {400, 404} and view.state.dialect_name == AZURE_LEGACY
        else _MEND.get(status, _MEND_OF_SERVER if status >= 500 else "mend the URL, the key or the model"),
        ("CON003",),
    )


def _not_answered(view: View) -> Cause | None:
    """Tell an upgrade request that nobody answered."""
    state = view.state
    request, ended = state.request, state.ended
    if request is None or ended is None or state.is_cut_off or state.first_server is not None:
        return None
    waited = span(ended.t - request.t)
    return Cause(
        "handshake-unanswered",
        f"the connection ended ({state.ended_how}) {waited} after the upgrade request, and the server had not answered "
        "it: there was never a session",
        tuple(shown((At(request.n, request.t), "the upgrade request"), (ended, f"the end: {state.ended_how}"))),
        Confidence.CERTAIN,
        "check the host, the port and whether the URL should begin with wss://; where the server is merely slow, give "
        "the client a longer time limit",
        ("CON003",),
        frozenset({left_out.WIRE}),
    )


def _message(body: str) -> str:
    """Return the error's message where the body is the API's JSON."""
    try:
        return text(dig(orjson.loads(body), "error.message")).rstrip(".")
    except orjson.JSONDecodeError:
        return ""


def silent(view: View) -> Cause | None:
    """Tell a server that never said anything."""
    close = view.state.close
    if view.state.first_server is not None or view.state.handshake is None or (close is not None and close.from_server):
        return None
    at = At(view.state.handshake.n, view.state.handshake.t)
    return Cause(
        "server-silent",
        f"the server accepted the connection and sent nothing in {view.since(at)}, not even session.created",
        (Evidence(at, "status 101"),),
        Confidence.LIKELY,
        "look at what stands between client and server, and whether the URL is one of the Realtime API",
        ("CON004",),
        frozenset({left_out.SERVER, left_out.WIRE}),
    )


def closed_early(view: View) -> Cause | None:
    """Tell an end of the connection while an answer was on its way."""
    state = view.state
    running = state.active_response
    pending = next((request for request in reversed(state.pending_requests) if not request.out_of_band), None)
    asked = _open_turn(view) or (
        running.created if running is not None else pending.at if pending is not None else None
    )
    sign = running.last_delta if running is not None and running.last_delta is not None else asked
    if asked is None or sign is None or state.ended is None or not _is_over(view):
        return None
    if state.ended.t - sign.t > _PATIENCE_S:
        return None  # it had been stuck before
    close = state.close
    if close is not None and close.from_server:
        return _by_server(view)
    if close is None and (error := reported.server_error(view)) is not None:
        return error
    if close is None:
        return Cause(
            "connection-lost",
            f"the connection was lost ({state.ended_how}) at {state.ended.t:.1f} s, while an answer was on its way",
            tuple(shown((asked, "asked"), (state.ended, f"the connection ended: {state.ended_how}"))),
            Confidence.CERTAIN,
            "connect again; a new session knows nothing of the old one",
            ("CON002",),
        )
    code, reason = close.body.get("code"), text(close.body.get("reason"))
    how = f" with {code}{f' ({reason})' if reason else ''}" if code not in (1000, 1005, None) else ""
    begun = running is not None and running.last_delta is not None
    when = "in the middle of it" if begun else "before it came"
    return Cause(
        "client-closed",
        f"the client closed the connection{how} {state.ended.t - asked.t:.1f} s after an answer was asked for, {when}",
        tuple(shown((asked, "asked"), (At(close.n, close.t), "the client closes"))),
        Confidence.CERTAIN,
        _MEND_OF_OWN_CLOSE.get(code if isinstance(code, int) else 0, _KEEP_OPEN),
        needs=frozenset() if running is not None or pending is not None else view.needs_beginning,
    )


def _open_turn(view: View) -> At | None:
    """Return the turn that the server should answer by itself and has not; one that the client answers is none."""
    state = view.state
    turn = state.open_turn
    by_itself = not state.is_transcription and (state.turn_detection or {}).get("create_response") is not False
    if turn is None or not by_itself:
        return None
    recent = islice(reversed(state.responses.values()), LOOK_BACK)
    return None if any(r.created.n > turn.n and not r.out_of_band for r in recent) else turn


def closed_idle(view: View) -> Cause | None:
    """Tell a server that ended the session by itself, while nothing was on its way."""
    close = view.state.close
    if close is None or not close.from_server or close.body.get("code") in (1000, None) or not _is_over(view):
        return None
    return _by_server(view)


def _by_server(view: View) -> Cause | None:
    state, close = view.state, view.state.close
    if close is None or state.ended is None:
        return None
    ended_t = state.ended.t
    recent = (error for error in reversed(state.errors) if ended_t - error.at.t < RECENT_S and error.code in _CLOSING)
    error = next(recent, None)
    code, reason = close.body.get("code"), text(close.body.get("reason"))
    said = reason or (error.message.rstrip(".") if error is not None else "")
    expired = code == 1001 or (error is not None and error.code == "session_expired")
    return Cause(
        "session-expired" if expired else "server-closed",
        f"the server closed the connection at {close.t:.1f} s with {code}{f': {said}' if said else ''}",
        tuple(
            shown(
                (error.at if error is not None else None, f"error {quoted(error)}" if error is not None else ""),
                (At(close.n, close.t), f"close {code} {reason}".strip()),
            )
        ),
        Confidence.CERTAIN,
        "open a new session before the limit" if expired else _mend_of(f"{reason} {error.code if error else ''}"),
        ("CON002", "CON005", "CON001"),
    )


def _mend_of(reason: str) -> str:
    """Return what to do after the server has closed for a reason."""
    known = next((fix for word, fix in _MEND_OF_CLOSE.items() if word in reason), None)
    return known or "connect again, with the session's settings and history; if it closes again, its reason says why"


def _is_over(view: View) -> bool:
    """Tell whether the connection ended in the silence, rather than the recording."""
    return view.silence.is_last and view.state.ended is not None and not view.state.is_cut_off


_CLOSING = frozenset({"session_expired", "invalid_api_key", "beta_api_shape_disabled", *FATAL})


def account(view: View) -> Cause | None:
    """Tell an account that can do nothing."""
    errors = [error for error in view.state.errors if error.code in FATAL and view.within(error.at)]
    if not errors:
        return None
    return Cause(
        "account",
        f"{FATAL[errors[-1].code]}: {quoted(errors[-1])}",
        (Evidence(errors[-1].at, errors[-1].code),),
        Confidence.CERTAIN,
        NO_CREDIT,
        ("ERR004",),
    )
