"""What keeps a session without turns quiet: a translation, or a session of the Live API.

Nothing is committed there, and nobody asks for a response: whoever is heard is answered, or translated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from realtime_inspector.analysis.causes import calling, connection, resting
from realtime_inspector.analysis.causes.view import LOOK_BACK, Cause, Confidence, Evidence, View, quoted, shown
from realtime_inspector.protocol.realtime import dialects, left_out
from realtime_inspector.protocol.realtime.catalogue import CLIENT_TYPES
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.values import text

_START = "session.start"
_KNOWN = {
    dialects.TRANSLATION: frozenset({"session.update"}),
    dialects.LIVE: frozenset({"session.update", "response.create"}),
}
"""The events of a Realtime client that such a session knows too."""
_APPEND = {dialects.TRANSLATION: "session.input_audio_buffer.append", dialects.LIVE: "session.input_audio.append"}
_REASONS = {
    "expired": (
        "session-expired",
        "the session has reached its longest duration",
        "open a new session before the expires_at of session.started",
    ),
    "content": (
        "server-closed",
        "a safety filter ended the session",
        "look at what was said, and at the instructions; a new session can be opened",
    ),
    "connection_lost": (
        "connection-lost",
        "the server lost one of the session's connections",
        "connect again; a new session knows nothing of the old one",
    ),
}
"""Reason of a `session.closed` that nobody asked for → label, words, and what to do."""
_HEARD_MS = 1000.0
"""Less audio than this may hold no word."""


def find(view: View) -> Cause:
    """Return why nothing was said in a silence that no answer ended."""
    return next((cause for diagnose in _ORDER if (cause := diagnose(view)) is not None), None) or resting.nothing(view)


def _refused(view: View) -> Cause | None:
    """Tell a client event that the server refused, and nothing was said since."""
    errors = [error for error in view.state.errors[-LOOK_BACK:] if view.within(error.at)]
    if not errors:
        return None
    error = next((error for error in errors if error.cause_type == _START), errors[-1])
    what = error.cause_type or "what the client sent"
    return Cause(
        "configuration-refused" if error.cause_type in {_START, "session.update"} else "event-refused",
        f"the server refused {what}: {quoted(error)}",
        tuple(shown((error.cause, error.cause_type), (error.at, "refused"))),
        Confidence.CERTAIN if error.cause_type == _START else Confidence.LIKELY,
        "mend that event and send it again",
        ("ERR001",),
    )


def _other_events(view: View) -> Cause | None:
    """Tell a client that speaks as in a Realtime session."""
    state = view.state
    known = _KNOWN.get(state.dialect_name)
    wrong = sorted(state.counts.keys() & CLIENT_TYPES - known) if known is not None else []
    if not wrong or state.input_audio.appends > state.counts.get("input_audio_buffer.append", 0):
        return None
    errors = [error for error in state.errors[-LOOK_BACK:] if view.within(error.at)]
    return Cause(
        "event-unknown",
        f"the client sends the events of a Realtime session ({', '.join(wrong[:3])}), and "
        + ("a translation" if state.dialect_name == dialects.TRANSLATION else "the Live API")
        + " does not know them",
        tuple(Evidence(error.at, "refused") for error in errors[:1]),
        Confidence.CERTAIN if errors else Confidence.LIKELY,
        f"send the audio as {_APPEND[state.dialect_name]}",
        ("ERR001",),
        frozenset({left_out.CLIENT}),
    )


def _not_started(view: View) -> Cause | None:
    """Tell a session of the Live API that nobody started."""
    state = view.state
    joined = state.target.endswith("/attach")
    if state.dialect_name != dialects.LIVE or joined or _START in state.counts or state.created is not None:
        return None
    opened = At(state.handshake.n, state.handshake.t) if state.handshake is not None else None
    return Cause(
        "not-started",
        "the client never sent session.start, and the Live API waits for it before anything else",
        tuple(shown((opened, "connected"))),
        Confidence.CERTAIN,
        'send {"type": "session.start", "session": {"model": ...}} first; the model is named there, not in the URL',
        (),
        frozenset({left_out.CLIENT}),
    )


def _closed(view: View) -> Cause | None:
    """Tell a session that the server ended, by the reason that it gives."""
    closing = view.state.closing
    told = _REASONS.get(text(closing.body.get("reason"))) if closing is not None else None
    if closing is None or told is None or not view.silence.is_last:
        return None
    label, words, fix = told
    reason = text(closing.body.get("reason"))
    at = At(closing.n, closing.t)
    return Cause(
        label,
        f"{words}: session.closed with the reason {reason!r}",
        (Evidence(at, f"session.closed: {reason}"),),
        Confidence.CERTAIN,
        fix,
        ("LIV009",),
    )


def _called(view: View) -> Cause | None:
    """Tell a call of a tool that waits for the client."""
    cause = calling.left_open(view)
    if cause is None or cause.label != "tool-unanswered":
        return cause
    fix = 'answer it by response.item.create with a function_call_output, then send {"type": "response.create"}'
    return replace(cause, fix=fix)


def _handed_over(view: View) -> Cause | None:
    """Tell a question that the assistant gave to the client."""
    waiting = next((at for at in view.state.delegations.values() if view.within(at)), None)
    if waiting is None:
        return None
    return Cause(
        "delegation-open",
        f"the assistant delegated work to the client {view.ago(waiting)}, and the client gave no result",
        (Evidence(waiting, "session.delegation.created"),),
        Confidence.CERTAIN,
        "give the result by session.commentary.append or session.thinking.append, with its delegation_id",
        (),
        frozenset({left_out.CLIENT}),
    )


def _unanswered(view: View) -> Cause | None:
    """Tell words of the user that were heard, and nothing said since."""
    recent = islice(reversed(view.state.items.values()), LOOK_BACK)
    said = next((item for item in recent if item.role == "user" and item.transcript), None)
    if said is None or said.first is None or not view.within(said.first):
        return None
    translates = view.state.dialect_name == dialects.TRANSLATION
    return Cause(
        "not-translated" if translates else "heard-without-answer",
        f"the server heard the user {view.ago(said.first)}, and has "
        + ("translated nothing since" if translates else "said nothing since"),
        (Evidence(said.first, "the user's words"),),
        Confidence.LIKELY,
        "go on sending audio, silence too: the server works as it comes"
        if translates
        else "look at the instructions, at tools that were handed over, and whether the audio goes on, silence too",
        (),
        frozenset({left_out.SERVER, left_out.DELTAS}),
    )


def _unheard(view: View) -> Cause | None:
    """Tell audio in which the server heard no words, or of which it does not say what it heard."""
    audio, state = view.state.input_audio, view.state
    if audio.total_ms < _HEARD_MS or "user" in state.stretches:
        return None
    told = state.dialect_name != dialects.TRANSLATION or state.transcription is not None
    return Cause(
        "no-speech-heard",
        f"{audio.total_ms / 1000:.1f} s of audio were sent, and "
        + ("the server heard no words in it" if told else "nothing of it was translated"),
        (),
        Confidence.LIKELY,
        "look at the microphone and the format"
        + ("" if told else "; with audio.input.transcription in session.update, the server says what it hears"),
        ("AUD009",),
        frozenset({left_out.SERVER, left_out.DELTAS}),
    )


_ORDER: tuple[Callable[[View], Cause | None], ...] = (
    connection.refused,
    _not_started,
    connection.silent,
    connection.account,
    _closed,
    _other_events,
    _called,
    _handed_over,
    _refused,
    connection.closed_early,
    _unanswered,
    connection.closed_idle,
    resting.answered,
    _unheard,
)
