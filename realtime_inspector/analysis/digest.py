"""What is to be said of a session in few words, each statement with its entry, its line and its worth.

For whoever cannot read all of it: a language model, or somebody in a hurry. Why it did not answer comes first, then
what is wrong, the configuration, and the conversation. How much of it there is room for, others decide (`worth`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from realtime_inspector.analysis import metrics, why
from realtime_inspector.analysis.dialogue import Line, dialogue
from realtime_inspector.analysis.finding import Finding, Severity, count
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.settings import differences
from realtime_inspector.analysis.summary import Summary, of_session
from realtime_inspector.analysis.sweep import ask
from realtime_inspector.analysis.turns import Turn, turn_at, turns
from realtime_inspector.protocol.realtime.conversation import At, Update
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import mappings, text, tool_name
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.printable import printable

_OF_THE_SERVER = frozenset({"id", "object", "expires_at", "client_secret"})
"""Members of a session that nobody configures."""
_APART = frozenset({"instructions", "tools"})
_DEEPEST = 5
"""Settings nested deeper are told as JSON."""
_INDENT = 1
_NEAR = 1
"""Turns this far from the silence that is explained are told before the configuration in force."""


class Part(StrEnum):
    """What a statement is about, in the order in which they are read."""

    CALL = "call"
    WHY = "why"
    FINDINGS = "findings"
    CONFIGURATION = "configuration"
    CONVERSATION = "conversation"


class Worth:
    """How long a statement is kept where there is little room: the smaller, the longer."""

    CALL, WHY, EVIDENCE, ERROR, ITS_FIX, WARNING, FIX, REFUSED, NEAR, IN_FORCE, CONVERSATION, INFO, AGAIN = range(13)


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is said of a session, on one line."""

    part: Part
    entry: int
    """`n` of the entry that shows it; 0 is the recording's first line."""
    line: int
    """That entry's line in its file; 0 where there is none."""
    t: float
    text: str
    worth: tuple[float, ...]
    """The smaller, the longer it is kept; no two statements of a session have the same."""
    depth: int = 0
    """1 if it belongs to the one before it."""
    rule: str = ""
    """The rule that found it."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What is said of one session."""

    summary: Summary
    statements: tuple[Statement, ...]
    """In the order in which they are read."""


def digest(entries: Iterable[Entry], header: Header, linter: Linter, most_chars: int) -> Digest:
    """Return what is to be said of a session.

    Args:
        entries: A recording that can be read several times.
        header: Its first line.
        linter: Asks the rules; fresh.
        most_chars: How much of what somebody said, or of any other text, is repeated.
    """
    places = _Places()
    (found,) = ask(entries, linter, note=places.note)
    summary = of_session(linter.session, count(found))
    writer = _Writer(linter.session, places, most_chars)
    writer.call(summary)
    asked = linter.session.dialect_asked
    focus = writer.silences(why.explain(entries, header, findings=found, dialect=asked))
    writer.findings(found)
    writer.configuration()
    writer.conversation(focus)
    return Digest(summary, tuple(writer.statements))


def quoted(words: str, most_chars: int) -> str:
    """Return words of a recording on one line, in quotes that they cannot close; the rest is counted."""
    plain = " ".join(words.split())
    more = f" (+{len(plain) - most_chars:,} characters)" if len(plain) > most_chars else ""
    shown = printable(plain[:most_chars]).replace('"', '\\"')
    return f'"{shown}"{more}'


class _Places:
    """The line of each entry, in a few bytes for a whole recording: lines mostly go up with the entries."""

    def __init__(self) -> None:
        self._starts: list[tuple[int, int]] = []
        self._next = (0, 0)

    def note(self, n: int, line: int, times: Sequence[float], types: Sequence[str]) -> None:
        """Take in where events stand."""
        if not self._starts:
            self._starts, self._next = [(0, 1 if line else 0)], (1, 2 if line else 0)
        if (n, line) != self._next:
            self._starts.append((n, line))
        self._next = (n + len(times), line + len(times) if line else 0)

    def line(self, n: int) -> int:
        if not self._starts:
            return 1 if n == 0 else 0
        start_n, start = self._starts[max(0, bisect_right(self._starts, n, key=lambda run: run[0]) - 1)]
        return start + n - start_n if start else 0


class _Writer:
    """Makes the statements about a session, in the order in which they are read."""

    def __init__(self, session: Session, places: _Places, most_chars: int) -> None:
        self.statements: list[Statement] = []
        self._session = session
        self._places = places
        self._most = most_chars
        self._turns = turns(session)

    def call(self, summary: Summary) -> None:
        """Say what the recording is."""
        median = summary.median_ttfa_ms
        tokens = summary.tokens
        facts = [
            self._plain(summary.model) or "unknown model",
            f"dialect {summary.dialect}" if summary.dialect else "",
            f"{summary.length_s:.1f} s",
            _count(summary.turns, "turn")
            + (f" ({summary.interruptions} interrupted)" if summary.interruptions else ""),
            _count(summary.calls, "tool call") if summary.calls else "",
            f"median {median:.0f} ms from response.created to audio" if median is not None else "",
            f"{tokens.input} tokens in, {tokens.output} out" if tokens.total else "",
            ", ".join(_found(number, severity) for severity, number in summary.findings.items() if number)
            or "no findings",
            f"ended: {self._plain(summary.ended)}",
        ]
        self._say(Part.CALL, At(0, 0.0), ", ".join(filter(None, facts)), Worth.CALL)

    def silences(self, found: Sequence[why.Why]) -> int:
        """Say why it did not answer, and return the entry at which that shows."""
        chosen = why.last(found)
        focus = self._silence(chosen, Worth.WHY)
        for other in found:
            if other is not chosen and not other.is_calm:
                self._silence(other, Worth.INFO, alone=True)
        return focus

    def _silence(self, one: why.Why, worth: int, *, alone: bool = False) -> int:
        cause, silence = one.cause, one.silence
        shown = [evidence.at for evidence in cause.evidence]
        at = shown[-1] if shown else At(min(silence.first_n, self._session.events), silence.start)
        when = f"{silence.start:.2f} to {silence.end:.2f} s"
        self._say(Part.WHY, at, f"{when} {cause.label} ({cause.confidence}): {self._long(cause.words)}.", worth)
        for evidence in cause.evidence if not alone else ():
            self._say(Part.WHY, evidence.at, f"shown by: {self._long(evidence.words)}", Worth.EVIDENCE, depth=_INDENT)
        if cause.fix and not alone:
            self._say(Part.WHY, at, f"to mend it: {self._long(cause.fix)}", Worth.EVIDENCE, depth=_INDENT)
        return at.n

    def findings(self, found: Sequence[Finding]) -> None:
        """Say what is wrong, the worst first, what one rule found together."""
        by_rule: dict[str, list[Finding]] = {}
        for finding in sorted(found, key=lambda one: (one.severity.rank, one.entry, one.rule)):
            by_rule.setdefault(finding.rule, []).append(finding)
        for group in by_rule.values():
            for number, finding in enumerate(group):
                self._finding(finding, number, len(group))

    def _finding(self, finding: Finding, number: int, of: int) -> None:
        worth = {Severity.ERROR: Worth.ERROR, Severity.WARNING: Worth.WARNING, Severity.INFO: Worth.INFO}
        at = At(finding.entry, finding.t)
        cause = f"; begun by [{self._place(finding.cause)}]" if finding.cause is not None else ""
        more = f" ({number + 1} of {of})" if of > 1 else ""
        said = f"{finding.severity} {finding.rule} {finding.name}{more}: {self._long(finding.message)}{cause}"
        first = number == 0
        self._say(Part.FINDINGS, at, said, worth[finding.severity] if first else Worth.AGAIN, rule=finding.rule)
        its_fix = Worth.ITS_FIX if finding.severity is Severity.ERROR else Worth.FIX
        its_fix = Worth.INFO if finding.severity is Severity.INFO else its_fix
        if first and finding.fix:
            self._say(Part.FINDINGS, at, f"fix: {self._long(finding.fix)}", its_fix, depth=_INDENT, rule=finding.rule)
        if first and finding.corrected is not None:
            corrected = f"send instead: {self._json(finding.corrected)}"
            self._say(Part.FINDINGS, at, corrected, its_fix, depth=_INDENT, rule=finding.rule)

    def configuration(self) -> None:
        """Say what is in force, and what was refused."""
        session = self._session
        for update in session.updates:
            self._update(update)
        if session.config_at is None:
            return
        in_force = "; ".join(self._settings(session.config, ""))
        self._say(Part.CONFIGURATION, session.config_at, f"in force: {in_force or 'nothing told'}", Worth.IN_FORCE)
        tools = [tool_name(tool) for tool in mappings(session.config.get("tools"))]
        if tools:
            named = self._long(", ".join(name or "?" for name in tools))
            self._say(Part.CONFIGURATION, session.config_at, f"{_count(len(tools), 'tool')}: {named}", Worth.IN_FORCE)
        instructions = text(session.config.get("instructions"))
        if instructions:
            said = f"instructions: {quoted(instructions, self._most)}"
            self._say(Part.CONFIGURATION, session.config_at, said, Worth.IN_FORCE)

    def _update(self, update: Update) -> None:
        asked = self._long(", ".join(sorted(_paths(update.session)))) or "nothing"
        if update.status == "rejected":
            error = update.error or {}
            problem = quoted(": ".join(text(error.get(name)) for name in ("code", "param", "message")), self._most)
            self._say(Part.CONFIGURATION, update.at, f"refused: {asked}; the server said {problem}", Worth.REFUSED)
            return
        if update.status != "accepted":
            self._say(Part.CONFIGURATION, update.at, f"never answered: {asked}", Worth.REFUSED)
            return
        self._say(Part.CONFIGURATION, update.at, f"accepted: {asked}", Worth.CONVERSATION)
        for one in differences(update.session, update.effective or {}):
            said = (
                f"not taken: {self._long(one.path)} is {self._json(one.reported)}, not {self._json(one.asked)} as asked"
            )
            self._say(Part.CONFIGURATION, update.answer or update.at, said, Worth.REFUSED, depth=_INDENT)

    def _settings(self, value: Mapping[str, Any], path: str, depth: int = 0) -> Iterator[str]:
        for name, part in value.items():
            if not path and name in _OF_THE_SERVER | _APART:
                continue
            if isinstance(part, Mapping) and part and depth < _DEEPEST:
                yield from self._settings(part, f"{path}{self._long(name)}.", depth + 1)
            elif part is not None and part != "":
                yield f"{path}{self._long(name)} {self._json(part)}"

    def conversation(self, focus: int) -> None:
        """Say who said what, turn by turn; what is near the entry that explains the silence is worth more."""
        centre = self._turn(focus)
        headings = list(self._turns)
        for line in dialogue(self._session):
            while headings and headings[0].start.n <= line.at.n:
                turn = headings.pop(0)
                self._say(Part.CONVERSATION, turn.start, self._heading(turn), *_nearness(turn.number, centre))
            worth, distance = _nearness(line.turn or self._turn(line.at.n), centre)
            if line.who == "server":
                worth, distance = Worth.REFUSED, 0
            depth = _INDENT if line.turn is not None else 0
            self._say(Part.CONVERSATION, line.at, self._line(line), worth, distance, depth=depth)

    def _turn(self, n: int) -> int:
        found = turn_at(self._turns, n)
        return found.number if found is not None else 0

    def _heading(self, turn: Turn) -> str:
        tokens = sum((metrics.tokens_of(response) for response in turn.responses), metrics.Tokens())
        waited, spoken = metrics.answer_ms(turn), metrics.voice_to_voice_ms(turn)
        facts = [
            f"answered in {waited:.0f} ms" if waited is not None and turn.user else "",
            f"voice to voice {spoken:.0f} ms" if spoken is not None else "",
            "no response" if not turn.responses else "",
            "interrupted" if turn.interrupted else "",
            f"{tokens.input} tokens in, {tokens.output} out" if tokens.total else "",
        ]
        return f"turn {turn.number}: {', '.join(filter(None, facts)) or 'no figures'}"

    def _line(self, line: Line) -> str:
        words = quoted(line.text, self._most) if line.text else "spoken, not transcribed" if line.spoken else ""
        facts = [f"{line.who} {words}".rstrip()]
        if line.output is not None:
            facts.append(f"gave {quoted(line.output, self._most)}")
        elif line.who == "tool":
            facts.append("no output")
        if line.took_ms is not None:
            facts.append(f"after {line.took_ms:.0f} ms")
        if line.heard is not None:
            about = f"about {line.heard.at} of {len(line.text)} characters"
            facts.append(f"heard {line.heard.heard_ms:.0f} of {line.heard.of_ms:.0f} ms, {about}")
        if line.remark:
            facts.append(quoted(line.remark, self._most))
        return ", ".join(facts)

    def _say(
        self, part: Part, at: At, said: str, worth: int, distance: int = 0, *, depth: int = 0, rule: str = ""
    ) -> None:
        order = (worth, distance, depth, len(self.statements))
        line = self._places.line(at.n)
        self.statements.append(Statement(part, at.n, line, at.t, said, order, depth, rule))

    def _place(self, n: int) -> str:
        return place(n, self._places.line(n))

    def _plain(self, words: str) -> str:
        return printable(" ".join(words.split())[: self._most])

    def _long(self, words: str) -> str:
        """Return words of this tool, which may repeat what a peer sent."""
        plain = " ".join(words.split())
        most = 2 * self._most
        more = f" (+{len(plain) - most:,} characters)" if len(plain) > most else ""
        return printable(plain[:most]) + more

    def _json(self, value: Any) -> str:
        return self._long(_plainly(value))


def place(entry: int, line: int) -> str:
    """Return where a statement's entry stands, as `entry:line`."""
    return f"{entry}:{line}" if line else f"{entry}"


def _nearness(number: int, centre: int) -> tuple[int, int]:
    distance = abs(number - centre)
    return (Worth.NEAR if distance <= _NEAR else Worth.CONVERSATION), distance


def _paths(value: Mapping[str, Any], path: str = "session", depth: int = 0) -> Iterator[str]:
    for name, part in value.items():
        if isinstance(part, Mapping) and part and depth < _DEEPEST:
            yield from _paths(part, f"{path}.{name}", depth + 1)
        else:
            yield f"{path}.{name}"


def _plainly(value: Any) -> str:
    """Return a JSON value as text, whatever a peer put into it."""
    try:
        return orjson.dumps(value, default=str).decode()
    except TypeError:  # nested beyond reason
        return "…"


def _found(number: int, severity: Severity) -> str:
    return f"{number} info" if severity is Severity.INFO else _count(number, severity)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
