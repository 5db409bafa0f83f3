"""Why the assistant did not answer: a silence, its cause, and what in the traffic shows it.

A silence that an answer ended is told by where the time went. One that nothing ended is told by `causes`. What a rule
found about the same entries comes with it: it says what exactly was wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from realtime_inspector.analysis import loudness
from realtime_inspector.analysis.causes import Cause, Confidence, Evidence, View, find
from realtime_inspector.analysis.causes.view import span
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.rules.out.no_audio_in_audio_response import NoAudioInAudioResponse
from realtime_inspector.analysis.rules.rsp.text_instead_of_audio import TextInsteadOfAudio
from realtime_inspector.analysis.silences import Silence, silences
from realtime_inspector.analysis.sweep import ask
from realtime_inspector.analysis.waits import where_the_time_went
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.catalogue import ALL_CLIENT_TYPES
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Entry, Header

LONG_S = 5.0
"""A silence that an answer ended is worth telling by itself if it was longer."""
_CALM = frozenset(
    {"answered", "waiting-for-user", "silence-meant", "nobody-spoke", "user-speaking", "too-soon"}
    | {"transcription-session", "translation-session"}
)
_GOES_ON = frozenset({"interrupted", "slow-tool", "tool-unanswered"})
"""What is nobody's fault where the user soon spoke again."""
_OF_SOUND = frozenset({"no-speech-heard", "speech-never-stops"})
"""What audio in a wrong form brings about: no entry that is shown is the one at which a rule says so."""
_FORMS = frozenset({"AUD002", "AUD003", "AUD004", "AUD005", "AUD019"})
"""Rules that tell audio in another form than the session's."""
_NOBODY = frozenset({"nobody-spoke", "no-speech-heard"})
_BESIDES = 3
"""So many rules are named where the assistant answered and something else is wrong."""
_SOON_S = 1.0
_SOUNDS = ("input_audio_buffer.append", "input_audio_buffer.clear")
_ABSENCES = frozenset(
    {
        "response-running",
        "create-unanswered",
        "asked-out-of-band",
        "tool-unanswered",
        "output-without-response",
        "message-without-response",
    }
    | {"commit-without-create", "commit-without-response", "create-response-off", "speech-never-stops"}
    | {"speech-not-committed", "approval-pending", "mcp-call-running", "mcp-call-ended", "audio-not-committed"}
    | {"server-silent", "configuration-unanswered", "message-unanswered", "nobody-spoke"}
)
"""Causes that say of something that it did not come."""
_LEFT_OUT = {
    left_out.WIRE: "single messages, perhaps",
    left_out.ORDER: "the order of the two sides",
    left_out.CLIENT: "what the client sends",
    left_out.SERVER: "what the server sends",
    left_out.BEGINNING: "the session's beginning and its settings",
    left_out.ITEMS: "items",
    left_out.DELTAS: "the pieces of answers",
    left_out.INPUT_AUDIO: "the user's audio",
    left_out.OUTPUT_AUDIO: "the assistant's audio",
}


@dataclass(frozen=True, slots=True)
class Why:
    """A silence and its cause."""

    silence: Silence
    cause: Cause
    findings: tuple[Finding, ...] = ()
    """What rules say about the same entries, the worst first."""
    besides: tuple[Finding, ...] = ()
    """What else is wrong in a session in which nobody waited in vain, the worst of each rule."""

    @property
    def is_calm(self) -> bool:
        """Whether nobody waited in vain, or for long."""
        short = self.silence.waited_s < LONG_S
        passed = self.silence.answer is not None or (self.silence.again is not None and self.cause.label in _GOES_ON)
        return self.cause.label in _CALM or (short and passed)

    def has(self, t: float) -> bool:
        """Tell whether a moment lies in it."""
        return self.silence.start <= t <= self.silence.end


def explain(
    entries: Iterable[Entry],
    header: Header | None = None,
    *,
    linter: Linter | None = None,
    findings: Sequence[Finding] | None = None,
    dialect: str = "",
) -> list[Why]:
    """Return every silence of a session with its cause, in order; there is always a last one.

    Args:
        entries: A recording that can be read twice.
        header: What its first line says.
        linter: What asks the rules as a project wants them, new; by default the usual ones are asked.
        findings: What was found in it already; then none is asked.
        dialect: Whose server it is said to be, where there is no linter that knows it.
    """
    asked = linter.session.dialect_asked if linter is not None else dialect
    ear = Linter(_unheard_rules(), header=header, dialect=asked)
    if linter is None and findings is None:
        linter = Linter(header=header, dialect=asked)
    heard, *others = ask(entries, ear, *([linter] if linter is not None else []))
    told = [*(findings or ()), *chain(*others)]
    every = silences(ear.session, {finding.entry for finding in heard})
    witness = _Witness(every, header, asked)
    ask(entries, witness, note=witness.note)
    form = witness.session.input_audio.format
    causes = (loudness.listened(_if_late(cause, ear.session), entries, form) for cause in witness.causes())
    found = [_told(one, _if_prompted(cause, ear.session), told) for one, cause in zip(every, causes, strict=True)]
    if all(why.is_calm for why in found):
        found[-1] = replace(found[-1], besides=_besides(told, {each.entry for each in found[-1].findings}))
    return found


def last(found: Sequence[Why]) -> Why:
    """Return the last silence in which somebody waited in vain or for long; the very last if there is none."""
    return waited_in(found) or found[-1]


def waited_in(found: Sequence[Why]) -> Why | None:
    """Return the last silence in which somebody waited in vain or for long."""
    return next((why for why in reversed(found) if not why.is_calm), None)


def at(found: Sequence[Why], t: float) -> Why | None:
    """Return the silence at a moment; None where the assistant was speaking."""
    return next((why for why in reversed(found) if why.has(t)), None)


def _unheard_rules() -> tuple[Rule, ...]:
    """Return the rules that tell a response of which the user heard nothing though it has words."""
    return TextInsteadOfAudio(), NoAudioInAudioResponse()


class _Witness(Linter):
    """Folds the session again and stops at each silence's end: what came later is no cause of it. It asks no rule."""

    def __init__(self, found: Sequence[Silence], header: Header | None, dialect: str) -> None:
        super().__init__((), header=header, dialect=dialect)
        self._waiting = deque(found)
        self._causes: list[Cause] = []
        self._last: dict[str, At] = {}

    def feed(self, event: Event) -> list[Finding]:
        """See `Linter`."""
        while self._waiting and self._waiting[0].last_n <= event.n:
            self._causes.append(_cause(self.session, self._waiting.popleft(), self._last))
        return super().feed(event)

    def note(self, n: int, line: int, times: Sequence[float], types: Sequence[str]) -> None:
        """Take down the last sounds of the client among events that were taken in."""
        for name in _SOUNDS:
            if name in types:
                place = len(types) - 1 - types[::-1].index(name)
                self._last[name] = At(n + place, times[place])

    def causes(self) -> list[Cause]:
        """Return the causes of all silences; nothing more is to come."""
        return [*self._causes, *(_cause(self.session, silence, self._last) for silence in self._waiting)]


def _cause(session: Session, silence: Silence, last: Mapping[str, At]) -> Cause:
    view = View.of(session, silence, *(last.get(name) for name in _SOUNDS))
    cause = find(view) if silence.answer is None else where_the_time_went(view, silence.answer)
    return _as_far_as_told(_if_time_was_left(cause, view), session)


def _if_time_was_left(cause: Cause, view: View) -> Cause:
    """Take a cause back that rests on something that did not come, if there was no time for it to come."""
    last_t = max((seen.at.t for seen in cause.evidence), default=view.silence.end)
    if cause.label not in _ABSENCES or not view.silence.is_last or view.silence.end - last_t >= _SOON_S:
        return cause
    if not view.is_timed:
        return replace(cause, confidence=Confidence.LIKELY)
    words = f"the recording ends too soon to tell; until then, {cause.words}"
    return replace(cause, label="too-soon", words=words, confidence=Confidence.UNKNOWN, fix="", rules=())


def _as_far_as_told(cause: Cause, session: Session) -> Cause:
    """Take a cause back that rests on what the log does not hold."""
    one_side = set()
    if session.first_server is None and session.handshake is None:
        one_side.add(left_out.SERVER)
    if session.request is None and not session.counts.keys() & ALL_CLIENT_TYPES:
        one_side.add(left_out.CLIENT)
    if session.created is None and not session.config:
        one_side.add(left_out.BEGINNING)
    lacking = [_LEFT_OUT.get(word, word) for word in sorted(cause.needs & {*session.left_out, *one_side})]
    if cause.needs and session.counts.get("wire.gap"):
        lacking.append("messages that could not be recorded")
    missing = ", ".join(lacking)
    if not missing:
        return cause
    return replace(
        cause,
        label="unknown",
        words=f"the traffic does not tell: it looks as if {cause.words}; but it leaves out {missing}",
        confidence=Confidence.UNKNOWN,
        rules=(),
    )


def _if_late(cause: Cause, session: Session) -> Cause:
    """Say of a tool before whose output the user spoke again that it was slow, if the output came after all."""
    if cause.label != "tool-unanswered" or not cause.evidence:
        return cause
    called = cause.evidence[0].at
    call = next((each for each in session.calls.values() if each.done is not None and each.done.n == called.n), None)
    if call is None or not call.outputs:
        return cause
    output = call.outputs[0]
    return replace(
        cause,
        label="slow-tool",
        words=f"the assistant called {call.name or 'a tool'} ({call.call_id}), and its output came after "
        f"{span(output.t - called.t)}, when the user had spoken again",
        evidence=(*cause.evidence, Evidence(output, "its output")),
        fix="let the assistant say that it looks something up, or answer the call at once and tell the result later",
        rules=("TOOL014",),
    )


def _if_prompted(cause: Cause, session: Session) -> Cause:
    """Say where nobody spoke that the client put something in for the assistant, and asked for nothing."""
    if cause.label not in _NOBODY or session.requests or session.responses:
        return cause
    put_in = [item for item in session.items.values() if item.by_client and item.type == "message"]
    given = next((item for item in reversed(put_in) if item.asked is not None), None)
    if given is None or given.asked is None:
        return cause
    return replace(
        cause,
        words=f"{cause.words}; a message of the role {given.role} was put into the conversation, and no response "
        "was ever asked for",
        evidence=(*cause.evidence, Evidence(given.asked, f"the message of the role {given.role}")),
        fix=f'if the assistant is to speak first, send {{"type": "response.create"}} after the message; else '
        f"{cause.fix}",
    )


def _told(silence: Silence, cause: Cause, findings: Sequence[Finding]) -> Why:
    """Return a silence with what rules say of it; what they say of the audio's form tells more than the cause."""
    about = _about(cause, findings)
    if cause.label not in _OF_SOUND:
        return Why(silence, cause, about)
    within = [each for each in findings if each.rule in cause.rules and silence.first_n < each.entry < silence.last_n]
    about = tuple(dict.fromkeys([*within, *about]))
    form = next((each for each in about if each.rule in _FORMS), None)
    if form is None or cause.confidence is not Confidence.LIKELY:
        return Why(silence, cause, about)
    words = f"{cause.words}: {form.message.partition('; ')[0]}"
    return Why(silence, replace(cause, words=words, fix=form.fix.rstrip(".") or cause.fix), about)


def _besides(findings: Iterable[Finding], known: Collection[int]) -> tuple[Finding, ...]:
    """Return the worst findings of a session, one of each rule, without those that follow from another one."""
    worst = sorted(
        (each for each in findings if each.severity is not Severity.INFO and each.entry not in known),
        key=lambda each: (each.severity.rank, each.rule.startswith("ERR"), each.entry),
    )
    wrong = {each.entry for each in worst}
    first: dict[str, Finding] = {}
    for each in worst:
        if each.cause not in wrong or each.cause == each.entry:
            first.setdefault(each.rule, each)
    return tuple(islice(first.values(), _BESIDES))


def _about(cause: Cause, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return what rules say of a cause's entries; an error event by itself says nothing that the cause does not."""
    shown = {evidence.at.n for evidence in cause.evidence}
    fitting = [
        finding
        for finding in findings
        if (finding.entry in shown or finding.cause in shown)
        and (finding.rule in cause.rules or (finding.entry in shown and _is_telling(finding)))
    ]
    fitting.sort(key=lambda finding: (finding.severity.rank, finding.entry))
    return tuple({(each.rule, each.entry): each for each in reversed(fitting)}.values())[::-1]


def _is_telling(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR and not finding.rule.startswith("ERR")


__all__ = ["Cause", "Confidence", "Evidence", "Why", "at", "explain", "last", "waited_in"]
