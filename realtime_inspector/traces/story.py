"""A turn, or the beginning of a connection, as the spans of one trace.

    turn ─┬─ user_speech
          ├─ realtime_inference MODEL      one a response
          ├─ execute_tool NAME             beside it: the application's time is not the model's
          └─ realtime_inference MODEL

Ids are made of the recording's id and the entries' numbers, so that the same recording gives the same spans.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from realtime_inspector.analysis.finding import Finding, Severity, count
from realtime_inspector.analysis.rule import Page, all_rules
from realtime_inspector.analysis.turns import Turn, Utterance
from realtime_inspector.protocol.realtime.conversation import At, Item, Response, ToolCall
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.recording.entry import Header
from realtime_inspector.traces import content, facts, names
from realtime_inspector.traces.span import (
    Attributes,
    Clock,
    Context,
    Kind,
    Link,
    Moment,
    Span,
    Value,
    parent,
    span_id,
    trace_id,
)

CONNECT = 0
"""Number of the trace that holds what went wrong before the first turn, or instead of one."""


@dataclass(slots=True)
class Draft:
    """A span in the making, with times and entries of the recording."""

    key: tuple[object, ...]
    """What tells it from the recording's other spans."""
    name: str
    start_t: float
    end_t: float
    entries: tuple[int, int] = (0, 0)
    """First and last of the entries that it is about."""
    kind: Kind = Kind.INTERNAL
    attributes: Attributes = field(default_factory=dict)
    said: Attributes = field(default_factory=dict)
    """What was said; only for those who ask for it."""
    moments: list[tuple[str, At]] = field(default_factory=list)
    error: str = ""
    """What went wrong with it, in one word."""
    status: str = ""
    """What went wrong in all of it, if that is more."""
    whole: bool = True
    """Nothing more of it is to come."""
    findings: list[Finding] = field(default_factory=list)
    after: tuple[object, ...] = ()
    """Key of the span that caused it, if that is beside it."""

    def covers(self, n: int) -> bool:
        """Tell whether an entry is one of those it is about."""
        return self.entries[0] <= n <= self.entries[1]


@dataclass(slots=True)
class Story:
    """What is known of a recording, and how it becomes spans."""

    header: Header
    session: Session
    clock: Clock
    with_content: bool = False
    talked: dict[str, tuple[At, At]] = field(default_factory=dict)
    """Of items that the client committed: when it began to append their audio, and when it committed."""

    def root(self, number: int) -> Context:
        """Return the context of a trace's root."""
        joined = self.joined
        trace = joined.trace_id if joined is not None else trace_id(self.header.id, number)
        return Context(trace, span_id(self.header.id, "turn", number))

    @property
    def parent(self) -> Context | None:
        """The span of the client's program that the upgrade request names."""
        request = self.session.request
        return parent(request.entry.header("traceparent")) if request is not None else None

    @property
    def joined(self) -> Context | None:
        """That span, if its trace is kept; one that is not would leave ours without a root."""
        found = self.parent
        return found if found is not None and found.sampled else None

    def spans(self, number: int, root: Draft, drafts: Iterable[Draft], findings: Iterable[Finding]) -> list[Span]:
        """Return a trace: its root first. A finding goes to the narrowest span that its entry belongs to."""
        drafts = sorted((draft for draft in drafts if draft.whole), key=lambda draft: draft.start_t)
        for finding in findings:
            narrowest(drafts, root, finding.entry).findings.append(finding)
        every = [found for draft in (root, *drafts) for found in draft.findings]
        root.start_t = min([root.start_t, *(draft.start_t for draft in drafts)])
        root.end_t = max([root.end_t, *(draft.end_t for draft in drafts)])
        root.attributes = {**root.attributes, **_counted(every)}
        root.status = _bad(every) or root.error or ", ".join(dict.fromkeys(each.error for each in drafts if each.error))
        above = self.root(number)
        return [self._span(root, above, self.joined, self._links(number)),
                *(self._span(draft, self.child(number, draft.key), above, self._beside(number, draft))
                  for draft in drafts)]  # fmt: skip

    def late(self, number: int, draft: Draft) -> Span:
        """Return a span that came when its trace had been sent."""
        return self._span(draft, self.child(number, draft.key), self.root(number), self._beside(number, draft))

    def late_finding(self, number: int, finding: Finding) -> Span:
        """Return a finding of a trace that had been sent, as a span without length."""
        draft = Draft(("finding", finding.rule, finding.entry, finding.t), f"finding {finding.rule}", finding.t,
                      finding.t, findings=[finding], attributes={names.KIND: "CHAIN"})  # fmt: skip
        return self.late(number, draft)

    def child(self, number: int, key: tuple[object, ...]) -> Context:
        """Return the context of a span under a root."""
        return Context(self.root(number).trace_id, span_id(self.header.id, *key))

    def _span(self, draft: Draft, context: Context, above: Context | None, links: tuple[Link, ...]) -> Span:
        attributes: dict[str, Value] = {**draft.attributes, **facts.of_session(self.session, self.header)}
        attributes[names.METADATA] = facts.metadata(attributes)
        if self.with_content:
            attributes |= draft.said
        error = draft.status or draft.error or _bad(draft.findings)
        if draft.error:
            attributes.setdefault(names.ERROR_TYPE, draft.error)
        moments = [Moment(name, self.clock.ns(at.t), {names.ENTRY: at.n}) for name, at in draft.moments]
        moments += [self._finding(finding) for finding in draft.findings]
        return Span(
            name=draft.name,
            context=context,
            parent=above,
            start_ns=self.clock.ns(draft.start_t),
            end_ns=self.clock.ns(max(draft.start_t, draft.end_t)),
            kind=draft.kind,
            attributes=attributes,
            moments=tuple(sorted(moments, key=lambda moment: moment.at_ns)),
            links=links,
            error=error,
        )

    def _finding(self, finding: Finding) -> Moment:
        """Return a finding as a moment. Its message may quote what was said; the rule's own words do not."""
        page = _page(finding.rule)
        told: dict[str, Value | None] = {
            "rule": finding.rule,
            "name": finding.name,
            "severity": str(finding.severity),
            "about": page.what if page is not None else "",
            "fix": finding.fix if self.with_content else page.fix if page is not None else "",
            "entry": finding.entry,
            "line": finding.line or None,
            "cause": finding.cause,
            "message": content.clip(finding.message) if self.with_content else None,
        }
        attributes = facts.known({names.FINDING + name: value for name, value in told.items()})
        return Moment(f"finding {finding.rule} {finding.name}", self.clock.ns(finding.t), attributes)

    def _links(self, number: int) -> tuple[Link, ...]:
        links = [Link(self.root(number - 1), "previous_turn")] if number > CONNECT + 1 else []
        above = self.parent
        if above is not None and not above.sampled:
            links.append(Link(above, "traceparent"))
        return tuple(links)

    def _beside(self, number: int, draft: Draft) -> tuple[Link, ...]:
        return (Link(self.child(number, draft.after), "asked_by"),) if draft.after else ()


def narrowest(drafts: Sequence[Draft], root: Draft, n: int) -> Draft:
    """Return the span with the fewest entries that an entry belongs to."""
    fitting = [draft for draft in drafts if draft.covers(n)]
    return min(fitting, key=lambda draft: draft.entries[1] - draft.entries[0], default=root)


def of_connection(story: Story, until: Turn | None) -> Draft:
    """Return what was before the first turn."""
    session = story.session
    updates = [update.answer for update in session.updates if update.answer is not None]
    ready = [at for at in [session.created, *updates] if at is not None and (until is None or at.n < until.start.n)]
    start = session.request.t if session.request is not None else ready[0].t if ready else 0.0
    answered_t = session.handshake.t if session.handshake is not None else start
    end_t = max([answered_t, *(at.t for at in ready)])
    if session.created is None and session.ended is not None:
        end_t = session.ended.t
    return Draft(
        key=("turn", CONNECT),
        name="connect",
        start_t=start,
        end_t=end_t,
        kind=Kind.CLIENT,
        attributes={
            names.KIND: "CHAIN",
            **facts.of_settings(session, story.header),
            **facts.of_connection(session, story.header),
        },
        moments=[("session.created", session.created)] if session.created is not None else [],
        error=_refused(session) if until is None else "",
    )


def of_turn(story: Story, turn: Turn) -> Draft:
    """Return a turn as the root of its trace."""
    session = story.session
    first = facts.of_connection(session, story.header) if turn.number == CONNECT + 1 else {}
    return Draft(
        key=("turn", turn.number),
        name="turn",
        start_t=turn.start.t,
        end_t=turn.start.t,
        attributes={**facts.of_settings(session, story.header), **first, **facts.of_turn(session, turn)},
        said=content.of_turn(turn),
    )


def parts(story: Story, turn: Turn, until: At | None, end: At | None) -> Iterator[Draft]:
    """Yield what a turn is made of.

    Args:
        story: The recording.
        turn: One of its turns.
        until: Where what the user or the application never ended is taken to have ended; None while it still may.
        end: The same of what the server never ended.
    """
    for utterance in turn.user:
        yield from _speech(story, utterance, until)
    for response in turn.responses:
        yield of_response(story, turn, response, end)
        for item in _mcp_calls(story.session, response):
            yield _mcp(item, response, end)
    for call in turn.calls:
        yield _call(turn, call, until)


def of_response(story: Story, turn: Turn | None, response: Response, until: At | None) -> Draft:
    """Return a response, to `until` if it never ended; `turn` is None for one outside of the conversation."""
    session = story.session
    end = response.done or until or response.last_delta or response.created
    reached = (("first_output", response.first_output), ("first_audio", response.first_audio),
               ("cancel", response.cancel))  # fmt: skip
    return Draft(
        key=("response", response.created.n),
        name=f"{names.REALTIME_INFERENCE} {session.model}".strip(),
        start_t=response.created.t,
        end_t=end.t,
        entries=(response.request.at.n if response.request is not None else response.created.n, end.n),
        kind=Kind.CLIENT,
        attributes={**facts.of_server(session, story.header), **facts.of_response(session, response)},
        said=content.of_response(session, turn, response),
        moments=[(name, at) for name, at in reached if at is not None],
        error=facts.error_of(response),
        whole=response.done is not None or until is not None,
    )


def _speech(story: Story, utterance: Utterance, until: At | None) -> Iterator[Draft]:
    """Yield when the user spoke: as voice detection says, or as the client that commits by itself does."""
    speech = utterance.speech
    said = content.of_utterance(utterance)
    if speech is not None:
        stopped = At(speech.stopped_n, speech.stopped_t) if speech.stopped_n and speech.stopped_t is not None else None
        end = stopped or utterance.complete or until
        last = utterance.complete or end
        yield Draft(
            key=("speech", speech.started_n),
            name=names.USER_SPEECH,
            start_t=speech.started_t,
            end_t=end.t if end is not None else speech.started_t,
            entries=(speech.started_n, last.n if last is not None else speech.started_n),
            attributes=facts.of_speech(story.session, speech),
            said=said,
            whole=end is not None,
        )
        return
    talked = story.talked.get(utterance.item.id) if utterance.item is not None else None
    if talked is not None:
        began, committed = talked
        yield Draft(
            key=("speech", committed.n),
            name=names.USER_SPEECH,
            start_t=began.t,
            end_t=committed.t,
            entries=(began.n, committed.n),
            attributes=facts.of_commit(began),
            said=said,
        )


def _call(turn: Turn, call: ToolCall, until: At | None) -> Draft:
    """Return a function call, from its complete arguments to the output; to the end where none was sent."""
    began = call.done or call.named or turn.start
    sent = call.outputs[0] if call.outputs else None
    asked = next((each for each in turn.responses if each.id == call.response_id), None)
    end = sent or until or began
    last = call.acknowledged or (call.refused[-1] if call.refused else end)
    return Draft(
        key=("call", call.call_id, began.n),
        name=f"{names.EXECUTE_TOOL} {call.name}".strip(),
        start_t=began.t,
        end_t=max(began.t, end.t),
        entries=(began.n, max(end.n if sent is not None else began.n, last.n)),
        attributes=facts.of_call(turn, call),
        said=content.of_call(call),
        moments=[("refused_output", at) for at in call.refused],
        error="" if sent is not None else "output_refused" if call.refused else "no_output",
        whole=sent is not None or until is not None,
        after=("response", asked.created.n) if asked is not None else (),
    )


def _mcp_calls(session: Session, response: Response) -> list[Item]:
    named = (session.items.get(item) for item in response.item_ids)
    return [item for item in named if item is not None and item.type == "mcp_call" and item.first is not None]


def _mcp(item: Item, response: Response, until: At | None) -> Draft:
    began = item.first or response.created
    end = item.done or until or began
    return Draft(
        key=("mcp", item.id, began.n),
        name=f"{names.EXECUTE_TOOL} {item.body.get('name') or ''}".strip(),
        start_t=began.t,
        end_t=end.t,
        entries=(began.n, end.n),
        attributes=facts.of_mcp(item),
        said=content.of_mcp(item),
        error="mcp_error" if item.body.get("error") else "",
        whole=item.done is not None or until is not None,
        after=("response", response.created.n),
    )


def _refused(session: Session) -> str:
    """Return why there is no session; empty if there is one, or may come."""
    status = session.handshake.get("status") if session.handshake is not None else None
    if isinstance(status, int) and status != 101:
        return str(status)
    asked = session.request is not None and session.ended is not None
    return "no_session" if asked and session.created is None else ""


def _counted(findings: Iterable[Finding]) -> Attributes:
    """Return how many findings of a severity there are, and which rules found them."""
    told = list(findings)
    rules = tuple(dict.fromkeys(finding.rule for finding in told))
    return facts.known({**{names.FINDINGS + severity: number or None for severity, number in count(told).items()},
                        names.FINDINGS + "rules": rules, names.TAGS: rules})  # fmt: skip


def _bad(findings: Iterable[Finding]) -> str:
    """Return which findings make a span a failed one."""
    errors = (finding for finding in findings if finding.severity is Severity.ERROR)
    return ", ".join(dict.fromkeys(f"{finding.rule} {finding.name}" for finding in errors))


@cache
def _page(rule_id: str) -> Page | None:
    """Return the page of one of this tool's rules; a rule of the user's may have any words in it."""
    return next((rule.page() for rule in all_rules() if rule.id == rule_id), None)
