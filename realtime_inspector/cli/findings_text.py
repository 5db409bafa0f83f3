"""Findings for people: as text to read, or one line each."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from realtime_inspector.analysis.finding import Finding, Severity, count
from realtime_inspector.analysis.folding import ANY_ERROR, told
from realtime_inspector.cli.findings import Linted, Step, Trail, in_words
from realtime_inspector.cli.output import Ink, json_lines
from realtime_inspector.recording.printable import printable

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_SHOWN_PLACES = 6
_SHOWN_LINES = 40


class Text:
    """What is wrong, why, and what to do; what is alike once, with how often."""

    def __init__(self, ink: Ink, width: int) -> None:
        self._ink = ink
        self._width = width
        self._last_corrected: tuple[int, Mapping[str, Any]] | None = None

    def recording(self, linted: Linted) -> Iterator[str]:
        """Yield the lines about one recording."""
        self._last_corrected = None
        for one in told(linted.findings, linted.trail.is_clients):
            yield from self._block(linted, one.same)
            label = "then: "
            for same in one.follow:
                yield from self._wrapped(label, _followed(same), len("then: "))
                label = ""
            yield ""

    def summary(self, linted: Sequence[Linted]) -> Iterator[str]:
        """Yield the lines at the end."""
        findings = [finding for one in linted for finding in one.findings]
        yield f"{in_words(count(findings))} in {_recordings(linted)}{_accepted(linted)}{_brought(linted)}"
        if findings:
            tops = [top.same[0] for one in linted for top in told(one.findings, one.trail.is_clients)]
            telling = min(tops, key=lambda finding: (finding.severity.rank, finding.rule == ANY_ERROR))
            yield f"run `realtime-inspector explain {telling.rule}` for what that rule means and an example"

    def _block(self, linted: Linted, same: Sequence[Finding]) -> Iterator[str]:
        first = same[0]
        severity = self._ink(first.severity.value, COLOURS[first.severity], "bold")
        times = f"  \u00d7 {len(same)}, first at {_duration(first.t)}" if len(same) > 1 else ""
        yield f"{place(linted, first)}: {severity} {self._ink(first.rule, 'bold')} {first.name}{times}"
        yield from self._wrapped("", first.message)
        cause = linted.trail.step(first.cause)
        if cause is not None:
            yield from self._wrapped("cause: ", _cause(cause, first, linted.trail))
        yield from self._wrapped("fix: ", first.fix)
        if first.corrected is not None:
            yield from self._corrected(first.entry, first.corrected)
        if len(same) > 1:
            yield from self._wrapped("also: ", _places(same[1:]))

    def _corrected(self, entry: int, event: Mapping[str, Any]) -> Iterator[str]:
        label = self._ink("corrected:", "dim")
        if (entry, event) == self._last_corrected:
            yield f"  {label} as above"
            return
        self._last_corrected = (entry, event)
        yield f"  {label}"
        yield from (f"    {line}" for line in _shown(event, self._width - 4))

    def _wrapped(self, label: str, text: str, columns: int = 0) -> Iterator[str]:
        if not text:
            return
        label = label.ljust(columns)
        indent = " " * (2 + len(label))
        lines = textwrap.wrap(
            printable(text),
            self._width,
            initial_indent=f"  {label}",
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
        if label.strip() and lines:
            lines[0] = f"  {self._ink(label.rstrip(), 'dim')} {lines[0][len(indent) :]}"
        yield from lines


class Concise:
    """One line a finding, as editors and `grep` like it."""

    def recording(self, linted: Linted) -> Iterator[str]:
        """Yield the lines about one recording."""
        for finding in linted.findings:
            what = f"{finding.severity.value} {finding.rule} {finding.name}"
            yield f"{place(linted, finding)}: {what}: {printable(finding.message)}"

    def summary(self, linted: Sequence[Linted]) -> Iterator[str]:
        """Yield the lines at the end: none."""
        return iter(())


def place(linted: Linted, finding: Finding) -> str:
    """Return `file:line`; where there is no line, the entry's number."""
    path = printable(linted.path)
    return f"{path}:{finding.line}" if finding.line else f"{path}: entry {finding.entry}"


def _accepted(linted: Sequence[Linted]) -> str:
    """Return how many findings are not told, in words."""
    reasons = [bool(each.reason) for one in linted for each in one.accepted]
    counted = ((sum(reasons), "suppressed"), (len(reasons) - sum(reasons), "in the baseline"))
    words = [f"{number} {what}" for number, what in counted if number]
    return f"; {', '.join(words)}" if words else ""


def _followed(same: Sequence[Finding]) -> str:
    """Return findings that follow from another, in a sentence: they have no remedy of their own."""
    first = same[0]
    return f"{first.severity.value} {first.rule} {first.name} ({_places(same)}): {first.message}"


def _brought(linted: Sequence[Linted]) -> str:
    """Return how many findings are mended with others, in words."""
    number = sum(len(same) for one in linted for top in told(one.findings, one.trail.is_clients) for same in top.follow)
    return f"; {number} of them follow{'s' if number == 1 else ''} from another" if number else ""


def _cause(cause: Step, finding: Finding, trail: Trail) -> str:
    where = f"entry {cause.n}" + (f" (line {cause.line})" if cause.line else "")
    at = trail.step(finding.entry)
    before_s = finding.t - cause.t
    ago = f", {_duration(before_s)} before" if at is not None and before_s >= 0.001 else ""
    return f"{where}, {cause.type}{ago}"


def _shown(event: Mapping[str, Any], columns: int) -> list[str]:
    """Return an event as JSON to copy; of a long one, the beginning."""
    lines = [printable(line) for line in json_lines(dict(event), columns)]
    if len(lines) <= _SHOWN_LINES:
        return lines
    return [*lines[:_SHOWN_LINES], f"... {len(lines) - _SHOWN_LINES} more lines; --format json has them"]


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _places(findings: Sequence[Finding]) -> str:
    places = list(dict.fromkeys(str(finding.line or finding.entry) for finding in findings))
    named = places[:_SHOWN_PLACES]
    rest = len(places) - len(named)
    one, several = ("line", "lines") if findings[0].line else ("entry", "entries")
    unit = one if len(places) == 1 else several
    return f"{unit} {', '.join(named)}{f' and {rest} more' if rest else ''}"


def _recordings(linted: Sequence[Linted]) -> str:
    events = sum(one.events for one in linted)
    noun = "recording" if len(linted) == 1 else "recordings"
    return f"{len(linted)} {noun} ({events} {'entry' if events == 1 else 'entries'})"
