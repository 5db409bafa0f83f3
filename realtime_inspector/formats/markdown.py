"""A session as Markdown, for a report: who said what and when, what was heard, which tools were called.

What comes from the recording is escaped: it stays text, whatever marks, links, names or HTML it holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis import policy as policies
from realtime_inspector.analysis.dialogue import Heard, Line, dialogue, without_repeats
from realtime_inspector.analysis.finding import Finding, count
from realtime_inspector.analysis.folding import Told, told
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.summary import Summary, of_session
from realtime_inspector.analysis.sweep import ask
from realtime_inspector.analysis.turns import Turn, turns
from realtime_inspector.formats.reading import Readable
from realtime_inspector.recording.entry import Kind, Side
from realtime_inspector.recording.printable import printable, printable_lines

_SPECIAL = re.compile(r"([\\`*_\[\]#|~^$]|:(?=//)|(?<=www)\.)")
"""Marks, and what makes a bare address a link."""
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;"}
"""`@` too: quoted speech must not notify anybody."""
_TICKS = re.compile(r"`+")
_CLIP = 4000
"""Characters of a tool's arguments or output that are shown."""
_SHORT = 60
"""A tool's arguments and output stand on the tool's line up to this length."""
_NAMES = {"user": "User", "assistant": "Assistant", "tool": "Tool", "system": "System", "server": "Server"}


def write(recording: Readable, rules: Sequence[Rule] | None = None, *, policy: Policy | None = None) -> Iterator[str]:
    """Yield a session's lines, without line breaks.

    Args:
        recording: What was opened.
        rules: The rules to ask; None for all, an empty list for a document without findings.
        policy: The rules as a project wants them, in place of all.
    """
    linter = (
        policies.linter(policy, recording.path, recording.header)
        if rules is None
        else Linter(rules, header=recording.header)
    )
    (found,) = ask(recording, linter)
    summary = of_session(linter.session, count(found))
    yield from _head(recording, summary, with_findings=rules is None or bool(rules))
    yield from _body(turns(linter.session), dialogue(linter.session), told(found, _clients(recording, found)))


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    words = _SPECIAL.sub(r"\\\1", printable(" ".join(text.split())))
    return "".join(_ENTITIES.get(character, character) for character in words)


def code(text: str) -> str:
    """Return text as code within a line."""
    shown = printable(text)
    fence = "`" * (max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _clients(recording: Readable, findings: Sequence[Finding]) -> Callable[[int], bool]:
    """Return what tells of an entry that findings are about, or follow from, whether the client sent it."""
    asked = {number for finding in findings for number in (finding.entry, finding.cause)}
    entries = (entry for entry in recording if entry.n in asked) if asked else ()
    return {entry.n for entry in entries if entry.side is Side.CLIENT and entry.kind is Kind.MESSAGE}.__contains__


def _head(recording: Readable, summary: Summary, *, with_findings: bool) -> Iterator[str]:
    header = recording.header
    dated = header.started and header.tags.get("times") != "unknown"
    facts = {
        "Session": summary.session_id and code(summary.session_id),
        "Model": summary.model and code(summary.model),
        "Started": escape(header.started) if dated else "unknown",
        "Length": f"{summary.length_s:.1f} s" if dated or summary.length_s else "unknown",
        "Turns": str(summary.turns) + (f", {summary.interruptions} interrupted" if summary.interruptions else ""),
        "Tool calls": str(summary.calls) if summary.calls else "",
        "Tokens": f"{summary.tokens.input} in, {summary.tokens.output} out" if summary.tokens.output else "",
        "Ended": escape(summary.ended),
        "Findings": _in_words(summary) if with_findings else "",
    }
    yield f"# {escape(recording.path.name)}"
    yield ""
    yield "| | |"
    yield "|---|---|"
    for name, fact in facts.items():
        if fact:
            yield f"| {name} | {fact} |"


def _in_words(summary: Summary) -> str:
    words = [f"{number} {severity}" for severity, number in summary.findings.items() if number]
    return ", ".join(words) or "none"


def _body(exchanges: Sequence[Turn], said: Sequence[Line], mistakes: Sequence[Told]) -> Iterator[str]:
    waiting = sorted(mistakes, key=lambda mistake: (mistake.same[0].entry, mistake.same[0].t, mistake.same[0].rule))
    headings = {turn.start.n: turn for turn in exchanges}
    for line, times in without_repeats(said):
        while waiting and waiting[0].same[0].entry < line.at.n:
            yield from _mistake(waiting.pop(0))
        for n in [n for n in headings if n <= line.at.n]:
            yield from _heading(headings.pop(n))
        yield from _line(line, times)
    for mistake in waiting:
        yield from _mistake(mistake)


def _heading(turn: Turn) -> Iterator[str]:
    waited = metrics.answer_ms(turn)
    facts = [f"Turn {turn.number}"]
    if waited is not None and turn.user:
        facts.append(f"answered in {waited:.0f} ms")
    if turn.interrupted:
        facts.append("interrupted")
    yield ""
    yield f"## {', '.join(facts)}"


def _line(line: Line, times: int) -> Iterator[str]:
    yield ""
    start = f"**{_NAMES.get(line.who, escape(line.who))}** {_clock(line.at.t)}"
    if line.who == "tool":
        yield from _tool(start, line)
        return
    words = _with_cut(line.text, line.heard) or ("*spoken, not transcribed*" if line.spoken else "")
    often = f"\u00d7 {times}" if times > 1 else ""
    yield " ".join(part for part in (start, words, often, *_remarks(line)) if part)


def _tool(start: str, line: Line) -> Iterator[str]:
    name, _, arguments = line.text.partition("(")
    arguments = arguments.removesuffix(")")
    output = line.output
    if len(line.text) + len(output or "") <= _SHORT:
        result = "no output" if output is None else f"→ {code(output)}"
        yield " ".join((start, code(line.text), result, *_remarks(line)))
        return
    yield " ".join((start, code(f"{name}()"), *_remarks(line)))
    yield from _block("Arguments", arguments)
    if output is None:
        yield ""
        yield "No output."
    else:
        yield from _block("Output", output)


def _block(title: str, text: str) -> Iterator[str]:
    """Yield a code block, JSON laid out, in a fence that the text cannot close."""
    language = ""
    with suppress(ValueError, RecursionError):
        text, language = json.dumps(json.loads(text), indent=2, ensure_ascii=False), "json"
    shown = printable_lines(text[:_CLIP])
    fence = "`" * max(3, max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    yield ""
    yield f"{title}:"
    yield ""
    yield fence + language
    yield from shown.split("\n")
    yield fence
    if len(text) > _CLIP:
        yield ""
        yield f"({len(text) - _CLIP} more characters)"


def _with_cut(words: str, heard: Heard | None) -> str:
    """Return what was said, what nobody heard struck out."""
    if heard is None:
        return escape(words)
    before, after = escape(words[: heard.at]), escape(words[heard.at :])
    return f"{before} ~~{after}~~".strip() if after else before


def _remarks(line: Line) -> Iterator[str]:
    facts = []
    if line.heard is not None:
        facts.append(f"heard {line.heard.heard_ms / 1000:.1f} s of {line.heard.of_ms / 1000:.1f} s")
    if line.took_ms is not None:
        facts.append(f"took {line.took_ms:.0f} ms")
    if line.remark:
        facts.append(escape(line.remark))
    if facts:
        yield f"*({'; '.join(facts)})*"


def _mistake(mistake: Told) -> Iterator[str]:
    first = mistake.same[0]
    yield ""
    yield f"> {_in_a_line(mistake.same)}"
    if first.fix:
        yield f"> Fix: {escape(first.fix)}"
    for same in mistake.follow:
        yield ">"
        yield f"> Then: {_in_a_line(same)}"


def _in_a_line(same: Sequence[Finding]) -> str:
    """Return findings that are alike: the first of them, and how many there are."""
    first = same[0]
    where = f", line {first.line}" if first.line else ""
    times = f" \u00d7 {len(same)}" if len(same) > 1 else ""
    return f"**{first.severity} {first.rule}** {first.name}{times}{where}: {escape(first.message)}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0.0, seconds), 60)
    return f"{int(minutes)}:{rest:04.1f}"
