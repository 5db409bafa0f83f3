"""A message, a turn or audio of the user that nobody answers."""

from __future__ import annotations

from itertools import islice

from realtime_inspector.analysis.causes.view import (
    LOOK_BACK,
    Cause,
    Confidence,
    Evidence,
    View,
    asked_after,
    is_written,
    limits_used_up,
    quoted,
    shown,
)
from realtime_inspector.analysis.silences import shows_only
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import At, Response
from realtime_inspector.protocol.realtime.values import mapping, number, text

_LONG_S = 10.0
"""How long people speak without a pause."""
_GAP_S = 2.0
_LISTENED_MS = 3000.0
_STOPPED_S = 5.0
"""A client that has sent nothing for so long has nothing more to send."""
_WORTH_MS = 1000.0
"""Audio that somebody may miss; what is cleared when a button is pressed is less."""
_HELD_MS = 15000.0
"""Nobody holds a key for so long: what is sent without end is meant for voice detection."""
_STRICT = 0.75
"""With a higher threshold voice detection misses speech that is not loud."""
_LEAST_MS = 300.0
"""Less audio than this is no word."""


def message(view: View) -> Cause | None:
    """Tell a written message without an answer."""
    refused = [
        error
        for error in view.state.errors[-LOOK_BACK:]
        if error.cause_type == "conversation.item.create" and view.within(error.at)
    ]
    written = [item for item in islice(reversed(view.state.items.values()), LOOK_BACK) if is_written(view, item)]
    newest = written[0].first if written else None
    pending = _unanswered(view)
    if pending is not None and (newest is None or newest.n < pending.n) and not asked_after(view, pending):
        return Cause(
            "message-unanswered",
            f"the user's message was sent {view.ago(pending)}, and the server neither took nor refused it",
            (Evidence(pending, "conversation.item.create"),),
            Confidence.LIKELY,
            "look at what stands between client and server; then send it again, and response.create",
            ("ITM006",),
            frozenset({left_out.SERVER, left_out.ITEMS, left_out.ORDER}),
        )
    cause = refused[-1].cause if refused else None
    if cause is not None and not asked_after(view, cause) and (newest is None or newest.n <= cause.n):
        return Cause(
            "message-refused",
            f"the server refused what the client put into the conversation: {quoted(refused[-1])}",
            tuple(shown((cause, "conversation.item.create"), (refused[-1].at, "refused"))),
            Confidence.CERTAIN,
            "mend the item and send it again, then response.create",
            ("ITM004", "ITM005", "ITM002", "ENV005", "ENV006"),
        )
    if newest is None or asked_after(view, newest):
        return None
    if view.state.is_transcription:
        return _only_transcribes(view, (Evidence(newest, "the message"),))
    return Cause(
        "message-without-response",
        f"the user's message was put into the conversation {view.ago(newest)}, and nobody asked for a response",
        (Evidence(newest, "the message"),),
        Confidence.CERTAIN,
        'send {"type": "response.create"} after the message',
        ("ITM007",),
        frozenset({left_out.CLIENT, "response.created"}),
    )


def _unanswered(view: View) -> At | None:
    """Return the last message of the user that the server has said nothing of."""
    for pending in reversed(view.state.unanswered[-LOOK_BACK:]):
        item = mapping(pending.body.get("item"))
        asks = item.get("role") == "user" and not shows_only(item)
        if pending.type == "conversation.item.create" and asks and view.within(pending.at):
            return pending.at
    return None


def committed(view: View) -> Cause | None:
    """Tell a spoken turn that no response followed."""
    audio, state = view.state.input_audio, view.state
    if audio.last_committed_n is None or audio.last_committed_t is None:
        return None
    at = At(audio.last_committed_n, audio.last_committed_t)
    if not view.within(at) or asked_after(view, at) or audio.active_speech is not None:
        return None
    if state.is_transcription:
        return _not_written_down(view, at) or _only_transcribes(view, (Evidence(at, "input_audio_buffer.committed"),))
    by_client = audio.last_committed_by == "client"
    off = (state.turn_detection or {}).get("create_response") is False
    if by_client or off or state.detection_is_off:
        return _not_asked(view, at, off=off and not by_client)
    return _not_begun(view, at)


def _not_asked(view: View, at: At, *, off: bool) -> Cause:
    """Return the cause where the server begins no response by itself; `off` if voice detection was told not to."""
    who = "turn_detection.create_response is false" if off else "a commit alone asks for no answer"
    return Cause(
        "create-response-off" if off else "commit-without-create",
        f"the user's turn was committed {view.ago(at)}, and nobody asked for a response: {who}",
        (Evidence(at, "input_audio_buffer.committed"),),
        Confidence.CERTAIN,
        'send {"type": "response.create"} after the commit',
        ("SES019", "VAD002"),
        frozenset({left_out.CLIENT, "response.created"}),
    )


def _not_begun(view: View, at: At) -> Cause:
    """Return the cause where the server should have begun a response."""
    evidence = (Evidence(at, "input_audio_buffer.committed"),)
    needs = frozenset({"response.created", left_out.SERVER}) | view.needs_beginning
    running = _running_at(view, at)
    if running is not None:
        return Cause(
            "commit-while-responding",
            f"voice detection committed the user's turn {view.ago(at)} while response {running.id} was in progress, "
            "and interrupt_response is false: the server begins no second one",
            (*shown((running.created, "response.created")), *evidence, *shown((running.done, "response.done"))),
            Confidence.LIKELY,
            "send response.create after that response.done, or set interrupt_response true",
            ("VAD002",),
            needs,
        )
    used_up = limits_used_up(view.state)
    return Cause(
        "rate-limit" if used_up else "commit-without-response",
        f"voice detection committed the user's turn {view.ago(at)}, and the server began no response"
        + (f": {used_up}" if used_up else ""),
        evidence,
        Confidence.LIKELY,
        "slow down, or raise the limit"
        if used_up
        else "ask for it with response.create; look for a response that was running, and for limits",
        ("VAD002", "RAT002"),
        needs,
    )


def _not_written_down(view: View, at: At) -> Cause | None:
    """Tell a turn of a session that only transcribes, of which no transcript came."""
    items = islice(reversed(view.state.items.values()), LOOK_BACK)
    turn = next((item for item in items if item.committed is not None and item.committed.n == at.n), None)
    waited_s = view.silence.end - at.t
    if turn is None or turn.transcribed or turn.transcript or waited_s < _STOPPED_S or view.silence.again is not None:
        return None
    asked = view.state.transcription
    model = text(asked.get("model")) if asked is not None else ""
    return Cause(
        "transcript-missing",
        f"this is a transcription session, which never answers; the user's turn ({turn.id}) was committed "
        f"{view.ago(at)}, and its transcript did not come"
        + ("" if asked is not None else ", for the session has no transcription model"),
        (Evidence(at, "input_audio_buffer.committed"),),
        Confidence.LIKELY if asked is not None else Confidence.CERTAIN,
        f"check that {model!r} is a transcription model that the key may use; after a timeout go on without the words"
        if model
        else 'send session.update with audio.input.transcription, such as {"model": "gpt-4o-transcribe"}',
        ("TRN001",),
        frozenset({left_out.SERVER, left_out.DELTAS}),
    )


def _only_transcribes(view: View, evidence: tuple[Evidence, ...]) -> Cause:
    written = sum(bool(item.transcribed) for item in islice(reversed(view.state.items.values()), LOOK_BACK))
    came = f" ({written} transcript{'s' if written > 1 else ''} came)" if written else ""
    return Cause(
        "transcription-session",
        f"this is a transcription session: it writes down what is said{came} and never answers",
        evidence,
        Confidence.CERTAIN,
        "open a session of type realtime for answers",
        ("SES014",),
    )


def _running_at(view: View, at: At) -> Response | None:
    """Return the response that stood in the way of another one; None if none did."""
    if (view.state.turn_detection or {}).get("interrupt_response") is not False:
        return None
    recent = islice(reversed(view.state.responses.values()), LOOK_BACK)
    own = (r for r in recent if not r.out_of_band)
    return next((r for r in own if r.created.n < at.n and (r.done is None or r.done.n > at.n)), None)


def cleared(view: View) -> Cause | None:
    """Tell what the user said and the client took back before it was a turn."""
    audio, at = view.state.input_audio, view.last_clear
    if at is None or not view.within(at) or audio.emptied != "clear" or asked_after(view, at):
        return None
    if (audio.last_committed_n or 0) > at.n or audio.active_speech is not None:
        return None
    dropped_ms = audio.emptied_ms - audio.emptied_before_ms
    speech = audio.speech[-1] if audio.speech else None
    spoken = speech is not None and speech.ended_by == "cleared" and speech.started_n < at.n
    pushed = view.state.detection_is_off and dropped_ms >= _WORTH_MS and audio.buffered_ms < _LEAST_MS
    if not spoken and not pushed:
        return None
    began = At(speech.started_n, speech.started_t) if spoken and speech is not None else None
    return Cause(
        "audio-cleared",
        f"the client cleared {dropped_ms / 1000:.1f} s of the user's audio {view.ago(at)}, before it was a turn",
        tuple(shown((began, "speech_started"), (at, "input_audio_buffer.clear"))),
        Confidence.CERTAIN if spoken else Confidence.LIKELY,
        "clear before the user speaks or after the commit, never in between",
        ("AUD016",),
        frozenset({left_out.CLIENT}),
    )


def commit_refused(view: View) -> Cause | None:
    """Tell a commit that the server refused."""
    error = next(
        (e for e in reversed(view.state.errors) if e.cause_type == "input_audio_buffer.commit" and view.within(e.at)),
        None,
    )
    if error is None or error.cause is None or asked_after(view, error.cause):
        return None
    return Cause(
        "commit-refused",
        f"the server refused the commit: {quoted(error)}",
        tuple(shown((error.cause, "input_audio_buffer.commit"), (error.at, "refused"))),
        Confidence.CERTAIN,
        "append at least 100 ms of audio before the commit; leave the commit to voice detection where it is on",
        ("AUD012", "AUD013"),
    )


def speaking(view: View) -> Cause | None:
    """Tell speech that voice detection has not seen the end of."""
    audio = view.state.input_audio
    speech = audio.active_speech
    if speech is None:
        return _not_committed(view)
    began = At(speech.started_n, speech.started_t)
    evidence = (Evidence(began, "speech_started"),)
    gap_s = view.silence.end - audio.last_append_t if audio.last_append_t is not None else 0.0
    if audio.appends and gap_s > _GAP_S:
        return Cause(
            "audio-stopped",
            f"the client stopped sending audio {gap_s:.1f} s {view.before}, in the middle of speech: voice "
            "detection needs the silence after it",
            (*evidence, *shown((view.last_append, "the last audio"))),
            Confidence.LIKELY,
            "send silence while the microphone is quiet, or commit and ask for a response yourself",
            ("AUD017",),
            frozenset({left_out.INPUT_AUDIO, left_out.CLIENT}),
        )
    if view.silence.end - began.t < _LONG_S:
        return Cause(
            "user-speaking",
            f"the user had been speaking for {view.since(began)}: it was not the assistant's turn",
            evidence,
            Confidence.CERTAIN,
        )
    return Cause(
        "speech-never-stops",
        f"voice detection has heard the user speak for {view.since(began)} and not stop, so the turn is not over",
        evidence,
        Confidence.LIKELY,
        "look at noise, at the sample rate and at the threshold; or the user is in fact still speaking",
        ("VAD001", "AUD003"),
    )


def _not_committed(view: View) -> Cause | None:
    """Tell speech whose end was heard, and which did not become a turn."""
    speech = view.state.input_audio.speech[-1] if view.state.input_audio.speech else None
    if speech is None or speech.ended_by != "stopped" or speech.stopped_n is None or speech.stopped_t is None:
        return None
    began, ended = At(speech.started_n, speech.started_t), At(speech.stopped_n, speech.stopped_t)
    if not view.within(ended) or (view.state.input_audio.last_committed_n or 0) > ended.n or asked_after(view, ended):
        return None
    return Cause(
        "speech-not-committed",
        f"voice detection heard the end of the user's speech {view.ago(ended)}, and made no turn of it",
        tuple(shown((began, "speech_started"), (ended, "speech_stopped"))),
        Confidence.LIKELY,
        "a turn follows speech_stopped at once on most servers; commit it yourself, and ask for a response",
        (),
        frozenset({left_out.SERVER, left_out.ITEMS, left_out.WIRE}),
    )


def uncommitted(view: View) -> Cause | None:
    """Tell audio after an answer that the client stopped sending and never committed, where it must."""
    audio = view.state.input_audio
    last_t, before = audio.last_append_t, view.silence.before
    if before is None or last_t is None or last_t < before.end_t or audio.buffered_ms < _LEAST_MS:
        return None
    stopped = view.silence.end - last_t > _STOPPED_S
    return unheard_audio(view) if stopped and view.state.detection_is_off else None


def _sent_for_ms(view: View) -> float:
    """Return for how long audio was sent by the clock: what has another rate than the session's counts for less."""
    audio = view.state.input_audio
    if audio.first_append_t is None or audio.last_append_t is None:
        return 0.0
    since = max(audio.first_append_t, audio.last_committed_t or 0.0)
    return (audio.last_append_t - since) * 1000


def unheard_audio(view: View) -> Cause | None:
    """Tell audio that did not become speech, or was never committed."""
    audio, state = view.state.input_audio, view.state
    if not audio.appends or audio.buffered_ms <= 0:
        return None
    sent = f"the last of {audio.appends} appends, {audio.total_ms / 1000:.1f} s of audio in all"
    evidence = tuple(shown((view.last_append, sent)))
    if state.detection_is_off:
        first = state.first_append.at if state.first_append is not None else None
        if audio.buffered_ms > _HELD_MS and not audio.commits and first is not None:
            evidence = (Evidence(first, f"the first of {audio.appends} appends, none of them committed"),)
        evidence = (*shown((state.config_at, "the settings in force: turn_detection is null")), *evidence)
        return Cause(
            "audio-not-committed",
            f"{audio.buffered_ms / 1000:.1f} s of audio were sent and not committed, and voice detection is off",
            evidence,
            Confidence.CERTAIN,
            "send input_audio_buffer.commit when the user stops talking, then response.create; or set "
            "audio.input.turn_detection, and the server ends turns by itself",
            ("AUD015", "AUD014"),
            frozenset({left_out.CLIENT}),
        )
    if max(audio.buffered_ms, _sent_for_ms(view)) < _LISTENED_MS:
        return None
    threshold = number((state.turn_detection or {}).get("threshold")) or 0.0
    strict = threshold > _STRICT
    return Cause(
        "no-speech-heard",
        f"{audio.buffered_ms / 1000:.1f} s of audio were sent, and voice detection"
        + (f" (threshold {threshold:g})" if strict else "")
        + " heard no speech in it",
        evidence,
        Confidence.LIKELY,
        (
            "lower the threshold (0.5 is the default)"
            if strict
            else "look at the microphone, the format and the threshold"
        )
        + "; `lint --acoustic` listens to the audio",
        ("AUD003", "AUD004", "AUD008"),
        frozenset({left_out.SERVER, left_out.WIRE, left_out.BEGINNING}),
    )
