"""Turns become traces: events in, spans out, each span once and as soon as nothing more of its turn is to come.

A recording that is read from its end to its beginning and one that is followed give the same spans. Only what comes
when its turn had been sent (an answer after half a minute of nothing, a finding about the end) is a span of its own
under the turn's, instead of a part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter, events
from realtime_inspector.analysis.turns import Turn, turn_at, turns
from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.conversation import At, Response
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.traces import story
from realtime_inspector.traces.span import Clock, Span
from realtime_inspector.traces.story import CONNECT, Draft, Story

SETTLE_S = 5.0
"""So long after the next turn began, and the last of its own, a turn is done: transcripts and truncations come late."""
IDLE_S = 30.0
"""So long after the last of it, a turn that is followed by none is done."""


def clock_of(header: Header) -> Clock:
    """Return the clock of a recording.

    Raises:
        UsageError: If nothing says when it was.
    """
    unknown = "unknown" in (header.tags.get("date"), header.tags.get("times"))
    clock = None if unknown else Clock.of(header.started)
    if clock is None:
        raise UsageError("nothing says on which day it was, and a trace has to stand on one; record the call itself")
    return clock


def spans(entries: Iterable[Entry], header: Header, linter: Linter | None, *, with_content: bool = False) -> list[Span]:
    """Return all spans of a recording, trace by trace, its root first.

    Args:
        entries: Of the recording.
        header: Its first line.
        linter: Finds what is wrong, having begun with that header; None for spans without findings.
        with_content: Tell what was said too.

    Raises:
        UsageError: If nothing says when it was.
    """
    tracer = Tracer(header, linter, with_content=with_content)
    for event in events(entries):
        tracer.feed(event)
    return tracer.finish()


class Tracer:
    """The spans of one recording, while it is read."""

    def __init__(self, header: Header, linter: Linter | None, *, with_content: bool = False) -> None:
        """Begin; raises as `clock_of` does."""
        self._linter = linter if linter is not None else Linter([], header=header)
        self.session = self._linter.session
        self._story = Story(header, self.session, clock_of(header), with_content)
        self._closed: dict[int, _Stamp] = {}
        """The traces that were given out, by number."""
        self._given: set[int] = set()
        """Ids of the spans that were given out."""
        self._findings: list[Finding] = []
        """Those that are in no span yet."""
        self._appended: At | None = None
        """When the audio in the buffer began to come."""
        self._committing: tuple[At, At] | None = None
        """The same of what the client has committed, and when it did."""

    def feed(self, event: Event) -> None:
        """Take one event in."""
        self._findings += self._linter.feed(event)
        self._listen(event)

    def advance(self, now: float) -> None:
        """Let time pass up to `now`, in seconds of the recording: silence may be a finding."""
        self._findings += self._linter.advance(now)

    def take(self, now: float) -> list[Span]:
        """Return the spans of what is done at `now`, in seconds of the recording, and was not given out before."""
        return self._take(None if self.session.ended is not None else now)

    def finish(self) -> list[Span]:
        """Return every span that was not given out; nothing more is to come."""
        return self._take(None)

    def _take(self, now: float | None) -> list[Span]:
        scene = _Scene(self.session, now)
        found = self._connection(scene)
        for turn, later in zip(scene.turns, [*scene.turns[1:], None], strict=False):  # of no turn, there is no next
            if turn.number in self._closed:
                found += self._late(scene, turn, later)
            elif now is None or _is_done(turn, later, now):
                found += self._close(scene, turn, later)
        found += self._leftovers(scene)
        return found

    def _connection(self, scene: _Scene) -> list[Span]:
        """Return the trace of what was before the first turn, where there is something to tell of it.

        A connection without a turn has one in any case: else a call that was refused would be nowhere.
        """
        if CONNECT in self._closed:
            return []
        root = story.of_connection(self._story, scene.turns[0] if scene.turns else None)
        if scene.now is not None and (self.session.created is None or scene.now < root.end_t + SETTLE_S):
            return []
        outside = self._outside(scene, CONNECT)
        told = outside or root.error or any(scene.number(finding.entry) == CONNECT for finding in self._findings)
        if not told and not (scene.is_bare and self.session.request is not None):
            return []
        self._closed[CONNECT] = _Stamp()
        return self._give(scene, CONNECT, root, outside)

    def _close(self, scene: _Scene, turn: Turn, later: Turn | None) -> list[Span]:
        self._closed[turn.number] = _Stamp.of(turn)
        drafts = [*story.parts(self._story, turn, scene.until(later), scene.end), *self._outside(scene, turn.number)]
        return self._give(scene, turn.number, story.of_turn(self._story, turn), drafts)

    def _give(self, scene: _Scene, number: int, root: Draft, drafts: list[Draft]) -> list[Span]:
        mine: list[Finding] = []
        others: list[Finding] = []
        for finding in self._findings:
            (mine if scene.number(finding.entry) == number else others).append(finding)
        self._findings = others
        found = self._story.spans(number, root, drafts, mine)
        self._given.update(span.context.span_id for span in found)
        return found

    def _late(self, scene: _Scene, turn: Turn, later: Turn | None) -> Iterator[Span]:
        """Yield what came of a turn after it was given out."""
        if self._closed[turn.number] == _Stamp.of(turn):
            return
        drafts = [*story.parts(self._story, turn, scene.until(later), scene.end)]
        yield from self._late_ones(turn.number, drafts)
        if all(draft.whole for draft in drafts):
            self._closed[turn.number] = _Stamp.of(turn)

    def _late_ones(self, number: int, drafts: Iterable[Draft]) -> Iterator[Span]:
        for draft in drafts:
            span = self._story.late(number, draft)
            if draft.whole and span.context.span_id not in self._given:
                self._given.add(span.context.span_id)
                yield span

    def _leftovers(self, scene: _Scene) -> Iterator[Span]:
        """Yield what came of traces that were given out: answers outside of the conversation, and findings."""
        for number in dict.fromkeys(scene.number(each.created.n) for each in scene.outside):
            if number in self._closed:
                yield from self._late_ones(number, self._outside(scene, number))
        waiting, self._findings = self._findings, []
        for finding in waiting:
            number = scene.number(finding.entry)
            if number in self._closed:
                yield self._story.late_finding(number, finding)
            else:
                self._findings.append(finding)

    def _outside(self, scene: _Scene, number: int) -> list[Draft]:
        """Return the answers outside of the conversation that were asked for during a turn."""
        mine = (each for each in scene.outside if scene.number(each.created.n) == number)
        return [story.of_response(self._story, None, response, scene.end) for response in mine]

    def _listen(self, event: Event) -> None:
        """Note from when to when the user spoke, where the client commits what it appended."""
        match event.type:
            case "input_audio_buffer.append":
                self._appended = self._appended or At(event.n, event.t)
            case "input_audio_buffer.clear":
                self._appended = None
            case "input_audio_buffer.commit":
                if self._appended is not None:
                    self._committing = self._appended, At(event.n, event.t)
                self._appended = None
            case "input_audio_buffer.committed":
                if self.session.input_audio.last_committed_by == "vad":
                    self._appended = None
                elif self._committing is not None:
                    self._story.talked[str(event.body.get("item_id"))] = self._committing
                self._committing = None


@dataclass(frozen=True, slots=True)
class _Stamp:
    """How much of a turn was given out."""

    users: int = 0
    responses: int = 0
    calls: int = 0

    @classmethod
    def of(cls, turn: Turn) -> _Stamp:
        """Count what a turn has."""
        return cls(len(turn.user), len(turn.responses), len(turn.calls))


class _Scene:
    """A session as it stands, and the time it is looked at."""

    def __init__(self, session: Session, now: float | None) -> None:
        self.turns: Sequence[Turn] = turns(session)
        self.outside: Sequence[Response] = [each for each in session.responses.values() if each.out_of_band]
        self.now = now
        """None if nothing more is to come."""
        self.end: At | None = None
        """Where what never ended is taken to have ended; None while more may come."""
        if now is None:
            self.end = session.ended or At(session.events, session.now)
        self._numbers: dict[int, int] = {}
        self._lasted = [(span, turn.number) for turn in self.turns for span in _lasted(turn)]

    @property
    def is_bare(self) -> bool:
        """Whether there will be no turn."""
        return self.now is None and not self.turns

    def until(self, later: Turn | None) -> At | None:
        """Return where what a turn waits for is taken to have ended: with the next one."""
        return later.start if later is not None else self.end

    def number(self, n: int) -> int:
        """Return the number of an entry's turn: whose answer or call it is in, else the last that had begun."""
        if n not in self._numbers:
            self._numbers[n] = self._number(n)
        return self._numbers[n]

    def _number(self, n: int) -> int:
        lasting = next((number for (first, last), number in self._lasted if first <= n <= last), None)
        if lasting is not None:
            return lasting
        turn = turn_at(self.turns, n)
        return turn.number if turn is not None else CONNECT


def _lasted(turn: Turn) -> Iterator[tuple[int, int]]:
    """Yield from which entry to which the answers and calls of a turn lasted."""
    for response in turn.responses:
        if response.done is not None:
            yield response.created.n, response.done.n
    for call in turn.calls:
        if call.done is not None and call.outputs:
            yield call.done.n, call.outputs[0].n


def _is_done(turn: Turn, later: Turn | None, now: float) -> bool:
    """Tell whether nothing more of a turn is to come, most likely."""
    if any(response.done is None for response in turn.responses):
        return False
    if later is None and any(not call.outputs for call in turn.calls):
        return False
    return now >= _last_t(turn, later) + (IDLE_S if later is None else SETTLE_S)


def _last_t(turn: Turn, later: Turn | None) -> float:
    moments = [turn.start, later.start if later is not None else None]
    moments += [utterance.complete for utterance in turn.user]
    moments += [response.done for response in turn.responses]
    moments += [at for call in turn.calls for at in (call.done, *call.outputs)]
    return max(at.t for at in moments if at is not None)
