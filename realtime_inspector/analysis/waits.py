"""Where the time of a silence went that an answer ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from realtime_inspector.analysis.causes.view import LOOK_BACK, Cause, Confidence, Evidence, View, quoted, shown
from realtime_inspector.analysis.silences import Spoken
from realtime_inspector.protocol.realtime.conversation import At, Response
from realtime_inspector.protocol.realtime.values import text

_LEAST_S = 0.05
_FEW_S = 1.0
"""A wait that nobody would call one."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a wait."""

    label: str
    words: str
    seconds: float
    begun: At
    ended: At


def where_the_time_went(view: View, answer: Spoken) -> Cause:
    """Return the part of a silence that took longest; what was refused or failed in it goes before that."""
    silence = view.silence
    trouble = _trouble(view, answer)
    waited = f"{silence.waited_s:.1f} s"
    if trouble is not None:
        words, evidence = trouble
        return Cause(
            "answered-at-last",
            f"it did answer, after {waited}, though not at first: {words}",
            (*evidence, Evidence(answer.first, "the answer")),
            Confidence.CERTAIN,
        )
    if silence.asked is None or silence.waited_s < _FEW_S:
        until = f"for {silence.waited_from - silence.start:.1f} s, and " if silence.asked is not None else ""
        return Cause(
            "waiting-for-user",
            f"it did answer: nobody had asked for anything {until}the answer came {waited} after it was asked"
            if silence.asked is not None
            else f"it did answer, by itself, after {waited}: nobody had asked for anything",
            tuple(shown((silence.asked, "asked"), (answer.first, "the answer"))),
            Confidence.CERTAIN,
        )
    parts = [part for part in _parts(view, answer) if part.seconds > _LEAST_S]
    longest = max(parts, key=lambda part: part.seconds, default=None)
    if longest is None:
        return Cause("answered-late", f"it did answer, after {waited}", _asked(view, answer), Confidence.CERTAIN)
    return Cause(
        longest.label,
        f"it did answer, after {waited}: {longest.words} took {longest.seconds:.1f} s of them",
        (*_asked(view, answer), Evidence(longest.begun, "from here"), Evidence(longest.ended, "to here")),
        Confidence.CERTAIN,
        _FIXES.get(longest.label, ""),
        _RULES.get(longest.label, ()),
    )


_FIXES = {
    "slow-tool": "say something before a slow tool, and make it faster",
    "slow-client": "ask for the response as soon as the turn is committed",
    "slow-turn-end": "a shorter silence_duration_ms, or more eagerness",
    "slow-model": "a shorter context, less reasoning, or another model",
}
_RULES = {"slow-tool": ("TOOL014",), "slow-turn-end": ("VAD005",)}


def _parts(view: View, answer: Spoken) -> Iterator[_Part]:
    silence, response = view.silence, answer.response
    for call in islice(reversed(view.state.calls.values()), LOOK_BACK):
        output = call.outputs[0] if call.outputs else None
        if call.done is None or output is None or not view.within(output):
            continue
        begun = max(call.done.t, silence.waited_from, silence.start)
        yield _Part("slow-tool", f"the tool {call.name or call.call_id}", output.t - begun, call.done, output)
    speech = next(
        (s for s in reversed(view.state.input_audio.speech) if view.within(At(s.started_n, s.started_t))), None
    )
    if (
        speech is not None
        and speech.silent_t is not None
        and speech.stopped_t is not None
        and speech.stopped_n is not None
    ):
        began, ended = At(speech.started_n, speech.started_t), At(speech.stopped_n, speech.stopped_t)
        yield _Part("slow-turn-end", "hearing the end of his speech", speech.stopped_t - speech.silent_t, began, ended)
    yield from _of_response(view, response, answer)


def _of_response(view: View, response: Response, answer: Spoken) -> Iterator[_Part]:
    asked = view.silence.asked
    request = response.request.at if response.request is not None else None
    if request is not None:
        ready = _ready(view, request)
        if ready is not None:
            yield _Part("slow-client", "the client's request for a response", request.t - ready.t, ready, request)
        yield _Part("slow-server", "beginning the response", response.created.t - request.t, request, response.created)
    elif asked is not None and asked.n < response.created.n:
        yield _Part("slow-server", "beginning the response", response.created.t - asked.t, asked, response.created)
    begun = response.created
    yield _Part("slow-model", "the model", answer.first.t - max(begun.t, view.silence.start), begun, answer.first)


def _ready(view: View, request: At) -> At | None:
    """Return the last thing before a request after which it could have been made: a tool's output, or the turn."""
    outputs = [output.at for output in view.state.outputs if view.within(output.at) and output.at.n < request.n]
    asked = view.silence.asked
    moments = [*outputs, *([asked] if asked is not None and asked.n < request.n else [])]
    return max(moments, key=lambda at: at.n, default=None)


def _trouble(view: View, answer: Spoken) -> tuple[str, tuple[Evidence, ...]] | None:
    """Return what went wrong between the question and the answer, as words and entries."""
    for request in reversed(view.state.requests[-50:]):
        if request.status == "rejected" and not request.out_of_band and view.within(request.at):
            error = view.refused.get(request.at.n)
            said = f" ({quoted(error)})" if error is not None else ""
            evidence = tuple(shown((request.at, "response.create"), (request.answer, "refused")))
            return f"the first request for a response was refused{said}", evidence
    for response in reversed(view.state.responses.values()):
        if response.created.n <= view.silence.first_n:
            break
        if (
            response.id != answer.response.id
            and response.status in {"failed", "cancelled"}
            and not response.out_of_band
        ):
            reason = text(response.error.get("message")) or text(response.error.get("code")) or response.reason
            said = f" ({reason.rstrip('.')})" if reason else ""
            return f"response {response.id} was {response.status}{said}", tuple(shown((response.done, response.status)))
    return None


def _asked(view: View, answer: Spoken) -> tuple[Evidence, ...]:
    return tuple(shown((view.silence.asked, "asked"), (answer.first, "the answer")))
