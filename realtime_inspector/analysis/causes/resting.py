"""An answer that was given, a configuration that was not taken, and a session in which nobody said anything."""

from __future__ import annotations

from itertools import islice

from realtime_inspector.analysis.causes import reported
from realtime_inspector.analysis.causes.view import (
    LOOK_BACK,
    RECENT_S,
    Cause,
    Confidence,
    Evidence,
    View,
    beginning,
    quoted,
    shown,
)
from realtime_inspector.protocol.event import WIRE_BINARY, WIRE_MALFORMED, WIRE_UNTYPED
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import At, Response, Update
from realtime_inspector.protocol.realtime.values import mapping, text

_UNREADABLE = {
    WIRE_BINARY: "binary messages",
    WIRE_MALFORMED: "messages that are not a JSON object",
    WIRE_UNTYPED: "messages without a type",
}
"""Type of a message that is no event → how it is called."""
_LEFT_MS = 500.0
"""Audio that can be left at the end without being missed."""


def answered(view: View) -> Cause | None:
    """Tell that the assistant did answer, where nothing was said since."""
    before, state = view.silence.before, view.state
    if before is None:
        return None
    response, ended = before.response, view.silence.end
    last, of = ("its last piece", "") if response.streamed else ("response.done", f" of response {response.id}")
    evidence = tuple(shown((before.first, "its first piece"), (response.done, last)))
    audio_s = sum(state.items[i].audio_ms for i in response.item_ids if i in state.items) / 1000
    left_ms = (before.end_t - ended) * 1000
    if (
        view.silence.is_last
        and left_ms > _LEFT_MS
        and view.is_timed
        and state.ended is not None
        and not state.is_cut_off
    ):
        closed = state.close
        who = "the client" if closed is not None and closed.from_client else "the connection"
        return Cause(
            "closed-before-played",
            f"it did answer: {who} closed {left_ms / 1000:.1f} s before the {audio_s:.1f} s of audio"
            f"{of} can have been played",
            (
                *evidence,
                *shown((At(closed.n, closed.t) if closed is not None else state.ended, "the connection ends")),
            ),
            Confidence.CERTAIN,
            "close only after the playback queue is empty",
            ("OUT005",),
            frozenset({left_out.OUTPUT_AUDIO}),
        )
    what, look = _given(view, response, audio_s)
    return Cause(
        "answered",
        f"it did answer: {what}{of} came until {before.end_t:.1f} s, and nobody said or asked anything since; {look}",
        evidence,
        Confidence.CERTAIN,
    )


def _given(view: View, response: Response, audio_s: float) -> tuple[str, str]:
    """Return what an answer was, and where to look if nobody heard it."""
    state = view.state
    if audio_s and left_out.OUTPUT_AUDIO in state.left_out:
        return "audio, of which the log has little,", "if it was not heard, look at the client's playback"
    if audio_s:
        return f"{audio_s:.1f} s of audio", "if it was not heard, look at the client's playback"
    if state.plays_elsewhere:
        return "the transcript", "its audio went over WebRTC or SIP: if it was not heard, look there"
    silent = state.config.get("output_modalities") == ["text"] or state.config.get("modalities") == ["text"]
    if silent and state.input_audio.appends:
        return "text", 'it is not spoken, for the session asks for ["text"]'
    return "text", "if it was not seen, look at what the client does with it"


def nothing(view: View) -> Cause:
    """Tell that nobody said anything, or that the traffic does not tell."""
    state = view.state
    if state.first_server is None:
        return Cause("unknown", "the traffic does not tell: nothing of a session is in it", (), Confidence.UNKNOWN)
    errors = [error for error in state.errors[-LOOK_BACK:] if view.within(error.at)]
    cause = next((cause for error in reversed(errors) if (cause := reported.told(error)) is not None), None)
    if cause is not None:
        return cause
    if errors:
        return Cause(
            "unknown",
            f"the traffic does not tell; the server reported {quoted(errors[-1])}, and nothing shows that an "
            f"answer waited "
            "for it",
            (Evidence(errors[-1].at, "error"),),
            Confidence.UNKNOWN,
        )
    if state.plays_elsewhere:
        words = "the traffic does not tell: the audio of this session is not on this connection"
        return Cause("unknown", words, beginning(state), Confidence.UNKNOWN)
    known = _unreadable(view) or _beside(view)
    if known is not None:
        return known
    sent = (
        "no message of the user and no response.create"
        if state.input_audio.appends
        else "no audio, no message of the user, no response.create"
    )
    return Cause(
        "nobody-spoke",
        f"nobody asked for anything: the client sent {sent}",
        beginning(state),
        Confidence.CERTAIN,
        "append audio, or send a message and response.create; look at the microphone and its permission",
        ("AUD009",),
        frozenset({left_out.CLIENT, left_out.INPUT_AUDIO}),
    )


def _beside(view: View) -> Cause | None:
    """Tell a client that asks only for responses outside of the conversation."""
    recent = islice(reversed(view.state.responses.values()), LOOK_BACK)
    responses = [response for response in recent if response.out_of_band and view.within(response.created)]
    if not responses:
        return None
    last = responses[0]
    audio_s = last.audio_ms / 1000
    gave = f" and brought {audio_s:.1f} s of audio" if audio_s else ""
    return Cause(
        "answered",
        f"every response that was asked for is outside of the conversation; the last one, {last.id}, "
        + (f"was {last.status}{gave}" if last.done is not None else "has not ended"),
        tuple(shown((last.created, "response.created"), (last.done, "response.done"))),
        Confidence.CERTAIN,
    )


def _unreadable(view: View) -> Cause | None:
    """Tell a client whose messages are no events, and a server that says nothing of that."""
    state = view.state
    sent = next((each for each in state.unanswered if each.type in _UNREADABLE), None)
    if sent is None or state.input_audio.appends:
        return None
    return Cause(
        "message-unreadable",
        f"nobody asked for anything that the API can read: the client sent {_UNREADABLE[sent.type]}, and no audio, no "
        "message of the user, no response.create",
        (Evidence(sent.at, "the first of them"),),
        Confidence.LIKELY,
        "send one JSON object with a type in each message, as text; audio in base64, in input_audio_buffer.append",
        ("CON013", "CON014"),
        frozenset({left_out.CLIENT}),
    )


def configuration(view: View) -> Cause | None:
    """Tell a configuration that was refused, or not answered, and never taken since."""
    settled = max((update.at.n for update in view.state.updates if update.status == "accepted"), default=0)
    open_ = [
        u for u in view.state.updates if u.at.n > settled and u.at.n < view.silence.last_n and u.status != "accepted"
    ]
    refused = [update for update in open_ if update.status == "rejected"]
    if refused:
        return _configuration_refused(refused[0])
    if open_ and view.silence.end - open_[0].at.t > RECENT_S and not view.state.input_audio.appends:
        return Cause(
            "configuration-unanswered",
            f"the server has not answered session.update for {view.since(open_[0].at)}, and the client sent "
            f"nothing since",
            (Evidence(open_[0].at, "session.update"),),
            Confidence.LIKELY,
            "look at what stands between client and server",
            ("SES003",),
            frozenset({left_out.SERVER, "session.updated"}),
        )
    return None


def _configuration_refused(update: Update) -> Cause:
    error = mapping(update.error)
    said = text(error.get("message")).rstrip(".") or text(error.get("code"))
    return Cause(
        "configuration-refused",
        f'the server refused the configuration ("{said}"), so the session runs with its defaults',
        tuple(shown((update.at, "session.update"), (update.answer, "refused"))),
        Confidence.LIKELY,
        "mend session.update; nothing of a refused one holds",
        ("SES005", "SES001", "SES002", "ENV006", "ENV012"),
    )
