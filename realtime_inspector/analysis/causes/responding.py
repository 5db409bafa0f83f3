"""A response that was refused, that runs, ended badly, or gave nothing to hear."""

from __future__ import annotations

from itertools import islice

from realtime_inspector.analysis.causes.view import (
    LOOK_BACK,
    Cause,
    Confidence,
    Evidence,
    View,
    asked_after,
    last_speech,
    limits_used_up,
    newer_input,
    quoted,
    shown,
)
from realtime_inspector.analysis.rules.err.codes import FATAL, NEXT, NO_CREDIT
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.conversation import At, Item, Response, ResponseRequest
from realtime_inspector.protocol.realtime.values import text

_AT_ONCE_S = 2.0
_PATIENCE_S = 5.0
_CALLED_OFF = frozenset({"turn_detected", "client_cancelled"})
"""Reasons for which others than the server end a response."""
_RATE_CODES = ("rate_limit", "inference_rate_limit")


def asked_in_vain(view: View) -> Cause | None:
    """Tell a request that is the last word: refused, or not answered."""
    request, response = view.request, view.response
    if request is None or request.status == "created":
        return None
    if response is not None and response.created.n > (request.answer or request.at).n:
        return None
    if request.status == "pending" and _ended_at_once(view, request.at):
        return None  # the connection's end is why
    if _is_double(view, request):
        return None
    if view.state.is_transcription:
        return Cause(
            "wrong-session-kind",
            f"this is a transcription session, which never answers, and the client asked it for a response "
            f"{view.ago(request.at)}",
            (Evidence(request.at, "response.create"),),
            Confidence.CERTAIN,
            "connect with ?model= in place of ?intent=transcription for answers",
            ("SES014",),
        )
    error = view.refused.get(request.at.n)
    if request.status == "rejected":
        active = error is not None and "active" in f"{error.code} {error.message}"
        return Cause(
            "create-refused",
            f"the request for a response was refused{f': {quoted(error)}' if error is not None else ''}, and it "
            f"was not "
            "asked for again",
            tuple(shown((request.at, "response.create"), (request.answer, "refused"))),
            Confidence.CERTAIN,
            "wait for response.done, then send response.create again"
            if active
            else f"mend the request{f': {NEXT[error.code]}' if error is not None and error.code in NEXT else ''}; then "
            "send it again",
            ("RSP001", "RSP002", "TOOL013"),
        )
    used_up = limits_used_up(view.state)
    return Cause(
        "rate-limit" if used_up else "create-unanswered",
        f"a response was asked for {view.ago(request.at)}, and the server neither began one nor refused"
        + (f": {used_up}" if used_up else ""),
        (Evidence(request.at, "response.create"),),
        Confidence.LIKELY,
        "slow down, or raise the limit"
        if used_up
        else "look at what stands between client and server; after a timeout ask again",
        ("RSP003", "RAT002"),
        frozenset({left_out.SERVER, "response.created"}),
    )


def _is_double(view: View, request: ResponseRequest) -> bool:
    """Tell whether a request was refused for the very answer it asked for, which was heard."""
    spoke = view.spoke
    if spoke is None or request.status != "rejected" or request.body or not spoke.created.n < request.at.n:
        return False
    during = spoke.done is None or request.at.n < spoke.done.n
    given = any(spoke.created.n < output.at.n < request.at.n for output in view.state.outputs[-LOOK_BACK:])
    return during and not given and not newer_input(view, spoke)


def _ended_at_once(view: View, at: At) -> bool:
    ended = view.state.ended
    return ended is not None and not view.state.is_cut_off and ended.t - at.t < _AT_ONCE_S


def in_progress(view: View) -> Cause | None:
    """Tell a response that has not ended."""
    response = view.response
    if response is None or response.done is not None or newer_input(view, response):
        return None
    items = [view.state.items[item_id] for item_id in response.item_ids if item_id in view.state.items]
    running = next((item for item in items if item.type == "mcp_call" and item.done is None), None)
    if running is not None:
        return _calling(view, response, running)
    if view.silence.again is not None and view.silence.again.t - response.created.t < _PATIENCE_S:
        return Cause(
            "interrupted",
            f"the user spoke again {view.since(response.created)} after response {response.id} began, before it "
            "brought anything to hear",
            tuple(shown((response.created, "response.created"), (view.silence.again, "the user speaks"))),
            Confidence.CERTAIN,
            "headphones or echo cancellation, a higher threshold, or semantic_vad, if nobody spoke",
            ("RSP008", "INT006"),
        )
    last = response.last_delta or response.created
    heard = response is view.spoke and response.audio_ms > 0
    if heard and view.state.input_audio.active_speech is not None:
        return None  # the user speaks over it
    brought = (
        f"it brought {response.audio_ms / 1000:.1f} s of audio, and did not end"
        if heard
        else "it has neither ended nor brought anything to hear"
    )
    return Cause(
        "response-running",
        f"response {response.id} began {view.ago(response.created)}: {brought}; its last sign is "
        f"{view.since(last)} old",
        tuple(shown((response.created, "response.created"), (response.last_delta, "its last piece"))),
        Confidence.LIKELY,
        "a model that reasons takes its time; after a timeout send response.cancel and ask again",
        ("RSP004",),
        frozenset({left_out.SERVER, "response.done"}),
    )


def _calling(view: View, response: Response, call: Item) -> Cause:
    return Cause(
        "mcp-call-running",
        f"the server is still calling {_named(call)}, for {view.since(call.first or response.created)}",
        tuple(shown((response.created, "response.created"), (call.first, "the MCP call"))),
        Confidence.CERTAIN,
        "look whether that server answers: the model waits for it, and the client can only cancel the response",
    )


def _named(call: Item) -> str:
    return f"{text(call.body.get('name'))} of MCP server {text(call.body.get('server_label'))!r}"


def server_call(view: View) -> Cause | None:
    """Tell a response whose last word is a call of an MCP server, which ends after the response that made it."""
    response = view.response
    if response is None or response.status != "completed" or newer_input(view, response):
        return None
    items = [view.state.items[item_id] for item_id in response.item_ids if item_id in view.state.items]
    call = items[-1] if items and items[-1].type == "mcp_call" else None
    if call is None or call.done is None or asked_after(view, call.done):
        return None
    if call.body.get("output") is None and call.body.get("error") is None:
        return _calling(view, response, call)
    return Cause(
        "mcp-call-ended",
        f"the call of {_named(call)} ended {view.ago(call.done)}, and no response followed",
        tuple(shown((response.done, "response.done"), (call.done, "the call ended"))),
        Confidence.LIKELY,
        'send {"type": "response.create"} when the call has ended',
        ("MCP004",),
        frozenset({left_out.CLIENT, left_out.ITEMS, "response.created"}),
    )


def ended_badly(view: View) -> Cause | None:
    """Tell a response that failed, was cut off or called off."""
    response = view.response
    if response is None or response.done is None or newer_input(view, response) or response.status == "completed":
        return None
    seen = tuple(shown((response.created, "response.created"), (response.done, f"response.done: {response.status}")))
    if response.status == "failed":
        return _failed(response, seen)
    if response.status == "incomplete" and response.reason not in _CALLED_OFF:
        return _cut_off(response, seen)
    if response.status not in {"cancelled", "incomplete"}:
        return None
    if response.reason == "turn_detected":
        speech = last_speech(view)
        if speech is not None and speech.n > response.created.n:
            return None  # it is the user's turn
        return Cause(
            "interrupted",
            f"response {response.id} was interrupted: voice detection heard the user, or took noise or the assistant's "
            "own voice for the user's",
            (*seen, *shown((last_speech(view), "speech_started"))),
            Confidence.CERTAIN,
            "headphones or echo cancellation, a higher threshold, or semantic_vad, if nobody spoke",
            ("RSP008", "INT006"),
        )
    return Cause(
        "cancelled",
        f"response {response.id} was cancelled "
        + ("by the client" if response.cancel is not None else "by another client of the same session"),
        (*shown((response.cancel, "response.cancel")), *seen),
        Confidence.CERTAIN,
        "look at what makes the client send response.cancel: often its own barge-in, at speech_started"
        if response.cancel is not None
        else "look at what else controls the session: a sideband socket, or the peer in WebRTC",
        ("RSP009", "RSP019", "RSP020"),
    )


def _cut_off(response: Response, seen: tuple[Evidence, ...]) -> Cause:
    """Return the cause where the server stopped a response by itself."""
    if response.reason == "content_filter":
        label, why, fix = (
            "content-filter",
            "the content filter stopped it",
            "ask for it in other words, and look at the instructions",
        )
    elif response.reason == "max_output_tokens":
        used = response.usage.get("output_tokens")
        count = f" ({used} tokens)" if isinstance(used, int) and used else ""
        label, why = "max-tokens", f"it had used up its max_output_tokens{count}"
        fix = "raise max_output_tokens, or ask for shorter answers"
    else:
        label, why = "response-incomplete", response.reason or "the server gives no reason"
        fix = "ask again after a moment"
    rules = {"content-filter": ("RSP007",), "max-tokens": ("RSP006",)}.get(label, ())
    return Cause(label, f"response {response.id} was cut off: {why}", seen, Confidence.CERTAIN, fix, rules)


def _cut_at_once(view: View, response: Response, heard: list[Item], seen: tuple[Evidence, ...]) -> Cause | None:
    """Tell an answer of which the client says that nothing was played."""
    if any(item.truncated_ms != 0 for item in heard):
        return None
    cut = view.state.playback.get(heard[-1].id)
    at = At(cut.cut_n, cut.cut_t) if cut is not None and cut.cut_n is not None and cut.cut_t is not None else None
    return Cause(
        "cut-at-once",
        f"it did answer: {sum(item.audio_ms for item in heard) / 1000:.1f} s of audio of response {response.id} came, "
        "and the client truncated it at 0 ms: it says that nothing of it was played",
        (*seen, *shown((at, "conversation.item.truncate at 0 ms"))),
        Confidence.CERTAIN,
        "look at the client's playback; audio_end_ms is what was played of the item, in milliseconds",
        ("INT005",),
    )


def beside_the_conversation(view: View) -> Cause | None:
    """Tell what the client asked an answer for with a response outside of the conversation alone."""
    asked = view.silence.asked
    recent = islice(reversed(view.state.requests), LOOK_BACK)
    request = next((r for r in recent if r.out_of_band and view.within(r.at)), None)
    if asked is None or request is None or asked_after(view, asked) or _begins_itself(view):
        return None
    if request.at.n < asked.n and asked.t - request.at.t > _AT_ONCE_S:
        return None  # what is sent together is asked before the server has said its word of it
    response = view.state.responses.get(request.response_id)
    audio_s = response.audio_ms / 1000 if response is not None else 0.0
    gave = f"; it brought {audio_s:.1f} s of audio" if audio_s else ""
    return Cause(
        "asked-out-of-band",
        f"the only response that was asked for is outside of the conversation ({view.ago(request.at)}){gave}: "
        "the conversation got no answer",
        tuple(shown((asked, "what wants an answer"), (request.at, "response.create with conversation none"))),
        Confidence.CERTAIN,
        'send {"type": "response.create"} without "conversation": "none" for the answer itself',
        (),
        frozenset({left_out.CLIENT, "response.created"}),
    )


def _begins_itself(view: View) -> bool:
    """Tell whether the server should have begun a response to what the user said last."""
    audio, asked = view.state.input_audio, view.silence.asked
    own = audio.last_committed_by == "vad" and asked is not None and (audio.last_committed_n or 0) >= asked.n
    return own and (view.state.turn_detection or {}).get("create_response") is not False


def _failed(response: Response, seen: tuple[Evidence, ...]) -> Cause:
    code, message = text(response.error.get("code")), text(response.error.get("message"))
    said = f'"{message.rstrip(".")}"' if message else ""
    words = " ".join(part for part in (said, f"({code})" if code else "") if part) or "without a reason"
    label = "account" if code in FATAL else "rate-limit" if code.startswith(_RATE_CODES) else "response-failed"
    again = (
        "ask again after a moment"
        if code in {"", "server_error"}
        else NEXT.get(code, "mend what it says, and ask again")
    )
    fix = {"account": NO_CREDIT, "rate-limit": "slow down, or raise the limit"}.get(
        label, f"{again}; no error event came, so a client must look at the status"
    )
    rules = {"account": ("ERR004", "RSP005"), "rate-limit": ("RAT002", "RSP005")}.get(label, ("RSP005",))
    return Cause(label, f"response {response.id} failed: {words}", seen, Confidence.CERTAIN, fix, rules)


def unheard(view: View) -> Cause | None:
    """Tell a completed response that gave nothing to hear."""
    response = view.response
    if response is None or response.status != "completed" or response is view.spoke or newer_input(view, response):
        return None
    items = [view.state.items[item_id] for item_id in response.item_ids if item_id in view.state.items]
    messages = [item for item in items if item.type == "message"]
    seen = tuple(shown((response.created, "response.created"), (response.done, "response.done: completed")))
    spoken = [item for item in messages if item.transcript]
    heard = [item for item in messages if item.audio_ms]
    if heard:
        return _cut_at_once(view, response, heard, seen)
    if spoken and view.state.plays_elsewhere:
        return None
    if spoken:
        return Cause(
            "audio-missing",
            f"response {response.id} has a transcript ({len(spoken[0].transcript)} characters), and none of its "
            f"audio came",
            seen,
            Confidence.CERTAIN,
            "look for what drops audio events between client and server",
            ("OUT003",),
            frozenset({left_out.OUTPUT_AUDIO, left_out.DELTAS}),
        )
    if any(item.text for item in messages):
        return Cause(
            "text-instead-of-audio",
            f"response {response.id} answered in text, and the session speaks",
            seen,
            Confidence.CERTAIN,
            'ask again with "output_modalities": ["audio"]; restore earlier answers as a summary, not as the '
            "assistant's text",
            ("RSP011",),
        )
    refused = _without_what_was_refused(view, response)
    if refused is not None:
        return refused
    unseen = response.done is not None and response.created.n == response.done.n
    return Cause(
        "empty-response",
        f"response {response.id} was completed and empty: no text, no audio, no call",
        seen,
        Confidence.CERTAIN,
        "ask again, once; look at the instructions, at tool_choice and at empty items in the history",
        ("RSP010",),
        frozenset({left_out.ITEMS, left_out.DELTAS} | ({left_out.BEGINNING} if unseen else set())),
    )


_NEEDED = {
    "tool-output-refused": (
        "the tool's output",
        "send the output again as the API takes it",
        ("TOOL003", "TOOL004", "TOOL007"),
    ),
    "message-refused": (
        "what the client put into the conversation",
        "mend the item and send it again",
        ("ITM004", "ENV005"),
    ),
    "commit-refused": ("the user's turn", "append at least 100 ms of audio before the commit", ("AUD012", "AUD013")),
}
"""Label → what was refused, what to do first, and rules."""


def _without_what_was_refused(view: View, response: Response) -> Cause | None:
    """Tell an empty response to a conversation from which the server had kept what the client sent for it."""
    outputs = {output.at.n for output in view.state.outputs[-LOOK_BACK:]}
    for error in reversed(view.state.errors[-LOOK_BACK:]):
        sent = error.cause
        if sent is None or not view.within(sent) or sent.n > response.created.n:
            continue
        if error.cause_type == "conversation.item.create":
            label = "tool-output-refused" if sent.n in outputs else "message-refused"
        elif error.cause_type == "input_audio_buffer.commit":
            label = "commit-refused"
        else:
            continue
        what, fix, rules = _NEEDED[label]
        return Cause(
            label,
            f"the server refused {what}: {quoted(error)}; response {response.id}, asked for without it, was empty",
            tuple(shown((sent, error.cause_type), (error.at, "refused"), (response.done, "response.done: empty"))),
            Confidence.CERTAIN,
            f'{fix}, then {{"type": "response.create"}}',
            (*rules, "TOOL002") if label == "tool-output-refused" else rules,
        )
    return None
