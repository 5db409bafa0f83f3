"""The tools that look: what is there, what is wrong, why it was silent, what was sent. They change nothing.

Each takes checked arguments and returns an answer; what it cannot do it says with an `InspectorError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realtime_inspector.analysis import facts, lint, why
from realtime_inspector.analysis import filter as filters
from realtime_inspector.analysis.filter import Filter, FilterError
from realtime_inspector.analysis.finding import Finding, Severity, by_entry, count
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.selection import fits
from realtime_inspector.analysis.summary import summarise
from realtime_inspector.analysis.sweep import ask
from realtime_inspector.cli import explain, findings_json, ls
from realtime_inspector.cli import why as why_command
from realtime_inspector.cli.agent.answers import Answers, cursor
from realtime_inspector.cli.agent.bounded import within
from realtime_inspector.cli.agent.folder import Folder
from realtime_inspector.errors import InspectorError, RecordingError, UsageError
from realtime_inspector.formats import Readable, digest, sessions_of
from realtime_inspector.formats.reading import clean, read_content
from realtime_inspector.protocol.event import AUDIO_FIELDS, Event, read
from realtime_inspector.tui import memory

Arguments = Mapping[str, Any]
Schema = Mapping[str, Any]

MOST_LOG_CHARS = 400_000
EXPRESSION_S = 30.0
"""How long a regular expression may take; some never end."""
_MOST_ROWS = 200
_FIGURES_BYTES = 16 * 1024 * 1024
"""The figures of a larger recording are not worked out for a list."""
_RETRIES = 8

_TEXT: Schema = {"type": "string"}
_LIST: Schema = {"type": "array"}
_OBJECT: Schema = {"type": "object"}
_COUNT: Schema = {"type": "integer"}
_NEXT: Schema = {"type": "string", "description": "give it as cursor to go on; empty at the end"}
_CURSOR: Schema = {"type": "string", "description": "next_cursor of the answer before"}
_LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": _MOST_ROWS}
_SEVERITY: Schema = {"enum": [severity.value for severity in Severity], "description": "this bad or worse"}
RECORDING: Schema = {"type": "string", "description": "a name that list_recordings gave"}
_SESSION: Schema = {"type": "integer", "minimum": 1, "description": "of a log with several sessions, which one"}


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tools work with."""

    folder: Folder
    answers: Answers
    policy: Callable[[], Policy]
    """Says which rules the project asks."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool."""

    name: str
    title: str
    about: str
    """What the model is told of it."""
    run: Callable[[Desk, Arguments], dict[str, Any]]
    takes: Mapping[str, Schema] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    gives: Mapping[str, Schema] = field(default_factory=dict)
    quotes: bool = True
    """Its answers repeat what strangers said."""
    acts: bool = False
    """It does more than look."""

    @property
    def input_schema(self) -> dict[str, Any]:
        """What arguments have to be."""
        return {"type": "object", "properties": dict(self.takes), "required": [*self.needs],
                "additionalProperties": False}  # fmt: skip

    @property
    def output_schema(self) -> dict[str, Any]:
        """What an answer is."""
        members = {"notice": _TEXT, **self.gives}
        return {"type": "object", "properties": members, "required": [*members]}


def list_recordings(desk: Desk, told: Arguments) -> dict[str, Any]:
    """Return the recordings with their figures, the newest first."""
    listed, policy = desk.folder.newest(), desk.policy()
    start = cursor(told.get("cursor", ""))
    rows = ((at, _figures(desk, name, policy)) for at, (name, _) in enumerate(listed) if at >= start)
    return desk.answers.page({"total": len(listed)}, "recordings", rows, told.get("limit", 20))


def findings(desk: Desk, told: Arguments) -> dict[str, Any]:
    """Return what is wrong in a recording, by entry."""
    recording = _opened(desk, told)
    found = _found(recording, desk.policy())
    least, word = Severity(told.get("severity", Severity.INFO)).rank, told.get("rule", "")
    known = {rule.id: rule for rule in desk.policy().every()}
    chosen = [one for one in found if one.severity.rank <= least and _is_of(one, word, known)]
    start = cursor(told.get("cursor", ""))
    rows = ((at, findings_json.members(one)) for at, one in enumerate(chosen) if at >= start)
    head = {"recording": told["recording"], "counts": count(found), "chosen": len(chosen)}
    return desk.answers.page(head, "findings", rows, told.get("limit", 50))


def why_silent(desk: Desk, told: Arguments) -> dict[str, Any]:
    """Return why the assistant was silent: at a moment, the last time that matters, or each time."""
    recording = _opened(desk, told)
    found = why.explain(recording, recording.header, linter=_linter(desk.policy(), recording))
    moment = told.get("at_s")
    if told.get("all"):
        chosen = found
    elif moment is None:
        chosen = [why.last(found)]
    else:
        one = why.at(found, float(moment))
        chosen = [one] if one is not None else []
    start = cursor(told.get("cursor", ""))
    rows = ((at, why_command.members(one)) for at, one in enumerate(chosen) if at >= start)
    head = {"recording": told["recording"], "remark": "" if chosen else "the assistant was speaking at that moment"}
    return desk.answers.page(head, "silences", rows)


def digest_of(desk: Desk, told: Arguments) -> dict[str, Any]:
    """Return the digest of a recording, or of all, in as many tokens as are asked for and fit into an answer."""
    policy, name = desk.policy(), told.get("recording", "")
    names = [name] if name else [each for each, _ in desk.folder.newest()][:_MOST_ROWS]
    wanted = told.get("max_tokens", desk.answers.most_bytes // digest.BYTES_PER_TOKEN)
    sessions = [
        digest.study(recording, wanted, _linter(policy, recording), desk.folder.path / each)
        for each, recording in _each_opened(desk, names, told.get("session", 1))
    ]
    for _ in range(_RETRIES):  # line breaks and quotes take two bytes in JSON
        most = max(digest.MIN_TOKENS, wanted)
        text = digest.fit(sessions, desk.folder.path / name, most)
        answer = desk.answers.whole({"recording": name, "digest": text})
        if answer.get("digest") == desk.answers.text(text):
            return answer
        wanted = int(most * 0.8)
    return answer


def events(desk: Desk, told: Arguments) -> dict[str, Any]:
    """Return the events that a filter lets through, audio left out."""
    chosen = _compiled(told.get("filter", ""))
    if not chosen.may_take_long:
        return _chosen(desk, told, chosen)
    try:
        answer: dict[str, Any] = within(EXPRESSION_S, _matched, desk, told)
    except TimeoutError:
        raise UsageError(
            f"filter: no answer in {EXPRESSION_S:g} s; a simpler expression, or words, are quicker"
        ) from None
    return answer


def _matched(desk: Desk, told: Arguments) -> dict[str, Any]:
    return _chosen(desk, told, _compiled(told["filter"]))


def _compiled(expression: str) -> Filter:
    try:
        return filters.compile(expression, memory.saved_filters() if "@" in expression else {})
    except FilterError as error:
        raise UsageError(f"filter: {error.problem} (at character {error.position + 1})") from None


def _chosen(desk: Desk, told: Arguments, chosen: Filter) -> dict[str, Any]:
    recording = _opened(desk, told)
    index = None
    if chosen.needs_facts:
        index = facts.gather(lint.events(recording), _linter(desk.policy(), recording))
    start = cursor(told.get("cursor", ""))
    rows = (
        (event.n, _row(event))
        for event in map(read, recording)
        if event.n >= start and chosen(event, index[event.n] if index is not None else facts.NOTHING)
    )
    return desk.answers.page({"recording": told["recording"]}, "events", rows, told.get("limit", 50))


def explain_rule(desk: Desk, told: Arguments) -> dict[str, Any]:
    """Return the page of a rule, or of the rules of a group."""
    found = explain.find([told["rule"]], desk.policy().every())
    start = cursor(told.get("cursor", ""))
    rows = ((at, explain.as_json(rule)) for at, rule in enumerate(found) if at >= start)
    return desk.answers.page({}, "rules", rows)


def lint_log(desk: Desk, told: Arguments) -> dict[str, Any]:
    """Return what is wrong in a pasted log, and why it did not answer."""
    content = told["text"].encode(errors="backslashreplace")
    sessions = sessions_of(read_content(content, Path("pasted.log")))
    least = Severity(told.get("severity", Severity.INFO)).rank
    rows = ((at, _judged(clean(each), desk.policy(), least)) for at, each in enumerate(sessions))
    return desk.answers.page({"total": len(sessions)}, "sessions", rows)


def _judged(session: Readable, policy: Policy, least: int) -> dict[str, Any]:
    found = [one for one in _found(session, policy) if one.severity.rank <= least]
    found.sort(key=lambda one: (one.severity.rank, one.entry))  # a cut leaves the first ones
    silence = why.last(why.explain(session, session.header, linter=_linter(policy, session)))
    return {
        "events": sum(1 for _ in session),
        "findings": list(map(findings_json.members, found)),
        "why": why_command.members(silence),
    }


def _opened(desk: Desk, told: Arguments) -> Readable:
    return desk.folder.open(told["recording"], told.get("session", 1))


def _each_opened(desk: Desk, names: Sequence[str], session: int) -> Iterator[tuple[str, Readable]]:
    """Open recordings one by one, each with its name; of several, those that can be read."""
    for name in names:
        try:
            recording = desk.folder.open(name, session)
        except RecordingError:
            if len(names) == 1:
                raise
            continue
        yield name, recording


def _linter(policy: Policy, recording: Readable) -> lint.Linter:
    return policy.linter(recording.path, recording.header)


def _found(recording: Readable, policy: Policy) -> list[Finding]:
    (found,) = ask(recording, _linter(policy, recording))
    return sorted(found, key=by_entry)


def _is_of(finding: Finding, word: str, known: Mapping[str, Any]) -> bool:
    rule = known.get(finding.rule)
    return not word or (fits(rule, word) if rule is not None else finding.rule == word)


def _figures(desk: Desk, name: str, policy: Policy) -> dict[str, Any]:
    try:
        path = desk.folder.file(name)
        size = path.stat().st_size
        if size > _FIGURES_BYTES:
            return {"recording": name, "bytes": size, "remark": "large: ask for findings or a digest"}
        recording = desk.folder.open(name)
        summary = summarise(lint.events(recording), _linter(policy, recording), recording.header)
    except (InspectorError, OSError) as error:
        return {"recording": name, "problem": str(error)}
    figures = ls.members(recording, summary)
    return {"recording": name, "bytes": size, **{key: figures[key] for key in figures if key != "path"}}


def _row(event: Event) -> dict[str, Any]:
    """Return an event without its audio."""
    body = dict(event.body)
    audio = AUDIO_FIELDS.get(event.type)
    if audio in body:
        body[audio] = f"[{event.audio_bytes} bytes of audio left out]"
    entry = event.entry
    return {
        "n": event.n,
        "line": entry.line,
        "t": round(event.t, 6),
        "from": event.side.value,
        "type": event.type,
        "bytes": len(entry.payload),
        "event": body,
    }


_OF_ONE: Mapping[str, Schema] = {"recording": RECORDING, "session": _SESSION}
LOOKING: tuple[Tool, ...] = (
    Tool(
        "list_recordings",
        "List recordings",
        "List the recorded Realtime sessions (calls of a voice application), newest first: model, length, turns, how "
        "many findings, how each ended. Begin here.",
        list_recordings,
        {"limit": _LIMIT, "cursor": _CURSOR},
        gives={"recordings": _LIST, "total": _COUNT, "next_cursor": _NEXT},
    ),
    Tool(
        "digest",
        "Digest of a session",
        "Say in few words what happened in a recording: why the assistant did not answer, findings with cause and fix, "
        "configuration in force and refused, who said what. Each statement names its entry and line as [n:line]. "
        "Without a recording, all of the folder.",
        digest_of,
        {**_OF_ONE, "max_tokens": {"type": "integer", "minimum": digest.MIN_TOKENS}},
        gives={"recording": _TEXT, "digest": _TEXT},
    ),
    Tool(
        "why",
        "Why was it silent",
        "Say in one sentence why the assistant did not answer, with the entries that show it and what mends it: the "
        "last silence that matters, that at a moment (at_s, seconds from the start), or all.",
        why_silent,
        {**_OF_ONE, "at_s": {"type": "number", "minimum": 0}, "all": {"type": "boolean"}, "cursor": _CURSOR},
        ("recording",),
        {"recording": _TEXT, "remark": _TEXT, "silences": _LIST, "next_cursor": _NEXT},
    ),
    Tool(
        "findings",
        "Findings",
        "List what is wrong in a recording: rule, severity, entry, message, fix, the entry that began it and, where it "
        "is known, the corrected event. `rule` is an id, how ids begin (TOOL), or a name.",
        findings,
        {**_OF_ONE, "severity": _SEVERITY, "rule": _TEXT, "limit": _LIMIT, "cursor": _CURSOR},
        ("recording",),
        {"recording": _TEXT, "counts": _OBJECT, "chosen": _COUNT, "findings": _LIST, "next_cursor": _NEXT},
    ),
    Tool(
        "events",
        "Read events",
        "Read events of a recording, audio left out and long texts cut. Filters: type:response.* from:client "
        "kind:close n:40..60 turn:2 t>1.5s bytes>1k latency>800ms severity>=warning rule:TOOL* \"a text\" /regex/ "
        "@name (a filter that is saved here), joined by and, or, not, ( ).",
        events,
        {**_OF_ONE, "filter": _TEXT, "limit": _LIMIT, "cursor": _CURSOR},
        ("recording",),
        {"recording": _TEXT, "events": _LIST, "next_cursor": _NEXT},
    ),
    Tool(
        "explain_rule",
        "Explain a rule",
        "Say what a rule means, why it matters and how to mend what it finds, with examples; by id, name, or group.",
        explain_rule,
        {"rule": _TEXT, "cursor": _CURSOR},
        ("rule",),
        {"rules": _LIST, "next_cursor": _NEXT},
        quotes=False,
    ),
    Tool(
        "lint_log",
        "Judge a pasted log",
        "Find what is wrong in Realtime events that a program printed: any text with events in it, in JSON, Python's "
        "or JavaScript's notation, with or without times.",
        lint_log,
        {"text": {"type": "string", "minLength": 1, "maxLength": MOST_LOG_CHARS}, "severity": _SEVERITY},
        ("text",),
        {"total": _COUNT, "sessions": _LIST, "next_cursor": _NEXT},
    ),
)  # fmt: skip
