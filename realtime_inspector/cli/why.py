"""`why`: what kept the assistant from answering."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from realtime_inspector.analysis.causes import Confidence
from realtime_inspector.analysis.finding import Finding
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.why import Why, at, explain, last
from realtime_inspector.cli import diagnostics, linting, output, reading
from realtime_inspector.cli.findings_text import COLOURS
from realtime_inspector.cli.output import Ink
from realtime_inspector.errors import UsageError
from realtime_inspector.formats import Readable, sessions_of
from realtime_inspector.tui import text

SCHEMA_VERSION = 1

_HELP = """Say in one sentence why it did not answer, and which entries show it.

\b
  realtime-inspector why                          the newest of ./recordings
  realtime-inspector why call.jsonl               the last one that matters
  realtime-inspector why call.jsonl --at 1:23.5   the silence at that moment
  realtime-inspector why call.jsonl --all         every silence
  realtime-inspector why call.jsonl --format json | jq '.silences[].cause'

The cause is certain where the server says so or nothing else is possible, and
likely where it is inferred from what did not come. Where the traffic does not
tell, that is what is said.
"""
_MOMENT = re.compile(r"\+?(?:(?P<minutes>\d{1,6}):)?(?P<seconds>\d{1,9}(?:\.\d{1,9})?)s?\Z")
_LEAST_S = 1.0


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5, not where this still runs
    """A moment of a recording: seconds, or minutes and seconds as `show` prints them."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return it in seconds."""
        if isinstance(value, float):
            return value
        found = _MOMENT.match(str(value))
        if found is None:
            self.fail(f"{value!r} is no moment; give seconds (83.5) or minutes and seconds (1:23.5)", param, ctx)
        return 60 * float(found["minutes"] or 0) + float(found["seconds"])


@click.command("why", help=_HELP)
@click.option("--at", "moment", type=Moment(), metavar="TIME", help="the silence at this moment of the recording")
@click.option("--all", "everything", is_flag=True, help="every silence of a second or more, and the last one")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="how to write it",
)
@linting.dialect_option
@reading.file_argument
def command(
    path: Path | None, folder: Path, moment: float | None, everything: bool, format_name: str, dialect: str
) -> None:
    """Say why the assistant was silent, in one recording or in each session of a log."""
    if moment is not None and everything:
        raise UsageError("--at goes without --all")
    readable, policy = reading.one(reading.chosen(path, folder)), linting.project(dialect=dialect)
    linters: list[Linter] = []
    told = []
    for session in sessions_of(readable):
        linters.append(policy.linter(session.path, session.header))
        told.append((session, _chosen(session, linters[-1], moment, everything)))
    if format_name == "json":
        _write_json(told)
    else:
        page = Page(Ink(on=output.wants_colour()), output.width())
        for session, found in told:
            output.write_lines(page.session(session, found, moment))
    for line in dict.fromkeys(line for linter in linters for line in linter.troubles):
        diagnostics.warn(line)
    reading.tell_problems(readable)


def _chosen(recording: Readable, linter: Linter, moment: float | None, everything: bool) -> list[Why]:
    found = explain(recording, recording.header, linter=linter)
    if everything:
        return [why for why in found[:-1] if why.silence.end - why.silence.start >= _LEAST_S] + found[-1:]
    chosen = last(found) if moment is None else at(found, moment)
    return [] if chosen is None else [chosen]


class Page:
    """Silences as lines of text."""

    def __init__(self, ink: Ink, width: int) -> None:
        self._ink = ink
        self._width = width

    def session(self, recording: Readable, found: Sequence[Why], moment: float | None) -> Iterator[str]:
        """Yield the lines about one recording."""
        yield self._ink(text.safe(str(recording.path)), "bold")
        if not found and moment is not None:
            yield f"at {text.clock(moment)} the assistant was answering, or the recording had not begun or was over"
        for why in found:
            yield ""
            yield from self._why(why)

    def sentence(self, why: Why) -> Iterator[str]:
        """Yield when it was silent, why, and what to do, without what shows it."""
        yield from self._said(why)
        yield from self._mended(why)

    def _why(self, why: Why) -> Iterator[str]:
        cause = why.cause
        yield from self._said(why)
        for evidence in cause.evidence:
            yield f"    entry {evidence.at.n:<6} {text.clock(evidence.at.t):>10}  {text.safe(evidence.words)}"
        yield from self._findings(why.findings)
        yield from self._mended(why)
        yield from self._besides(why)

    def _said(self, why: Why) -> Iterator[str]:
        silence, cause = why.silence, why.cause
        start, end = text.clock(silence.start), text.clock(silence.end)
        yield self._ink(start if start == end else f"{start} to {end}", "dim") + f"  {cause.label}"
        sure = {Confidence.CERTAIN: "certain", Confidence.LIKELY: "likely", Confidence.UNKNOWN: ""}[cause.confidence]
        yield from self._wrapped("", text.safe(f"{cause.words}{f' ({sure})' if sure else ''}."))

    def _mended(self, why: Why) -> Iterator[str]:
        if why.cause.fix:
            yield from self._wrapped("", text.safe(f"to mend it: {why.cause.fix}"))

    def _besides(self, why: Why) -> Iterator[str]:
        """Yield what is wrong where the assistant answered: that may be what is looked for."""
        if why.besides:
            yield "  nobody waited in vain, but lint finds:"
        yield from self._findings(why.besides)

    def _findings(self, findings: Sequence[Finding]) -> Iterator[str]:
        for finding in findings:
            severity = self._ink(finding.severity.value, COLOURS[finding.severity])
            yield f"    {severity} {finding.rule} {finding.name} (entry {finding.entry})"
            yield from self._wrapped("  ", text.safe(finding.message))

    def _wrapped(self, lead: str, words: str) -> Iterator[str]:
        indent = "  " + lead
        yield from textwrap.wrap(
            words, max(40, self._width), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
        )


def _write_json(told: Sequence[tuple[Readable, Sequence[Why]]]) -> None:
    silences = [{"path": str(session.path), **members(why)} for session, found in told for why in found]
    output.write_json({"schema_version": SCHEMA_VERSION, "silences": silences})


def members(why: Why) -> dict[str, Any]:
    """Return a silence and its cause for other programs."""
    silence, cause = why.silence, why.cause
    return {
        "start": round(silence.start, 6),
        "end": round(silence.end, 6),
        "waited_s": round(silence.waited_s, 6),
        "answered": silence.answer is not None,
        "cause": cause.label,
        "confidence": cause.confidence.value,
        "sentence": f"{cause.words}.",
        "fix": cause.fix or None,
        "evidence": [{"entry": seen.at.n, "t": round(seen.at.t, 6), "what": seen.words} for seen in cause.evidence],
        "findings": [_finding(each) for each in why.findings],
        "besides": [_finding(each) for each in why.besides],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "entry": finding.entry,
        "message": finding.message,
    }
