"""`show`: a recording as a conversation."""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from realtime_inspector.analysis import metrics
from realtime_inspector.analysis.dialogue import Heard, Line, dialogue
from realtime_inspector.analysis.finding import Finding, Severity, count
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.summary import Summary, of_session
from realtime_inspector.analysis.sweep import ask
from realtime_inspector.analysis.turns import Turn, turns
from realtime_inspector.cli import diagnostics, linting, output, reading, show_json
from realtime_inspector.cli.findings import in_words
from realtime_inspector.cli.findings_text import COLOURS
from realtime_inspector.cli.output import Ink
from realtime_inspector.formats import Readable, markdown, sessions_of
from realtime_inspector.tui import text

_WHO = {"user": "green", "assistant": "blue", "tool": "magenta", "server": "red", "system": "dim"}
_INDENT = 22
"""Columns before what was said: the time and the speaker."""
_CLIP = 2000

_HELP = """Print the conversation: who said what and when, what was cut off, which
tools were called, and what is wrong, in its place.

\b
  realtime-inspector show                the newest of ./recordings
  realtime-inspector show call.jsonl
  realtime-inspector show --no-findings call.jsonl
  realtime-inspector show call.jsonl --format json | jq '.recordings[].turns'

[cut] marks about where the user stopped hearing, in proportion to the audio.
"""


@click.command("show", help=_HELP)
@click.option("--findings/--no-findings", default=True, show_default=True, help="say what is wrong, in its place")
@click.option("--format", "format_name", type=click.Choice(["text", "json", "markdown"]), default="text",
              show_default=True, help="how to write it")  # fmt: skip
@linting.dialect_option
@reading.file_argument
def command(path: Path | None, folder: Path, findings: bool, format_name: str, dialect: str) -> None:
    """Print the conversation of one recording, or of each session in a log."""
    readable, policy = reading.one(reading.chosen(path, folder)), linting.project(dialect=dialect)
    if format_name == "markdown":
        for recording in sessions_of(readable):
            output.write_lines(markdown.write(recording, None if findings else (), policy=policy))
    else:
        read = [_read(recording, policy) for recording in sessions_of(readable)]
        if format_name == "json":
            told = [one.members(findings=findings) for one in read]
            output.write_json({"schema_version": show_json.SCHEMA_VERSION, "recordings": told})
        else:
            page = Page(Ink(on=output.wants_colour()), output.width())
            for one in read:
                output.write_lines(page.head(one.recording, one.summary))
                said = dialogue(one.linter.session)
                output.write_lines(page.body(turns(one.linter.session), said, one.found if findings else []))
        for line in dict.fromkeys(line for one in read for line in one.linter.troubles):
            diagnostics.warn(line)
    reading.tell_problems(readable)


@dataclass(frozen=True, slots=True)
class _Read:
    """A recording, read to its end."""

    recording: Readable
    linter: Linter
    summary: Summary
    found: list[Finding]

    def members(self, *, findings: bool) -> dict[str, Any]:
        """Return it for other programs."""
        return show_json.members(self.recording, self.linter.session, self.summary, self.found if findings else None)


def _read(recording: Readable, policy: Policy) -> _Read:
    linter = policy.linter(recording.path, recording.header)
    (found,) = ask(recording, linter)
    return _Read(recording, linter, of_session(linter.session, count(found)), found)


class Page:
    """A conversation as lines of text."""

    def __init__(self, ink: Ink, width: int) -> None:
        self._ink = ink
        self._width = width

    def head(self, recording: Readable, summary: Summary) -> Iterator[str]:
        """Yield what the recording is."""
        yield self._ink(text.safe(str(recording.path)), "bold")
        figures = [
            text.safe(summary.model) or "unknown model",
            text.length(summary.length_s),
            text.count(summary.turns, "turn"),
            text.safe(summary.ended),
            in_words(dict(summary.findings)),
        ]
        yield ", ".join(filter(None, figures))
        if summary.dialect not in {"", "ga"}:
            yield self._ink(f"dialect {summary.dialect}: {text.safe(summary.dialect_sign)}", "dim")

    def body(self, exchanges: Sequence[Turn], said: Sequence[Line], findings: Sequence[Finding]) -> Iterator[str]:
        """Yield what was said and done, turn by turn, with each finding where it was certain."""
        waiting = deque(sorted(findings, key=lambda finding: (finding.t, finding.entry)))
        headings = deque(exchanges)
        for line in said:
            while waiting and (waiting[0].t, waiting[0].entry) < (line.at.t, line.at.n):
                yield from self._finding(waiting.popleft())
            while headings and headings[0].start.n <= line.at.n:
                yield ""
                yield self._heading(headings.popleft())
            yield from self._line(line)
        for finding in waiting:
            yield from self._finding(finding)

    def _heading(self, turn: Turn) -> str:
        waited = metrics.answer_ms(turn)
        facts = [f"turn {turn.number}"]
        if waited is not None and turn.user:
            facts.append(f"answered in {text.ms(waited)}")
        if turn.interrupted:
            facts.append("interrupted")
        return self._ink(", ".join(facts), "dim")

    def _line(self, line: Line) -> Iterator[str]:
        words = _with_cut(line.text, line.heard)
        if line.output is not None:
            words = f"{words} = {text.clip(line.output, _CLIP)}"
        elif line.who == "tool" and not line.remark:
            words = f"{words} (no output)"
        unknown = "(spoken, not transcribed)" if line.who == "user" and line.spoken else ""
        yield from self._said(line.at.t, line.who, words or unknown)
        for remark in _remarks(line):
            yield " " * _INDENT + self._ink(text.safe(remark), "yellow")

    def _said(self, t: float, who: str, words: str) -> Iterator[str]:
        start = f"{text.clock(t):>10}  {who:<10}"
        lines = textwrap.wrap(text.safe(words), self._width - _INDENT, break_on_hyphens=False) or [""]
        yield f"{start[:12]}{self._ink(start[12:], _WHO[who])}{lines[0]}".rstrip()
        for line in lines[1:]:
            yield " " * _INDENT + line

    def _finding(self, finding: Finding) -> Iterator[str]:
        where = f" (entry {finding.entry})" if finding.entry else ""
        what = f"{finding.severity.value} {finding.rule}: {text.safe(finding.message)}{where}"
        indent = 12
        lines = textwrap.wrap(what, self._width - indent - 2, break_on_hyphens=False)
        colour = COLOURS[finding.severity]
        mark = "!" if finding.severity is not Severity.INFO else "i"
        yield f"{text.clock(finding.t):>10}  {self._ink(f'{mark} {lines[0]}', colour)}"
        for line in lines[1:]:
            yield " " * (indent + 2) + self._ink(line, colour)


def _with_cut(words: str, heard: Heard | None) -> str:
    return words if heard is None or not words else f"{words[: heard.at]}[cut]{words[heard.at :]}"


def _remarks(line: Line) -> Iterator[str]:
    facts = []
    if line.heard is not None:
        facts.append(f"heard {text.ms(line.heard.heard_ms)} of {text.ms(line.heard.of_ms)}")
    if line.took_ms is not None:
        facts.append(f"took {text.ms(line.took_ms)}")
    if line.remark:
        facts.append(line.remark)
    if facts:
        yield "; ".join(facts)
